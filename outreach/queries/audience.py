"""Whom a step reaches: one row for each person, with the reason where it is to be left out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.orm import aliased

from outreach.advice.sections import Condition
from outreach.db import reading
from outreach.dialect import json_record
from outreach.models.answering_address import AnsweringAddress
from outreach.models.campaign import Campaign
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import NARROW, STATES, Anchor, Audience, Step
from outreach.models.suppression import Suppression
from outreach.models.template import TemplateText
from outreach.queries.audience_members import is_settled, people_of
from outreach.queries.hours import AHEAD, Going, going, instant
from outreach.queries.reasons import (
    NEVER_LEFT,
    NO_TEXT,
    UNDER_WAY,
    is_listed,
    passing_reasons,
    standing_reasons,
    was_written_to,
)
from outreach.queries.sections import held_sections


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
    values, goes_at, standing (what keeps a mail back whenever it would go), reason (that, and what
    does at this instant; None for those who get the mail). Cost: the campaign's lists, once.
    """
    campaign = step.campaign
    times, invitation = going(step, at), aliased(Invitation)
    people, assistant = people_of(campaign, at).cte("people"), _assistants()
    contact, late = _last_mails(step), joining_texts(step)
    text_id = _text(step, texts, late, invitation)
    standing = standing_reasons(step, invitation, assistant, at, people)
    group_id = _group_of(campaign, people, invitation)
    passing = passing_reasons(step, invitation, times, at, joins=bool(late))
    is_for_assistants = step.audience is Audience.BOUNCED  # whose address is good needs none
    reasons = [*passing, *standing] if is_for_assistants else [*standing, *passing]
    reasons.append((text_id.is_(None), NO_TEXT))
    columns: list[Any] = [
        Stakeholder.id.label("stakeholder_id"),
        group_id.label("group_id"),
        people.c.is_star,
        invitation.id.label("invitation_id"),
        text_id.label("text_id"),
        held_sections(conditions, people.c.is_star == 1, group_id).label("sections"),
        times.goes_at.label("goes_at"),
        case(*standing, else_=null()).label("standing"),
        case(*reasons, else_=null()).label("reason"),
    ]
    if not is_narrow:
        columns += [
            _address(step, assistant).label("address"),
            Stakeholder.full_name.label("name"),
            personal_columns().label("values"),
        ]
    statement = _joined(select(*columns), step, people, invitation, assistant)
    if step.is_personal:
        if contact is not None:
            statement = statement.join(contact, contact.c.stakeholder_id == Stakeholder.id)
        anchored_at = _anchored_at(step, invitation, contact)
        statement = times.join(statement, anchored_at).where(
            *_joins_now(step, invitation, anchored_at, times, at)
        )
    else:
        statement = times.join(statement, None)
    return statement if is_narrow else statement.order_by(Stakeholder.id)


def _group_of(campaign: Campaign, people: CTE, invitation: type[Invitation]) -> ColumnElement[Any]:
    """Whoever stands on no list, and was invited all the same, keeps that group."""
    if not campaign.reaches_segments:
        return people.c.group_id
    return func.coalesce(people.c.group_id, invitation.group_id)


def _joined(
    statement: Select[Any],
    step: Step,
    people: CTE,
    invitation: type[Invitation],
    assistant: Subquery,
) -> Select[Any]:
    """The people with what is known of each of them."""
    statement = (
        statement.select_from(people)
        .join(Stakeholder, Stakeholder.id == people.c.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(
            invitation,
            and_(
                invitation.stakeholder_id == Stakeholder.id,
                invitation.event_id == step.campaign.event_id,
            ),
        )
    )
    if step.audience is Audience.BOUNCED:
        statement = statement.outerjoin(assistant, assistant.c.stakeholder_id == Stakeholder.id)
    return statement.outerjoin(Suppression, is_listed(step, assistant))


def standing_of(step: Step, at: datetime) -> Select[Any]:
    """What a step would find of everyone in its campaign, whenever it goes.

    Columns: stakeholder_id, standing (why a mail is kept back, or None), the text in the person's
    language, that of the invitation, country code. Cost: the campaign's people, once.
    """
    campaign, invitation, assistant = step.campaign, aliased(Invitation), _assistants()
    language = campaign.event.conference.language
    first = next((one for one in reversed(campaign.steps) if one.invites), None)
    people = people_of(campaign, at).cte("people")
    columns = select(
        Stakeholder.id,
        case(*standing_reasons(step, invitation, assistant, at, people), else_=null()),
        text_for(texts_of(step.version_id), language),
        text_for(texts_of(first.version_id) if first else {}, language),
        func.coalesce(Stakeholder.country_code, Organisation.country_code),
    )
    return _joined(columns, step, people, invitation, assistant)


def _assistants() -> Subquery:
    """The first assistant of each person who has one."""
    first = (
        select(func.min(AnsweringAddress.id))
        .where(AnsweringAddress.is_assistant)
        .group_by(AnsweringAddress.stakeholder_id)
    )
    return (
        select(AnsweringAddress.stakeholder_id, AnsweringAddress.email, AnsweringAddress.email_key)
        .where(AnsweringAddress.id.in_(first))
        .subquery("assistant")
    )


def _address(step: Step, assistant: Subquery) -> ColumnElement[Any]:
    if step.audience is Audience.BOUNCED:
        return func.coalesce(assistant.c.email, "")
    return func.coalesce(Stakeholder.email, "")


def address_of(step: Step) -> ColumnElement[Any]:
    """Where a mail of the step goes, for statements that read Stakeholder."""
    if step.audience is not Audience.BOUNCED:
        return func.coalesce(Stakeholder.email, "")
    assistant = _assistants()
    first = select(assistant.c.email).where(assistant.c.stakeholder_id == Stakeholder.id)
    return func.coalesce(first.correlate(Stakeholder).scalar_subquery(), "")


def joining_texts(step: Step) -> dict[str, int]:
    """The words of the invitation: who joined after it went gets them at this step's time.

    Nothing where the step does not ask, or no invitation of this campaign has gone.
    """
    if step.audience is not Audience.SILENT or not step.is_asking or step.is_personal:
        return {}
    invited = [one for one in step.campaign.steps if one.invites and one.launched_at is not None]
    return texts_of(invited[-1].version_id) if invited else {}


def _text(
    step: Step, texts: dict[str, int], late: dict[str, int], invitation: type[Invitation]
) -> ColumnElement[Any]:
    language = step.campaign.event.conference.language
    words = text_for(texts, language)
    if not late:
        return words
    return case((invitation.id.is_(None), text_for(late, language)), else_=words)


def _anchored_at(step: Step, invitation: type[Invitation], contact: Subquery | None) -> Any:
    anchored_at: Any = invitation.invited_at if contact is None else contact.c.at
    if step.anchor is Anchor.ANSWER:
        anchored_at = invitation.answered_at
    return anchored_at


def _last_mails(step: Step) -> Subquery | None:
    """When the last mail left for each person."""
    if step.anchor is not Anchor.LAST_CONTACT:
        return None
    return (
        select(Message.stakeholder_id, func.max(Message.changed_at).label("at"))
        .where(Message.state.not_in((*NEVER_LEFT, *UNDER_WAY)))
        .group_by(Message.stakeholder_id)
        .subquery("contact")
    )


def _joins_now(
    step: Step,
    invitation: type[Invitation],
    anchored_at: ColumnElement[Any],
    times: Going,
    at: datetime,
) -> Iterator[ColumnElement[bool]]:
    """Those whose time has come and who have no row of this step yet."""
    written = aliased(Message)
    since = step.campaign.scheduled_at or at
    yield ~exists().where(written.step_id == step.id, written.stakeholder_id == Stakeholder.id)
    if step.is_at_once and step.campaign.reaches_segments:
        yield is_settled(step.campaign_id, Stakeholder.id)
    if step.audience in STATES:
        yield invitation.state.in_(STATES[step.audience])
    if step.anchor is Anchor.ANSWER:
        yield anchored_at >= since
    elif step.audience in (*NARROW, Audience.ANSWERED):  # who answers after its time is not in it
        yield invitation.answered_at <= times.goes_at
    if not step.is_at_once:
        yield times.goes_at.between(instant(since), instant(at + AHEAD))
        yield ~was_written_to(step.campaign, times, at)


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


def personal_values(stakeholder_id: int, **more: ColumnElement[Any]) -> dict[str, Any]:
    """The personal merge fields of one person, as they are now. One row by key."""
    values = reading().execute(
        select(personal_columns(**more))
        .select_from(Stakeholder)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Stakeholder.id == stakeholder_id)
    )
    return dict(values.scalar_one())


def somebody_joins(step_id: int) -> bool:
    """Whether a step that follows each answer has anyone new. Cost: the answers, by index."""
    step = reading().get(Step, step_id)
    if step is None or step.campaign.scheduled_at is None:
        return False
    statement = (
        select(Invitation.id)
        .where(
            Invitation.event_id == step.campaign.event_id,
            Invitation.answered_at >= step.campaign.scheduled_at,
            Invitation.state.in_(STATES[step.audience]),
            is_settled(step.campaign_id, Invitation.stakeholder_id),
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
