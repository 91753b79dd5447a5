"""The calendar invitation that goes with a mail (iMIP), so that a calendar can answer it.

Source: RFC 6047; RFC 5546 section 3.2.2 (REQUEST) and 3.2.5 (CANCEL).
"""

from datetime import datetime
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import Row, Select, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.delivery.calendar import Attendee, personal_calendar, seat_part
from outreach.delivery.codes import check_in_png
from outreach.delivery.mailer import Attachment
from outreach.languages import words_of
from outreach.models.campaign import Campaign
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.invitation import IN_CALENDAR, Answer, Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import OfferState, Seat, SeatAnswer, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.track import Track
from outreach.queries.invitations import EVENT, EventShown

PARTSTATS = {
    InvitationState.ACCEPTED: "ACCEPTED",
    InvitationState.TENTATIVE: "TENTATIVE",
}
OF_ANSWERS = (Purpose.THANK_YOU, Purpose.CONFIRMATION)
CARRYING = (*OF_ANSWERS, Purpose.INVITATION, Purpose.MOVED, Purpose.WITHDRAWN, Purpose.SEAT_ANSWER)

_last_channel = (
    select(Answer.channel)
    .where(Answer.invitation_id == Invitation.id)
    .order_by(Answer.id.desc())
    .limit(1)
    .scalar_subquery()
)
_sent, _whose = aliased(Message), aliased(Stakeholder)
_has_it = or_(
    # By the person, whose mails an index finds, and by those who were merged into them.
    exists()
    .where(
        or_(
            _whose.id == Invitation.stakeholder_id,
            _whose.merged_into_id == Invitation.stakeholder_id,
        ),
        _sent.stakeholder_id == _whose.id, _sent.invitation_id == Invitation.id,
        _sent.purpose == Purpose.INVITATION,
        _sent.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)),
        Campaign.id == _sent.campaign_id, Campaign.has_calendar,
    )
    .correlate(Invitation),
    exists()
    .where(Answer.invitation_id == Invitation.id)
    .where(Answer.reply.in_(("accepted", "tentative")), Answer.channel != "calendar")
    .correlate(Invitation),
)  # fmt: skip


def calendars_of(
    unit_id: int, purpose: Purpose, language: str, *, at: datetime
) -> dict[int, tuple[Attachment, ...]]:
    """{message id: its calendar, and the code for the door}, of all in a unit. One SELECT."""
    if purpose is Purpose.SEAT_ANSWER:
        return _of_seats(unit_id, language, at)
    files: dict[int, tuple[Attachment, ...]] = {}
    for row in reading().execute(_those_invited(), {"unit": unit_id}):
        method = method_of(purpose, row.state, row.channel, row.withdrawn_at, row.has_it)
        files[row.id] = (_attachment(row, method, language, at),) if method else ()
        if purpose in OF_ANSWERS and row.state is InvitationState.ACCEPTED:
            files[row.id] += (_code(row.link_key, language),)
    return files


@cache
def _those_invited() -> Select[Any]:
    """Put together once, for every single mail asks it."""
    return (
        select(
            Message.id, Message.address, Message.name, Invitation.state, Invitation.sequence,
            Invitation.link_key, Invitation.withdrawn_at, _last_channel.label("channel"),
            _has_it.label("has_it"), *EVENT,
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Event, Event.id == Invitation.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    )  # fmt: skip


def _code(link_key: str, language: str) -> Attachment:
    """The code for the door. Its name says what it is: the letter cannot, for it also goes to those
    who do not come."""
    name = words_of(language).gettext("Your code for the door")
    return Attachment(f"{name}.png", check_in_png(link_key), "image/png")


def method_of(
    purpose: Purpose,
    state: InvitationState,
    channel: str | None,
    withdrawn_at: datetime | None,
    has_it: bool,
) -> str:
    """REQUEST, CANCEL, or nothing.

    channel  by which the latest answer came: a calendar that answered knows already
    has_it   whether the person's calendar may hold the event
    """
    if purpose in OF_ANSWERS and channel == "calendar":
        return ""
    is_in_calendar = withdrawn_at is None and state in IN_CALENDAR
    if purpose in OF_ANSWERS and state not in PARTSTATS:
        is_in_calendar = False
    if is_in_calendar and purpose is not Purpose.WITHDRAWN:
        return "REQUEST"
    return "CANCEL" if has_it else ""


def _of_seats(unit_id: int, language: str, at: datetime) -> dict[int, tuple[Attachment, ...]]:
    """The seat as an entry of its own: the event may stand there too, with another answer.

    Its yes was given already, so no reply is asked for; taken out for whoever had said yes. A
    calendar that answered knows already.
    """
    had_it = exists().where(
        SeatAnswer.offer_id == SeatOffer.id, SeatAnswer.reply == OfferState.ACCEPTED
    )
    last_channel = (
        select(SeatAnswer.channel)
        .where(SeatAnswer.offer_id == SeatOffer.id, SeatAnswer.given_at == SeatOffer.answered_at)
        .order_by(SeatAnswer.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = reading().execute(
        select(
            Message.id, Message.address, Message.name, SeatOffer.id.label("offer_id"),
            last_channel.label("channel"),
            SeatOffer.state, SeatOffer.sequence, Seat.role, Track.name.label("track"),
            had_it.label("had_it"), *EVENT,
        )
        .join(SeatOffer, SeatOffer.id == Message.offer_id)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .join(Event, Event.id == Track.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(Message.unit_id == unit_id, Message.state == MessageState.WAITING)
    )  # fmt: skip
    files: dict[int, tuple[Attachment, ...]] = {}
    for row in rows:
        event = EventShown(*row[-len(EVENT) :])
        sits = row.state is OfferState.ACCEPTED
        if row.channel == "calendar" or not (sits or row.had_it):
            continue
        method, partstat = ("REQUEST", "ACCEPTED") if sits else ("CANCEL", "DECLINED")
        text = personal_calendar(
            event, Attendee(row.name, row.address, partstat, is_asked=False), method=method,
            sequence=event.sequence + row.sequence, at=at, language=language,
            organiser=current_app.config["CALENDAR_ADDRESS"],
            part=seat_part(event, row.offer_id, row.role.value, row.track, language),
        )  # fmt: skip
        files[row.id] = (Attachment("seat.ics", text, "text/calendar", method),)
    return files


def _attachment(row: Row[Any], method: str, language: str, at: datetime) -> Attachment:
    event = EventShown(*row[-len(EVENT) :])
    text = personal_calendar(
        event,
        Attendee(row.name, row.address, PARTSTATS.get(row.state, "NEEDS-ACTION")),
        method=method,
        sequence=event.sequence + row.sequence,
        at=at,
        language=language,
        organiser=current_app.config["CALENDAR_ADDRESS"],
    )
    return Attachment("invitation.ics", text, "text/calendar", method)
