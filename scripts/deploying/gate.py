"""A gate before S3 or Glue that lets through what a policy allows, and keeps what it was asked.

Requests pass as they came: who signs for the gate's address is checked by the server against the Host
header that it is sent.
"""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import calls
from judge import allows

S3_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
S3_BROKEN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"
GLUE_DENIED = b'{"__type":"AccessDeniedException","Message":"not authorized"}'


class Gate:
    """Serves from its making to `close`. `statements` and `breaks_parts` may be changed meanwhile."""

    def __init__(self, server, source_bucket=None):
        self.server, self.source_bucket = server, source_bucket
        self.statements, self.breaks_parts = [], False
        self.asked, self.denied = set(), set()
        handler = type("Handler", (_Handler,), {"gate": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_glue = "x-amz-target" in headers
        if is_glue:
            wanted = calls.of_glue(headers, body)
        else:
            wanted = calls.of_s3(self.command, self.path, headers, self.gate.source_bucket)
        if not self.gate.lets(wanted):
            return self.answer(400 if is_glue else 403, GLUE_DENIED if is_glue else S3_DENIED)
        if self.gate.breaks_parts and "partNumber=" in self.path:
            return self.answer(503, S3_BROKEN)
        server = http.client.HTTPConnection(self.gate.server, timeout=120)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            server.putheader(name, value)
        server.endheaders(body or None)
        got = server.getresponse()
        self.answer(got.status, got.read(), got.getheaders())
        server.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do

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
