"""Who holds a lease, and whether that process is dead for certain.

A name tells machine, start of the machine, process number and start of the process, so that a
number that is used again, or the same number in another container, is not taken for the old one.
"""

import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")


def worker_name() -> str:
    """This process's name as a holder of leases."""
    return f"{_machine()}/{os.getpid()}.{_started(os.getpid())}"


def is_dead(name: str) -> bool:
    """Whether that worker ran on this machine and is gone; False wherever one cannot know."""
    machine, _, process = name.rpartition("/")
    pid, _, started = process.partition(".")
    if machine != _machine() or not started or not pid.isdigit():
        return False
    return _started(int(pid)) != started


@cache
def _machine() -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(PROC / "self/ns/pid")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str:
    """The process's start in clock ticks since boot; empty when there is no such process."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    is_gone = fields[0] in ("Z", "X")
    return "" if is_gone else fields[19]
