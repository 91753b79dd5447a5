"""python -m tests.faults.nursery: real processes of ours, born in a moment.

A fault test starts dozens of clocks, and each would spend two seconds on importing what all the
others import. This process has imported everything that does not look at the settings, and forks:
the child takes its settings, and runs its program as `python -m` would. It is a process like any
other, in a session of its own, and dies of the same signals. One request and one answer a line.
"""

import atexit
import ctypes
import importlib
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import time
from typing import Any

PRELOADED = ("apscheduler.schedulers.background", "procrastinate", "outreach.app", "outreach.jobs")
"""What takes long to import and does not look at the settings."""

PR_SET_PDEATHSIG = 1
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Born:
    """One process, used as a subprocess.Popen is."""

    def __init__(self, nursery: "Nursery", pid: int, program: list[str]) -> None:
        self._nursery, self.pid, self._program = nursery, pid, program
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it lives."""
        if self.returncode is None:
            self.returncode = self._nursery.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """The same, once it is over; raises subprocess.TimeoutExpired."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self._program, timeout)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal while it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, as a power cut would."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that forks; there is one for each process of the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        atexit.register(self.close)

    def start(self, program: list[str], environment: dict[str, str]) -> Born:
        """Run `python -m` with these words and this environment, and no other."""
        return Born(self, self.ask(program=program, environment=environment), program)

    def ask(self, **request: Any) -> Any:
        """One request, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it; what it bore and still lives dies with it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def main() -> None:
    """Answer until the tests are over."""
    die_with_parent()
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        answer = over(request["poll"]) if "poll" in request else born(**request)
        print(json.dumps(answer), flush=True)


def over(pid: int) -> int | None:
    """The exit code of a child that is over."""
    gone, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if gone else None


def born(program: list[str], environment: dict[str, str]) -> int:
    """Fork a child that runs the program; gives its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.environ.clear()
        os.environ.update(environment)
        random.seed()  # or all would draw the same
        sys.argv = list(program)
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        os._exit(code)


def die_with_parent() -> None:
    """Tests that are killed leave nobody behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
