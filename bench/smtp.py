"""The outbox by way of SMTP into Postfix's smtp-sink, against the same mails made and sent bare."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from bench._drain import LANES
from bench._ground import application, databases, freeze, is_quick, prepare
from bench.floor import Row
from bench.sendgrid import _and_cpu as and_cpu
from bench.sendgrid import bare_rate, drain_seconds, in_processes
from outreach.delivery.smtp import SmtpMailer

PEOPLE = 50_000
PLAIN = 10_000
PROGRAM = shutil.which("smtp-sink") or shutil.which(
    "smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin"
)


def rows() -> Iterator[Row]:
    """Messages a second, with PIPELINING and without; nothing where Postfix is missing.

    smtp-sink is one process that reads byte by byte: 8 to 10 ns for each.
    """
    if PROGRAM is None:
        print("smtp-sink is missing (Debian: apt-get install postfix): no SMTP.")
        return
    for kind in databases():
        yield from _measure(f"SMTP, {kind}, one process", kind, PEOPLE)
    for kind in databases():
        yield _together(kind)
    yield from _measure("SMTP, SQLite, no PIPELINING", "SQLite", PLAIN, "-p")


def _together(kind: str) -> Row:
    people = 5_000 if is_quick() else PEOPLE
    with application(kind), smtp_sink() as url:
        prepare(people)
        freeze()
        took, _ = in_processes(2, url, LANES)
        return Row(f"SMTP, {kind}, two processes", people / took, "/s")


def _measure(name: str, kind: str, people: int, *options: str) -> Iterator[Row]:
    people = 5_000 if is_quick() else people
    with application(kind), smtp_sink(*options) as url:
        mailer = SmtpMailer(url)
        prepare(people)
        freeze()
        floor, least = and_cpu(lambda: bare_rate(mailer, people, lanes=2), people)
        took, own = and_cpu(lambda: drain_seconds(mailer, lanes=2), people)
        mailer.close()
        yield Row(name, people / took, "/s", floor)
        yield Row(f"{name}, own CPU a message", own, "µs", least)


@contextmanager
def smtp_sink(*options: str) -> Iterator[str]:
    """Its address, with two connections for each hand-over."""
    assert PROGRAM is not None
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    who = ["-u", "postfix"] if os.geteuid() == 0 else []
    running = subprocess.Popen([PROGRAM, *who, *options, f"127.0.0.1:{port}", "256"])
    try:
        _wait_for(port)
        yield f"smtp://127.0.0.1:{port}?tls=none&connections=2"
    finally:
        running.kill()
        running.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("smtp-sink does not answer")
