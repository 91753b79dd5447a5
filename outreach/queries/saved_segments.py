"""Segments that are kept: one's own and the shared ones; what was done to many at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.audience import CampaignSegment
from outreach.models.bulk import UNDO_LIFE, BulkChange
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.segment import Segment


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A segment as it is listed."""

    id: int
    name: str
    rule: dict[str, Any]
    owner_id: int | None
    owner: str | None
    is_shared: bool
    changed_at: datetime

    @property
    def state(self) -> dict[str, Any]:
        """What one changes of it: `Segment.state`."""
        return {"name": self.name, "rule": self.rule, "is_shared": self.is_shared}

    def as_rule(self) -> Rule:
        """The rule, checked. Raises UnreadableRule where this version knows it no longer."""
        return Rule.from_json(self.rule)


def segments(account_id: int) -> list[SegmentLine]:
    """One's own segments and those that are shared, by name. Cost: they."""
    rows = reading().execute(
        _lines()
        .where(or_(Segment.owner_id == account_id, Segment.is_shared))
        .order_by(Segment.name, Segment.id)
    )
    return [SegmentLine(*row) for row in rows]


def segment(segment_id: int, account_id: int) -> SegmentLine | None:
    """One that this account may see. One row by key."""
    row = (
        reading()
        .execute(
            _lines().where(
                Segment.id == segment_id, or_(Segment.owner_id == account_id, Segment.is_shared)
            )
        )
        .one_or_none()
    )
    return SegmentLine(*row) if row else None


def campaigns_of(segment_id: int) -> list[str]:
    """Those not over whose audience speaks of a segment, by name. Cost: they, by index."""
    rows = reading().scalars(
        select(Campaign.name)
        .join(CampaignSegment, CampaignSegment.campaign_id == Campaign.id)
        .where(
            CampaignSegment.segment_id == segment_id,
            Campaign.state.not_in((CampaignState.FINISHED, CampaignState.CANCELLED)),
        )
        .order_by(Campaign.name)
    )
    return [f"“{name}”" for name in rows]


def _lines() -> Any:
    return select(
        Segment.id, Segment.name, Segment.rule, Segment.owner_id, Account.name, Segment.is_shared,
        Segment.changed_at,
    ).outerjoin(Account, Account.id == Segment.owner_id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BulkLine:
    """What was done to many people at once."""

    id: int
    said: str
    count: int
    by: str | None
    at: datetime
    undone_at: datetime | None

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be taken back."""
        return self.undone_at is None and at - self.at <= UNDO_LIFE


def bulk_changes(*, of_offices: bool = False, limit: int = 50) -> list[BulkLine]:
    """The latest ones, newest first. Cost: the rows shown.

    of_offices  of what follows from an office, which an administrator alone changes
    """
    is_of_offices = BulkChange.what == "office"
    rows = reading().execute(
        select(
            BulkChange.id, BulkChange.detail, BulkChange.count, Account.name, BulkChange.at,
            BulkChange.undone_at,
        )
        .outerjoin(Account, Account.id == BulkChange.account_id)
        .where(is_of_offices if of_offices else ~is_of_offices)
        .order_by(BulkChange.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        BulkLine(id_, detail.get("said", ""), count, by, at, undone)
        for id_, detail, count, by, at, undone in rows
    ]


def what_was_changed(change_id: int) -> tuple[bool, int]:
    """Whether a change was one of the targets of a list, not of people; and of how many. One row by
    key."""
    of = select(BulkChange.what, BulkChange.count).where(BulkChange.id == change_id)
    row = reading().execute(of).one_or_none()
    return (row.what.startswith("targets_"), row[1]) if row else (False, 0)
