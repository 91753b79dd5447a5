"""One mail outside campaigns, in a unit of its own, in the transaction of what caused it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, select
from sqlalchemy.orm import Session, aliased

from outreach.advice.merging import fields_in
from outreach.advice.sections import Facts, has_sections
from outreach.dialect import key_digest, last_key
from outreach.models.conference import Conference, ConstituentGroup
from outreach.models.custom_field import PREFIX, YES_AND_NO, CustomField, CustomValue, as_text
from outreach.models.event import Event
from outreach.models.form_of_address import FormOfAddress
from outreach.models.invitation import Invitation
from outreach.models.kind import StakeholderKind
from outreach.models.message import (
    EVEN_UNSUBSCRIBED,
    Message,
    MessageState,
    Purpose,
    Unit,
    UnitState,
)
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.suppression import UNSUBSCRIBED, Suppression, digest_of
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.prepared import Change, Prepared, run_together
from outreach.signing import hold_for_signature
from outreach.tokens import new_key

OF_THE_PERSON = (Purpose.THANK_YOU, Purpose.CONFIRMATION)
"""Answers to what the person did: an unsubscribe from campaigns does not stop them."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a mail goes to, and in which text."""

    id: int
    address: str
    is_mail_stopped: bool
    suppressed: str | None
    """Why we must not write to the address, if so."""
    text_id: int | None
    """In the person's language, else the organisation's, the conference's."""
    has_sections: bool
    values: dict[str, Any]
    """The merge fields of the person."""
    own: tuple[str, ...] = ()
    """Codes of the fields of the team's own that the text uses."""
    organisation_id: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the text asks for nothing more than is here (`plain_mail`)."""
        return not (self.has_sections or self.own)

    def may_get(self, purpose: Purpose) -> bool:
        """Whether a mail of this purpose may and can go to the person."""
        if not self.address or self.is_mail_stopped or self.text_id is None:
            return False
        return self.suppressed is None or _lets_through(purpose, self.suppressed)


_wishes = (Stakeholder.language, Organisation.language, Conference.language)
_texts = [aliased(TemplateText) for _ in _wishes]
"""The text of the template in each of these languages: each found by key. A subquery that chooses
one of them first made PostgreSQL read all texts of all templates."""


def _text(name: str) -> Any:
    """Of the text in the first of these languages that there is one in."""
    return func.coalesce(*(getattr(text, name) for text in _texts))


def _form(name: str) -> Any:
    """The title or salutation in the language of the text, else the one for all others."""
    own = func.nullif(getattr(FormOfAddress, name), "")
    return func.coalesce(own, getattr(Stakeholder, name)).label(name)


_PERSON: tuple[Any, ...] = (
    _form("title"), _form("salutation"), Stakeholder.given_name, Stakeholder.family_name,
    Stakeholder.full_name, Stakeholder.office, Organisation.name.label("organisation"),
)  # fmt: skip


_REASON = (
    select(Suppression.reason)
    .where(Suppression.digest == key_digest(Stakeholder.email_key))
    .correlate(Stakeholder)
    .scalar_subquery()
)


def recipients(start: Any, event_id: Any, *more: Any) -> Select[Any]:
    """What RECIPIENT asks, and more, of the people in `start` as asked to that event.

    It takes `code`, the code of the template.
    """
    asked = (
        select(
            *_PERSON, Stakeholder.id, Stakeholder.email, Stakeholder.is_mail_stopped,
            Stakeholder.organisation_id,
            Stakeholder.country_code, Organisation.country_code.label("organisation_country"),
            _REASON.label("reason"), _text("id").label("text_id"),
            _text("subject").label("subject"), _text("body").label("body"), *more,
        )
        .select_from(start)
        .join(Event, Event.id == event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Template, Template.code == bindparam("code"))
        .outerjoin(
            TemplateVersion,
            and_(
                TemplateVersion.template_id == Template.id,
                TemplateVersion.number == Template.latest_version,
            ),
        )
    )  # fmt: skip
    for wish, text in zip(_wishes, _texts, strict=True):
        is_theirs = and_(text.version_id == TemplateVersion.id, text.language == wish)
        asked = asked.outerjoin(text, is_theirs)
    return asked.outerjoin(
        FormOfAddress,
        and_(
            FormOfAddress.stakeholder_id == Stakeholder.id,
            FormOfAddress.language == _text("language"),
        ),
    )


RECIPIENT = recipients(Stakeholder, bindparam("event_id")).where(
    Stakeholder.id == bindparam("stakeholder_id")
)
"""Put together once, as everything on the way of an answer: that takes longer than to ask it.

Takes `stakeholder_id`, `event_id` and `code`, the template's. One row by key."""

_UNIT = Prepared(insert(Unit), ["text_id", "event_id", "purpose", "next_at", "state"])
_MESSAGE = Prepared(
    insert(Message).values(unit_id=last_key()),
    [
        "public_id", "stakeholder_id", "text_id", "invitation_id", "offer_id", "event_id",
        "purpose", "address", "name", "state", "created_at", "changed_at", "values",
    ],
)  # fmt: skip


def recipient_of(row: Any) -> Recipient:
    """A row of RECIPIENT."""
    values = {column.key: getattr(row, column.key) or "" for column in _PERSON}
    values["country_code"] = row.country_code or row.organisation_country or ""
    return Recipient(
        row.id, row.email or "", row.is_mail_stopped, row.reason, row.text_id,
        row.text_id is not None and has_sections(row.subject, row.body), values,
        _own_fields(row), row.organisation_id,
    )  # fmt: skip


def _own_fields(row: Any) -> tuple[str, ...]:
    if row.text_id is None or not any(PREFIX in part for part in (row.subject, row.body)):
        return ()
    names = fields_in(row.subject, row.body)
    return tuple(sorted(name for name in names if name.startswith(PREFIX)))


def _own_values(session: Session, recipient: Recipient) -> dict[str, str]:
    """What stands in the team's own fields that the text uses; empty where nothing does."""
    values = dict.fromkeys(recipient.own, "")
    theirs: ColumnElement[bool] = CustomValue.stakeholder_id == recipient.id
    if recipient.organisation_id is not None:
        theirs |= CustomValue.organisation_id == recipient.organisation_id
    rows = session.execute(
        select(CustomField.code, CustomValue)
        .join(CustomValue, CustomValue.field_id == CustomField.id)
        .where(
            CustomField.code.in_([name.removeprefix(PREFIX) for name in recipient.own]),
            theirs,
        )
    )
    for code, held in rows:
        values[PREFIX + code] = as_text(held.value)
        if held.is_yes is not None:
            language = session.scalar(
                select(TemplateText.language).where(TemplateText.id == recipient.text_id)
            )
            words = YES_AND_NO.get(language or "", YES_AND_NO["en"])
            values[PREFIX + code] = words[0 if held.is_yes else 1]
    return values


def post(
    session: Session,
    purpose: Purpose,
    person: Stakeholder,
    event: Event,
    *,
    at: datetime,
    invitation_id: int | None,
    offer_id: int | None = None,
    is_own_answer: bool = False,
    **values: str,
) -> int | None:
    """Write the mail of this purpose to a person, and give its id; None where none may or could go.

    is_own_answer  whether it only confirms what the person answered: to a star too it goes unsigned
    values  merge fields besides those of the person
    Its text is that of the template whose code is the purpose.
    """
    recipient = _recipient(session, purpose, person, event)
    if not recipient.may_get(purpose):
        return None
    mail = mail_changes(
        session, purpose, recipient, event.id, at=at, invitation_id=invitation_id,
        offer_id=offer_id, **values,
    )  # fmt: skip
    message_id = run_together(session.connection(), mail)
    if not is_own_answer:
        hold_for_signature(session, session.get_one(Message, message_id))
    return message_id


def may_get(session: Session, purpose: Purpose, person: Stakeholder, event: Event) -> bool:
    """Whether `post` would write the mail: to an address that it may go to, in words they read."""
    return _recipient(session, purpose, person, event).may_get(purpose)


def _recipient(session: Session, purpose: Purpose, person: Stakeholder, event: Event) -> Recipient:
    session.flush()
    asked = {"stakeholder_id": person.id, "event_id": event.id, "code": purpose.value}
    return recipient_of(session.connection().execute(RECIPIENT, asked).one())


def mail_changes(
    session: Session,
    purpose: Purpose,
    recipient: Recipient,
    event_id: int,
    *,
    at: datetime,
    invitation_id: int | None,
    offer_id: int | None = None,
    **values: str,
) -> list[Change]:
    """What writes the mail to whom it may go to: its unit, and the message in it."""
    if recipient.has_sections and recipient.text_id:
        person = session.get_one(Stakeholder, recipient.id)
        values |= sections_held(session, recipient.text_id, person, invitation_id)
    if recipient.own:
        values = _own_values(session, recipient) | values
    return plain_mail(
        purpose, recipient, event_id, at=at, invitation_id=invitation_id, offer_id=offer_id,
        **values,
    )  # fmt: skip


def plain_mail(
    purpose: Purpose,
    recipient: Recipient,
    event_id: int,
    *,
    at: datetime,
    invitation_id: int | None,
    offer_id: int | None = None,
    **values: str,
) -> list[Change]:
    """The same for a text that asks for nothing more than the recipient brings along."""
    unit = {
        "text_id": recipient.text_id, "event_id": event_id, "purpose": purpose, "next_at": at,
        "state": UnitState.WAITING,
    }  # fmt: skip
    message = {
        "public_id": new_key(), "stakeholder_id": recipient.id,
        "text_id": recipient.text_id, "invitation_id": invitation_id, "event_id": event_id,
        "offer_id": offer_id,
        "purpose": purpose, "address": recipient.address, "name": recipient.values["full_name"],
        "state": MessageState.WAITING, "created_at": at, "changed_at": at,
        "values": recipient.values | values,
    }  # fmt: skip
    return [(_UNIT, unit), (_MESSAGE, message)]


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
        kinds=[
            kind.value
            for kind in session.scalars(
                select(StakeholderKind.kind).where(StakeholderKind.stakeholder_id == person.id)
            )
        ],
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
    return reason is None or _lets_through(purpose, reason)


def _lets_through(purpose: Purpose, reason: str) -> bool:
    return purpose in EVEN_UNSUBSCRIBED and reason == UNSUBSCRIBED
