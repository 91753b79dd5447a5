"""A load of HTTP requests over a few kept connections, from a process of its own; what they took.

python -m bench._load HOST PORT CONNECTIONS SECONDS < requests
Requests come as a JSON list of texts, are sent by turns and, with 0 SECONDS, once each.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True)
class Load:
    """What came back: how many a second, the slowest of 50 and of 99 in 100 (ms), by status."""

    per_second: float
    median_ms: float
    p99_ms: float
    statuses: dict[str, int]


def load(port: int, requests: Sequence[str], *, connections: int = 4, seconds: float = 5) -> Load:
    """Send the requests by turns for so long; with 0 seconds, each once."""
    command = [sys.executable, "-m", "bench._load", "127.0.0.1", str(port)]
    done = subprocess.run(
        [*command, str(connections), str(seconds)], input=json.dumps(list(requests)),
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return Load(**json.loads(done.stdout))


def get(path: str) -> str:
    """A request as a browser's, that takes gzip."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, br\r\n\r\n"


def post(path: str, form: str) -> str:
    """A form as a browser sends it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        f"application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    )


class Connection:
    """One kept connection with at most one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.got = b""
        self.wanted = 0

    def send(self, request: bytes) -> None:
        """Begin a request."""
        self.began, self.got, self.wanted = time.perf_counter(), b"", 0
        self.socket.sendall(request)

    def is_done(self) -> bool:
        """Read what is there; whether the answer is whole."""
        self.got += self.socket.recv(65536)
        if not self.wanted:
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.got[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self.wanted = end + 4 + length
        return len(self.got) >= self.wanted


def main(host: str, port: str, count: str, seconds: str) -> None:
    """Send, and print what it took."""
    requests = [text.encode() for text in json.load(sys.stdin)]
    left = iter(requests) if float(seconds) == 0 else cycle(requests)
    selector = selectors.DefaultSelector()
    busy = 0
    spans: list[float] = []
    statuses: dict[str, int] = {}
    began = time.perf_counter()
    until = began + (float(seconds) or 3600)
    for _ in range(int(count)):
        connection = Connection(host, int(port))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(left))
        busy += 1
    while busy:
        for key, _ in selector.select():
            connection = key.data
            if not connection.is_done():
                continue
            now = time.perf_counter()
            spans.append(now - connection.began)
            status = connection.got[9:12].decode()
            statuses[status] = statuses.get(status, 0) + 1
            request = next(left, None) if now < until else None
            if request is None:
                busy -= 1
            else:
                connection.send(request)
    span = time.perf_counter() - began
    spans.sort()
    print(
        json.dumps(
            {
                "per_second": len(spans) / span, "median_ms": spans[len(spans) // 2] * 1000,
                "p99_ms": spans[int(len(spans) * 0.99)] * 1000, "statuses": statuses,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
