"""Writing a step's audience down: units, messages, invitations and their counts, set by set.

A handful of statements whatever the size: a narrow temporary table holds who is in, with the
reason where someone is left out; everything else is one INSERT … SELECT each.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
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
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.dialect import ordered_key
from outreach.models.base import BigId, UTCDateTime
from outreach.models.campaign import Audience, Step, StepKind
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tally import TallyKind
from outreach.placing import admit
from outreach.queries.audience import audience, has_messages, personal_columns, texts_of
from outreach.queries.sections import conditions_of
from outreach.queries.stars import SIGN_OFF, signers
from outreach.tally import Place, add_to_tallies, moved_message

_KEYS_IN_A_BLOCK = 1_000

frozen = Table(
    "frozen",
    MetaData(),
    Column("place", Integer, primary_key=True),
    Column("stakeholder_id", BigId),
    Column("group_id", BigId),
    Column("is_star", Boolean),
    Column("invitation_id", BigId),
    Column("text_id", BigId),
    Column("sections", Text),
    Column("reason", Text),
    Column("is_first", Boolean),
    prefixes=["TEMPORARY"],
)
"""The audience of one step while it is being written; it goes with its transaction.

place     counts on, those of one text and the same sections who get the mail without a gap
sections  the conditions of the text that hold (outreach.advice.sections)
"""

cut = Table(
    "cut",
    MetaData(),
    Column("ordinal", Integer, primary_key=True),
    Column("unit_id", BigId),
    prefixes=["TEMPORARY"],
)
"""Which unit has which ordinal."""


@dataclass(frozen=True, slots=True)
class _Units:
    """How the audience is cut: where each variant of a text begins (place and ordinal), and the
    size of a unit."""

    first: dict[tuple[int, str], tuple[int, int]]
    size: int

    def ordinal(self) -> Any:
        """The ordinal of the unit of a row of `frozen`; nothing for those who get no mail."""
        if not self.first:
            return null()
        cases = [
            (
                (frozen.c.text_id == text_id) & (frozen.c.sections == sections),
                ordinal + (frozen.c.place - place) // self.size,
            )
            for (text_id, sections), (place, ordinal) in self.first.items()
        ]
        return case((frozen.c.reason.is_not(None), null()), *cases)


def freeze(session: Session, step: Step, at: datetime, unit_size: int) -> int:
    """One row for each person of the audience, those left out too; says how many rows."""
    if is_postgresql():
        session.execute(text("SET LOCAL work_mem = '64MB'"))
        session.execute(text("SET LOCAL jit = off"))
    connection = session.connection()
    for table in (frozen, cut):
        table.drop(connection, checkfirst=True)
        table.create(connection)
    _gather(session, step, at)
    if step.audience is Audience.EVERYONE:
        _invite(session, step, at)
    units = _cut_units(session, step, at, unit_size)
    _write_messages(session, step, at, units)
    count = _count(session, step)
    _hold_for_sign_off(session, step)
    for table in (frozen, cut):
        table.drop(connection)
    return count


def _gather(session: Session, step: Step, at: datetime) -> None:
    """Fill `frozen`."""
    conditions = conditions_of(step.version_id)
    people = audience(
        step, texts_of(step.version_id), at, is_narrow=True, conditions=conditions
    ).subquery()
    is_first: Any = literal(True)
    if has_messages(step.campaign_id):
        is_first = ~exists().where(
            Message.campaign_id == step.campaign_id,
            Message.stakeholder_id == people.c.stakeholder_id,
        )
    chosen = {
        **{name: people.c[name] for name in ("stakeholder_id", "group_id")},
        "is_star": people.c.is_star == 1,
        **{name: people.c[name] for name in ("invitation_id", "text_id", "sections", "reason")},
        "is_first": is_first,
    }
    in_order = select(*chosen.values()).order_by(
        people.c.text_id, people.c.reason.is_(None),
        *([people.c.sections] if conditions else []),
        people.c.stakeholder_id,
    )  # fmt: skip
    session.execute(insert(frozen).from_select(list(chosen), in_order))
    if is_postgresql():
        session.execute(text("ANALYZE frozen"))  # else it takes a million rows for a thousand


def _invite(session: Session, step: Step, at: datetime) -> None:
    """An invitation for everyone who gets the mail and has none yet."""
    campaign = step.campaign
    new = and_(frozen.c.reason.is_(None), frozen.c.invitation_id.is_(None))
    columns = {
        "stakeholder_id": frozen.c.stakeholder_id,
        "event_id": literal(campaign.event_id),
        "group_id": frozen.c.group_id,
        "is_star": frozen.c.is_star,
        "state": type_coerce("silent", Text),
        "reply_by": _instant(campaign.reply_by),
        "invited_at": _instant(at),
        "link_key": _keys(frozen.c.place),
    }
    session.execute(
        insert(Invitation).from_select(list(columns), select(*columns.values()).where(new))
    )
    rows = session.execute(
        select(frozen.c.group_id, func.count()).where(new).group_by(frozen.c.group_id)
    )
    kind, silent = TallyKind.EVENT_INVITATIONS, InvitationState.SILENT.value
    changes: Counter[Place] = Counter()
    for group_id, count in rows:
        changes[kind, campaign.event_id, group_id, silent] += count
    admit(session, campaign.event_id, at)
    add_to_tallies(session, changes)


def _cut_units(session: Session, step: Step, at: datetime, unit_size: int) -> _Units:
    """Units for those who get the mail, and `cut`, which says their ids."""
    campaign = step.campaign
    # A mail with a calendar of its own is a call of its own.
    is_personal = campaign.has_calendar or step.kind is StepKind.THANK_YOU
    size = 1 if campaign.is_vip or is_personal else unit_size
    start = ordinal = _next_ordinal(session, step)
    first: dict[tuple[int, str], tuple[int, int]] = {}
    rows: list[dict[str, Any]] = []
    for text_id, sections, place, count in session.execute(
        select(frozen.c.text_id, frozen.c.sections, func.min(frozen.c.place), func.count())
        .where(frozen.c.reason.is_(None))
        .group_by(frozen.c.text_id, frozen.c.sections)
        .order_by(frozen.c.text_id, frozen.c.sections)
    ):
        first[text_id, sections] = place, ordinal
        for _ in range(-(-count // size)):
            rows.append({"text_id": text_id, "ordinal": ordinal})
            ordinal += 1
    shared = {
        "campaign_id": campaign.id,
        "step_id": step.id,
        "event_id": campaign.event_id,
        "purpose": Purpose(step.kind.value),
        "next_at": at,
        "is_vip": campaign.is_vip,
    }
    if rows:
        session.execute(insert(Unit), [shared | row for row in rows])
    session.execute(
        insert(cut).from_select(
            ["ordinal", "unit_id"],
            select(Unit.ordinal, Unit.id).where(Unit.step_id == step.id, Unit.ordinal >= start),
        )
    )
    if is_postgresql():
        session.execute(text("ANALYZE cut"))
    return _Units(first, size)


def _next_ordinal(session: Session, step: Step) -> int:
    latest = session.scalar(select(func.max(Unit.ordinal)).where(Unit.step_id == step.id))
    return 0 if latest is None else latest + 1


def _write_messages(session: Session, step: Step, at: datetime, units: _Units) -> None:
    """The rows themselves, with the personal merge fields as they are now."""
    campaign = step.campaign
    gets_it = frozen.c.reason.is_(None)
    columns = {
        "public_id": _keys(frozen.c.place),
        "unit_id": cut.c.unit_id,
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
        "address": func.coalesce(Stakeholder.email, ""),
        "name": Stakeholder.full_name,
        "values": personal_columns(**_sections(step)),
        "is_first": frozen.c.is_first,
        "created_at": _instant(at),
        "changed_at": _instant(at),
    }
    statement = (
        select(*[column.label(name) for name, column in columns.items()])
        .select_from(frozen)
        .join(Stakeholder, Stakeholder.id == frozen.c.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(cut, cut.c.ordinal == units.ordinal())
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == frozen.c.stakeholder_id,
                Invitation.event_id == campaign.event_id,
            ),
        )
    )
    session.execute(insert(Message).from_select(list(columns), statement))


def _sections(step: Step) -> dict[str, Any]:
    """What a message remembers of its sections, where its letter has any."""
    return {"sections": frozen.c.sections} if conditions_of(step.version_id) else {}


def _hold_for_sign_off(session: Session, step: Step) -> None:
    """A mail to a star goes once the star's owner has signed it, by releasing it."""
    numbers: Counter[Place] = Counter()
    for stakeholder_id, (_, owner) in sorted(signers(step.campaign.event_id).items()):
        held = session.execute(
            update(Message)
            .where(
                Message.step_id == step.id, Message.stakeholder_id == stakeholder_id,
                Message.state == MessageState.WAITING,
                exists().where(frozen.c.stakeholder_id == Message.stakeholder_id),
            )
            .values(state=MessageState.HELD, reason=f"{SIGN_OFF}{owner}.", unit_id=None)
            .returning(Message.group_id, Message.is_first)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        for group_id, is_first in held.all():
            numbers.update(
                moved_message(
                    step.id, step.campaign_id, group_id, is_first, MessageState.WAITING,
                    MessageState.HELD,
                )
            )  # fmt: skip
    add_to_tallies(session, numbers)


def _count(session: Session, step: Step) -> int:
    """Put the new rows into the summary; says how many there are."""
    rows = session.execute(
        select(
            frozen.c.group_id, frozen.c.reason.is_(None), frozen.c.is_first, func.count()
        ).group_by(frozen.c.group_id, frozen.c.reason.is_(None), frozen.c.is_first)
    )
    changes: Counter[Place] = Counter()
    total = 0
    for group_id, gets_it, is_first, count in rows:
        state = (MessageState.WAITING if gets_it else MessageState.LEFT_OUT).value
        changes[TallyKind.STEP_MESSAGES, step.id, group_id or 0, state] += count
        if is_first:
            changes[TallyKind.CAMPAIGN_PEOPLE, step.campaign_id, group_id or 0, state] += count
        total += count
    add_to_tallies(session, changes)
    return total


def _keys(place: Any) -> Any:
    """Keys of which neighbours stand together in the index: random all over it would be slow."""
    return ordered_key(literal(secrets.token_hex(8)), place // _KEYS_IN_A_BLOCK)


def _instant(at: datetime) -> Any:
    return literal(at, UTCDateTime())
