"""Who gets a place: rules in plain values. What they promise is shown on the allotment's page.

A place is *taken* by a yes, *kept* for whoever was asked and may still answer. Whoever says yes
gets a place while there is one; who had given it back gets one that nobody was asked for. Every
other yes waits. One place that is given back goes to the first who waits, else to one alternate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEAST_TIME = timedelta(days=2)
"""Nobody is asked with less time than this to answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The places of an allotment, counted."""

    places: int
    taken: int = 0
    asked: int = 0
    waiting: int = 0
    vacancies: int = 0
    """Given back, and nobody else asked for them yet."""

    @property
    def free(self) -> int:
        """Places that are neither taken nor kept for anyone."""
        return max(0, self.places - self.taken - self.asked - self.waiting)

    @property
    def surplus(self) -> int:
        """How many more were asked, or wait, than there are places."""
        return max(0, self.taken + self.asked + self.waiting - self.places)

    def may_take(self, *, was_away: bool) -> bool:
        """Whether a yes gets a place now; the one who says it is not counted in `asked`."""
        kept = self.asked if was_away else 0
        return self.taken + kept < self.places


@dataclass(frozen=True, slots=True)
class Moves:
    """What follows now."""

    takes: tuple[int, ...]
    """Of those who wait: who gets a place."""
    promotes: tuple[int, ...]
    """Of the alternates: who is asked."""
    surplus_vacancies: int
    """Vacancies for which there is no place any more."""


def next_moves(
    standing: Standing, waiting: Sequence[tuple[int, bool]], alternates: Sequence[int]
) -> Moves:
    """Whom to give a place, and whom to ask.

    waiting     (who, whether they had given a place back), the longest first
    alternates  who may be asked, by rank; empty where a person decides about each
    """
    takes = []
    for who, was_away in waiting:
        if standing.may_take(was_away=was_away):
            takes.append(who)
            standing = replace(standing, taken=standing.taken + 1, waiting=standing.waiting - 1)
    usable = min(standing.vacancies, standing.free)
    return Moves(tuple(takes), tuple(alternates[:usable]), standing.vacancies - usable)


def reply_by_for(
    at: datetime, event_starts_at: datetime, answer_days: int, closing_days: int
) -> datetime | None:
    """Until when an alternate who is asked now may answer; None when it is too late to ask.

    `answer_days` from now, but never later than `closing_days` before the event, and never less
    than two days.
    """
    latest = event_starts_at - timedelta(days=closing_days)
    if latest - at < LEAST_TIME:
        return None
    return min(at + max(timedelta(days=answer_days), LEAST_TIME), latest)


def reordered(ids: Sequence[int], moving: int, place: int) -> list[int]:
    """The ids with one of them put at a place, counted from 1; beyond the ends is at the end."""
    others = [one for one in ids if one != moving]
    others.insert(max(0, min(place - 1, len(others))), moving)
    return others
