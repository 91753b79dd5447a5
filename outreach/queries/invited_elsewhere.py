"""Whom another mail than a campaign's own has invited to its event, as SQL over Stakeholder.

A second invitation is written to nobody who has one; a reminder asks again, and comes from the
campaign that invited the person, as long as that is at work.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from outreach.models.campaign import Campaign, CampaignState
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step, StepKind

INVITED = "Invited already by another mail."

NOT_REACHED = (
    MessageState.LEFT_OUT, MessageState.CANCELLED, MessageState.REFUSED, MessageState.BOUNCED,
    MessageState.DROPPED,
)  # fmt: skip
"""An invitation whose mails all ended so has invited nobody."""

INVITING = (Purpose.INVITATION, Purpose.DELEGATION, Purpose.MEMBER)
AT_WORK = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


def is_invited_elsewhere(campaign: Campaign, invitation: type[Invitation]) -> ColumnElement[bool]:
    """Another campaign, a focal point, who sends them, or a freed place has invited the person.

    Cost: nothing without an invitation; else the person's mails, by index.
    """
    return and_(invitation.id.is_not(None), _has_mail(invitation), ~_has_mail(invitation, campaign))


def is_reminded_elsewhere(campaign: Campaign, invitation: type[Invitation]) -> ColumnElement[bool]:
    """The same of another campaign that is still at work, so that its reminders come.

    Cost: nothing where no other campaign of the event is.
    """
    other, step = aliased(Campaign), aliased(Step)
    others = select(other.id).where(
        other.event_id == campaign.event_id, other.id != campaign.id, other.state.in_(AT_WORK)
    )
    any_other = exists().where(
        step.campaign_id.in_(others),
        step.kind == StepKind.INVITATION,
        step.launched_at.is_not(None),
    )
    theirs = _mail(invitation)
    return and_(
        any_other, exists().where(*theirs[1:], _campaign_of(theirs[0]).in_(others)),
        ~_has_mail(invitation, campaign),
    )  # fmt: skip


def invited_elsewhere(campaign: Campaign, *, reminded: bool = False) -> Select[Any]:
    """The ids of all these people. Cost: the invitations to the event."""
    is_one = is_reminded_elsewhere if reminded else is_invited_elsewhere
    return (
        select(Invitation.stakeholder_id)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .where(Invitation.event_id == campaign.event_id, is_one(campaign, Invitation))
    )


def _mail(invitation: type[Invitation]) -> tuple[Any, ...]:
    """(a message, what makes it one that invited the person)"""
    mail = aliased(Message)
    return (
        mail, mail.stakeholder_id == Stakeholder.id, mail.invitation_id == invitation.id,
        mail.purpose.in_(INVITING), mail.state.not_in(NOT_REACHED),
    )  # fmt: skip


def _campaign_of(mail: type[Message]) -> ColumnElement[int]:
    """Spelt so that no index of a campaign's mails is taken: the person has few, it a million."""
    return func.coalesce(mail.campaign_id, 0)


def _has_mail(
    invitation: type[Invitation], campaign: Campaign | None = None
) -> ColumnElement[bool]:
    """Of the campaign, or any; also one that went to who was made one with the person."""
    mail, is_own, *rest = _mail(invitation)
    if campaign is not None:
        rest.append(_campaign_of(mail) == campaign.id)
    gone = aliased(Stakeholder)
    is_of_gone = and_(gone.merged_into_id == Stakeholder.id, mail.stakeholder_id == gone.id)
    return exists().where(is_own, *rest) | exists().where(is_of_gone, *rest)
