"""Moving what has a date: a campaign's reply-by, one of its steps."""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignState, NeedsSecondPerson
from outreach.models.step import Step
from outreach.moving import move_campaign


def move_reply_by(campaign_id: int, reply_by: datetime, *, by: Actor, at: datetime) -> int:
    """Let answers count until another instant; says how many invitations moved along.

    Steps to come that are counted from it move too; one whose new time has passed is missed and
    asks a person. A campaign that is not scheduled yet needs its approval anew.
    """
    with transaction() as session:
        campaign = _get(session, campaign_id)
        _check_second_person(campaign, by)
        was = campaign.reply_by
        count = move_campaign(session, campaign, reply_by, at)
        session.add(
            Activity.of(
                "moved_reply_by", by, at, campaign_id=campaign.id, event_id=campaign.event_id,
                campaign=campaign.name, was=was.isoformat(), invitations=count,
            )
        )  # fmt: skip
        return count


def move_step(step_id: int, to: datetime, *, by: Actor, at: datetime) -> None:
    """Give one unsent step a time of its own; before scheduling that takes the approval away."""
    with transaction() as session:
        found = session.get(Step, step_id)
        if found is None:
            raise NotFound("step")
        campaign = _get(session, found.campaign_id)
        step = session.get_one(Step, step_id, with_for_update=True, populate_existing=True)
        _check_second_person(campaign, by)
        was, had_lapsed = step.due_at, campaign.has_lapsed
        step.move(to, at)
        if campaign.state in (CampaignState.DRAFT, CampaignState.APPROVED):
            campaign.void_approval()
        else:
            campaign.keep_approval(had_lapsed=had_lapsed)
        session.add(
            Activity.of(
                "moved_step", by, at, campaign_id=campaign.id, event_id=campaign.event_id,
                campaign=campaign.name, step=step.kind, was=was.isoformat() if was else "",
            )
        )  # fmt: skip


def _check_second_person(campaign: Campaign, by: Actor) -> None:
    """The times were approved, and a campaign at work keeps its approval: never by its author."""
    is_at_work = campaign.state not in (CampaignState.DRAFT, CampaignState.APPROVED)
    if is_at_work and by.account_id is not None and by.account_id == campaign.author_id:
        raise NeedsSecondPerson


def _get(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if campaign is None:
        raise NotFound("campaign")
    return campaign
