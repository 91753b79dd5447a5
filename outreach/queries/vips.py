"""People whose answers the team confirms, and the answers that wait for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select

from outreach.db import reading
from outreach.models.campaign import CampaignList
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target
from outreach.models.vip import CampaignVip
from outreach.queries.audience_members import is_settled
from outreach.queries.stakeholders import matching

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Named:
    """Someone of a campaign."""

    stakeholder_id: int
    full_name: str
    office: str
    organisation: str | None
    is_star: bool


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An answer that waits for someone of the team."""

    invitation_id: int
    full_name: str
    office: str
    organisation: str | None
    event: str
    time_zone: str
    state: InvitationState
    note: str
    answered_at: datetime | None


def _people(campaign_id: int) -> Select[*tuple[Any, ...]]:
    """Those on the campaign's lists, and whom it wrote to because of a segment, each once."""
    is_star = exists().where(
        CampaignList.campaign_id == campaign_id, Target.list_id == CampaignList.list_id,
        Target.stakeholder_id == Stakeholder.id, Target.is_star,
    )  # fmt: skip
    is_asked = is_settled(campaign_id, Stakeholder.id)
    return (
        select(Stakeholder.id, Stakeholder.full_name, Stakeholder.office, Organisation.name,
               is_star.label("is_star"))
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(is_asked)
        .order_by(Stakeholder.name_key, Stakeholder.id)
        .limit(SHOWN)
    )  # fmt: skip


def _is_named(campaign_id: int) -> Any:
    return exists().where(
        CampaignVip.campaign_id == campaign_id, CampaignVip.stakeholder_id == Stakeholder.id
    )


def vips(campaign_id: int) -> list[Named]:
    """Whom the campaign names. Cost: they, by index."""
    rows = reading().execute(_people(campaign_id).where(_is_named(campaign_id)))
    return [Named(*row) for row in rows]


def may_be_vips(campaign_id: int, words: str) -> list[Named]:
    """People of the campaign's lists by letters of their name; without letters, its stars."""
    statement = _people(campaign_id).where(~_is_named(campaign_id))
    found = matching(words)
    if found is not None:
        statement = statement.where(found)
    else:
        statement = statement.where(
            Stakeholder.id.in_(
                select(Target.stakeholder_id)
                .join(CampaignList, CampaignList.list_id == Target.list_id)
                .where(CampaignList.campaign_id == campaign_id, Target.is_star)
            )
        )
    return [Named(*row) for row in reading().execute(statement)]


def unconfirmed_answers() -> list[Unconfirmed]:
    """Those that wait, the oldest first. Cost: they, by an index that holds no others."""
    rows = reading().execute(
        select(
            Invitation.id, Stakeholder.full_name, Stakeholder.office, Organisation.name, Event.name,
            Event.time_zone, Invitation.state, Invitation.note, Invitation.answered_at,
        )
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .join(Event, Event.id == Invitation.event_id)
        .where(Invitation.is_to_be_confirmed)
        .order_by(Invitation.answered_at, Invitation.id)
        .limit(SHOWN)
    )  # fmt: skip
    return [Unconfirmed(*row) for row in rows]
