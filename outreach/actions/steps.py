"""Launching the steps that are due: the audience is frozen, in one transaction for each step.

A large one is written down after that, part after part, while its first mails leave already.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from outreach.db import reading, transaction
from outreach.dialect import one_at_a_time
from outreach.errors import Conflict, NotFound
from outreach.freezing import freeze, write_next
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import UNIT_SIZE, Unit, UnitState
from outreach.models.step import Anchor, Step, StepState
from outreach.queries.audience import joining_texts, somebody_joins
from outreach.queries.waves import called_by_places
from outreach.reaching import reach_organisations

LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING)
LAPSED = (
    "Something changed after the approval: what every letter says of the event, or a time. Someone "
    "other than the author approves what stands there now; then it is resumed."
)
LOOKS_EVERY = timedelta(minutes=10)
"""How often someone new is looked for, for a step that people join in their own time. Less than
`queries.hours.AHEAD`, so that nobody's hour is missed."""


class Launched(IntEnum):
    """What came of a step that was looked at."""

    NOT = 0
    WHOLE = 1
    """It moved; everyone is written down."""
    IN_PARTS = 2
    """Everyone is decided upon, and is still to be written down (`write_audience`)."""


def launch_due_steps(
    *,
    at: datetime,
    unit_size: int = UNIT_SIZE,
    keeps_going: Callable[[], bool] = lambda: True,
) -> int:
    """Freeze every step that is due and ask about those that were missed; says how many moved.

    Where one fails the others go all the same; what went wrong is raised after them.
    keeps_going  asked before each step, and before each part of a large audience is written down
    """
    for _ in called_by_places(at):
        for step_id in called_by_places(at)[:1]:  # whoever is called is in the way of the next
            _call(step_id, at)
    problems: list[Exception] = []

    def go(work: Callable[[int], object], step_ids: Iterable[int]) -> int:
        moved = 0
        for step_id in step_ids:
            try:
                moved += bool(keeps_going() and work(step_id))
            except Exception as problem:  # told below
                problems.append(problem)
        return moved

    def write(step_id: int) -> int:
        return write_audience(step_id, at=at, unit_size=unit_size, keeps_going=keeps_going)

    def launch(step_id: int) -> bool:
        moved = launch_step(step_id, at=at, unit_size=unit_size)
        if moved is Launched.IN_PARTS:
            write(step_id)
        return bool(moved)

    unwritten, due = _step_ids(at)
    if unwritten:  # before what is due, which asks who has a mail already
        go(write, unwritten)
        due = _step_ids(at)[1]
    launched = go(launch, due)
    if problems:
        raise problems[0]
    return launched


def write_audience(
    step_id: int,
    *,
    at: datetime,
    unit_size: int = UNIT_SIZE,
    keeps_going: Callable[[], bool] = lambda: True,
) -> int:
    """Write down all of a large audience, part after part; says how many people.

    Others may write between two parts. Whoever is killed here loses nothing: the rest is written
    down by the next who comes.
    """
    written = 0
    while keeps_going() and (count := _write_part(step_id, at, unit_size)):
        written += count
    return written


def write_audiences(*, at: datetime) -> int:
    """Write down whatever was decided and is not written down yet; says how many people."""
    return sum(write_audience(step_id, at=at) for step_id in _unwritten_step_ids())


def _write_part(step_id: int, at: datetime, unit_size: int) -> int:
    with transaction() as session:
        found = session.get_one(Step, step_id)
        if not found.to_write:
            return 0
        return write_next(session, _ours(session, found), at, unit_size)


def _ours(session: Session, found: Step) -> Step:
    """The step for us alone, and its campaign as it stands: who pauses or cancels it waits for us.

    In the order in which others lock them. Mails of the campaign leave meanwhile, and answers come.
    """
    as_it_is: dict[str, Any] = {"populate_existing": True}
    session.get_one(Campaign, found.campaign_id, with_for_update={"read": True}, **as_it_is)
    return session.get_one(Step, found.id, with_for_update=True, **as_it_is)


def _unwritten_step_ids() -> list[int]:
    steps = select(Step.id).where(Step.to_write > 0).order_by(Step.launched_at, Step.id)
    return list(reading().scalars(steps))


def launch_open_steps(*, at: datetime, unit_size: int = UNIT_SIZE) -> int:
    """Freeze those alone who have come to steps that people join in their own time; says of how
    many steps."""
    open_ones = select(Step.id).where(Step.id.in_(_step_ids(at)[1]), Step.state == StepState.OPEN)
    due = reading().scalars(open_ones.order_by(Step.id)).all()
    return sum(bool(launch_step(step_id, at=at, unit_size=unit_size)) for step_id in due)


def launch_step(step_id: int, *, at: datetime, unit_size: int = UNIT_SIZE) -> Launched:
    """Freeze one step if it is due now; a late tick or a second one changes nothing."""
    with transaction() as session:
        found = session.get(Step, step_id)
        if found is None:
            return Launched.NOT
        # Of two launchers the second sees what the first decided, whichever step it has.
        one_at_a_time(session, f"launch {found.campaign_id}")
        step = _ours(session, found)
        if not _is_due(step, at):
            return Launched.NOT
        if step.state is StepState.WAITING and step.is_missed(at):
            step.state = StepState.MISSED
            session.add(
                Activity.of("missed_step", CLOCK, at, campaign_id=step.campaign_id, step=step.kind)
            )
            return Launched.WHOLE
        if step.campaign.has_lapsed:
            _pause(session, step, at)
            return Launched.WHOLE
        count = freeze(session, step, at, unit_size)
        if step.invites or joining_texts(step):
            reach_organisations(session, step.campaign, at)
        step.state = StepState.OPEN if step.is_personal else StepState.LAUNCHED
        if step.is_personal and not step.is_at_once:
            step.due_at = at + LOOKS_EVERY
        step.launched_at = step.launched_at or at
        step.campaign.start()
        if count or not step.is_personal:
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
        if step.to_write:
            return Launched.IN_PARTS
        return Launched.WHOLE if count or not step.is_personal else Launched.NOT


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


def _pause(session: Session, step: Step, at: datetime) -> None:
    """What was approved is not what stands there now: nothing more goes unseen."""
    campaign = step.campaign
    campaign.pause(LAPSED)
    session.execute(
        update(Unit)
        .where(Unit.campaign_id == campaign.id, Unit.state == UnitState.WAITING)
        .values(state=UnitState.PAUSED)
    )
    session.add(
        Activity.of(
            "paused", CLOCK, at, campaign_id=campaign.id, event_id=campaign.event_id,
            campaign=campaign.name, because=LAPSED,
        )
    )  # fmt: skip


def _call(step_id: int, at: datetime) -> None:
    """The places are free that a step waits for: it goes now, before its date."""
    with transaction() as session:
        step = session.get_one(Step, step_id, with_for_update=True, populate_existing=True)
        if step.state is StepState.WAITING and step.anchor is Anchor.PLACES:
            step.due_at = at
            session.add(
                Activity.of(
                    "places_free", CLOCK, at, campaign_id=step.campaign_id,
                    event_id=step.campaign.event_id, step=step.kind, places=step.places_count,
                )
            )  # fmt: skip


def _step_ids(at: datetime) -> tuple[list[int], list[int]]:
    """(Steps that are not wholly written down, those whose time has come). One SELECT.

    Of those that follow each answer, the ones with someone new; none of a campaign that has another
    to write down.
    """
    is_due = and_(
        Campaign.state.in_(LIVE),
        Step.state.in_([StepState.WAITING, StepState.OPEN]),
        ~Step.is_held,
        (Step.due_at <= at) | ((Step.anchor == Anchor.ANSWER) & Step.due_at.is_(None)),
    )
    steps = (
        reading()
        .scalars(
            select(Step)
            .join(Step.campaign)
            .where(or_(Step.to_write > 0, is_due))
            .order_by(Step.due_at, Step.id)
        )
        .all()
    )
    busy = {step.campaign_id for step in steps if step.to_write}
    return [step.id for step in steps if step.to_write], [
        step.id
        for step in steps
        if step.campaign_id not in busy
        and (step.state is StepState.WAITING or not step.is_at_once or somebody_joins(step.id))
    ]


def _is_due(step: Step, at: datetime) -> bool:
    if step.campaign.state not in LIVE or step.is_held:
        return False
    if any(one.to_write for one in step.campaign.steps):
        return False  # what comes next asks who has a mail already
    if step.is_at_once:
        return step.state in (StepState.WAITING, StepState.OPEN)
    is_open = step.state is StepState.WAITING or (step.state is StepState.OPEN and step.is_personal)
    return is_open and step.due_at is not None and step.due_at <= at
