"""Stopping addresses: in the transaction of whoever learned that we must not write to them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import false, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.models.suppression import Suppression, digest_of, weaker_than


def stop_addresses(
    session: Session,
    owners: Iterable[tuple[str, int | None]],
    reason: str,
    *,
    source: str,
    at: datetime,
) -> int:
    """Put addresses on the list of those not to write to; says how many it was news for.

    owners  (key of an address, the stakeholder whose it is)
    A stronger reason takes the place of a weaker one; the same or a weaker one changes nothing.
    """
    rows = {
        digest_of(key): {
            "digest": digest_of(key),
            "reason": reason,
            "source": source,
            "since": at,
            "stakeholder_id": stakeholder_id,
        }
        for key, stakeholder_id in owners
    }
    if not rows:
        return 0
    insert = (postgresql if is_postgresql() else sqlite).insert(Suppression)
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "reason": new.reason,
            "source": new.source,
            "since": new.since,
            "stakeholder_id": new.stakeholder_id,
        },
        where=or_(false(), *[Suppression.reason == weaker for weaker in weaker_than(reason)]),
    ).returning(Suppression.id)
    # In one order, so that two transactions never wait for each other.
    return len(session.scalars(statement, [rows[digest] for digest in sorted(rows)]).all())
