"""Someone of a campaign's audience, as a preview needs them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignExclusion, CampaignList
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target
from outreach.models.template import TemplateText
from outreach.queries.audience import text_for, texts_of
from outreach.queries.audience_members import people_of
from outreach.queries.organisations_reached import brings_news_to_organisations
from outreach.queries.prospects import reads_of
from outreach.queries.sections import conditions_of, held_sections
from outreach.queries.stakeholders import matching
from outreach.signing import SIGN_OFF


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of an audience, as a preview needs them."""

    stakeholder_id: int
    name: str
    address: str
    text_id: int | None
    language: str | None
    reads: str | None
    sections: str = ""


def members(
    campaign_id: int, words: str = "", *, at: datetime, limit: int = 20
) -> list[tuple[int, str, str]]:
    """(id, name, organisation) of people of a campaign, by name. Cost: see `matching`."""
    wanted, campaign = matching(words), reading().get(Campaign, campaign_id)
    if campaign is None:
        return []
    on_it = select(people_of(campaign, at).subquery().c.stakeholder_id)
    statement = (
        select(Stakeholder.id, Stakeholder.full_name, func.coalesce(Organisation.name, ""))
        .outerjoin(Stakeholder.organisation)
        .where(Stakeholder.id.in_(on_it))
        .order_by(Stakeholder.name_key, Stakeholder.id)
        .limit(limit)
    )
    if wanted is not None:
        statement = statement.where(wanted)
    return [(id_, name, organisation) for id_, name, organisation in reading().execute(statement)]


def left_out_people(campaign_id: int) -> list[tuple[int, str]]:
    """(id, name) of those whom the team left out one by one, by name. Cost: they."""
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name)
        .join(CampaignExclusion, CampaignExclusion.stakeholder_id == Stakeholder.id)
        .where(CampaignExclusion.campaign_id == campaign_id, CampaignExclusion.stopped_at.is_(None))
        .order_by(Stakeholder.name_key, Stakeholder.id)
    )
    return [(id_, name) for id_, name in rows]


def member(campaign_id: int, stakeholder_id: int, version_id: int, at: datetime) -> Member | None:
    """Someone of a campaign with the text that they would get. Rows by key."""
    campaign = reading().get_one(Campaign, campaign_id)
    people = people_of(campaign, at).cte("people")
    is_in: ColumnElement[bool] = people.c.stakeholder_id.is_not(None)
    if not (campaign.reaches_segments or brings_news_to_organisations(campaign)):
        # also who still waits as an alternate
        is_in = (
            select(Target.id)
            .join(CampaignList, CampaignList.list_id == Target.list_id)
            .where(CampaignList.campaign_id == campaign_id, Target.stakeholder_id == stakeholder_id)
            .exists()
        )
    language = reading().scalar(
        select(Conference.language)
        .join(Event, Event.conference_id == Conference.id)
        .join(Campaign, Campaign.event_id == Event.id)
        .where(Campaign.id == campaign_id)
    )
    text_id = text_for(texts_of(version_id), language or "")
    held = held_sections(conditions_of(version_id), people.c.is_star == 1, people.c.group_id)
    row = (
        reading()
        .execute(
            select(
                Stakeholder.id,
                Stakeholder.full_name,
                func.coalesce(Stakeholder.email, ""),
                text_id,
                reads_of(),
                held,
            )
            .outerjoin(Stakeholder.organisation)
            .outerjoin(people, people.c.stakeholder_id == Stakeholder.id)
            .where(Stakeholder.id == stakeholder_id, is_in)
        )
        .one_or_none()
    )
    if row is None:
        return None
    id_, name, address, chosen, reads, sections = row
    spoken = reading().scalar(select(TemplateText.language).where(TemplateText.id == chosen))
    return Member(id_, name, address, chosen, spoken, reads, sections)


def held_reasons(campaign_id: int) -> list[tuple[str, int]]:
    """(reason, how many) of a campaign's mails that are held and may be let go together: not those
    to stars, which are signed one by one. Cost: the campaign's mails."""
    rows = reading().execute(
        select(Message.reason, func.count())
        .where(
            Message.campaign_id == campaign_id, Message.state == MessageState.HELD,
            ~Message.reason.startswith(SIGN_OFF),
        )
        .group_by(Message.reason)
        .order_by(func.count().desc(), Message.reason)
    )  # fmt: skip
    return [(reason, count) for reason, count in rows]
