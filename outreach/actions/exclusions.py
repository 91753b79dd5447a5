"""People left out of a campaign one by one, before it goes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignExclusion
from outreach.models.stakeholder import Stakeholder


def leave_out(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Send someone nothing of a campaign; whatever had been approved must be approved again."""
    with transaction() as session:
        campaign, known = _get(session, campaign_id, stakeholder_id)
        if known is None:
            session.add(CampaignExclusion(campaign_id=campaign_id, stakeholder_id=stakeholder_id))
            session.add(_line("left_out", campaign, stakeholder_id, by, at))


def take_back_in(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Let the campaign reach someone again who had been left out."""
    with transaction() as session:
        campaign, known = _get(session, campaign_id, stakeholder_id)
        if known is not None:
            session.delete(known)
            session.add(_line("took_back_in", campaign, stakeholder_id, by, at))


def _get(
    session: Session, campaign_id: int, stakeholder_id: int
) -> tuple[Campaign, CampaignExclusion | None]:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or session.get(Stakeholder, stakeholder_id) is None:
        raise NotFound("person of this campaign")
    campaign.void_approval()
    known = session.scalar(
        select(CampaignExclusion).where(
            CampaignExclusion.campaign_id == campaign_id,
            CampaignExclusion.stakeholder_id == stakeholder_id,
        )
    )
    return campaign, known


def _line(verb: str, campaign: Campaign, stakeholder_id: int, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        verb, by, at, campaign_id=campaign.id, event_id=campaign.event_id,
        stakeholder_id=stakeholder_id, campaign=campaign.name,
    )  # fmt: skip
