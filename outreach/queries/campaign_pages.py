"""What the page of one campaign shows: who wrote it, whom it reaches, what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.activity import Activity
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.message import OUTCOMES, MessageState, Outcome
from outreach.models.segment import Segment
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import TargetList
from outreach.queries.campaigns import ASKS

ASKED = "asked_for_approval"
TURNS = (ASKED, "drafted", "changed_campaign", "approved")
"""Lines of the journal after which a request for approval stands or has lapsed."""
NO_GROUP = "Of no group"


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One campaign, without its counts."""

    id: int
    name: str
    state: str
    event_id: int
    event: str
    city: str
    time_zone: str
    reply_by: datetime
    is_vip: bool
    has_calendar: bool
    asks_again: bool
    """Also those whom another mail invited."""
    sender_name: str
    sender_address: str
    sender_id: int | None
    paused_because: str
    author_id: int | None
    author: str | None
    approver: str | None
    approved_at: datetime | None
    scheduled_at: datetime | None
    wave: int | None
    """Which of the targets; None for all of them."""
    newcomers_list_id: int | None
    newcomers: str | None
    """The list on which those of its segments are put who stand on none."""
    asks: bool
    """For answers, which close with the reply-by; else that is its end."""
    lists: list[tuple[int, str, int]] = field(default_factory=list)
    """(id, name, how many names)"""
    segments: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    """(id, name, rule)"""
    left_out_lists: list[tuple[int, str]] = field(default_factory=list)
    left_out_segments: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    asked_by: str | None = None
    asked_at: datetime | None = None
    """When approval was asked for, where that still stands."""


def campaign_page(campaign_id: int) -> CampaignPage | None:
    """One campaign. Five SELECTs by key; for a draft also the end of its journal."""
    row = reading().execute(_itself(campaign_id)).one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(CampaignPage.__dataclass_fields__, row, strict=False))
    values["state"] = row.state.value
    by, at = _asked(campaign_id) if row.state is CampaignState.DRAFT else (None, None)
    reached, left_out = _segments_of(campaign_id)
    return CampaignPage(
        **values, lists=lists_of(campaign_id), segments=reached, left_out_segments=left_out,
        left_out_lists=_left_out_lists(campaign_id), asked_by=by, asked_at=at,
    )  # fmt: skip


def campaign_mark(campaign_id: int) -> int:
    """Which version of a campaign its form shows. Six SELECTs by key."""
    campaign = reading().get(Campaign, campaign_id, populate_existing=True)
    return campaign.mark if campaign else 0


def _itself(campaign_id: int) -> Any:
    """SELECT of the first fields of a CampaignPage, in their order."""
    author, approver = aliased(Account), aliased(Account)
    wave = select(func.min(CampaignList.wave)).where(CampaignList.campaign_id == Campaign.id)
    return (
        select(
            Campaign.id, Campaign.name, Campaign.state, Campaign.event_id, Event.name, Event.city,
            Event.time_zone, Campaign.reply_by, Campaign.is_vip, Campaign.has_calendar,
            Campaign.asks_again, Campaign.sender_name, Campaign.sender_address, Campaign.sender_id,
            Campaign.paused_because, Campaign.author_id, author.name, approver.name,
            Campaign.approved_at, Campaign.scheduled_at, wave.scalar_subquery(),
            Campaign.newcomers_list_id, TargetList.name, ASKS,
        )
        .outerjoin(TargetList, TargetList.id == Campaign.newcomers_list_id)
        .join(Event, Event.id == Campaign.event_id)
        .outerjoin(author, author.id == Campaign.author_id)
        .outerjoin(approver, approver.id == Campaign.approver_id)
        .where(Campaign.id == campaign_id)
    )  # fmt: skip


def _segments_of(campaign_id: int) -> tuple[list[Any], list[Any]]:
    """(id, name, rule) of the segments that it reaches, and of those that it leaves out."""
    rows = reading().execute(
        select(Segment.id, Segment.name, Segment.rule, CampaignSegment.is_left_out)
        .join(CampaignSegment, CampaignSegment.segment_id == Segment.id)
        .where(CampaignSegment.campaign_id == campaign_id)
        .order_by(Segment.name, Segment.id)
    )
    sides: tuple[list[Any], list[Any]] = ([], [])
    for id_, name, rule, is_left_out in rows:
        sides[is_left_out].append((id_, name, rule))
    return sides


def _left_out_lists(campaign_id: int) -> list[tuple[int, str]]:
    rows = reading().execute(
        select(TargetList.id, TargetList.name)
        .join(CampaignLeftOutList, CampaignLeftOutList.list_id == TargetList.id)
        .where(CampaignLeftOutList.campaign_id == campaign_id)
        .order_by(TargetList.name, TargetList.id)
    )
    return [(id_, name) for id_, name in rows]


def lists_of(campaign_id: int) -> list[tuple[int, str, int]]:
    """(id, name, names on it) of a campaign's lists."""
    rows = reading().execute(
        select(TargetList.id, TargetList.name, func.coalesce(func.sum(Tally.count), 0))
        .join(CampaignList, CampaignList.list_id == TargetList.id)
        .outerjoin(
            Tally,
            (Tally.subject_id == TargetList.id)
            & (Tally.kind == TallyKind.LIST_TARGETS)
            & (Tally.state == "wanted"),
        )
        .where(CampaignList.campaign_id == campaign_id)
        .group_by(TargetList.id, TargetList.name)
        .order_by(TargetList.name)
    )
    return [(id_, name, int(count)) for id_, name, count in rows]


def _asked(campaign_id: int) -> tuple[str | None, datetime | None]:
    """Who asked for approval, and when, unless the draft was changed since."""
    row = (
        reading()
        .execute(
            select(Activity.verb, Account.name, Activity.at)
            .outerjoin(Account, Account.id == Activity.account_id)
            .where(Activity.campaign_id == campaign_id, Activity.verb.in_(TURNS))
            .order_by(Activity.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return (row.name, row.at) if row and row.verb == ASKED else (None, None)


def outcomes_by_group(campaign_id: int) -> list[tuple[str, dict[str, int]]]:
    """(group, {outcome: count}) of everyone written down. Cost: its summary rows."""
    rows = reading().execute(
        select(func.coalesce(ConstituentGroup.name, NO_GROUP), Tally.state, Tally.count)
        .select_from(Tally)
        .outerjoin(ConstituentGroup, ConstituentGroup.id == Tally.group_id)
        .where(Tally.kind == TallyKind.CAMPAIGN_PEOPLE, Tally.subject_id == campaign_id)
        .order_by(ConstituentGroup.position.is_(None), ConstituentGroup.position)
    )
    found: dict[str, dict[str, int]] = {}
    for group, state, count in rows:
        counts = found.setdefault(group, {one.value: 0 for one in Outcome})
        counts[OUTCOMES[MessageState(state)].value] += count
    return list(found.items())
