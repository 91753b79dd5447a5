"""Sending someone in one's place: who is named has an invitation and a link of their own.

What happens to each name: one's own address, with or without a tag after a plus, several
addresses, and one that we must not write to are refused; someone who is asked to the event already
keeps that invitation and gets no second mail; who was named by another, or sends someone
themselves, is refused, so that no chain comes to be.
"""

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.answering import record_answer
from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.intake.addresses import Address
from outreach.languages import marked
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.invitation import Invitation, Reply, SomeoneIsSent
from outreach.models.message import Purpose
from outreach.naming import (
    CannotBeSent,
    address_given,
    counted,
    invitation_for,
    person_named,
)
from outreach.posting import is_reachable, post
from outreach.queries.invitations import version_of
from outreach.tally import Place
from outreach.telling import Told, told_with
from outreach.tokens import new_key


class DelegationChanged(Conflict):
    """Another answer was given after this one's page was opened."""

    def __init__(self) -> None:
        super().__init__(marked("The answer was changed in the meantime. Nothing was changed now."))


def send_someone(
    invitation_id: int,
    name: str,
    address: str,
    note: str,
    *,
    at: datetime,
    by: Actor = INVITEE,
    given_by: str = "",
    seen: int | None = None,
    answers: Told | None = None,
) -> bool:
    """Answer that someone else comes, and invite that person; say whether it changed anything.

    Raises CannotBeSent, DelegationChanged, SomeoneIsSent, AnswersClosed, InvitationWithdrawn.
    """
    read = address_given(address)
    with transaction() as session:
        invitation = session.scalar(
            select(Invitation).where(Invitation.id == invitation_id).with_for_update(of=Invitation)
        )
        if invitation is None:
            raise NotFound("invitation")
        invitation.check_open(at)
        if invitation.delegate_id is not None:
            if _is_the_same(session, invitation.delegate_id, read):
                return False
            raise SomeoneIsSent
        if seen is not None and seen != version_of(invitation.answered_at):
            raise DelegationChanged
        _check(invitation, read)
        other, others = _invited(session, invitation, name, read, at)
        old = invitation.state
        # The page says the name as it was typed: whom an address belongs to is nobody's to learn.
        invitation.take(Reply.DELEGATED, note, at, {"sends": name})
        invitation.answered_at, invitation.delegate_id = at, other.id
        _, told = told_with(session, invitation.id, answers, at)
        record_answer(
            session, invitation, old, at=at, by=by, channel="link", given_by=given_by,
            others=others, told=told,
        )  # fmt: skip
        session.add(_named(invitation, other, by, at))
        return True


def _named(invitation: Invitation, other: Invitation, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        "named_delegate", by, at, stakeholder_id=invitation.stakeholder_id,
        event_id=invitation.event_id, invitation_id=invitation.id,
        delegate_id=other.stakeholder_id,
    )  # fmt: skip


def _check(invitation: Invitation, read: Address) -> None:
    if invitation.delegated_by_id is not None:
        raise CannotBeSent(
            marked("You were named by someone else. Ask them to name another person.")
        )
    own = invitation.stakeholder.email_key
    if own and _untagged(own) == _untagged(read.key):
        raise CannotBeSent(marked("This is your own address. Give the address of the person."))


def _untagged(key: str) -> str:
    """The mailbox behind `name+tag@…`."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def _is_the_same(session: Session, delegate_id: int, read: Address) -> bool:
    other = session.get_one(Invitation, delegate_id)
    return other.stakeholder.email_key == read.key


def _invited(
    session: Session, invitation: Invitation, name: str, read: Address, at: datetime
) -> tuple[Invitation, Counter[Place]]:
    """The invitation of the person who is sent, found or made, and what that changes in the
    summary rows. Raises CannotBeSent."""
    numbers: Counter[Place] = Counter()
    person = person_named(session, name, read, invitation.stakeholder, at)
    if not is_reachable(session, person, Purpose.DELEGATION):
        raise CannotBeSent(marked("We cannot write to this address. Please give another one."))
    other = session.scalar(
        select(Invitation).where(
            Invitation.stakeholder_id == person.id, Invitation.event_id == invitation.event_id
        )
    )
    if other is None:
        other = invitation_for(
            session, person, invitation.event_id, invitation.group_id, invitation.reply_by,
            at=at, delegated_by_id=invitation.id,
        )  # fmt: skip
        numbers = counted(other)
    elif other.withdrawn_at is not None and other.delegated_by_id == invitation.id:
        other.withdrawn_at, other.link_key = None, new_key()  # taken back before, and named again
    elif other.withdrawn_at is not None or other.delegate_id is not None:
        raise CannotBeSent(marked("This person cannot be named. Please name someone else."))
    elif other.delegated_by_id not in (None, invitation.id):
        raise CannotBeSent(marked("This person comes for someone else. Please name another one."))
    else:
        return other, numbers  # is asked already; a second mail would only puzzle
    post(
        session, Purpose.DELEGATION, person, invitation.event, at=at, invitation_id=other.id,
        named_by=invitation.stakeholder.full_name,
    )  # fmt: skip
    return other, numbers
