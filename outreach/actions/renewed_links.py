"""A link that came into wrong hands: the person gets a new one, and the old one opens nothing."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.invitation import Invitation, InvitationWithdrawn
from outreach.models.message import Purpose
from outreach.naming import CannotBeSent
from outreach.posting import post
from outreach.tokens import new_key


def renew_link(invitation_id: int, *, is_told: bool, by: Actor, at: datetime) -> None:
    """Give an invitation another link at once; its answer and its history stay.

    Every page, calendar file and code for the door of the old link is refused from now on. Mails
    that still wait carry the new one, since links are made when a mail leaves.

    is_told  whether the invitee of record is sent the new link now
    Raises InvitationWithdrawn, CannotBeSent where the mail could not go: then nothing changes.
    """
    with transaction() as session:
        invitation = session.scalar(
            select(Invitation).where(Invitation.id == invitation_id).with_for_update(of=Invitation)
        )
        if invitation is None:
            raise NotFound("invitation")
        if invitation.withdrawn_at is not None or invitation.merged_into_id is not None:
            raise InvitationWithdrawn
        merged = select(Invitation).where(Invitation.merged_into_id == invitation.id)
        for each in (invitation, *session.scalars(merged)):  # whose links open this one, too
            each.link_key = new_key()
        if is_told:
            written = post(
                session, Purpose.NEW_LINK, invitation.stakeholder, invitation.event, at=at,
                invitation_id=invitation.id,
            )  # fmt: skip
            if written is None:
                raise CannotBeSent(
                    "No mail may go to this person. Give the new link without one, and tell them."
                )
        session.add(
            Activity.of(
                "renewed_link", by, at, stakeholder_id=invitation.stakeholder_id,
                event_id=invitation.event_id, invitation_id=invitation.id, is_told=is_told,
            )
        )  # fmt: skip
