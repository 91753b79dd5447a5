"""Waves: steps that go when places are free, and how many are."""

from datetime import datetime

from sqlalchemy import Exists, and_, exists, func, select
from sqlalchemy.orm import aliased

from outreach.advice.alternates import reply_by_for
from outreach.db import reading
from outreach.models.allotment import (
    Allotment,
    Placement,
    PlacementState,
    Vacancy,
    VacancyState,
)
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.step import Anchor, Step, StepKind, StepState
from outreach.models.target import TargetList
from outreach.promoting import next_alternates

LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING)
TO_COME = (*LIVE, CampaignState.PAUSED)


def called_by_places(at: datetime) -> list[int]:
    """The steps that wait for places and have them now. Cost: such steps, and their placements.

    None while others who will ask for the same places are still to be asked: an earlier wave, or
    whoever is due now.
    """
    steps = reading().execute(
        select(Step.id, Step.campaign_id, Step.places_count)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Step.anchor == Anchor.PLACES,
            Step.state == StepState.WAITING,
            ~Step.is_held,
            Campaign.state.in_(LIVE),
            Campaign.reply_by > at,
            Step.due_at.is_(None) | (Step.due_at > at),
            ~_others_go_first(at),
        )
    )
    return [
        id_ for id_, campaign_id, count in steps if free_places(campaign_id, at) >= (count or 1)
    ]


def free_places(campaign_id: int, at: datetime) -> int:
    """Places of the allotments of a campaign's lists that are neither taken nor kept for anyone,
    nor given back and about to be given to an alternate by a click."""
    own = (
        select(TargetList.allotment_id)
        .join(CampaignList, CampaignList.list_id == TargetList.id)
        .where(CampaignList.campaign_id == campaign_id, TargetList.allotment_id.is_not(None))
    )
    newcomers = (
        select(TargetList.allotment_id)
        .join(Campaign, Campaign.newcomers_list_id == TargetList.id)
        .where(Campaign.id == campaign_id, TargetList.allotment_id.is_not(None))
    )
    kept = (
        select(func.count())
        .where(Placement.allotment_id == Allotment.id, Placement.state != PlacementState.AWAY)
        .correlate(Allotment)
        .scalar_subquery()
    )
    given_back = (
        select(func.count())
        .where(Vacancy.allotment_id == Allotment.id, Vacancy.state == VacancyState.OPEN)
        .correlate(Allotment)
        .scalar_subquery()
    )
    theirs = Allotment.id.in_(own) | Allotment.id.in_(newcomers)
    rows = reading().execute(select(Allotment, kept, given_back).where(theirs))
    return sum(
        max(0, allotment.places - taken - _for_alternates(allotment, vacant, at))
        for allotment, taken, vacant in rows
    )


def _for_alternates(allotment: Allotment, vacant: int, at: datetime) -> int:
    """Of so many places that were given back, those for which an alternate may still be asked.
    Cost: nothing where none was given back; else their alternates, by rank."""
    event = allotment.event if vacant else None
    if event is None or not reply_by_for(
        at, event.starts_at, allotment.answer_days, allotment.closing_days
    ):
        return 0
    return len(next_alternates(reading(), allotment, vacant))


def _others_go_first(at: datetime) -> Exists:
    """Whether another campaign invites to the same places before this one: see called_by_places."""
    entry, list_, before, before_list = (
        aliased(CampaignList), aliased(TargetList), aliased(CampaignList), aliased(TargetList)
    )  # fmt: skip
    other, step = aliased(Campaign), aliased(Step)
    is_earlier = func.coalesce(before.wave, 1) < func.coalesce(entry.wave, 1)
    return exists().where(
        entry.campaign_id == Campaign.id, list_.id == entry.list_id,
        before_list.allotment_id == list_.allotment_id, before.list_id == before_list.id,
        other.id == before.campaign_id, other.id != Campaign.id, other.state.in_(TO_COME),
        step.campaign_id == other.id, step.kind == StepKind.INVITATION,
        (step.to_write > 0)
        | and_(step.state == StepState.WAITING, ~step.is_held, is_earlier | (step.due_at <= at)),
    )  # fmt: skip
