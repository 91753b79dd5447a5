"""People named in a campaign, whose answers someone of the team confirms."""

from datetime import datetime

from sqlalchemy import delete, select

from outreach.db import touched, transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign
from outreach.models.invitation import Invitation
from outreach.models.vip import CampaignVip
from outreach.queries.audience_members import is_settled


class NothingToConfirm(Conflict):
    """Someone confirmed it already, or the answer was taken back."""

    def __init__(self) -> None:
        super().__init__("No answer waits for a confirmation here; someone was faster.")


def name_vip(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Have the person's next answers confirmed; naming somebody twice changes nothing."""
    with transaction() as session:
        is_theirs = is_settled(campaign_id, stakeholder_id)
        mine = select(Campaign).where(Campaign.id == campaign_id, is_theirs)
        if session.scalar(mine.with_for_update(of=Campaign)) is None:
            raise NotFound("person of this campaign")
        same = (
            CampaignVip.campaign_id == campaign_id,
            CampaignVip.stakeholder_id == stakeholder_id,
        )
        if session.scalar(select(CampaignVip.id).where(*same)) is not None:
            return
        session.add(
            CampaignVip(campaign_id=campaign_id, stakeholder_id=stakeholder_id, named_at=at,
                        account_id=by.account_id)
        )  # fmt: skip
        session.add(
            Activity.of("named_vip", by, at, campaign_id=campaign_id, stakeholder_id=stakeholder_id)
        )


def unname_vip(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Confirm the person's answers no more; what waits already still waits."""
    with transaction() as session:
        named = delete(CampaignVip).where(
            CampaignVip.campaign_id == campaign_id, CampaignVip.stakeholder_id == stakeholder_id
        )
        if touched(session, named):
            session.add(
                Activity.of("unnamed_vip", by, at, campaign_id=campaign_id,
                            stakeholder_id=stakeholder_id)
            )  # fmt: skip


def confirm_answer(invitation_id: int, *, by: Actor, at: datetime) -> None:
    """Someone of the team stands for what was answered. Raises NothingToConfirm."""
    with transaction() as session:
        mine = select(Invitation).where(Invitation.id == invitation_id)
        invitation = session.scalar(mine.with_for_update(of=Invitation))
        if invitation is None:
            raise NotFound("invitation")
        if not invitation.is_to_be_confirmed:
            raise NothingToConfirm
        invitation.is_to_be_confirmed = False
        session.add(
            Activity.of("confirmed_answer", by, at, stakeholder_id=invitation.stakeholder_id,
                        event_id=invitation.event_id, reply=invitation.state.value)
        )  # fmt: skip
