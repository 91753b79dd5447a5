"""Launching the steps that are due: the audience is frozen, in one transaction for each step."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session

from outreach.db import reading, transaction
from outreach.dialect import random_key
from outreach.errors import Conflict, NotFound
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.base import BigId, UTCDateTime
from outreach.models.campaign import (
    Anchor,
    Audience,
    Campaign,
    CampaignState,
    Step,
    StepKind,
    StepState,
)
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import UNIT_SIZE, Message, MessageState, Purpose, Unit
from outreach.models.tally import TallyKind
from outreach.placing import admit
from outreach.queries.audience import audience, somebody_joins, texts_of
from outreach.tally import Place, add_to_tallies

LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING)

frozen = Table(
    "frozen",
    MetaData(),
    Column("place", Integer),
    Column("stakeholder_id", BigId, primary_key=True),
    Column("group_id", BigId),
    Column("is_star", Boolean),
    Column("invitation_id", BigId),
    Column("address", Text),
    Column("name", Text),
    Column("text_id", BigId),
    Column("values", JSON),
    Column("reason", Text),
    prefixes=["TEMPORARY"],
)
"""The audience of one step while it is being written; it goes with its transaction."""


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
        count = _freeze(session, step, at, unit_size)
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


def _freeze(session: Session, step: Step, at: datetime, unit_size: int) -> int:
    """One row for each person of the audience, those left out too; says how many rows."""
    frozen.drop(session.connection(), checkfirst=True)
    frozen.create(session.connection())
    columns = [column.name for column in frozen.columns]
    people = audience(step, texts_of(step.version_id), at).subquery()
    place = func.row_number().over(
        partition_by=[people.c.text_id, people.c.reason.is_(None)], order_by=people.c.stakeholder_id
    )
    chosen = select(place, *[_column(people, name) for name in columns[1:]])
    session.execute(insert(frozen).from_select(columns, chosen))
    if step.audience is Audience.EVERYONE:
        _invite(session, step, at)
    start, size = _cut_units(session, step, at, unit_size)
    _write_messages(session, step, at, start + (frozen.c.place - 1) // size)
    count = _count(session, step)
    frozen.drop(session.connection())
    return count


def _column(people: Any, name: str) -> Any:
    column = people.c[name]
    return column == 1 if name == "is_star" else column


def _invite(session: Session, step: Step, at: datetime) -> None:
    """An invitation for everyone who gets the mail and has none yet."""
    campaign = step.campaign
    new = and_(frozen.c.reason.is_(None), frozen.c.invitation_id.is_(None))
    session.execute(
        insert(Invitation).from_select(
            [
                "stakeholder_id",
                "event_id",
                "group_id",
                "is_star",
                "state",
                "reply_by",
                "invited_at",
                "link_key",
            ],
            select(
                frozen.c.stakeholder_id,
                literal(campaign.event_id),
                frozen.c.group_id,
                frozen.c.is_star,
                type_coerce("silent", Text),
                _instant(campaign.reply_by),
                _instant(at),
                random_key(),
            ).where(new),
        )
    )
    rows = session.execute(
        select(frozen.c.group_id, func.count()).where(new).group_by(frozen.c.group_id)
    )
    changes: Counter[Place] = Counter()
    for group_id, count in rows:
        place = (
            TallyKind.EVENT_INVITATIONS,
            campaign.event_id,
            group_id,
            InvitationState.SILENT.value,
        )
        changes[place] += count
    admit(session, campaign.event_id, at)
    add_to_tallies(session, changes)


def _cut_units(session: Session, step: Step, at: datetime, unit_size: int) -> tuple[int, int]:
    """Units for those who get the mail; the first ordinal of this launch, and the size."""
    campaign = step.campaign
    # A mail with a calendar of its own is a call of its own.
    is_personal = campaign.has_calendar or step.kind is StepKind.THANK_YOU
    size = 1 if campaign.is_vip or is_personal else unit_size
    rows = session.execute(
        select(frozen.c.text_id, func.count())
        .where(frozen.c.reason.is_(None))
        .group_by(frozen.c.text_id)
        .order_by(frozen.c.text_id)
    )
    start = _next_ordinal(session, step)
    units = [
        {
            "campaign_id": campaign.id,
            "step_id": step.id,
            "text_id": text_id,
            "event_id": campaign.event_id,
            "purpose": Purpose(step.kind.value),
            "next_at": at,
            "is_vip": campaign.is_vip,
            "ordinal": start + ordinal,
        }
        for text_id, count in rows
        for ordinal in range(-(-count // size))
    ]
    if units:
        session.execute(insert(Unit), units)
    return start, size


def _next_ordinal(session: Session, step: Step) -> int:
    latest = session.scalar(select(func.max(Unit.ordinal)).where(Unit.step_id == step.id))
    return 0 if latest is None else latest + 1


def _write_messages(session: Session, step: Step, at: datetime, ordinal: Any) -> None:
    """The rows; `ordinal` says in which unit each goes, of those of its language."""
    campaign = step.campaign
    gets_it = frozen.c.reason.is_(None)
    earlier = exists().where(
        Message.campaign_id == campaign.id, Message.stakeholder_id == frozen.c.stakeholder_id
    )
    columns = {
        "public_id": random_key(),
        "unit_id": case((gets_it, Unit.id), else_=null()),
        "campaign_id": literal(campaign.id),
        "step_id": literal(step.id),
        "stakeholder_id": frozen.c.stakeholder_id,
        "invitation_id": func.coalesce(frozen.c.invitation_id, Invitation.id),
        "group_id": frozen.c.group_id,
        "text_id": frozen.c.text_id,
        "event_id": literal(campaign.event_id),
        "purpose": type_coerce(step.kind.value, Text),
        "state": case((gets_it, "waiting"), else_="left_out"),
        "reason": func.coalesce(frozen.c.reason, ""),
        "address": frozen.c.address,
        "name": frozen.c.name,
        "values": frozen.c["values"],
        "is_first": ~earlier,
        "created_at": _instant(at),
        "changed_at": _instant(at),
    }
    statement = (
        select(*[column.label(name) for name, column in columns.items()])
        .select_from(frozen)
        .outerjoin(
            Unit,
            and_(
                Unit.step_id == step.id,
                Unit.text_id == frozen.c.text_id,
                Unit.ordinal == ordinal,
                gets_it,
            ),
        )
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == frozen.c.stakeholder_id,
                Invitation.event_id == campaign.event_id,
            ),
        )
        .where(true())
    )
    session.execute(insert(Message).from_select(list(columns), statement))


def _count(session: Session, step: Step) -> int:
    """Put the new rows into the summary; says how many there are."""
    is_new = exists().where(frozen.c.stakeholder_id == Message.stakeholder_id)
    rows = session.execute(
        select(Message.group_id, Message.state, Message.is_first, func.count())
        .where(Message.step_id == step.id, is_new)
        .group_by(Message.group_id, Message.state, Message.is_first)
    )
    changes: Counter[Place] = Counter()
    for group_id, state, is_first, count in rows:
        changes[TallyKind.STEP_MESSAGES, step.id, group_id or 0, MessageState(state).value] += count
        if is_first:
            changes[
                TallyKind.CAMPAIGN_PEOPLE,
                step.campaign_id,
                group_id or 0,
                MessageState(state).value,
            ] += count
    add_to_tallies(session, changes)
    return sum(count for (kind, *_), count in changes.items() if kind is TallyKind.STEP_MESSAGES)


def _instant(at: datetime) -> Any:
    return literal(at, UTCDateTime())
