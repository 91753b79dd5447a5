"""The child processes of a start: begun together, watched, stopped together."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STOP_WITHIN_SECONDS = 28.0
"""Longest wait for a clean end; the promise to operators is 30 seconds in all."""
ASK_AGAIN_EVERY_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.05
PR_SET_PDEATHSIG = 1


class Died(Exception):
    """A child ended though nobody asked it to; says which, as one sentence."""


class Children:
    """Running children by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, command: list[str]) -> None:
        """Start one child in a process group of its own: Ctrl-C then reaches us alone, first."""
        self.by_name[name] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            process_group=0,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def check(self) -> None:
        """Raises Died when a child has ended."""
        for name, child in self.by_name.items():
            if (code := child.poll()) is not None:
                how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
                raise Died(f"the {name} process ended by itself ({how}); everything is stopped.")

    def stop(self) -> None:
        """Ask all to end, wait, and kill what has not ended in time."""
        for child in self.by_name.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + STOP_WITHIN_SECONDS
        ask_again = time.monotonic() + ASK_AGAIN_EVERY_SECONDS
        while any(child.poll() is None for child in self.by_name.values()):
            if time.monotonic() > until:
                break
            if time.monotonic() > ask_again:
                # A worker of granian that is just starting loses the first signal.
                self._signal_groups(signal.SIGTERM)
                ask_again += ASK_AGAIN_EVERY_SECONDS
            time.sleep(LOOK_EVERY_SECONDS)
        # Also what a child itself started: a web server that was killed leaves its workers.
        self._signal_groups(signal.SIGKILL)
        for child in self.by_name.values():
            child.wait()

    def _signal_groups(self, number: signal.Signals) -> None:
        for child in self.by_name.values():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)


@contextmanager
def running(commands: dict[str, list[str]]) -> Iterator[Children]:
    """Run the commands while the body runs; {name: command}."""
    processes = Children()
    try:
        for name, command in commands.items():
            processes.begin(name, command)
        yield processes
    finally:
        processes.stop()


def why_not_listen(host: str, port: int) -> str | None:
    """Why nobody could listen on that address now; None when one could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of the previous run that are still closing must not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            return "there are ports from 0 to 65535 only"
        except OSError as problem:
            return (problem.strerror or str(problem)).lower()
    return None


def to_reach(host: str) -> str:
    """The address at which a server that listens on `host` is reached from this machine."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def healthz(host: str, port: int) -> str:
    """The status of /healthz as text, with its body when it is not 200; or why there is none."""
    connection = http.client.HTTPConnection(to_reach(host), port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        body = answer.read(1000).decode(errors="replace")
        return "200" if answer.status == 200 else f"{answer.status} {body.strip()}"
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    finally:
        connection.close()


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Between fork and exec: Linux stops the child when we die, even by SIGKILL."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
