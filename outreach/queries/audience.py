"""Whom a step reaches: one row for each person, with the reason where it is to be left out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, null, select
from sqlalchemy.orm import aliased

from outreach.advice.sections import Condition
from outreach.db import reading
from outreach.dialect import json_record, key_digest
from outreach.models.campaign import MANNERS, Anchor, Audience, Campaign, CampaignList, Step
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, Suppression
from outreach.models.target import Target, TargetList
from outreach.models.template import TemplateText
from outreach.queries.sections import held_sections

NO_ADDRESS = "No address is known."
SUPPRESSED = "The address is on the list of those we must not write to."
STOPPED = "Asked for no more mail."
STOPPED_HERE = "Asked for no more mail of this campaign."
ANSWERED = "Answered already."
WITHDRAWN = "The invitation was withdrawn."
NOT_INVITED = "Not invited yet."
INVITED_LATER = "Invited after this mail was due."
UNDELIVERABLE = "The address bounced."
JUST_WRITTEN = "Another mail of this campaign is on its way, or went out less than 20 hours before."
PAST_DEADLINE = "The reply-by has passed."
NO_TEXT = "There is no text in this person's language, nor a fallback."

UNDER_WAY = (
    MessageState.WAITING,
    MessageState.LEASED,
    MessageState.HANDING_OVER,
    MessageState.UNKNOWN,
)
"""A paused invitation that leaves late must not arrive together with its own reminder."""
GIVEN = (
    InvitationState.ACCEPTED,
    InvitationState.DECLINED,
    InvitationState.TENTATIVE,
    InvitationState.DELEGATED,
)
"""The states that are an answer."""

NEVER_LEFT = (
    MessageState.LEFT_OUT,
    MessageState.CANCELLED,
    MessageState.HELD,
    MessageState.REFUSED,
)


def audience(
    step: Step,
    texts: dict[str, int],
    at: datetime,
    *,
    is_narrow: bool = False,
    conditions: Sequence[Condition] = (),
) -> Select[Any]:
    """The rows of a step's audience, each person once.

    texts       {language: text id} of the step's version
    is_narrow   without address, name and values, and in no order
    conditions  those of its conditional sections (queries.sections.conditions_of)
    Columns: stakeholder_id, group_id, is_star, invitation_id, address, name, text_id, sections,
    values, reason (None for those who get the mail). Cost: the campaign's lists, once.
    """
    campaign = step.campaign
    people = people_of(campaign).cte("people")
    invitation = aliased(Invitation)
    columns: list[Any] = [
        Stakeholder.id.label("stakeholder_id"),
        people.c.group_id,
        people.c.is_star,
        invitation.id.label("invitation_id"),
        text_for(texts, campaign.event.conference.language).label("text_id"),
        held_sections(conditions, people.c.is_star == 1, people.c.group_id).label("sections"),
        _reason(step, invitation, texts, at).label("reason"),
    ]
    if not is_narrow:
        columns += [
            func.coalesce(Stakeholder.email, "").label("address"),
            Stakeholder.full_name.label("name"),
            personal_columns().label("values"),
        ]
    statement = (
        select(*columns)
        .select_from(people)
        .join(Stakeholder, Stakeholder.id == people.c.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Suppression, _is_listed())
        .outerjoin(
            invitation,
            and_(
                invitation.stakeholder_id == Stakeholder.id,
                invitation.event_id == campaign.event_id,
            ),
        )
    )
    if step.anchor is Anchor.ANSWER:
        statement = statement.where(_joins_now(step, invitation))
    return statement if is_narrow else statement.order_by(Stakeholder.id)


def _is_listed() -> ColumnElement[bool]:
    """The address is among those not to write to. With nobody on that list, nothing is digested."""
    if reading().scalar(select(Suppression.id).limit(1)) is None:
        return false()
    return Suppression.digest == key_digest(Stakeholder.email_key)


def has_messages(campaign_id: int) -> bool:
    """Whether any row of the campaign has been written. Cost: one row by index."""
    return reading().scalar(_any_message(campaign_id)) is not None


def _any_message(campaign_id: int) -> Select[Any]:
    return select(Message.id).where(Message.campaign_id == campaign_id).limit(1)


def audience_count(campaign_id: int) -> int:
    """How many people the lists of a campaign hold, each once. Cost: the lists."""
    people = (
        select(Target.stakeholder_id)
        .join(CampaignList, CampaignList.list_id == Target.list_id)
        .where(CampaignList.campaign_id == campaign_id, is_called(), is_of_wave())
        .distinct()
    )
    return reading().scalar(select(func.count()).select_from(people.subquery())) or 0


def people_of(campaign: Campaign) -> Select[Any]:
    """Everyone on the campaign's lists once; the group is that of the first list they stand on."""
    star = case((Target.is_star, 1), else_=0)
    list_ids = [entry.list_id for entry in campaign.lists]
    if len(list_ids) == 1:  # where nobody can stand twice, nothing needs to be grouped
        return (
            select(Target.stakeholder_id, star.label("is_star"), TargetList.group_id)
            .join(TargetList, TargetList.id == Target.list_id)
            .where(Target.list_id == list_ids[0], is_called(campaign.lists[0].wave))
        )
    first = (
        select(
            Target.stakeholder_id,
            func.min(Target.list_id).label("list_id"),
            func.max(star).label("is_star"),
        )
        .where(Target.list_id.in_(list_ids), is_called(campaign.lists[0].wave))
        .group_by(Target.stakeholder_id)
        .subquery()
    )
    return select(first.c.stakeholder_id, first.c.is_star, TargetList.group_id).join(
        TargetList, TargetList.id == first.c.list_id
    )


def is_called(wave: int | None = None) -> ColumnElement[bool]:
    """Of this wave (None for any), and not an alternate who still waits for a place."""
    is_ready = ~Target.is_alternate | Target.promoted_at.is_not(None)
    return is_ready if wave is None else is_ready & (Target.wave == wave)


def is_of_wave() -> ColumnElement[bool]:
    """Of the wave that the CampaignList names, where it names one; for statements that join it."""
    return CampaignList.wave.is_(None) | (CampaignList.wave == Target.wave)


def text_for(texts: dict[str, int], conference_language: str) -> ColumnElement[Any]:
    """The language of each recipient: own, then the organisation's, then the conference's."""
    fallback = texts.get(conference_language)
    if not texts:
        return null()
    return func.coalesce(
        case(texts, value=Stakeholder.language), case(texts, value=Organisation.language), fallback
    )


def personal_columns(**more: ColumnElement[Any]) -> ColumnElement[Any]:
    """The personal merge fields, as they are at this instant, and whatever else is wanted."""
    columns = {
        "title": Stakeholder.title,
        "salutation": Stakeholder.salutation,
        "given_name": Stakeholder.given_name,
        "family_name": Stakeholder.family_name,
        "full_name": Stakeholder.full_name,
        "office": Stakeholder.office,
        "organisation": func.coalesce(Organisation.name, ""),
        "country_code": func.coalesce(Stakeholder.country_code, Organisation.country_code, ""),
        **more,
    }
    return json_record(
        *[part for name, column in columns.items() for part in (literal(name), column)]
    )


def personal_values(stakeholder_id: int) -> dict[str, Any]:
    """The personal merge fields of one person, as they are now. One row by key."""
    values = reading().execute(
        select(personal_columns())
        .select_from(Stakeholder)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Stakeholder.id == stakeholder_id)
    )
    return dict(values.scalar_one())


def _reason(
    step: Step, invitation: type[Invitation], texts: dict[str, int], at: datetime
) -> ColumnElement[Any]:
    campaign = step.campaign
    cases: list[Any] = [
        (Stakeholder.email.is_(None), NO_ADDRESS),
        (_is_suppressed(step), SUPPRESSED),
        (Stakeholder.is_mail_stopped, STOPPED),
        (_has_stopped(step), STOPPED_HERE),
        (invitation.withdrawn_at.is_not(None), WITHDRAWN),
    ]
    if step.audience is Audience.SILENT:
        cases += [
            (invitation.id.is_(None), NOT_INVITED),
            (invitation.invited_at > (step.due_at or at), INVITED_LATER),
            (invitation.invited_at > at - MANNERS, JUST_WRITTEN),  # also by a mail of their own
        ]
    if step.audience is not Audience.ANSWERED:
        is_past = literal(campaign.reply_by <= at)
        cases += [
            (invitation.state == InvitationState.UNDELIVERABLE, UNDELIVERABLE),
            (invitation.state != InvitationState.SILENT, ANSWERED),
            (is_past, PAST_DEADLINE),
            (_was_written_to(campaign, at), JUST_WRITTEN),
        ]
    cases.append((text_for(texts, campaign.event.conference.language).is_(None), NO_TEXT))
    return case(*cases, else_=null())


def _is_suppressed(step: Step) -> ColumnElement[bool]:
    """Who unsubscribed is still thanked for an answer; a dead address is never written to."""
    if step.audience is Audience.ANSWERED:
        return and_(Suppression.id.is_not(None), Suppression.reason != UNSUBSCRIBED)
    return Suppression.id.is_not(None)


def _has_stopped(step: Step) -> ColumnElement[bool]:
    """The owner of the address wants no more of this campaign, but for thanks for an answer."""
    theirs = CampaignStop.campaign_id == step.campaign_id
    is_thanks = step.audience is Audience.ANSWERED
    if is_thanks or reading().scalar(select(CampaignStop.id).where(theirs).limit(1)) is None:
        return false()
    is_theirs = CampaignStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(theirs, is_theirs | (CampaignStop.stakeholder_id == Stakeholder.id))


def _was_written_to(campaign: Campaign, at: datetime) -> ColumnElement[bool]:
    if not has_messages(campaign.id):
        return false()
    recent = aliased(Message)
    return exists().where(
        recent.stakeholder_id == Stakeholder.id,
        recent.campaign_id == campaign.id,
        recent.state.in_(UNDER_WAY)
        | (recent.state.not_in(NEVER_LEFT) & (recent.changed_at > at - MANNERS)),
    )


def _joins_now(step: Step, invitation: type[Invitation]) -> ColumnElement[bool]:
    """Those who answered since the campaign began and have no row of this step yet."""
    written = aliased(Message)
    return and_(
        invitation.answered_at >= step.campaign.scheduled_at,
        invitation.state.in_(GIVEN),
        ~exists().where(
            written.step_id == step.id, written.stakeholder_id == invitation.stakeholder_id
        ),
    )


def somebody_joins(step_id: int) -> bool:
    """Whether a step that follows each answer has anyone new. Cost: the answers, by index."""
    statement = (
        select(Invitation.id)
        .join(Campaign, Campaign.event_id == Invitation.event_id)
        .join(Step, Step.campaign_id == Campaign.id)
        .join(CampaignList, CampaignList.campaign_id == Campaign.id)
        .join(
            Target,
            and_(
                Target.list_id == CampaignList.list_id,
                Target.stakeholder_id == Invitation.stakeholder_id,
            ),
        )
        .where(
            Step.id == step_id,
            Invitation.answered_at >= Campaign.scheduled_at,
            Invitation.state.in_(GIVEN),
            is_of_wave(),
            ~exists().where(
                Message.step_id == step_id, Message.stakeholder_id == Invitation.stakeholder_id
            ),
        )
        .limit(1)
    )
    return reading().scalar(statement) is not None


def texts_of(version_id: int) -> dict[str, int]:
    """{language: text id} of a template's version."""
    rows = reading().execute(
        select(TemplateText.language, TemplateText.id).where(TemplateText.version_id == version_id)
    )
    return {row.language: row.id for row in rows}
