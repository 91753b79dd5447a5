"""Requests at a set rate, from a process of its own; each is timed from when it was due.

python -m bench._paced PORT RATE CONNECTIONS SECONDS < requests
Requests come as a JSON list of [method, path, headers, body], sent by turns. Timing from the
due instant counts the time that a request waited because an earlier one was slow.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

PATIENCE = 1.5
"""After so many times the span nothing more is sent: what was reached is known by then."""
Request = tuple[str, str, dict[str, str], str]


@dataclass(frozen=True)
class Paced:
    """What came back: sent, a second, how slow (ms), and how often which status (0: no answer)."""

    sent: int
    per_second: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    statuses: dict[str, int]


class Pacer:
    """A load under way; `result()` waits for its end."""

    def __init__(
        self,
        port: int,
        requests: Sequence[Request],
        rate: float,
        *,
        connections: int,
        seconds: float,
    ) -> None:
        command = [sys.executable, "-m", "bench._paced", str(port), str(rate)]
        self._running = subprocess.Popen(
            [*command, str(connections), str(seconds)], cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._running.stdin is not None
        json.dump(list(requests), self._running.stdin)
        self._running.stdin.close()
        self._running.stdin = None

    def result(self) -> Paced:
        """What came of it."""
        out, _ = self._running.communicate(timeout=600)
        return Paced(**json.loads(out))


class Sender(threading.Thread):
    """One kept connection: takes the next request that is due, waits for its instant, sends it."""

    def __init__(self, port: int, shared: "Shared") -> None:
        super().__init__(daemon=True)
        self.port, self.shared = port, shared
        self.took: list[float] = []
        self.statuses: Counter[str] = Counter()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (taken := self.shared.take()) is not None:
            due, (method, path, headers, body) = taken
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                connection.request(method, path, body.encode(), headers)
                answer = connection.getresponse()
                answer.read()
                self.statuses[str(answer.status)] += 1
            except (OSError, http.client.HTTPException):
                self.statuses["0"] += 1
                connection.close()
            self.took.append(time.perf_counter() - due)


class Shared:
    """The requests in order, each with its instant."""

    def __init__(self, requests: Sequence[Request], rate: float, seconds: float) -> None:
        self._requests, self._rate = requests, rate
        self._most = int(rate * seconds)
        self._numbers, self._began = count(), time.perf_counter() + 0.1
        self._ends = self._began + PATIENCE * seconds
        self._lock = threading.Lock()

    def take(self) -> tuple[float, Request] | None:
        """The next one and when it is due; None after the last, or when it takes too long."""
        with self._lock:
            number = next(self._numbers)
        if number >= self._most or time.perf_counter() > self._ends:
            return None
        return self._began + number / self._rate, self._requests[number % len(self._requests)]


def main(port: int, rate: float, connections: int, seconds: float) -> None:
    """Send, and print what came back."""
    shared = Shared(json.load(sys.stdin), rate, seconds)
    began = time.perf_counter()
    senders = [Sender(port, shared) for _ in range(connections)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    took = sorted(one for sender in senders for one in sender.took)
    statuses = sum((sender.statuses for sender in senders), Counter[str]())

    def slow(share: float) -> float:
        return round(took[min(int(len(took) * share), len(took) - 1)] * 1000, 1)

    found = Paced(
        len(took), round(len(took) / (time.perf_counter() - began), 1), slow(0.5), slow(0.95),
        slow(0.99), dict(statuses),
    )  # fmt: skip
    print(json.dumps(found.__dict__))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
