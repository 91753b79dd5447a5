"""A seat as the person who is asked to take it sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.seat import OfferState, Seat, SeatAnswer, SeatOffer, SeatRole
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.track import Track
from outreach.queries.invitations import (
    ADDRESSEE,
    EVENT,
    Addressee,
    EventShown,
    person_and_event,
    version_of,
)

TO_BE_ANSWERED = (OfferState.ASKED, OfferState.ACCEPTED, OfferState.DECLINED)


@dataclass(frozen=True, slots=True)
class SeatOfferPage:
    """All that stands on the page of a seat; not why the team thought of this person."""

    id: int
    state: OfferState
    note: str
    answered_at: datetime | None
    role: SeatRole
    fill_by: datetime
    holder_id: int | None
    stakeholder_id: int
    track: str
    track_summary: str
    person: Addressee
    event: EventShown

    @property
    def is_open(self) -> bool:
        """Whether the person may answer: asked, and nobody else sits there."""
        return self.state in TO_BE_ANSWERED and self.holder_id in (None, self.stakeholder_id)

    @property
    def answer(self) -> OfferState | None:
        """Accepted or declined; nothing yet while only asked."""
        return self.state if self.state in TO_BE_ANSWERED[1:] else None

    @property
    def version(self) -> int:
        """Which answer this is; another answer gives another version."""
        return version_of(self.answered_at)


OWN: tuple[Any, ...] = (
    SeatOffer.id, SeatOffer.state, SeatOffer.note, SeatOffer.answered_at, Seat.role, Seat.fill_by,
    Seat.holder_id, SeatOffer.stakeholder_id, Track.name, Track.summary,
)  # fmt: skip


def seat_offer_page(link_key: str) -> SeatOfferPage | None:
    """The page of the link with this key, once the question was sent. One row by unique key."""
    row: Any = (
        reading()
        .execute(
            select(*OWN, *ADDRESSEE, *EVENT)
            .join(Seat, Seat.id == SeatOffer.seat_id)
            .join(Track, Track.id == Seat.track_id)
            .join(Stakeholder, Stakeholder.id == SeatOffer.stakeholder_id)
            .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
            .join(Event, Event.id == Track.event_id)
            .join(Conference, Conference.id == Event.conference_id)
            .where(SeatOffer.link_key == link_key, SeatOffer.asked_at.is_not(None))
        )
        .one_or_none()
    )
    if row is None:
        return None
    values: list[Any] = [*row[: len(OWN)], *person_and_event(row[len(OWN) :])]
    return SeatOfferPage(*values)


@dataclass(frozen=True, slots=True)
class SeatAnswerLine:
    """An answer as it was given; no reply where the only one was taken back."""

    reply: OfferState | None
    given_at: datetime
    channel: str
    given_by: str


def seat_answers_given(offer_id: int, limit: int = 20) -> list[SeatAnswerLine]:
    """The latest answers, newest first. Cost: the answers to this one question, by index."""
    rows = reading().execute(
        select(SeatAnswer.reply, SeatAnswer.given_at, SeatAnswer.channel, SeatAnswer.given_by)
        .where(SeatAnswer.offer_id == offer_id)
        .order_by(SeatAnswer.id.desc())
        .limit(limit)
    )
    return [SeatAnswerLine(*row) for row in rows]
