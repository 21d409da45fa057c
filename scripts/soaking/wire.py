"""HTTP/1.1 messages as bytes: enough of it to hand them on unchanged, or changed on purpose."""

import asyncio
from dataclasses import dataclass


@dataclass
class Message:
    """A request or an answer: its head and its body, each exactly as it came."""
    head: bytes
    body: bytes

    @property
    def first_line(self):
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    def header(self, name):
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode("latin-1")
        return None

    def without(self, *prefixes):
        """The head without the lines of some headers."""
        lines = self.head.split(b"\r\n")
        gone = tuple(prefix.encode() for prefix in prefixes)
        return b"\r\n".join(lines[:1] + [line for line in lines[1:] if not line.lower().startswith(gone)])


async def read_request(reader, writer):
    """The next request of a connection; none when it is closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    request = Message(head, b"")
    if (request.header("expect") or "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.head = request.without("expect:")
    request.body = await read_body(reader, request)
    return request


async def read_answer(reader, method):
    while True:
        answer = Message(await reader.readuntil(b"\r\n\r\n"), b"")
        status = int(answer.first_line.split()[1])
        if status >= 200:
            break
    if method != "HEAD" and status not in (204, 304):
        answer.body = await read_body(reader, answer)
    return answer


async def read_body(reader, message):
    """The body as it is framed: chunks keep their sizes and trailers."""
    if (message.header("transfer-encoding") or "").lower() != "chunked":
        return await reader.readexactly(int(message.header("content-length") or 0))
    raw = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        raw += line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        raw += await reader.readexactly(size + 2)
    while True:
        line = await reader.readuntil(b"\r\n")
        raw += line
        if line == b"\r\n":
            return raw
