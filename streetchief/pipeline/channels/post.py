"""One guarded POST: allowed hosts only, no redirects, bounded in time and in bytes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLError, create_default_context
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from streetchief.pipeline.channels.channel import Refused, Retry

MOST_BYTES = 65_536
LONGEST_WAIT_S = 3600.0
AGAIN = (408, 425, 429)
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Gate:
    """Where we may send to.

    hosts      ``host`` (its usual port) or ``host:port``; nothing else is ever called
    timeout_s  of the whole exchange, however slowly the other side drips
    """

    hosts: frozenset[str]
    timeout_s: float = 10.0

    @classmethod
    def parse(cls, hosts: str, timeout_s: float = 10.0) -> Gate:
        """A list with commas; empty = nowhere."""
        return cls(frozenset(host.strip().lower() for host in hosts.split(",") if host.strip()), timeout_s)

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be called.  Raises Refused: ``bad_address``, ``host_not_allowed``."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise Refused("bad_address") from fault
        if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or not url.isascii():
            raise Refused("bad_address")
        if any(c <= " " or c == "\x7f" for c in url):
            raise Refused("bad_address")
        named = f"{parts.hostname}:{port or PORTS[parts.scheme]}"
        is_usual = (port or PORTS[parts.scheme]) == PORTS[parts.scheme]
        if named not in self.hosts and not (is_usual and parts.hostname in self.hosts):
            raise Refused("host_not_allowed", parts.hostname)
        return parts


def post(gate: Gate, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Send and return the answer's body (at most 64 KiB of it) when the status is 2xx.

    Raises Refused for an address that is not allowed, a redirect (never followed) and any other 4xx; Retry for 5xx,
    408, 425, 429 and whatever goes wrong on the way.
    """
    parts = gate.check(url)
    connection = _connection(parts, gate.timeout_s)
    watch = Timer(gate.timeout_s, _cut, (connection,))
    watch.daemon = True
    watch.start()
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, dict(headers)
        )
        answer = connection.getresponse()
        said = answer.read(MOST_BYTES)
    except TimeoutError as fault:
        raise Retry("timed_out") from fault
    except SSLError as fault:
        raise Retry("tls_failed", str(fault.reason or "")) from fault
    except (OSError, HTTPException) as fault:
        raise Retry("no_connection", type(fault).__name__) from fault
    finally:
        watch.cancel()
        connection.close()
    _judge(answer.status, answer.headers.get("Retry-After", ""))
    return said


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Refused("redirected", f"HTTP {status}")
    if status >= 500 or status in AGAIN or status < 200:
        wait_s = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        raise Retry("receiver_failed", f"HTTP {status}", min(wait_s, LONGEST_WAIT_S))
    raise Refused("receiver_refused", f"HTTP {status}")


def _connection(parts: SplitResult, timeout_s: float) -> HTTPConnection:
    assert parts.hostname is not None, "the gate has checked it"
    if parts.scheme == "https":
        return HTTPSConnection(parts.hostname, parts.port, timeout=timeout_s, context=create_default_context())
    return HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)


def _cut(connection: HTTPConnection) -> None:
    """End an exchange that takes too long: a receiver that drips a byte a second never runs into a socket's timeout."""
    line: socket.socket | None = connection.sock
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
