"""Rows that point at nothing, where no foreign key watches over them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from outreach.models.account import Account
from outreach.models.activity import Activity
from outreach.models.campaign import Campaign
from outreach.models.conference import ConstituentGroup
from outreach.models.confirmation import ConfirmationDue
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import Attempt, Message, Unit
from outreach.models.seat import SeatOffer
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import Step
from outreach.models.target import Target, TargetList
from outreach.models.template import TemplateText


def orphans(session: Session, at: datetime) -> Iterable[dict[str, Any]]:
    """Rows that point at nothing: of a mailing, and those that come by the million."""
    other, another, copied = aliased(Invitation), aliased(Stakeholder), aliased(Message)
    parents: tuple[tuple[Any, Any, Any], ...] = (
        (Message.id, Message.stakeholder_id, Stakeholder.id),
        (Message.id, Message.invitation_id, Invitation.id),
        (Message.id, Message.unit_id, Unit.id),
        (Message.id, Message.campaign_id, Campaign.id),
        (Message.id, Message.offer_id, SeatOffer.id),
        (Message.id, Message.step_id, Step.id),
        (Message.id, Message.event_id, Event.id),
        (Message.id, Message.text_id, TemplateText.id),
        (Message.id, Message.delegation_id, Delegation.id),
        (Message.id, Message.group_id, ConstituentGroup.id),
        (Message.id, Message.attempt_id, Attempt.id),
        (Message.id, Message.copy_of_id, copied.id),
        (Invitation.id, Invitation.stakeholder_id, Stakeholder.id),
        (Invitation.id, Invitation.event_id, Event.id),
        (Invitation.id, Invitation.group_id, ConstituentGroup.id),
        (Invitation.id, Invitation.delegate_id, other.id),
        (Invitation.id, Invitation.delegated_by_id, other.id),
        (Invitation.id, Invitation.merged_into_id, other.id),
        (ConfirmationDue.invitation_id, ConfirmationDue.invitation_id, Invitation.id),
        (Target.id, Target.stakeholder_id, Stakeholder.id),
        (Target.id, Target.owner_id, Account.id),
        (Target.id, Target.list_id, TargetList.id),
        (Stakeholder.id, Stakeholder.owner_id, Account.id),
        (Stakeholder.id, Stakeholder.organisation_id, Organisation.id),
        (Stakeholder.id, Stakeholder.merged_into_id, another.id),
        (Activity.id, Activity.stakeholder_id, Stakeholder.id),
        (Activity.id, Activity.account_id, Account.id),
        (Activity.id, Activity.campaign_id, Campaign.id),
        (Activity.id, Activity.event_id, Event.id),
        (Activity.id, Activity.organisation_id, Organisation.id),
    )
    for key, reference, parent in parents:
        found = session.scalars(
            select(key).where(reference.is_not(None), ~exists().where(parent == reference))
        )
        name = f"{key.class_.__tablename__}.{reference.key}"
        yield from ({"row": name, "id": id_} for id_ in found)
