"""Mail to a star waits until whoever follows the star up has signed it.

Only what confirms the star's own answer goes at once, and the copy of a mail that was signed.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.db import reading
from outreach.dialect import one_at_a_time
from outreach.models.account import Account
from outreach.models.message import Message, MessageState, Purpose, Unit, is_under_way
from outreach.models.target import Target, TargetList
from outreach.resting import hold_still
from outreach.starring import copy_stars
from outreach.tally import add_to_tallies, moved_message, total

UNSIGNED = (Purpose.CONFIRMATION, Purpose.COPY)
"""What follows from the star's own answer, or repeats to an assistant what was signed."""


SIGN_OFF = "Waits for the personal sign-off of "
STARS = "stars"
"""Who is a star, and to whom mails are written, are settled one after the other."""
AN_APPROVER = "an approver"
"""Who signs for a star without an owner."""


def signers(event_id: int, stakeholder_id: int | None = None) -> dict[int, tuple[int | None, str]]:
    """{stakeholder: (owner, name)} of the stars of an event, or of one of them: who signs.

    However they came to the short list; for one without an owner (None, AN_APPROVER).
    Cost: the stars, by index; of one person their places on lists.
    """
    statement = (
        select(Target.stakeholder_id, Account.id, Account.name)
        .join(TargetList, TargetList.id == Target.list_id)
        .outerjoin(Account, Account.id == Target.owner_id)
        .where(TargetList.event_id == event_id, Target.is_star)
        .order_by(Target.id.desc())
    )
    if stakeholder_id is not None:
        statement = statement.where(Target.stakeholder_id == stakeholder_id)
    rows: Any = reading().execute(statement)
    found: dict[int, tuple[int | None, str]] = {}
    for person, owner_id, name in rows:
        if owner_id is not None or person not in found:  # an owner on any list comes first
            found[person] = (owner_id, name or AN_APPROVER)
    return found


def hold_for_signature(session: Session, message: Message) -> None:
    """Keep a new mail back if it goes to a star."""
    signer = signers(message.event_id, message.stakeholder_id).get(message.stakeholder_id)
    if signer is None:
        return
    unit = session.get(Unit, message.unit_id) if message.unit_id else None
    message.state, message.reason, message.unit_id = (
        MessageState.HELD, f"{SIGN_OFF}{signer[1]}.", None,
    )  # fmt: skip
    session.flush()
    if unit is not None:
        session.delete(unit)


def unsigned(stakeholder_id: int, event_id: int) -> Select[int]:
    """The mails to someone that wait and would have to be signed, locked in one order."""
    return (
        select(Message.id)
        .where(
            Message.stakeholder_id == stakeholder_id, Message.event_id == event_id,
            Message.state == MessageState.WAITING, Message.purpose.not_in(UNSIGNED),
            ~is_under_way(),
        )
        .order_by(Message.id)
        .with_for_update()
    )  # fmt: skip


def hold_what_waits(session: Session, stakeholder_id: int, event_id: int, at: datetime) -> None:
    """Keep back what was written to someone before they became a star, and has not left."""
    signer = signers(event_id, stakeholder_id).get(stakeholder_id)
    if signer is None:
        return
    hold_still(session, Message.stakeholder_id == stakeholder_id)
    ids = session.scalars(unsigned(stakeholder_id, event_id)).all()
    rows = session.scalars(select(Message).where(Message.id.in_(ids)).order_by(Message.id)).all()
    for message in rows:
        message.state, message.reason = MessageState.HELD, f"{SIGN_OFF}{signer[1]}."
        message.unit_id, message.changed_at = None, at
    session.flush()
    changes = total(
        moved_message(
            one.step_id, one.campaign_id, one.group_id, one.is_first,
            MessageState.WAITING, MessageState.HELD,
        )
        for one in rows
    )  # fmt: skip
    add_to_tallies(session, changes)


def settle_new_stars(session: Session, event_id: int, known: set[int], at: datetime) -> None:
    """Hold the mails of an audience, just written, to those who became stars meanwhile.

    Nobody becomes one from here until we commit: whoever approves a star waits for that alone.
    known  who were stars when the audience was gathered
    """
    one_at_a_time(session, STARS)
    new = sorted(signers(event_id).keys() - known)
    if new:
        copy_stars(session, event_id, new)
    for person in new:
        hold_what_waits(session, person, event_id, at)
