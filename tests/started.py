"""`python -m outreach.start` as a real process, for the tests of starting and stopping."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.house import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Started:
    """A start under way; what it prints is collected in files, so that no pipe can fill up."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        self.port = port
        self._out, self._errors = folder / f"out-{port}", folder / f"errors-{port}"
        environment = {
            **os.environ,
            "INSTANCE_DIR": str(folder / "instance"),
            "MAIL_DIR": str(folder / "mail"),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            **settings,
        }
        with self._out.open("wb") as out, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "outreach.start"],
                cwd=ROOT, env=environment, stdout=out, stderr=errors,
            )  # fmt: skip

    @property
    def lines(self) -> list[str]:
        """Standard output so far."""
        return self._out.read_text().splitlines()

    @property
    def errors(self) -> list[str]:
        """Standard error so far, the children's words included."""
        return self._errors.read_text().splitlines()

    @property
    def ready_line(self) -> str:
        return f"Ready: http://127.0.0.1:{self.port}"

    def wait_until_ready(self, within: float = 60) -> float:
        """The seconds it took; fails when the process ends or takes longer."""
        began = time.monotonic()
        while self.ready_line not in self.lines:
            assert self.process.poll() is None, self.errors
            assert time.monotonic() - began < within, self.errors
            time.sleep(0.05)
        return time.monotonic() - began

    def wait(self, within: float = 35) -> int:
        return self.process.wait(timeout=within)

    def stop(self) -> int:
        """The exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def get(self, path: str) -> int:
        """The status of a page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def children(self) -> dict[str, int]:
        """{"web" or "clock": process id} of the children that run now."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == self.process.pid:
                found["web" if b"outreach.serving" in words else "clock"] = int(entry.name)
        return found


@contextmanager
def started(folder: Path, port: int | None = None, **settings: str) -> Iterator[Started]:
    """A start that is over when the block is, whatever happened in it."""
    start = Started(folder, port or free_port(), settings)
    try:
        yield start
    finally:
        if start.process.poll() is None:
            start.process.terminate()
            start.process.wait(timeout=40)
