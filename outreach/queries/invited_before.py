"""By whom people of a campaign's audience were invited already, before it goes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.queries.audience import audience
from outreach.queries.invited_elsewhere import (
    INVITED,
    INVITING,
    NOT_REACHED,
    invited_elsewhere,
)


@dataclass(frozen=True, slots=True)
class InvitedBefore:
    """So many of an audience, by one campaign or by mails of their own."""

    campaign_id: int | None
    """None for a focal point's word, someone who is sent, or a freed place."""
    campaign: str | None
    count: int
    first_at: datetime
    last_at: datetime


def invited_before(campaign_id: int, at: datetime) -> list[InvitedBefore]:
    """Of whom a campaign's invitation reaches or leaves out for it: who invited them, the most
    first. Cost: the audience once, and the mails of those who were invited."""
    campaign = reading().get(Campaign, campaign_id)
    step = next((one for one in campaign.steps if one.invites), None) if campaign else None
    if campaign is None or step is None:
        return []
    people = audience(step, {campaign.event.conference.language: 0}, at, is_narrow=True).subquery()
    is_meant = people.c.reason.is_(None) if campaign.asks_again else people.c.reason == INVITED
    rows = reading().execute(
        select(
            Campaign.id, Campaign.name, func.count(people.c.stakeholder_id.distinct()),
            func.min(Invitation.invited_at), func.max(Invitation.invited_at),
        )
        .select_from(people)
        .join(Invitation, Invitation.id == people.c.invitation_id)
        .join(
            Message,
            (Message.stakeholder_id == people.c.stakeholder_id)
            & (Message.invitation_id == Invitation.id),
        )
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(
            is_meant, Message.purpose.in_(INVITING), Message.state.not_in(NOT_REACHED),
            people.c.stakeholder_id.in_(invited_elsewhere(campaign)),
        )
        .group_by(Campaign.id, Campaign.name)
        .order_by(func.count(people.c.stakeholder_id.distinct()).desc(), Campaign.id)
    )  # fmt: skip
    return [InvitedBefore(*row) for row in rows]
