"""Organisations that a campaign's lists want: whom it asks through a focal point, and who is left
out, and why."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.focal_point import FocalPoint
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.step import StepKind
from outreach.queries.organisation_targets import WantedOrganisation, lines_where

STOPPED = "its focal point is asked no more"


@dataclass(frozen=True, slots=True)
class OrganisationsReached:
    """The organisations of a campaign, each once."""

    ready: list[WantedOrganisation]
    """Whose focal point is asked by the invitation, or the next step after it."""
    asked: list[WantedOrganisation]
    """By this campaign or before, by whomever."""
    left_out: list[tuple[str, list[WantedOrganisation]]]
    """By the reason."""

    @property
    def count(self) -> int:
        """All of them."""
        return len(self.ready) + len(self.asked) + sum(len(lines) for _, lines in self.left_out)


def organisations_reached(campaign_id: int) -> OrganisationsReached:
    """Those on the lists of a campaign; see `organisations_of`."""
    campaign = reading().get(Campaign, campaign_id)
    return organisations_of(campaign) if campaign else OrganisationsReached([], [], [])


def organisations_of(campaign: Campaign) -> OrganisationsReached:
    """Those on the lists of a campaign that invites, of its wave; none of one that does not.

    Cost: they; one SELECT where there are none.
    """
    reached = OrganisationsReached([], [], [])
    wanted = _wanted_by(campaign)
    if not campaign.invites or reading().scalar(wanted.limit(1)) is None:
        return reached
    left_out: dict[str, list[WantedOrganisation]] = {}
    seen: set[int] = set()
    for line in lines_where(OrganisationTarget.id.in_(wanted)):
        if line.organisation_id in seen:
            continue
        seen.add(line.organisation_id)
        if line.is_asked:
            reached.asked.append(line)
        elif why := line.obstacle or (STOPPED if line.withdrawn_at is not None else ""):
            left_out.setdefault(why, []).append(line)
        else:
            reached.ready.append(line)
    reached.left_out.extend(sorted(left_out.items()))
    return reached


def _wanted_by(campaign: Campaign) -> Select[Any]:
    """SELECT of the targets; who is wanted on a list that is left out is left out."""
    of, wave = OrganisationTarget, campaign.lists[0].wave if campaign.lists else None
    wanted = select(of.id).where(of.list_id.in_([entry.list_id for entry in campaign.lists]))
    if wave is not None:
        wanted = wanted.where(of.wave == wave)
    if campaign.is_by_lists or not campaign.left_out_lists:
        return wanted
    out = select(of.organisation_id).where(
        of.list_id.in_([entry.list_id for entry in campaign.left_out_lists])
    )
    return wanted.where(of.organisation_id.not_in(out))


def brings_news_to_organisations(campaign: Campaign) -> bool:
    """Whether it is news, and its lists want organisations. Cost: nothing, or a row by index."""
    if not any(step.kind is StepKind.PROMOTION for step in campaign.steps):
        return False
    return reading().scalar(_wanted_by(campaign).limit(1)) is not None


def focal_points_of(campaign: Campaign) -> Select[Any]:
    """SELECT of who speaks for the organisations that a campaign's lists want."""
    return (
        select(FocalPoint.stakeholder_id)
        .join(OrganisationTarget, OrganisationTarget.organisation_id == FocalPoint.organisation_id)
        .where(
            OrganisationTarget.id.in_(_wanted_by(campaign)),
            FocalPoint.conference_id == campaign.event.conference_id,
            FocalPoint.ended_at.is_(None),
        )
    )
