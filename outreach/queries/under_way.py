"""Mails under way to people who are taken off the list on which they were found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, union_all

from outreach.db import reading
from outreach.models.audience_member import AudienceMember
from outreach.models.bulk import RemovedTarget
from outreach.models.campaign import Campaign, CampaignList
from outreach.models.message import Message, MessageState, standing
from outreach.models.step import Step
from outreach.models.target import Target


def mails_to_targets(target_ids: Sequence[int]) -> list[tuple[str, int]]:
    """(campaign, how many) of what waits for these, of campaigns to their list. Cost: their
    mails, by index, and an audience that is being written, if there is one."""
    them = Target.id.in_(target_ids)
    return _under_way(select(Target.stakeholder_id, Target.list_id).where(them))


def mails_to_removed(change_id: int) -> list[tuple[str, int]]:
    """The same for those whom a change of many took off."""
    of_change = RemovedTarget.change_id == change_id
    return _under_way(select(RemovedTarget.stakeholder_id, RemovedTarget.list_id).where(of_change))


def _under_way(people: Any) -> list[tuple[str, int]]:
    them = people.subquery()
    waiting = (
        select(Message.campaign_id.label("campaign_id"))
        .join(them, them.c.stakeholder_id == Message.stakeholder_id)
        .join(
            CampaignList,
            (CampaignList.campaign_id == Message.campaign_id)
            & (CampaignList.list_id == them.c.list_id),
        )
        .where(standing().in_([MessageState.WAITING, MessageState.HELD]))
    )
    to_write = (
        select(Step.campaign_id)
        .join(AudienceMember, AudienceMember.step_id == Step.id)
        .join(them, them.c.stakeholder_id == AudienceMember.stakeholder_id)
        .join(
            CampaignList,
            (CampaignList.campaign_id == Step.campaign_id)
            & (CampaignList.list_id == them.c.list_id),
        )
        .where(Step.to_write > 0, AudienceMember.reason.is_(None))
    )
    both = union_all(waiting, to_write).subquery()
    rows = reading().execute(
        select(Campaign.name, func.count())
        .join(both, both.c.campaign_id == Campaign.id)
        .group_by(Campaign.id, Campaign.name)
        .order_by(Campaign.id)
    )
    return [(name, count) for name, count in rows]
