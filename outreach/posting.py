"""One mail outside campaigns, in a unit of its own, in the transaction of what caused it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice.sections import Facts, has_sections
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import EVEN_UNSUBSCRIBED, Message, MessageState, Purpose, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.tokens import new_key

OF_THE_PERSON = (Purpose.THANK_YOU, Purpose.CONFIRMATION)
"""Answers to what the person did: an unsubscribe from campaigns does not stop them."""


def post(
    session: Session,
    purpose: Purpose,
    person: Stakeholder,
    event: Event,
    *,
    at: datetime,
    invitation_id: int,
    **values: str,
) -> Message | None:
    """Write the mail of this purpose to a person; None where none may or could go.

    values  merge fields besides those of the person
    Its text is that of the template whose code is the purpose.
    """
    if not is_reachable(session, person, purpose):
        return None
    text_id = text_for(session, purpose.value, person, event)
    if text_id is None:
        return None
    unit = Unit(text_id=text_id, event_id=event.id, purpose=purpose, next_at=at)
    session.add(unit)
    session.flush()
    organisation = person.organisation
    country = person.country_code or (organisation.country_code if organisation else None)
    known: dict[str, Any] = person.merge_values() | {"country_code": country or ""}
    known |= sections_held(session, text_id, person, invitation_id)
    message = Message(
        public_id=new_key(), unit_id=unit.id, stakeholder_id=person.id, text_id=text_id,
        invitation_id=invitation_id, event_id=event.id, purpose=purpose, address=person.email or "",
        name=person.full_name, state=MessageState.WAITING, created_at=at, changed_at=at,
        values=known | values,
    )  # fmt: skip
    session.add(message)
    return message


def sections_held(
    session: Session, text_id: int, person: Stakeholder, invitation_id: int | None = None
) -> dict[str, str]:
    """What a message must remember of a text with conditional sections; nothing of others."""
    text = session.get_one(TemplateText, text_id)
    if not has_sections(text.subject, text.body):
        return {}
    invitation = session.get(Invitation, invitation_id) if invitation_id else None
    group = session.get(ConstituentGroup, invitation.group_id) if invitation else None
    organisation = person.organisation
    facts = Facts(
        is_star=bool(invitation and invitation.is_star),
        group=group.code if group else "",
        language=person.language or (organisation.language if organisation else "") or "",
    )
    return {"sections": facts.held(text.subject, text.body)}


def is_reachable(session: Session, person: Stakeholder, purpose: Purpose) -> bool:
    """Whether a mail of this purpose may go to the person's address."""
    if not person.email or person.is_mail_stopped:
        return False
    reason = session.scalar(
        select(Suppression.reason).where(Suppression.digest == digest_of(person.email_key or ""))
    )
    return reason is None or (purpose in EVEN_UNSUBSCRIBED and reason == "unsubscribed")


def text_for(session: Session, code: str, person: Stakeholder, event: Event) -> int | None:
    """A template's text in the person's language, else the organisation's, the conference's."""
    rows = session.execute(
        select(TemplateText.language, TemplateText.id)
        .join(TemplateVersion, TemplateVersion.id == TemplateText.version_id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(Template.code == code, TemplateVersion.number == Template.latest_version)
    )
    texts: dict[str | None, int] = {row.language: row.id for row in rows}
    organisation = person.organisation
    wishes = (
        person.language,
        organisation.language if organisation else None,
        event.conference.language,
    )
    return next((texts[wish] for wish in wishes if wish in texts), None)
