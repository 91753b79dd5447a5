"""One time for all workers: where there may be several machines, the database's own.

A lease that one machine's wrong clock ends is a mail sent twice; a clock that runs ahead launches
a step before its day.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from outreach import clock
from outreach.db import db, is_postgresql

HARMLESS = timedelta(seconds=1)


def common_clock() -> Callable[[], datetime]:
    """This machine's clock, corrected by how far it is from the database's. One SELECT.

    On SQLite all processes share one machine, and with it one clock.
    """
    if not is_postgresql():
        return clock.now
    theirs: datetime = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    off = theirs.astimezone(UTC) - clock.now()
    db.session.rollback()
    if abs(off) < HARMLESS:
        return clock.now
    return lambda: clock.now() + off
