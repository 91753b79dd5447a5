"""Segments: kept under a name, changed, shared, thrown away."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice.segments import Rule
from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.audience import CampaignSegment
from outreach.models.campaign import Campaign
from outreach.models.segment import Segment

LONGEST_NAME = 120


def save_segment(name: str, rule: Rule, *, is_shared: bool = False, by: Actor, at: datetime) -> int:
    """Keep a rule under a name; gives the segment."""
    name = _name(name)
    if not rule:
        raise Refusal("Everyone is no segment. Add a condition to the sentence first.")
    with transaction() as session:
        segment = Segment(
            name=name, rule=rule.to_json(), owner_id=by.account_id, is_shared=is_shared,
            created_at=at, changed_at=at,
        )  # fmt: skip
        session.add(segment)
        session.flush()
        session.add(Activity.of("saved_segment", by, at, segment_id=segment.id, name=name))
        return segment.id


def change_segment(
    segment_id: int,
    *,
    name: str | None = None,
    rule: Rule | None = None,
    is_shared: bool | None = None,
    seen: dict[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Give one's own segment another name or rule, share it or not.

    seen  its state when the page was opened. Raises ChangedMeanwhile where it is another one now.
    """
    if rule is not None and not rule:
        raise Refusal("Everyone is no segment. Add a condition to the sentence first.")
    with transaction() as session:
        segment = _own(session, segment_id, by, seen)
        was = segment.state
        segment.name = segment.name if name is None else _name(name)
        segment.rule = segment.rule if rule is None else rule.to_json()
        segment.is_shared = segment.is_shared if is_shared is None else is_shared
        segment.changed_at = at
        session.add(Activity.of("changed_segment", by, at, segment_id=segment.id, was=was))


def drop_segment(
    segment_id: int, *, seen: dict[str, Any] | None = None, by: Actor, at: datetime
) -> None:
    """Throw one's own segment away, as it was seen; the journal keeps its rule."""
    with transaction() as session:
        segment = _own(session, segment_id, by, seen)
        used = session.scalar(
            select(Campaign.name)
            .join(CampaignSegment, CampaignSegment.campaign_id == Campaign.id)
            .where(CampaignSegment.segment_id == segment_id)
            .order_by(Campaign.id)
            .limit(1)
        )
        if used is not None:
            raise Conflict(f"The campaign “{used}” is for this segment, so it stays.")
        session.add(Activity.of("dropped_segment", by, at, name=segment.name, rule=segment.rule))
        session.delete(segment)


def _own(session: Session, segment_id: int, by: Actor, seen: dict[str, Any] | None) -> Segment:
    segment = session.get(Segment, segment_id, with_for_update=True)
    if segment is None or (not segment.is_shared and segment.owner_id != by.account_id):
        raise NotFound("segment")
    segment.check_owner(by.account_id)
    if seen is not None and seen != segment.state:
        raise ChangedMeanwhile
    return segment


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refusal(f"Give the segment a name of at most {LONGEST_NAME} letters.")
    return name
