"""Receivers on loopback for the tests of the channels: one that records, one that is moody, a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, bytes] | None  # None = hang up without a word


@dataclass
class Receiver:
    """Records every request; `answer` decides by the request and its number (from 1)."""

    answer: Callable[[Request, int], Answer] = lambda request, number: (200, b'{"errcode":0,"errmsg":"ok"}')
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed worker leaves broken connections: that is what is tested."""


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver, listening on a free port of loopback until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return
            request = Request(self.path, dict(self.headers), body)
            with receiver.lock:
                receiver.seen.append(request)
                number = len(receiver.seen)
            answer = receiver.answer(request, number)
            self.close_connection = True
            if answer is None:
                return
            self.send_response(answer[0])
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Counting(Receiver):
    """A receiver that counts distinct keys, and fails now and then: 500, slow, or hung up with and without the notice.

    taken   (key, body) of what it has, in the order of arrival, repeats included
    """

    taken: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answer = self._moody

    def _moody(self, request: Request, number: int) -> Answer:
        mood = number % 29
        if mood == 3:
            return 500, b"no"
        if mood == 7:
            return None  # hung up before it was taken
        if mood == 11:
            time.sleep(0.4)
        with self.lock:
            self.taken.append((request.headers["Idempotency-Key"], request.json))
        return None if mood == 17 else (200, b"")  # 17: taken, and hung up before saying so

    def distinct(self) -> int:
        with self.lock:
            return len({key for key, _ in self.taken})


@dataclass
class Mailbox:
    """A mail server: what it was told, and what it says to RCPT."""

    rcpt: bytes = b"250 ok"
    mails: list[bytes] = field(default_factory=list)
    port: int = 0


@contextmanager
def mailing(box: Mailbox) -> Iterator[Mailbox]:
    """A mail server without TLS on loopback that knows just enough SMTP."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 stub\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part)
                    box.mails.append(b"".join(lines))
                    self.wfile.write(b"250 queued\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write((box.rcpt if word == b"RCPT" else b"250 ok") + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
