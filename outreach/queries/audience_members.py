"""Who is in a campaign's audience: by its lists and segments, and whom the team leaves out.

Whoever came in by a segment stays in: the invitation itself ends "not asked yet", and its reminder
is for the same people. So it is with what is left out: a segment that speaks of answers or mail is
looked at when somebody comes in, any other one before every step.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    select,
    true,
    union,
)

from outreach.advice.segments import Rule, UnreadableRule
from outreach.db import reading
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.campaign import Campaign, CampaignExclusion, CampaignList
from outreach.models.message import Message, MessageState
from outreach.models.segment import Segment
from outreach.models.stakeholder import Stakeholder, Standing
from outreach.models.target import Target, TargetList
from outreach.queries.asked_facets import IS_WAITING
from outreach.queries.organisations_reached import (
    brings_news_to_organisations,
    focal_points_of,
)
from outreach.queries.segments import people_matching

EXCLUDED = "Left out of this campaign by the team."
NO_PLACE = (
    "On no target list of this event, and the campaign names none for people of its segments."
)
WAITS = "An alternate, who is asked when a place is freed."
Case = tuple[Any, str]


def on_left_out_list(name: Any) -> Any:
    """Why someone gets nothing; name  of the list, or its column."""
    return "Left out by the team: on the list “" + name + "”."


def people_of(campaign: Campaign, at: datetime) -> Select[Any]:
    """Everyone of a campaign once; the group is that of the first list they stand on.

    Columns: stakeholder_id, is_star, group_id; where there are segments also bar (why someone
    cannot be invited, or None). Cost: the lists, and the people of the segments.
    """
    if campaign.reaches_segments or brings_news_to_organisations(campaign):
        return _of_lists_and_segments(campaign, at)
    star = case((Target.is_star, 1), else_=0)
    list_ids = [entry.list_id for entry in campaign.lists]
    wave = campaign.lists[0].wave if campaign.lists else None
    if len(list_ids) == 1:  # where nobody can stand twice, nothing needs to be grouped
        return (
            select(Target.stakeholder_id, star.label("is_star"), TargetList.group_id)
            .join(TargetList, TargetList.id == Target.list_id)
            .where(Target.list_id == list_ids[0], is_called(wave))
        )
    first = (
        select(
            Target.stakeholder_id,
            func.min(Target.list_id).label("list_id"),
            func.max(star).label("is_star"),
        )
        .where(Target.list_id.in_(list_ids), is_called(wave))
        .group_by(Target.stakeholder_id)
        .subquery()
    )
    return select(first.c.stakeholder_id, first.c.is_star, TargetList.group_id).join(
        TargetList, TargetList.id == first.c.list_id
    )


def _of_lists_and_segments(campaign: Campaign, at: datetime) -> Select[Any]:
    """The same where people are in it because of what they are, on a list or not."""
    list_ids = [entry.list_id for entry in campaign.lists]
    wave = campaign.lists[0].wave if campaign.lists else None
    everyone = union(
        select(Target.stakeholder_id).where(Target.list_id.in_(list_ids), is_called(wave)),
        select(func.coalesce(Stakeholder.merged_into_id, Stakeholder.id))
        .join(Message, Message.stakeholder_id == Stakeholder.id)
        .where(Message.campaign_id == campaign.id, Message.is_first),
        *(
            people_matching(rule, conference_id=campaign.event.conference_id, at=at)
            for one in campaign.segments
            if not one.is_left_out and (rule := _rule(one.segment)) is not None
        ),
        *([focal_points_of(campaign)] if brings_news_to_organisations(campaign) else []),
    ).cte("everyone")
    places = _places_at(campaign, list_ids)
    standing: Any = Standing.group_id
    if campaign.invites:  # by the list on which they are put
        newcomers = campaign.newcomers_list
        standing = literal(newcomers.group_id) if newcomers else null()
    is_new = places.c.stakeholder_id.is_(None)
    bar = [(places.c.is_called == 0, WAITS)]
    if campaign.newcomers_list_id is None:
        bar.append((is_new, NO_PLACE))
    statement = (
        select(
            everyone.c.stakeholder_id,
            func.coalesce(places.c.is_star, 0).label("is_star"),
            func.coalesce(TargetList.group_id, standing).label("group_id"),
            (case(*bar, else_=null()) if campaign.invites else null()).label("bar"),
        )
        .select_from(everyone)
        .outerjoin(places, places.c.stakeholder_id == everyone.c.stakeholder_id)
        .outerjoin(TargetList, TargetList.id == places.c.list_id)
    )
    if campaign.invites:
        return statement
    person = select(Stakeholder.id, Stakeholder.organisation_id).subquery("person")
    return statement.join(person, person.c.id == everyone.c.stakeholder_id).outerjoin(
        Standing,
        and_(
            Standing.organisation_id == person.c.organisation_id,
            Standing.conference_id == campaign.event.conference_id,
        ),
    )


def _places_at(campaign: Campaign, list_ids: list[int]) -> Any:
    """Where each person stands on the event's lists: the campaign's own before any other."""
    own = case((Target.list_id.in_(list_ids), Target.list_id), else_=null())
    called = case((is_called(), 1), else_=0)
    return (
        select(
            Target.stakeholder_id,
            func.coalesce(func.min(own), func.min(Target.list_id)).label("list_id"),
            func.max(case((Target.is_star, 1), else_=0)).label("is_star"),
            func.max(called).label("is_called"),
        )
        .join(TargetList, TargetList.id == Target.list_id)
        .where(TargetList.event_id == campaign.event_id)
        .group_by(Target.stakeholder_id)
        .subquery("places")
    )


def audience_count(campaign_id: int, at: datetime) -> int:
    """How many people a campaign reaches or leaves out, each once. Cost: its lists and segments."""
    campaign = reading().get(Campaign, campaign_id)
    if campaign is not None and (
        campaign.reaches_segments or brings_news_to_organisations(campaign)
    ):
        people = people_of(campaign, at).subquery()
        return reading().scalar(select(func.count()).select_from(people)) or 0
    listed = (
        select(Target.stakeholder_id)
        .join(CampaignList, CampaignList.list_id == Target.list_id)
        .where(CampaignList.campaign_id == campaign_id, is_called(), is_of_wave())
        .distinct()
    )
    return reading().scalar(select(func.count()).select_from(listed.subquery())) or 0


def is_called(wave: int | None = None) -> ColumnElement[bool]:
    """Of this wave (None for any), and not an alternate who still waits for a place."""
    return ~IS_WAITING if wave is None else and_(~IS_WAITING, Target.wave == wave)


def is_of_wave() -> ColumnElement[bool]:
    """Of the wave that the CampaignList names, where it names one; for statements that join it."""
    return CampaignList.wave.is_(None) | (CampaignList.wave == Target.wave)


def is_settled(campaign_id: int, person: Any) -> ColumnElement[bool]:
    """On a list of a campaign, or written down by it; whom segments alone fit comes in later.

    person  the column of their ids in the statement around
    """
    by_segment = select(CampaignSegment.id).where(
        CampaignSegment.campaign_id == campaign_id, ~CampaignSegment.is_left_out
    )
    written = select(Message.id).where(
        Message.campaign_id == campaign_id, Message.is_first, Message.stakeholder_id == person
    )
    listed = (
        select(Target.id)
        .join(CampaignList, CampaignList.list_id == Target.list_id)
        .where(CampaignList.campaign_id == campaign_id, is_of_wave())
        .where(Target.stakeholder_id == person)
    )
    return listed.exists() | and_(by_segment.exists(), written.exists())


def left_out_by_team(campaign: Campaign, at: datetime) -> list[Case]:
    """Whom the team leaves out, and the words for it; for statements over Stakeholder."""
    cases: list[Case] = []
    if campaign.exclusions:
        is_excluded = exists().where(
            CampaignExclusion.campaign_id == campaign.id,
            CampaignExclusion.stakeholder_id == Stakeholder.id,
        )
        cases.append((is_excluded.correlate(Stakeholder), EXCLUDED))
    if campaign.is_by_lists:
        return cases
    for entry in campaign.left_out_lists:
        is_on = exists().where(
            Target.list_id == entry.list_id, Target.stakeholder_id == Stakeholder.id
        )
        cases.append((is_on.correlate(Stakeholder), on_left_out_list(entry.list.name)))
    for one in campaign.segments:
        if one.is_left_out:
            words = f"Left out by the team: in the segment “{one.segment.name}”."
            cases.append((_is_kept_out(campaign, one.segment, at), words))
    return cases


def left_out_since(campaign_id: Any, since: Any) -> ColumnElement[str | None]:
    """Why someone is left out who was put on a list since that a campaign leaves out, or nothing;
    for statements over Message. Cost: one look by key for each such list."""
    words = (
        select(on_left_out_list(TargetList.name))
        .join(CampaignLeftOutList, CampaignLeftOutList.list_id == TargetList.id)
        .join(Target, Target.list_id == TargetList.id)
        .where(
            CampaignLeftOutList.campaign_id == campaign_id,
            Target.stakeholder_id == Message.stakeholder_id,
            Target.created_at > since,
        )
        .order_by(TargetList.id)
        .limit(1)
    )
    return words.correlate(Message).scalar_subquery()


def _is_kept_out(campaign: Campaign, segment: Segment, at: datetime) -> ColumnElement[bool]:
    rule = _rule(segment)
    if rule is None:
        return true()  # rather nobody than those whom it was to keep out
    fits = Stakeholder.id.in_(
        people_matching(rule, conference_id=campaign.event.conference_id, at=at)
    )
    if not rule.follows_mail:
        return fits
    is_in = exists().where(
        Message.campaign_id == campaign.id,
        Message.stakeholder_id == Stakeholder.id,
        Message.is_first,
        Message.state != MessageState.LEFT_OUT,
    )
    return and_(fits, ~is_in.correlate(Stakeholder))


def _rule(segment: Segment) -> Rule | None:
    """The rule, or None where this version of the program cannot read it."""
    try:
        return segment.as_rule()
    except UnreadableRule:
        return None


def unreadable_segments(campaign: Campaign) -> list[str]:
    """The names of segments whose rule cannot be read any more."""
    found = [] if campaign.is_by_lists else campaign.segments
    return [one.segment.name for one in found if _rule(one.segment) is None]
