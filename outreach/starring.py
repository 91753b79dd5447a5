"""That someone is a star: of which events, copied to their invitations; who says who owns them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true, update
from sqlalchemy.orm import Session

from outreach.errors import NotAllowed
from outreach.models.account import Account, Permission
from outreach.models.activity import Actor
from outreach.models.invitation import Invitation
from outreach.models.target import Target, TargetList


class OwnerOfStar(NotAllowed):
    """Whoever owns a star signs their mail: nobody makes themselves that."""

    def __init__(self) -> None:
        super().__init__(
            "Who owns a star signs every mail to them, so an approver says who it is, or the "
            "present owner hands the star over."
        )


def may_own(session: Session, by: Actor) -> ColumnElement[bool]:
    """Of a target: whether somebody may give it another owner. One row by key.

    Anyone may until it is a star: whoever approves the nomination approves the owner with it.
    """
    account = session.get(Account, by.account_id) if by.account_id is not None else None
    if account is None or account.may(Permission.APPROVE):
        return true()
    return or_(Target.is_star.is_(False), Target.owner_id == account.id)


def check_owner(session: Session, target: Target, owner_id: int | None, by: Actor) -> None:
    """Before a target, which is locked, gets another owner. Raises OwnerOfStar."""
    if owner_id != target.owner_id:
        allowed = select(Target.id).where(Target.id == target.id, may_own(session, by))
        if session.scalar(allowed) is None:
            raise OwnerOfStar


def owner_of_both(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> int | None:
    """Who owns what becomes of two targets: of a star and someone who is none, the star's owner, be
    it nobody; else whoever the kept one has, or the other."""
    stars = [one for one in (kept, gone) if one["is_star"]] or [kept, gone]
    owners = [one["owner_id"] for one in stars if one["owner_id"] is not None]
    return owners[0] if owners else None


def copy_stars(session: Session, event_id: int, people: Sequence[int]) -> None:
    """An invitation is a star's as long as the person is a star on any list of the event."""
    is_star_somewhere = exists(
        select(Target.id)
        .join(TargetList, Target.list_id == TargetList.id)
        .where(
            Target.stakeholder_id == Invitation.stakeholder_id,
            TargetList.event_id == Invitation.event_id,
            Target.is_star,
        )
    )
    session.execute(
        update(Invitation)
        .where(Invitation.event_id == event_id, Invitation.stakeholder_id.in_(people))
        .values(is_star=is_star_somewhere)
        .execution_options(synchronize_session=False)
    )


def star_events(session: Session, *people: int) -> Sequence[int]:
    """The events of which one of them is a star."""
    return session.scalars(
        select(TargetList.event_id)
        .join(Target, Target.list_id == TargetList.id)
        .where(Target.stakeholder_id.in_(people), Target.is_star)
        .distinct()
        .order_by(TargetList.event_id)
    ).all()
