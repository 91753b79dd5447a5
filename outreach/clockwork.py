"""python -m outreach.clockwork: the clock process (APScheduler).

Its ticks only wake work up; what is due stands in the tables. SIGTERM and Ctrl-C let the call
that is under way end, and then stop.
"""

import gc
import logging
import os
import signal
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from config import Config
from outreach import clock
from outreach.app import create_pageless_app
from outreach.jobs import JOBS, Job, run_job, stopping

log = logging.getLogger("outreach.clockwork")


def main() -> None:
    """Run until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    told_to_stop = listen()
    scheduler = scheduler_of(create_pageless_app(Config))
    settle_memory()
    scheduler.start()
    os.read(told_to_stop, 1)
    stopping.set()
    scheduler.shutdown(wait=True)


def scheduler_of(app: Flask) -> BackgroundScheduler:
    """APScheduler with a line for each job, not started yet."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(JOBS))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in JOBS:
        scheduler.add_job(
            partial(tick, app, job),
            "interval",
            seconds=job.every.total_seconds(),
            id=job.name,
            name=job.name,
            next_run_time=clock.now(),
        )
    return scheduler


def listen() -> int:
    """The end of a pipe where a byte comes with SIGTERM and SIGINT, whenever they come.

    Python runs a handler only between two steps of the main thread: of a signal that comes just
    before that thread begins to wait for a lock, it would hear with the next one, or never.
    """
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return ours


def settle_memory() -> None:
    """What was loaded at the start stays: the collector need not look at it for every unit."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def tick(app: Flask, job: Job) -> None:
    """One tick of one job; a fault is logged, noted on the job's row, and tried again next time."""
    if stopping.is_set():
        return
    with app.app_context():
        try:
            run_job(job)
        except Exception:
            log.exception("job %s", job.name)


if __name__ == "__main__":
    main()
