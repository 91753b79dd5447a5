"""What a plan of a campaign makes of its rows: steps, letters, audience."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Actor
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.campaign import (
    Campaign,
    CampaignList,
)
from outreach.models.event import Event
from outreach.models.segment import Segment
from outreach.models.sender import Sender
from outreach.models.step import AUDIENCES, Anchor, Audience, Step, StepKind
from outreach.models.target import TargetList
from outreach.models.template import Template, TemplateVersion


class NothingToSend(Refusal):
    """A campaign that would reach nobody, or that has no steps."""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step as it is wished.

    template_code  the template whose latest version it pins
    fixed_at       for an anchor of FIXED
    days_before    for an anchor of REPLY_BY or OPENING; below 0 for days after, as it is for
                   ANSWER, INVITATION and LAST_CONTACT
    hour           0 to 23, for the same; None for the time of day of what it is counted from
    is_local       whether that hour is each recipient's own
    audience       None for those whom its kind is for
    places_count   for an anchor of PLACES: how many must be free
    """

    kind: StepKind
    anchor: Anchor
    template_code: str
    fixed_at: datetime | None = None
    days_before: int | None = None
    hour: int | None = None
    working_days_only: bool = False
    is_local: bool = False
    audience: Audience | None = None
    places_count: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign as it is wished."""

    name: str
    event_id: int
    list_ids: Sequence[int]
    reply_by: datetime
    steps: Sequence[StepPlan]
    sender_name: str
    sender_address: str
    """The house's own; a chosen sender takes its place."""
    sender_id: int | None = None
    is_vip: bool = False
    has_calendar: bool = False
    wave: int | None = None
    """Only the targets of this wave; None for all of them."""
    segment_ids: Sequence[int] = ()
    left_out_list_ids: Sequence[int] = ()
    left_out_segment_ids: Sequence[int] = ()
    asks_again: bool = False
    """Whether its invitation goes also to those who were invited already by another mail."""
    newcomers_list_id: int | None = None
    """Where those of its segments are put, when they are invited, who stand on no list of the
    event; None leaves them out."""


def take(
    session: Session,
    campaign: Campaign,
    plan: Plan,
    by: Actor,
    at: datetime,
    seen: Collection[int] = (),
) -> None:
    """Put the plan into the campaign; `seen` are segments that stood in it before."""
    if not plan.steps:
        raise NothingToSend("A campaign needs at least one step.")
    if plan.reply_by <= at:
        raise Conflict("The reply-by lies in the past. Choose a later one.")
    if not plan.list_ids and not plan.segment_ids:
        raise NothingToSend("A campaign needs at least one target list or segment.")
    event = session.get(Event, plan.event_id)
    if event is None:
        raise NotFound("event")
    campaign.name, campaign.event, campaign.reply_by = plan.name, event, plan.reply_by
    campaign.sender_name, campaign.sender_address = plan.sender_name, plan.sender_address
    campaign.sender = None
    if plan.sender_id is not None:
        campaign.sender = session.get(Sender, plan.sender_id)
        if campaign.sender is None:
            raise NotFound("sender")
        campaign.sender.check_usable()
        campaign.sender_address = campaign.sender.address
    campaign.is_vip, campaign.has_calendar = plan.is_vip, plan.has_calendar
    campaign.asks_again = plan.asks_again
    campaign.lists = [
        CampaignList(list=_list(session, id_, event), wave=plan.wave) for id_ in plan.list_ids
    ]
    _take_audience(session, campaign, plan, by, seen)
    campaign.steps = [
        Step(
            position=position,
            kind=step.kind,
            anchor=step.anchor,
            audience=step.audience or AUDIENCES[step.kind],
            fixed_at=step.fixed_at,
            days_before=step.days_before,
            hour=step.hour,
            is_local=step.is_local and step.hour is not None,
            working_days_only=step.working_days_only,
            places_count=step.places_count,
            version=_latest_version(session, step.template_code),
        )
        for position, step in enumerate(plan.steps)
    ]


def _take_audience(
    session: Session, campaign: Campaign, plan: Plan, by: Actor, seen: Collection[int]
) -> None:
    """Whom else it reaches, and whom it does not; no segment is both."""
    if set(plan.segment_ids) & set(plan.left_out_segment_ids):
        raise Conflict("A segment is either written to or left out. Choose one of the two.")
    if set(plan.list_ids) & set(plan.left_out_list_ids):
        raise Conflict("A list is either written to or left out. Choose one of the two.")
    campaign.segments = [
        CampaignSegment(segment=_segment(session, id_, by, seen), is_left_out=is_left_out)
        for is_left_out, ids in ((False, plan.segment_ids), (True, plan.left_out_segment_ids))
        for id_ in ids
    ]
    campaign.left_out_lists = [
        CampaignLeftOutList(list=_known_list(session, id_)) for id_ in plan.left_out_list_ids
    ]
    campaign.is_by_lists = not (campaign.segments or campaign.left_out_lists)
    campaign.newcomers_list = None
    if plan.newcomers_list_id is not None:
        campaign.newcomers_list = _list(session, plan.newcomers_list_id, campaign.event)


def _segment(session: Session, segment_id: int, by: Actor, seen: Collection[int]) -> Segment:
    found = session.get(Segment, segment_id)
    may = found is not None and (
        found.is_shared or found.owner_id == by.account_id or segment_id in seen
    )
    if found is None or not (may or by.account_id is None):
        raise NotFound("segment")
    return found


def _known_list(session: Session, list_id: int) -> TargetList:
    found = session.get(TargetList, list_id)
    if found is None:
        raise NotFound("target list")
    return found


def _list(session: Session, list_id: int, event: Event) -> TargetList:
    found = _known_list(session, list_id)
    if found.event_id != event.id:
        raise Conflict(f"The list “{found.name}” is for another event than this campaign.")
    return found


def _latest_version(session: Session, template_code: str) -> TemplateVersion:
    version = session.scalar(
        select(TemplateVersion)
        .join(Template)
        .where(Template.code == template_code, TemplateVersion.number == Template.latest_version)
    )
    if version is None:
        raise NotFound(f"template with the code “{template_code}”")
    return version
