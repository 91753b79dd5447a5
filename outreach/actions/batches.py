"""The outbox in a person's hands: a step is held, released, or put before the others."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import Unit, UnitState
from outreach.models.step import Step, StepState

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
TO_COME = (StepState.WAITING, StepState.OPEN)


def hold_step(step_id: int, *, by: Actor, at: datetime) -> None:
    """Let nothing more of a step leave, written or not, until a person releases it.

    Calls that had begun are the bound, as for a pause.
    """
    with transaction() as session:
        step, campaign = _get(session, step_id)
        if step.is_held:
            raise Conflict("This step is held already.")
        step.is_held = True
        _move(session, step_id, UnitState.WAITING, UnitState.HELD)
        _move(session, step_id, UnitState.PAUSED, UnitState.HELD)
        session.add(_line("held_step", step, campaign, by, at))


def release_step(step_id: int, *, by: Actor, at: datetime) -> None:
    """Let a held step go on; what should have been frozen meanwhile is frozen now."""
    with transaction() as session:
        step, campaign = _get(session, step_id)
        if not step.is_held:
            raise Conflict("This step is not held.")
        step.is_held = False
        is_paused = campaign.state is CampaignState.PAUSED
        _move(
            session, step_id, UnitState.HELD, UnitState.PAUSED if is_paused else UnitState.WAITING
        )
        if step.state in TO_COME and step.due_at is not None:
            step.due_at = max(step.due_at, at)
        session.add(_line("released_step", step, campaign, by, at))


def put_step_first(step_id: int, *, by: Actor, at: datetime) -> int:
    """Let what is due of a step leave before everything else; says how many units.

    What waits for an hour of its own keeps waiting for it.
    """
    with transaction() as session:
        step, campaign = _get(session, step_id)
        due = (Unit.state == UnitState.WAITING, Unit.next_at <= at)
        first = session.scalar(select(func.min(Unit.next_at)).where(*due)) or at
        result = session.execute(
            update(Unit)
            .where(Unit.step_id == step_id, *due)
            .values(next_at=first - timedelta(seconds=1))
            .execution_options(synchronize_session=False)
        )
        count = int(getattr(result, "rowcount", 0))
        if not count:
            raise Conflict("Nothing of this step is due, so there is nothing to put first.")
        session.add(_line("put_step_first", step, campaign, by, at))
        return count


def _get(session: Session, step_id: int) -> tuple[Step, Campaign]:
    """A step and its campaign, both for us alone."""
    found = session.get(Step, step_id)
    if found is None:
        raise NotFound("step")
    campaign = session.get_one(
        Campaign, found.campaign_id, with_for_update=True, populate_existing=True
    )
    if campaign.state in OVER:
        raise Conflict(f"The campaign is {campaign.state.value}: nothing of it is sent any more.")
    return session.get_one(Step, step_id, with_for_update=True, populate_existing=True), campaign


def _move(session: Session, step_id: int, old: UnitState, new: UnitState) -> None:
    session.execute(
        update(Unit)
        .where(Unit.step_id == step_id, Unit.state == old)
        .values(state=new)
        .execution_options(synchronize_session=False)
    )


def _line(verb: str, step: Step, campaign: Campaign, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        verb, by, at, campaign_id=campaign.id, event_id=campaign.event_id, campaign=campaign.name,
        step=step.kind,
    )  # fmt: skip
