"""Launching the steps that are due: the audience is frozen, in one transaction for each step."""

from datetime import datetime

from sqlalchemy import (
    select,
)

from outreach.db import reading, transaction
from outreach.errors import Conflict, NotFound
from outreach.freezing import freeze
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.campaign import (
    Anchor,
    Campaign,
    CampaignState,
    Step,
    StepState,
)
from outreach.models.message import UNIT_SIZE
from outreach.queries.audience import somebody_joins

LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING)


def launch_due_steps(*, at: datetime, unit_size: int = UNIT_SIZE) -> int:
    """Freeze every step that is due and ask about those that were missed; says how many moved."""
    launched = 0
    for step_id in _due_step_ids(at):
        launched += launch_step(step_id, at=at, unit_size=unit_size)
    return launched


def launch_step(step_id: int, *, at: datetime, unit_size: int = UNIT_SIZE) -> bool:
    """Freeze one step if it is due now; a late tick or a second one changes nothing."""
    with transaction() as session:
        step = session.get(Step, step_id, with_for_update=True)
        if step is None or not _is_due(step, at):
            return False
        if step.state is StepState.WAITING and step.is_missed(at):
            step.state = StepState.MISSED
            session.add(
                Activity.of("missed_step", CLOCK, at, campaign_id=step.campaign_id, step=step.kind)
            )
            return True
        count = freeze(session, step, at, unit_size)
        if step.anchor is Anchor.ANSWER:
            step.state = StepState.OPEN
        else:
            step.state = StepState.LAUNCHED
        step.launched_at = step.launched_at or at
        step.campaign.start()
        if count or step.anchor is not Anchor.ANSWER:
            session.add(
                Activity.of(
                    "launched_step",
                    CLOCK,
                    at,
                    campaign_id=step.campaign_id,
                    event_id=step.campaign.event_id,
                    step=step.kind,
                    people=count,
                )
            )
        return count > 0 or step.anchor is not Anchor.ANSWER


def decide_missed_step(step_id: int, *, goes: bool, by: Actor, at: datetime) -> None:
    """A person says whether a step that was found too late still goes, now, or not at all."""
    with transaction() as session:
        step = session.get(Step, step_id, with_for_update=True)
        if step is None:
            raise NotFound("step")
        if step.state is not StepState.MISSED:
            raise Conflict("This step is not waiting for a decision.")
        step.state = StepState.WAITING if goes else StepState.SKIPPED
        if goes:
            step.due_at = at
        session.add(
            Activity.of(
                "sent_missed_step" if goes else "skipped_step",
                by,
                at,
                campaign_id=step.campaign_id,
                step=step.kind,
            )
        )


def _due_step_ids(at: datetime) -> list[int]:
    rows = (
        reading()
        .execute(
            select(Step.id, Step.state)
            .join(Step.campaign)
            .where(
                Campaign.state.in_(LIVE),
                Step.state.in_([StepState.WAITING, StepState.OPEN]),
                (Step.due_at <= at) | (Step.anchor == Anchor.ANSWER),
            )
            .order_by(Step.due_at, Step.id)
        )
        .all()
    )
    return [id_ for id_, state in rows if state is StepState.WAITING or somebody_joins(id_)]


def _is_due(step: Step, at: datetime) -> bool:
    if step.campaign.state not in LIVE:
        return False
    if step.anchor is Anchor.ANSWER:
        return step.state in (StepState.WAITING, StepState.OPEN)
    return step.state is StepState.WAITING and step.due_at is not None and step.due_at <= at
