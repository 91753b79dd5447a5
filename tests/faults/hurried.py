"""python -m tests.faults.hurried PROGRAM …: a program of ours whose waits are short.

What is waited for stays the same: leases, back-off, rests of the breaker, ticks. Only the spans are
a fifth or less, so that a trial of many minutes takes seconds. The two tests that promise a time
(recovery within 45 and within 60 seconds) run with the spans that the product has.
"""

import runpy
import sys
from datetime import timedelta
from importlib import import_module

from outreach import jobs

LEASE, CALL = timedelta(seconds=6), timedelta(seconds=4)
SPANS = {
    "LEASE": (LEASE, ("models.message", "delivery.attempts", "delivery.claims", "delivery.outbox")),
    "CALL_TIMEOUT": (CALL, ("models.message", "delivery.outbox")),
    "FIRST_WAIT": (timedelta(seconds=1), ("delivery.claims", "delivery.recording")),
    "FIRST_REST": (timedelta(seconds=1), ("models.breaker",)),
    "LONGEST_REST": (timedelta(seconds=5), ("models.breaker",)),
    "PROBE": (LEASE + timedelta(seconds=1), ("models.breaker", "delivery.breaker")),
}
TICK = timedelta(seconds=1)
NOT_OURS = ("audit", "find-duplicates")
"""Jobs of the night."""


def main(program: list[str]) -> None:
    """Shorten every wait, then be that program."""
    for name, (span, modules) in SPANS.items():
        for module in modules:
            setattr(import_module(f"outreach.{module}"), name, span)
    jobs.JOBS = tuple(
        job if job.name in NOT_OURS else jobs.Job(job.name, min(job.every, TICK), job.run)
        for job in jobs.JOBS
    )
    sys.argv = program
    runpy.run_module(program[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
