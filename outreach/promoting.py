"""The next alternates of an allotment, and how one of them is asked."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from outreach.dialect import key_digest
from outreach.models.activity import Activity, Actor
from outreach.models.allotment import (
    Allotment,
    Placement,
    PlacementState,
)
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, Purpose, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Audience, Step
from outreach.models.suppression import Suppression
from outreach.models.target import Target, TargetList
from outreach.models.template import TemplateText
from outreach.posting import post
from outreach.tokens import new_key

SENT_OUT = (CampaignState.RUNNING, CampaignState.FINISHED, CampaignState.PAUSED)


def next_alternates(session: Session, allotment: Allotment, limit: int) -> list[int]:
    """Who may be asked next, by rank: reachable, not asked to the event before.

    Cost: the alternates of the allotment's lists, by rank, up to the limit.
    """
    invited = exists().where(
        Invitation.stakeholder_id == Target.stakeholder_id,
        Invitation.event_id == allotment.event_id,
    )
    rows = session.scalars(
        select(Target.id)
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .outerjoin(Suppression, Suppression.digest == key_digest(Stakeholder.email_key))
        .where(
            TargetList.allotment_id == allotment.id, Target.is_alternate,
            Target.promoted_at.is_(None), Stakeholder.email.is_not(None),
            ~Stakeholder.is_mail_stopped, Suppression.id.is_(None), ~invited,
        )
        .order_by(Target.rank, Target.id)
        .limit(limit * 2)
    )  # fmt: skip
    people: dict[int, int] = {}
    for target_id in rows:  # someone who is an alternate on two lists is asked once
        people.setdefault(session.get_one(Target, target_id).stakeholder_id, target_id)
    return list(people.values())[:limit]


def ask_alternate(
    session: Session,
    allotment: Allotment,
    target: Target,
    reply_by: datetime,
    *,
    at: datetime,
    by: Actor,
) -> Invitation:
    """Invite an alternate, by a mail of their own; nothing in it tells that they are one."""
    invitation = Invitation(
        stakeholder_id=target.stakeholder_id, event_id=allotment.event_id,
        group_id=allotment.group_id, is_star=target.is_star, state=InvitationState.SILENT,
        reply_by=reply_by, invited_at=at, link_key=new_key(),
    )  # fmt: skip
    target.promoted_at = at
    session.add(invitation)
    session.flush()
    session.add(
        Placement(
            allotment_id=allotment.id,
            invitation_id=invitation.id,
            state=PlacementState.ASKED,
            since=at,
        )
    )
    message_id = post(
        session, Purpose.INVITATION, target.stakeholder, allotment.event, at=at,
        invitation_id=invitation.id,
    )  # fmt: skip
    if message_id is not None:
        _use_campaign_text(session, target, session.get_one(Message, message_id))
    session.add(
        Activity.of(
            "promoted_alternate", by, at, stakeholder_id=target.stakeholder_id,
            event_id=allotment.event_id, list_id=target.list_id, target_id=target.id,
            allotment_id=allotment.id, reply_by=reply_by.isoformat(),
        )
    )  # fmt: skip
    return invitation


def _use_campaign_text(session: Session, target: Target, message: Message) -> None:
    """Let it say what the list's latest campaign said to those it invited, in its language."""
    other = aliased(TemplateText)
    text_id = session.scalar(
        select(TemplateText.id)
        .join(Step, Step.version_id == TemplateText.version_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .join(CampaignList, CampaignList.campaign_id == Campaign.id)
        .join(other, other.language == TemplateText.language)
        .where(
            CampaignList.list_id == target.list_id,
            Step.audience == Audience.EVERYONE,
            Campaign.state.in_(SENT_OUT),
            other.id == message.text_id,
        )
        .order_by(Step.launched_at.desc(), Step.id.desc())
        .limit(1)
    )
    if text_id is not None:
        message.text_id = text_id
        if message.unit_id is not None:  # else it waits for a signature
            session.get_one(Unit, message.unit_id).text_id = text_id
