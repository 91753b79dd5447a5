"""Campaigns: drafted, changed, approved, scheduled, paused, resumed, cancelled, finished."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.campaign import (
    LAST_WORD,
    Campaign,
    CampaignList,
    CampaignState,
    NotReady,
    WrongState,
)
from outreach.models.event import Event
from outreach.models.message import Message, MessageState, Unit, UnitState
from outreach.models.segment import Segment
from outreach.models.sender import Sender
from outreach.models.step import AUDIENCES, Anchor, Audience, Step, StepKind, StepState
from outreach.models.tally import TallyKind
from outreach.models.target import TargetList
from outreach.models.template import Template, TemplateVersion
from outreach.queries.prospects import reaches_anyone
from outreach.queries.readiness import problems
from outreach.tally import add_to_tallies, moved, total


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
    newcomers_list_id: int | None = None
    """Where those of its segments are put, when they are invited, who stand on no list of the
    event; None leaves them out."""


def draft_campaign(plan: Plan, *, by: Actor, at: datetime) -> int:
    """Write a draft; nothing leaves before someone else approved it and it was scheduled."""
    with transaction() as session:
        campaign = Campaign(author_id=by.account_id, created_at=at, state=CampaignState.DRAFT)
        _take(session, campaign, plan, by, at)
        session.add(campaign)
        session.flush()
        session.add(_line("drafted", campaign, by, at))
        return campaign.id


def change_campaign(campaign_id: int, plan: Plan, *, by: Actor, at: datetime) -> None:
    """Change a draft; whatever had been approved must be approved again."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        campaign.void_approval()
        for step in list(campaign.steps):
            session.delete(step)
        seen = {one.segment_id for one in campaign.segments}
        for entry in [*campaign.lists, *campaign.segments, *campaign.left_out_lists]:
            session.delete(entry)
        session.flush()
        session.expire(campaign, ["steps", "lists", "segments", "left_out_lists"])
        _take(session, campaign, plan, by, at, seen)
        session.add(_line("changed_campaign", campaign, by, at))


def ask_for_approval(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Say that a draft is ready to be looked at; what is wrong with it is said now."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        if campaign.state is not CampaignState.DRAFT:
            raise WrongState("sent for approval", campaign.state)
        _check(session, campaign, at)
        session.add(_line("asked_for_approval", campaign, by, at))


def approve_campaign(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Stand for what will go out: content, audience, times and sender, as they are now."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        campaign.approve(by.account_id, at)
        _check(session, campaign, at)
        session.add(_line("approved", campaign, by, at))


def schedule_campaign(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Set an approved campaign going; its steps get their times."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        has_readers = reaches_anyone(campaign_id, at)
        campaign.check_approval()
        if campaign.sender is not None:
            campaign.sender.check_usable()
        found = problems(campaign_id, at)
        if not has_readers and not found:
            found = ["Everyone in its audience would be left out; its page says why."]
        if found:
            raise NotReady(found)
        campaign.schedule(at)
        session.add(_line("scheduled", campaign, by, at))


def pause_campaign(campaign_id: int, *, by: Actor, at: datetime, because: str = "") -> None:
    """Hand nothing more over; the calls that had begun are the bound."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        campaign.pause(because)
        _move_units(session, campaign_id, UnitState.WAITING, UnitState.PAUSED)
        session.add(_line("paused", campaign, by, at, because=because))


def resume_campaign(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Go on where it was paused."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        campaign.resume()
        _move_units(session, campaign_id, UnitState.PAUSED, UnitState.WAITING)
        session.add(_line("resumed", campaign, by, at))


def cancel_campaign(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Send nothing more, for good; everyone who was waiting is shown as cancelled."""
    with transaction() as session:
        campaign = _get(session, campaign_id)
        campaign.cancel()
        stopped = (UnitState.WAITING, UnitState.PAUSED, UnitState.HELD)
        units = select(Unit.id).where(Unit.campaign_id == campaign_id, Unit.state.in_(stopped))
        waiting = (Message.unit_id.in_(units), Message.state == MessageState.WAITING)
        rows = session.execute(
            select(Message.step_id, Message.group_id, Message.is_first, func.count())
            .where(*waiting)
            .group_by(Message.step_id, Message.group_id, Message.is_first)
        ).all()
        session.execute(
            update(Message)
            .where(*waiting)
            .values(
                state=MessageState.CANCELLED,
                changed_at=at,
                reason="The campaign was cancelled before this left.",
            )
        )
        _move_units(session, campaign_id, UnitState.WAITING, UnitState.DONE)
        _move_units(session, campaign_id, UnitState.PAUSED, UnitState.DONE)
        _move_units(session, campaign_id, UnitState.HELD, UnitState.DONE)
        _tally_cancelled(session, campaign_id, rows)
        session.add(_line("cancelled", campaign, by, at))


def finish_campaigns(*, at: datetime) -> int:
    """Close the campaigns whose answers are closed and which have nothing left to send."""
    with transaction() as session:
        busy = select(Unit.campaign_id).where(
            Unit.state != UnitState.DONE, Unit.campaign_id.is_not(None)
        )
        campaigns = session.scalars(
            select(Campaign).where(
                Campaign.state == CampaignState.RUNNING,
                Campaign.reply_by <= at - LAST_WORD,
                Campaign.id.not_in(busy),
            )
        ).all()
        over = [campaign for campaign in campaigns if campaign.ends_at <= at]
        for campaign in over:
            campaign.finish()
            for step in campaign.steps:
                if step.state is StepState.WAITING:
                    step.state = StepState.SKIPPED
            session.add(_line("finished", campaign, CLOCK, at))
        return len(over)


def _take(
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


def _check(session: Session, campaign: Campaign, at: datetime) -> None:
    """Everything that would be wrong is said at once, before anything is approved or scheduled."""
    session.flush()
    if campaign.sender is not None:
        campaign.sender.check_usable()
    if found := problems(campaign.id, at):
        raise NotReady(found)


def _move_units(session: Session, campaign_id: int, old: UnitState, new: UnitState) -> None:
    session.execute(
        update(Unit).where(Unit.campaign_id == campaign_id, Unit.state == old).values(state=new)
    )


def _tally_cancelled(session: Session, campaign_id: int, rows: Sequence[tuple]) -> None:
    old, new = MessageState.WAITING.value, MessageState.CANCELLED.value
    changes = total([])
    for step_id, group_id, is_first, count in rows:
        kinds = [(TallyKind.STEP_MESSAGES, step_id)] if step_id is not None else []
        if is_first:
            kinds.append((TallyKind.CAMPAIGN_PEOPLE, campaign_id))
        for kind, subject_id in kinds:
            for place, change in moved(kind, subject_id, group_id, old, new).items():
                changes[place] += change * count
    add_to_tallies(session, changes)


def _get(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None:
        raise NotFound("campaign")
    return campaign


def _line(verb: str, campaign: Campaign, by: Actor, at: datetime, **detail: Any) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        campaign_id=campaign.id,
        event_id=campaign.event_id,
        campaign=campaign.name,
        **detail,
    )
