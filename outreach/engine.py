"""python -m outreach.engine: the clock's jobs on Procrastinate over PostgreSQL, on many machines.

Any number of these may run anywhere. Each tick is deferred once for all of them; hand-overs are
shared out as one job a lane, so that all workers drain at once; whoever dies is noticed by its
heartbeat and its jobs are given to others. The truth stays in our own tables, as with the clock:
a job that runs twice, late or not at all is harmless.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job as StalledJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from sqlalchemy.engine import make_url

from config import Config
from outreach.app import create_pageless_app
from outreach.clockwork import settle_memory
from outreach.jobs import (
    JOBS,
    Job,
    do_long_work,
    drain_one_lane,
    drain_outbox,
    due_units,
    run_job,
    stopping,
)
from outreach.queries.errands import waiting_errands
from outreach.turns import GIVES_WAY_SECONDS

log = logging.getLogger("outreach.engine")

SCHEMA = "engine"
"""Procrastinate's tables stand in a schema of their own; our migrations know nothing of them."""

SHARES = 64
"""At most so many hand-overs are shared out at once; more workers than that wait for the next."""

LONG_WORKS = 4
"""So many imports, exports and digests run at once, over all machines."""

NICENESS = 15
"""Where cores are short, the web beside us gets nearly all of them: people wait for a page, and
nobody for the mail that confirms what they said on it. At 5 one in twenty waited for two seconds
under the load of `bench at_once`, at 15 for 17 ms."""

BEFORE_SHARES = 1
"""Priority of ticks. A slow campaign has more shares than there are places for work, and receipts,
replies and answers must not wait for its end: each share ends soon, and a tick comes next."""

HEARTBEAT = 5.0
DEAD_AFTER = 15.0
"""Seconds without a heartbeat; with the sweep every 5, a dead worker's jobs run again within 20."""

GRACE = 25.0
"""Seconds that a stop waits for what is under way: a call takes no longer."""


def main() -> int:
    """Work until told to stop; 2 where the database is not PostgreSQL."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    url = make_url(Config.SQLALCHEMY_DATABASE_URI)
    if url.get_backend_name() != "postgresql":
        print(
            "The engine needs PostgreSQL in DATABASE_URL; on SQLite the clock does its work: "
            "python -m outreach.clockwork",
            file=sys.stderr,
        )
        return 2
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    os.nice(NICENESS)
    app = create_pageless_app(Config)
    settle_memory()
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    asyncio.run(_work(app, conninfo))
    return 0


async def _work(app: Flask, conninfo: str) -> None:
    """Run workers one after another: one that lost the database is followed by a new one."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_threads(app) + 4, thread_name_prefix="engine"))
    current: list[asyncio.Task[None]] = []

    def stop() -> None:
        stopping.set()
        for task in current:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    while not stopping.is_set():
        current[:] = [asyncio.create_task(_one_worker(app, conninfo))]
        try:
            await current[0]
        except asyncio.CancelledError:
            break
        except Exception:
            log.exception("the worker ended; another one follows")
        await asyncio.sleep(1)


async def _one_worker(app: Flask, conninfo: str) -> None:
    """A worker with its sweep, until it is cancelled or the database is lost."""
    engine = engine_for(app, conninfo)
    await asyncio.to_thread(prepare, conninfo)
    async with engine.open_async():
        sweep = asyncio.create_task(_sweep(engine))
        try:
            await engine.run_worker_async(
                concurrency=_threads(app),
                wait=True,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=GRACE,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=DEAD_AFTER,
                delete_jobs="always",  # what went wrong stands on the job's heartbeat row
            )
        finally:
            sweep.cancel()


def _threads(app: Flask) -> int:
    """As many hand-overs as there are lanes, and room for long work beside them."""
    return max(2, app.config["SEND_LANES"] or 4) + LONG_WORKS


def engine_for(app: Flask, conninfo: str) -> App:
    """Procrastinate with our jobs as its periodic tasks."""
    connector = PsycopgConnector(
        conninfo=conninfo, kwargs={"options": f"-c search_path={SCHEMA}"}, min_size=1, max_size=6
    )
    engine = App(connector=connector)
    shared: dict[Callable[[], object], tuple[Callable[[], int], Callable[[], object]]] = {
        drain_outbox: (partial(due_units, SHARES), drain_one_lane),
        do_long_work: (partial(waiting_errands, LONG_WORKS), do_long_work),
    }
    for job in JOBS:
        tick: Callable[..., Any] = partial(_tick, app, job)
        if job.run in shared:
            count, piece = shared[job.run]
            work = partial(_in_context, app, piece, f"a share of {job.name}")
            share = engine.task(name=f"share-{job.name}", queue="shares")(work)
            counting = Job(job.name, job.every, count)
            # Long work without a lock for each share would fill every machine there is.
            tick = _sharing(app, counting, share, locks=job.run is do_long_work)
        task = engine.task(
            name=job.name, lock=job.name, queueing_lock=job.name, priority=BEFORE_SHARES
        )(tick)
        engine.periodic(cron=cron_of(job.every))(task)
    return engine


def cron_of(every: timedelta) -> str:
    """A span as a cron line with seconds in the sixth place: whole seconds, or whole minutes."""
    seconds = int(every.total_seconds())
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    return f"0 */{seconds // 3600} * * *"


def prepare(conninfo: str) -> None:
    """Make Procrastinate's tables where they are missing; several may come at once."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('outreach engine'))")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute(f"SET search_path = {SCHEMA}")
        found = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if found == (None,):
            schema = App(connector=PsycopgConnector()).schema_manager.get_schema()
            connection.execute(schema.encode())
        connection.execute(
            "DELETE FROM procrastinate_periodic_defers"
            " WHERE defer_timestamp < extract(epoch FROM now() - interval '1 day')"
        )


def _tick(app: Flask, job: Job, timestamp: int) -> object:
    """One tick of one job; a fault is noted on the job's row, and the next tick tries again."""
    with app.app_context():
        try:
            return run_job(job)
        except Exception:
            log.exception("job %s", job.name)
            return None


def _in_context(app: Flask, work: Callable[[], object], what: str) -> None:
    with app.app_context():
        try:
            work()
        except Exception:
            log.exception(what)


def _sharing(app: Flask, job: Job, share: Any, *, locks: bool) -> Callable[[int], Awaitable[None]]:
    """The tick of what all do at once: a job for each piece that is due; the free take them."""

    async def tick(timestamp: int) -> None:
        count = await asyncio.to_thread(_tick, app, job, timestamp)
        for number in range(count if isinstance(count, int) else 0):
            name = f"{share.name} {number}"
            lock = name if locks else None
            with suppress(AlreadyEnqueued):  # asked for already, and not begun yet
                await share.configure(queueing_lock=name, lock=lock).defer_async()

    return tick


async def _sweep(engine: App) -> None:
    """Give the jobs of dead workers to others. No job itself: the one who died may have held it."""
    manager = engine.job_manager
    while True:
        await asyncio.sleep(HEARTBEAT)
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
                await _free(manager, job)
            await manager.prune_stalled_workers(DEAD_AFTER)
        except Exception:
            log.exception("the sweep")


async def _free(manager: JobManager, job: StalledJob) -> None:
    """Let another do it; where the same is asked for already, that one waits for its lock alone."""
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        await manager.finish_job(job, Status.FAILED, delete_job=True)


if __name__ == "__main__":
    sys.exit(main())
