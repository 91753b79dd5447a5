"""Tracks and their co-chairs: some seats filled, some asked for, some with their date too near."""

from datetime import date, datetime, time, timedelta
from functools import partial

from outreach.actions.seat_answers import answer_seat_offer
from outreach.actions.seat_asking import ask_for_seat
from outreach.actions.seats import add_seat, propose_for_seat
from outreach.actions.tracks import create_track
from outreach.demo.cast import cast, tracks
from outreach.demo.found import stakeholders_named
from outreach.demo.timeline import Timeline
from outreach.demo.wordlists import table
from outreach.models.activity import Actor
from outreach.models.seat import SeatRole

TRACKED_DAYS_AGO = 40


def plan_programme(timeline: Timeline, event_id: int, by: Actor) -> None:
    """The tracks of the conference, and what happened to each of their seats."""
    made_at = timeline.workday(TRACKED_DAYS_AGO, 15)
    timeline.add(made_at, partial(_make_tracks, timeline, event_id, by))


def _make_tracks(timeline: Timeline, event_id: int, by: Actor, at: datetime) -> None:
    for track in tracks():
        track_id = create_track(
            event_id, track.name, summary=track.summary, code=track.code, by=by, at=at
        )
        rows = [row for row in table("seats") if row["track"] == track.code]
        for number in sorted({row["seat"] for row in rows}):
            offers = [row for row in rows if row["seat"] == number]
            fill_by = _fill_by(timeline, int(offers[0]["fill_in_days"]))
            seat_id = add_seat(track_id, SeatRole.CO_CHAIR, fill_by, by=by, at=at)
            for row in offers:
                if row["of"]:
                    _plan_offer(timeline, seat_id, row, by)


def _fill_by(timeline: Timeline, days_ahead: int) -> datetime:
    """The end of a working day."""
    day: date = timeline.now.astimezone(timeline.zone).date() + timedelta(days=days_ahead)
    day += timedelta(days=(7 - day.weekday()) if day.weekday() >= 5 else 0)
    return datetime.combine(day, time(18), timeline.zone)


def _plan_offer(timeline: Timeline, seat_id: int, row: dict[str, str], by: Actor) -> None:
    """Someone is proposed for a seat, perhaps asked, and perhaps answers."""
    name = next(person.full_name for person in cast() if person.body.name == row["of"])

    def propose(at: datetime) -> None:
        offer_id = propose_for_seat(seat_id, stakeholders_named()[name], row["why"], by=by, at=at)
        if row["asked"]:
            asked_at = timeline.workday(int(row["asked"]), 10)
            timeline.add(asked_at, partial(_ask, offer_id, by))
            timeline.add(asked_at + timedelta(minutes=2), timeline.tick)
        if row["answered"]:
            answer = partial(_answer, offer_id, row["answer"] == "yes", row["note"])
            timeline.add(timeline.workday(int(row["answered"]), 11, 20), answer)

    timeline.add(timeline.workday(int(row["proposed"]), 16), propose)


def _ask(offer_id: int, by: Actor, at: datetime) -> None:
    ask_for_seat(offer_id, by=by, at=at)


def _answer(offer_id: int, is_yes: bool, note: str, at: datetime) -> None:
    answer_seat_offer(offer_id, is_yes, note, at=at)
