"""Stopping addresses: in the transaction of whoever learned that we must not write to them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import false, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.models.base import Base
from outreach.models.suppression import (
    REASONS,
    CampaignStop,
    NewsStop,
    Suppression,
    digest_of,
    weaker_than,
)
from outreach.rows import Rows


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
    digests = ((digest_of(key), stakeholder_id) for key, stakeholder_id in owners)
    return stop_digests(session, digests, reason, source=source, at=at)


def stop_digests(
    session: Session,
    owners: Iterable[tuple[str, int | None]],
    reason: str,
    *,
    source: str,
    at: datetime,
) -> int:
    """The same where only the digest of an address is known."""
    rows = {
        digest: {
            "digest": digest,
            "reason": reason,
            "source": source,
            "since": at,
            "stakeholder_id": stakeholder_id,
        }
        for digest, stakeholder_id in owners
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


def stop_news(
    session: Session, owners: Iterable[tuple[str, int | None]], *, source: str, at: datetime
) -> int:
    """No more news to these addresses; says how many it was news for.

    owners  (key of an address, the stakeholder whose it is)
    """
    rows = [
        {"digest": digest_of(key), "source": source, "since": at, "stakeholder_id": stakeholder_id}
        for key, stakeholder_id in sorted(owners)
    ]
    insert = (postgresql if is_postgresql() else sqlite).insert(NewsStop)
    statement = insert.on_conflict_do_nothing(index_elements=["digest"]).returning(NewsStop.id)
    return len(session.scalars(statement, rows).all()) if rows else 0


def carry_stops(
    session: Session, rows: Rows, keys: Iterable[str], key: str, kept_id: int, at: datetime
) -> None:
    """What stopped any address of someone who was two stops the one that they keep.

    keys  of all their addresses;  key  of the one that is kept
    A bounce is of one mailbox alone.
    """
    digests, own = [digest_of(each) for each in keys], digest_of(key)
    _carry_campaign_stops(session, rows, digests, own, kept_id, at)
    news = set(session.scalars(select(NewsStop.digest).where(NewsStop.digest.in_(digests))))
    tables = Base.metadata.tables
    if news and own not in news:
        rows.add(
            tables["news_stops"], digest=own, source="merged", since=at, stakeholder_id=kept_id
        )
    stops = session.execute(
        select(Suppression.id, Suppression.digest, Suppression.reason).where(
            Suppression.digest.in_(digests), Suppression.reason != REASONS[0]
        )
    ).all()
    if not stops:
        return
    reason = max((stop.reason for stop in stops), key=REASONS.index)
    present = session.scalar(select(Suppression.id).where(Suppression.digest == own))
    if present is None:
        rows.add(
            tables["suppressions"], digest=own, reason=reason, source="merged", since=at,
            stakeholder_id=kept_id,
        )  # fmt: skip
    else:
        rows.change(tables["suppressions"], present, reason=reason)


def _carry_campaign_stops(
    session: Session, rows: Rows, digests: list[str], own: str, kept_id: int, at: datetime
) -> None:
    """Whoever wanted no more of a campaign at one address wants none at the other."""
    stops = session.execute(
        select(CampaignStop.campaign_id, CampaignStop.digest).where(
            CampaignStop.digest.in_(digests)
        )
    ).all()
    table = Base.metadata.tables["campaign_stops"]
    for campaign_id in {each for each, _ in stops} - {each for each, of in stops if of == own}:
        rows.add(table, campaign_id=campaign_id, digest=own, since=at, stakeholder_id=kept_id)
