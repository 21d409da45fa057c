"""A proxy before an S3 server that breaks things on purpose.

Requests and answers pass byte for byte: a client signs for the proxy's address, and the server
checks that signature against the Host header that it is sent. It listens on the loopback only and
ends with its process.
"""

import asyncio
import random
import re
import socket
import struct
import threading
from collections import Counter
from datetime import date, timedelta

from wire import Message, read_answer, read_request

# What can be done to a request, and to which. `raw` is a GET of a raw object.
FAULTS = {
    "503 SlowDown": {"raw", "get", "list", "head", "put"},
    "connection reset": {"raw", "get", "list", "head"},
    "delay": {"raw", "get", "list", "head", "put"},
    "GET body cut": {"raw", "get", "list"},
    "GET body shorter than listed": {"raw"},
    "PUT dropped": {"put"},
    "PUT delivered, answer dropped": {"put"},
    "PUT delivered, answered 500": {"put"},
    "PUT delivered late": {"put"},
    "PUT repeated": {"put"},
    "PUT answered 409": {"put"},
}

MODIFIED = re.compile(rb"(<LastModified>)(\d{4}-\d\d-\d\d)")

LONGEST_DELAY_SECONDS = 0.3
LATEST_PUT_SECONDS = 2.0


class Proxy:
    """Serves in a thread of its own from `start` to `stop`."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.injected = Counter()
        self.requests = Counter()
        self.trap = None
        # How much older its listings say that objects are.
        self.older_days = 0
        self._rates, self._random = {}, random.Random(0)
        # The loop itself keeps tasks only weakly.
        self._late, self._clients = set(), set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self):
        self._thread.start()
        serving = asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 20)
        self._server = self._wait(serving)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def break_things(self, rates, seed):
        """From now on: for each fault the share of the requests that meet it."""
        self._rates, self._random = rates, random.Random(seed)

    def settle(self):
        """Breaks nothing from now on, and waits for what is still to be delivered."""
        self._rates = {}
        self._wait(self._nothing_late())

    async def _nothing_late(self):
        while self._late:
            await asyncio.gather(*self._late, return_exceptions=True)

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _client(self, reader, writer):
        task = asyncio.current_task()
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        try:
            while request := await read_request(reader, writer):
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, request, writer):
        """Answers, in whatever way; false when the connection is at its end."""
        method, target, _ = request.first_line.split(" ", 2)
        kind = kind_of(method, target)
        self.requests[kind] += 1
        if self.trap and self.trap(kind, "before"):
            return reset(writer)
        fault = self._draw(kind)
        if fault:
            self.injected[fault] += 1
        answer = await self._answer_of(request, method, kind, fault)
        if self.trap and self.trap(kind, "after"):
            return reset(writer)
        if answer is None:
            return reset(writer)
        writer.write(answer.head + answer.body)
        await writer.drain()
        return fault != "GET body cut"

    async def _answer_of(self, request, method, kind, fault):
        """The answer to a request, none if there is to be none."""
        match fault:
            case "503 SlowDown":
                return refusal("503 Slow Down", "SlowDown", "Please reduce your request rate.")
            case "PUT answered 409":
                return refusal("409 Conflict", "ConditionalRequestConflict", "Another write is under way.")
            case "connection reset" | "PUT dropped":
                return None
            case "PUT delivered late":
                late = asyncio.ensure_future(self._deliver_late(request, method))
                self._late.add(late)
                late.add_done_callback(self._late.discard)
                return None
            case "delay":
                await asyncio.sleep(self._random.uniform(0, LONGEST_DELAY_SECONDS))
            case "PUT repeated":
                await self._forward(request, method)
        answer = await self._forward(request, method)
        if answer and self.older_days:
            answer = older(answer, self.older_days)
        match fault:
            case "PUT delivered, answer dropped":
                return None
            case "PUT delivered, answered 500":
                return refusal("500 Internal Server Error", "InternalError", "Please try again.")
            case "GET body cut":
                return Message(answer.head, answer.body[: len(answer.body) // 2])
            case "GET body shorter than listed":
                return shortened(answer, self._random)
        return answer

    async def _deliver_late(self, request, method):
        await asyncio.sleep(self._random.uniform(0, LATEST_PUT_SECONDS))
        await self._forward(request, method)

    async def _forward(self, request, method):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port, limit=1 << 20)
        try:
            writer.write(request.head + request.body)
            return await read_answer(reader, method)
        finally:
            writer.close()

    def _draw(self, kind):
        drawn = self._random.random()
        for fault, rate in self._rates.items():
            if kind in FAULTS[fault]:
                if drawn < rate:
                    return fault
                drawn -= rate
        return None


def kind_of(method, target):
    path, _, query = target.partition("?")
    if method == "GET" and "list-type=2" in query:
        return "list"
    if method == "GET":
        return "raw" if "/raw/" in path else "get"
    return {"HEAD": "head", "PUT": "put"}.get(method, "other")


def refusal(status, code, message):
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return Message(head.encode(), body.encode())


def older(answer, days):
    """A listing as of older objects. The answer's own time stays: a client goes by it when it signs."""
    def before(match):
        day = date.fromisoformat(match[2].decode()) - timedelta(days=days)
        return match[1] + day.isoformat().encode()

    return Message(answer.head, MODIFIED.sub(before, answer.body))


def shortened(answer, chance):
    """A whole answer, with a length of its own and no checksum, that lacks the body's end."""
    if not answer.first_line.startswith("HTTP/1.1 200") or len(answer.body) < 2:
        return answer
    body = answer.body[: chance.randrange(1, len(answer.body))]
    head = answer.without("content-length:", "x-amz-checksum-")
    head = head.replace(b"\r\n\r\n", f"\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    return Message(head, body)


def reset(writer):
    """Ends the connection as a crash would, with what is still unsent."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    return False
