"""The circuit breaker: while a provider is down nobody claims anything, and no attempt is spent.

Its row is shared by all workers on all machines. Open, it lets one worker try one mail now and
then; an answer of any sensible kind closes it. A provider that names an instant at which to come
again (429) is left alone until then by all of them, too.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import Glance, is_postgresql, transaction
from outreach.models.activity import PROVIDER, Activity
from outreach.models.breaker import PROBE, Breaker
from outreach.prepared import Prepared

_STANDS: Any = select(Breaker.opened_at, Breaker.probe_at)
_OPEN = Glance(_STANDS.where(Breaker.name == bindparam("mailer")))
_DOWN_COUNT = Prepared(select(Breaker.down_count).where(Breaker.name == bindparam("mailer")))


class Permit(Enum):
    """How much a worker may take now."""

    ALL = "all"
    ONE = "one"
    """A probe: one mail, and then look again."""
    NOTHING = "nothing"


def permit(mailer_name: str, *, at: datetime) -> Permit:
    """What the breaker allows. One SELECT while it is closed; a probe is given to one worker."""
    opened_at, probe_at = _OPEN.row(mailer=mailer_name) or (None, None)
    if opened_at is None:
        return Permit.ALL
    if probe_at is not None and probe_at > at:
        return Permit.NOTHING
    with transaction() as session:
        taken = session.execute(
            update(Breaker)
            .where(
                Breaker.name == mailer_name,
                Breaker.opened_at.is_not(None),
                Breaker.probe_at == probe_at,
            )
            .values(probe_at=at + PROBE)
            .returning(Breaker.name)
            .execution_options(synchronize_session=False)
        ).first()
    return Permit.ONE if taken else Permit.NOTHING


def note_answer(
    session: Session,
    mailer_name: str,
    *,
    is_down: bool,
    reason: str,
    at: datetime,
    retry_after: timedelta | None = None,
) -> None:
    """Count what a call showed of the provider, in the transaction that records the outcome.

    retry_after  how long it asked to be left alone: it would say the same of every other unit
    """
    if not is_down and retry_after is None:
        row = _DOWN_COUNT.first(session.connection(), {"mailer": mailer_name})
        if row is None or not row.down_count:
            return  # the usual case writes nothing and waits for nobody
    dialect = postgresql if is_postgresql() else sqlite
    session.execute(
        dialect.insert(Breaker)
        .values(name=mailer_name)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    breaker = session.get_one(Breaker, mailer_name, with_for_update=True)
    if retry_after is not None:
        breaker.note_limit(at + retry_after, reason)
    if is_down and breaker.note_down(reason, at):
        session.add(Activity.of("breaker_opened", PROVIDER, at, mailer=mailer_name, because=reason))
    elif not is_down and breaker.note_up():
        session.add(Activity.of("breaker_closed", PROVIDER, at, mailer=mailer_name))
