"""The outbox in a person's hands: a step is held, released, or put before another."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.db import touched, transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import Unit, UnitState
from outreach.models.step import Step, StepState

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
A_MOMENT = timedelta(milliseconds=1)
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
        first_of_all = first - timedelta(seconds=1)
        mine = update(Unit).where(Unit.step_id == step_id, *due).values(next_at=first_of_all)
        count = touched(session, mine)
        if not count:
            raise Conflict("Nothing of this step is due, so there is nothing to put first.")
        session.add(_line("put_step_first", step, campaign, by, at))
        return count


def put_step_before(step_id: int, other_id: int | None, *, by: Actor, at: datetime) -> None:
    """Let what is due of a step leave directly before another one's; None for after all others.

    other_id  0 for what is due of no step: confirmations, requests, mails sent again by hand
    What waits for an hour of its own keeps waiting for it. Cost: the due units of the steps that
    change their time; mostly those of this one alone.
    """
    with transaction() as session:
        step, campaign = _get(session, step_id)
        order = _due_steps(session, at)
        if step_id not in order or other_id == step_id or (other_id and other_id not in order):
            raise Conflict("That is not due any more. Look at the order as it is now.")
        order.pop(step_id)
        keys = list(order)
        place = keys.index(other_id) if other_id is not None and other_id in keys else len(keys)
        if place < len(keys):
            until = order[keys[place]][0] - A_MOMENT
        else:
            until = min(at, max((last for _, last in order.values()), default=at) + A_MOMENT)
        _give_time(session, step_id, until, at)
        for key in reversed(keys[:place]):  # whoever would not be before it any more
            if order[key][1] < until:
                break
            until -= A_MOMENT
            _give_time(session, key, until, at)
        session.add(_line("reordered_step", step, campaign, by, at))


def _due_steps(session: Session, at: datetime) -> dict[int, tuple[datetime, datetime]]:
    """{step, or 0 for none: (first, last time of its due units)}, in the order of leaving.

    Locked in one order, so that two who reorder at once never wait for each other.
    """
    due = (Unit.state == UnitState.WAITING, Unit.next_at <= at)
    session.execute(select(Unit.id).where(*due).order_by(Unit.id).with_for_update())
    rows = session.execute(
        select(Unit.step_id, func.min(Unit.next_at), func.max(Unit.next_at))
        .where(*due)
        .group_by(Unit.step_id)
        .order_by(func.min(Unit.next_at), func.coalesce(Unit.step_id, 0))
    )
    return {step_id or 0: (first, last) for step_id, first, last in rows}


def _give_time(session: Session, step_id: int, next_at: datetime, at: datetime) -> None:
    mine = Unit.step_id == step_id if step_id else Unit.step_id.is_(None)
    due = update(Unit).where(mine, Unit.state == UnitState.WAITING, Unit.next_at <= at)
    touched(session, due.values(next_at=next_at))


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
