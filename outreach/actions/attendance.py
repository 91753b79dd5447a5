"""Who came: noted at the door, taken back where it was a mistake."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.attendance import Attendance
from outreach.models.invitation import Invitation


class OtherEvent(Conflict):
    """The code is genuine, and for something else."""

    def __init__(self, event: str) -> None:
        super().__init__(f"This code is for another event: {event}.")


def check_in(
    event_id: int,
    *,
    by: Actor,
    came_at: datetime,
    at: datetime,
    link_key: str | None = None,
    invitation_id: int | None = None,
) -> tuple[int, bool]:
    """Note that an invitee came; the first arrival stands, however often it is told.

    came_at  when it was noted at the door, which may have been without a network; never later
             than now
    Returns the invitation's id, and whether this is news.
    Raises NotFound, OtherEvent.
    """
    came_at, way = min(came_at, at), "code" if link_key else "name"
    mine = Invitation.link_key == link_key if link_key else Invitation.id == invitation_id
    with transaction() as session:
        invitation = session.scalar(select(Invitation).where(mine).with_for_update(of=Invitation))
        if invitation is None:
            raise NotFound("invitation")
        if invitation.event_id != event_id:
            raise OtherEvent(invitation.event.name)
        row = session.scalar(
            select(Attendance).where(Attendance.invitation_id == invitation.id).with_for_update()
        )
        if row is None:
            row = Attendance(
                invitation_id=invitation.id, event_id=event_id, group_id=invitation.group_id,
                came_at=came_at, way=way, account_id=by.account_id,
            )  # fmt: skip
            session.add(row)
        elif not row.arrive(came_at, way, by.account_id):
            return invitation.id, False
        session.add(
            Activity.of("came", by, came_at, stakeholder_id=invitation.stakeholder_id,
                        event_id=event_id, way=way)
        )  # fmt: skip
        return invitation.id, True


def take_back_arrival(invitation_id: int, *, by: Actor, at: datetime) -> bool:
    """It was a mistake: the person is not in. Says whether that changed anything."""
    with transaction() as session:
        row = session.scalar(
            select(Attendance).where(Attendance.invitation_id == invitation_id).with_for_update()
        )
        if row is None or row.taken_back_at is not None:
            return False
        row.taken_back_at = at
        invitation = session.get_one(Invitation, invitation_id)
        session.add(
            Activity.of("arrival_taken_back", by, at, stakeholder_id=invitation.stakeholder_id,
                        event_id=row.event_id)
        )  # fmt: skip
        return True
