"""A gate before S3 or Glue that lets through what a policy allows, and keeps what it was asked. Before no
server it stands for CloudTrail, and gives the public keys that it has.

Requests pass as they came: who signs for the gate's address is checked by the server against the Host
header that it is sent.
"""

import http.client
import re
import sys
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import calls
from judge import allows

S3_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
S3_BROKEN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"
JSON_DENIED = b'{"__type":"AccessDeniedException","Message":"not authorized"}'
MODIFIED = re.compile(rb"(<LastModified>)([0-9-]{10})")


class Gate:
    """Serves from its making to `close`. Meanwhile may be changed: `statements`; `breaks_parts`; `older_days`,
    by which listings tell objects to be older than they are.
    """

    def __init__(self, server, source_bucket=None, public_keys=None):
        self.server, self.source_bucket, self.public_keys = server, source_bucket, public_keys
        self.statements, self.breaks_parts, self.older_days = [], False, 0
        self.asked, self.denied = set(), set()
        handler = type("Handler", (_Handler,), {"gate": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def lets(self, wanted):
        self.asked.update((action, resource, tuple(sorted(context.items()))) for action, resource, context in wanted)
        denied = [call for call in wanted if not allows(self.statements, *call)]
        self.denied.update(action for action, _, _ in denied)
        return not denied


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Who is killed does not wait for its answer.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def none_deleted(body):
    """S3's answer if it denies to delete several objects: of the request it tells nothing, of each object it does."""
    denied = (f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
              for key in calls.deleted(body))
    return f"<DeleteResult>{''.join(denied)}</DeleteResult>".encode()


class Gates:
    """Gates before the servers, by the variables that name these, and in CloudTrail's place, of one role's
    statements; `environment` leads to them.
    """

    def __init__(self, servers, statements, source_bucket, public_keys=None):
        s3, glue = (urlsplit(servers[f"AWS_ENDPOINT_URL_{name}"]).netloc for name in ("S3", "GLUE"))
        self.s3 = Gate(s3, source_bucket)
        self.all = self.s3, Gate(glue), Gate(None, public_keys=public_keys)
        for gate in self.all:
            gate.statements = statements
        names = ("S3", "GLUE", "CLOUDTRAIL")
        self.environment = {f"AWS_ENDPOINT_URL_{name}": gate.url for name, gate in zip(names, self.all)}

    def denied(self):
        return sorted(set().union(*(gate.denied for gate in self.all)))

    def close(self):
        for gate in self.all:
            gate.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_json = "x-amz-target" in headers
        if not self.gate.server:
            wanted = calls.of_cloudtrail(headers)
        elif is_json:
            wanted = calls.of_glue(headers, body)
        else:
            wanted = calls.of_s3(self.command, self.path, headers, body, self.gate.source_bucket)
        if not self.gate.lets(wanted):
            if self.command == "POST" and "?delete" in self.path:
                return self.answer(200, none_deleted(body))
            return self.answer(400 if is_json else 403, JSON_DENIED if is_json else S3_DENIED)
        if not self.gate.server:
            return self.answer(200, self.gate.public_keys, [("content-type", "application/x-amz-json-1.1")])
        if self.gate.breaks_parts and "partNumber=" in self.path:
            return self.answer(503, S3_BROKEN)
        server = http.client.HTTPConnection(self.gate.server, timeout=120)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            server.putheader(name, value)
        server.endheaders(body or None)
        got = server.getresponse()
        answer = got.read()
        if self.gate.older_days and "list-type=" in self.path:
            answer = MODIFIED.sub(self.older, answer)
        self.answer(got.status, answer, got.getheaders())
        server.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do

    def older(self, modified):
        day = date.fromisoformat(modified[2].decode()) - timedelta(days=self.gate.older_days)
        return modified[1] + day.isoformat().encode()

    def answer(self, status, body, headers=()):
        self.send_response_only(status)
        length = None
        for name, value in headers:
            if name.lower() == "content-length":
                length = value
            elif name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        # An answer to HEAD tells a length that it does not have.
        self.send_header("content-length", length if self.command == "HEAD" and length else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass
