"""Whom a campaign would reach, before there is one: as a form stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.campaign import Campaign, CampaignList
from outreach.models.event import Event
from outreach.models.segment import Segment
from outreach.models.step import Anchor, Audience, Step, StepKind
from outreach.models.target import TargetList
from outreach.queries.audience import audience
from outreach.queries.organisations_reached import OrganisationsReached, organisations_of


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom a campaign is to reach, before there is one."""

    event_id: int | None
    list_ids: Sequence[int]
    wave: int | None
    segment_ids: Sequence[int]
    left_out_list_ids: Sequence[int]
    left_out_segment_ids: Sequence[int]
    newcomers_list_id: int | None
    asks_again: bool
    invites: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a wish would find now: everyone, those who get the first mail, the first five of them,
    (reason, how many) of the others, and the organisations of its lists."""

    count: int
    reached_count: int
    first: list[str]
    left_out: list[tuple[str, int]]
    organisations: OrganisationsReached


def look(wish: Wish, at: datetime) -> Look:
    """Whom the first mail of such a campaign would reach. Cost: its audience, twice."""
    campaign = _imagined(wish, at)
    if campaign is None:
        return Look(0, 0, [], [], OrganisationsReached([], [], []))
    step = campaign.steps[0]
    people = audience(step, {campaign.event.conference.language: 0}, at).order_by(None).subquery()
    rows = reading().execute(
        select(people.c.reason, func.count())
        .group_by(people.c.reason)
        .order_by(func.count().desc(), people.c.reason)
    )
    counts = {reason: int(count) for reason, count in rows}
    names = reading().scalars(
        select(people.c.name)
        .where(people.c.reason.is_(None))
        .order_by(people.c.stakeholder_id)
        .limit(5)
    )
    reached, everyone = counts.pop(None, 0), sum(counts.values())
    left_out, bodies = list(counts.items()), organisations_of(campaign)
    return Look(everyone + reached, reached, list(names), left_out, bodies)


def _imagined(wish: Wish, at: datetime) -> Campaign | None:
    """A campaign that is in no session and will be in no database."""
    event = reading().get(Event, wish.event_id or 0)
    if event is None or not (wish.list_ids or wish.segment_ids):
        return None
    segments = [
        CampaignSegment(segment_id=id_, segment=segment, is_left_out=is_left_out)
        for ids, is_left_out in ((wish.segment_ids, False), (wish.left_out_segment_ids, True))
        for id_ in ids
        if (segment := reading().get(Segment, id_)) is not None
    ]
    lists = [
        CampaignLeftOutList(list_id=id_, list=one)
        for id_ in wish.left_out_list_ids
        if (one := reading().get(TargetList, id_)) is not None
    ]
    newcomers = reading().get(TargetList, wish.newcomers_list_id or 0)
    kind = StepKind.INVITATION if wish.invites else StepKind.PROMOTION
    step = Step(campaign_id=0, kind=kind, anchor=Anchor.START, audience=Audience.EVERYONE)
    return Campaign(
        id=0, event_id=event.id, event=event, reply_by=at + timedelta(days=1), segments=segments,
        lists=[CampaignList(list_id=id_, wave=wish.wave) for id_ in wish.list_ids],
        left_out_lists=lists, newcomers_list_id=newcomers.id if newcomers else None,
        newcomers_list=newcomers, is_by_lists=False, exclusions=[], steps=[step],
        asks_again=wish.asks_again,
    )  # fmt: skip
