"""That someone is a star: of which events, and copied to their invitations."""

from collections.abc import Sequence

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from outreach.models.invitation import Invitation
from outreach.models.target import Target, TargetList


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
