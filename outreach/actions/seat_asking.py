"""Asking a person to take a seat: the question and its mail, in one transaction."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.models.seat import Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.posting import sections_held
from outreach.signing import hold_for_signature
from outreach.tokens import new_key


class CannotBeAsked(Refusal):
    """A mail to this person would never leave; nothing was written."""


def ask_for_seat(offer_id: int, *, by: Actor, at: datetime) -> int:
    """Ask the person who was proposed, by mail; gives the message's id. An offer is asked once.

    Raises CannotBeAsked where no mail could go, Conflict where someone else is being asked.
    """
    with transaction() as session:
        # The seat, not only the offer: of two who ask at once, the second must see the first.
        seat = session.scalar(
            select(Seat).join(Seat.offers).where(SeatOffer.id == offer_id).with_for_update(of=Seat)
        )
        offer = session.get(SeatOffer, offer_id)
        if seat is None or offer is None:
            raise NotFound("proposal")
        if at >= seat.fill_by:
            raise Conflict("The date for filling this seat has passed. Give it a later one first.")
        offer.ask(at)
        address = _address(session, offer.stakeholder)
        message = _mail(session, offer, _text_id(session, offer), address, at)
        session.add(
            Activity.of(
                "asked_for_seat",
                by,
                at,
                stakeholder_id=offer.stakeholder_id,
                event_id=seat.track.event_id,
                seat_id=seat.id,
                offer_id=offer.id,
                track=seat.track.name,
                role=seat.role.value,
            )
        )
        return message.id


def _address(session: Session, person: Stakeholder) -> str:
    """Where the mail goes. Raises CannotBeAsked with what to do about it."""
    if not person.email:
        raise CannotBeAsked(
            f"No address is known for {person.full_name}. Add one to the person first."
        )
    if person.is_mail_stopped:
        raise CannotBeAsked(f"{person.full_name} asked for no more mail. Ask in another way.")
    digest = digest_of(person.email_key or "")
    statement = select(Suppression.id).where(Suppression.digest == digest)
    if session.scalar(statement):
        raise CannotBeAsked(
            f"We must not write to the address of {person.full_name}: it bounced, or its owner "
            "unsubscribed. Ask in another way."
        )
    return person.email


def _text_id(session: Session, offer: SeatOffer) -> int:
    """The request in the person's own language, else the organisation's, else the conference's."""
    person, conference = offer.stakeholder, offer.seat.track.event.conference
    rows = session.execute(
        select(TemplateText.language, TemplateText.id)
        .join(TemplateVersion, TemplateVersion.id == TemplateText.version_id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(Template.code == "seat", TemplateVersion.number == Template.latest_version)
    )
    texts: dict[str | None, int] = {row.language: row.id for row in rows}
    organisation = person.organisation
    wished = (person.language, organisation.language if organisation else None, conference.language)
    for language in wished:
        if language in texts:
            return texts[language]
    raise CannotBeAsked("The request to take a seat has no text in a language of this person.")


def _mail(session: Session, offer: SeatOffer, text_id: int, address: str, at: datetime) -> Message:
    """The message in a unit of its own, due at once."""
    person, event_id = offer.stakeholder, offer.seat.track.event_id
    unit = Unit(text_id=text_id, event_id=event_id, purpose=Purpose.SEAT, next_at=at)
    session.add(unit)
    session.flush()
    organisation = person.organisation
    country = person.country_code or (organisation.country_code if organisation else None)
    message = Message(
        public_id=new_key(),
        unit_id=unit.id,
        stakeholder_id=person.id,
        offer_id=offer.id,
        text_id=text_id,
        event_id=event_id,
        purpose=Purpose.SEAT,
        state=MessageState.WAITING,
        address=address,
        name=person.full_name,
        created_at=at,
        changed_at=at,
        values=person.merge_values()
        | {"country_code": country or ""}
        | sections_held(session, text_id, person),
    )
    session.add(message)
    session.flush()
    hold_for_signature(session, message)
    return message
