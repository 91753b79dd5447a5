"""Campaigns: drafted, changed, approved, scheduled, paused, resumed, cancelled, finished."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.drafting import Plan, take
from outreach.errors import ChangedMeanwhile, NotFound
from outreach.gathering import CANCELLED
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.campaign import (
    LAST_WORD,
    Campaign,
    CampaignState,
    NotReady,
    WrongState,
)
from outreach.models.message import Message, MessageState, Unit, UnitState
from outreach.models.step import Step, StepState
from outreach.models.tally import TallyKind
from outreach.queries.prospects import reaches_anyone
from outreach.queries.readiness import problems
from outreach.tally import add_to_tallies, moved, total


def draft_campaign(plan: Plan, *, by: Actor, at: datetime) -> int:
    """Write a draft; nothing leaves before someone else approved it and it was scheduled."""
    with transaction() as session:
        campaign = Campaign(author_id=by.account_id, created_at=at, state=CampaignState.DRAFT)
        take(session, campaign, plan, by, at)
        session.add(campaign)
        session.flush()
        session.add(_line("drafted", campaign, by, at))
        return campaign.id


def change_campaign(
    campaign_id: int, plan: Plan, *, seen: int | None = None, by: Actor, at: datetime
) -> None:
    """Change a draft; whatever had been approved must be approved again.

    seen  the mark of what the form showed. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        campaign = _get(session, campaign_id)
        if seen is not None and campaign.mark != seen:
            raise ChangedMeanwhile
        campaign.void_approval()
        for step in list(campaign.steps):
            session.delete(step)
        known = {one.segment_id for one in campaign.segments}
        for entry in [*campaign.lists, *campaign.segments, *campaign.left_out_lists]:
            session.delete(entry)
        session.flush()
        session.expire(campaign, ["steps", "lists", "segments", "left_out_lists"])
        take(session, campaign, plan, by, at, known)
        session.add(_line("changed_campaign", campaign, by, at))


def ask_for_approval(campaign_id: int, *, by: Actor, at: datetime) -> None:
    """Say that a draft is ready to be looked at; what is wrong with it is said now.

    What changed since its approval is a draft again.
    """
    with transaction() as session:
        campaign = _get(session, campaign_id)
        if campaign.state is CampaignState.APPROVED and campaign.has_lapsed:
            campaign.void_approval()
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
                reason=CANCELLED,
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
                Campaign.id.not_in(select(Step.campaign_id).where(Step.to_write > 0)),
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
