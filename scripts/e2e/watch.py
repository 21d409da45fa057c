"""A place between Trino's catalog `watched` and S3, where each request is seen and passed on."""

import http.client
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    kind: str  # list or read
    key: str  # the prefix that is listed, the key that is read
    bytes: int


class Seen:
    """What came by while something ran."""

    def __init__(self):
        self.requests: list[Request] = []

    def keys(self, kind) -> list[str]:
        return [request.key for request in self.requests if request.kind == kind]

    def partitions(self, kind) -> set[tuple[str, str, str]]:
        """(account, region, date) of each listed or read key."""
        return {partition(key) for key in self.keys(kind)}

    @property
    def bytes_read(self) -> int:
        return sum(request.bytes for request in self.requests if request.kind == "read")


def partition(key: str) -> tuple[str, str, str]:
    parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    if set(parts) != {"account", "region", "date"}:
        raise AssertionError(f"a request for something else than one partition: {key}")
    return parts["account"], parts["region"], parts["date"]


class Watch:
    def __init__(self):
        self.upstream = urlsplit(os.environ["AWS_ENDPOINT_URL_S3"]).netloc
        self.seen = Seen()

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["WATCH_PORT"])), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @contextmanager
    def watching(self):
        """The requests that come until the block ends."""
        self.seen = seen = Seen()
        yield seen
        self.seen = Seen()

    def _handler(watch):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = http.client.HTTPConnection(watch.upstream)
                # The signature covers the headers, Host too: all pass as they came.
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                reply = connection.getresponse()
                content = reply.read()
                watch._note(self.command, self.path, reply.status, len(content))
                self.send_response_only(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                if reply.getheader("Content-Length") is None:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        return Handler

    def _note(self, method, target, status, size):
        url = urlsplit(target)
        query = parse_qs(url.query)
        if method == "GET" and "list-type" in query:
            self.seen.requests.append(Request("list", query.get("prefix", [""])[0], size))
        elif method in ("GET", "HEAD") and status < 400:
            key = unquote(url.path).lstrip("/").partition("/")[2]
            self.seen.requests.append(Request("read", key, size if method == "GET" else 0))
