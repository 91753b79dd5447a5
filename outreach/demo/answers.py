"""Who answers what and when: pure, by lot, and in the proportions that such campaigns have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from outreach.demo.people import Person
from outreach.demo.wordlists import table, tree
from outreach.models.invitation import Reply

NOTED = 0.17
BY_LETTER = 0.04
CHANGED = 0.05
STAR_ZEAL = 1.12
REGION_ZEAL = {"AFR": 0.94, "AMS": 0.98, "ARB": 0.88, "ASP": 1.02, "CIS": 0.93, "EUR": 1.1}
"""How much likelier a region is to answer than all of them together."""

MIND_CHANGES = {
    Reply.TENTATIVE: (Reply.ACCEPTED, Reply.ACCEPTED, Reply.DECLINED),
    Reply.ACCEPTED: (Reply.DELEGATED, Reply.DECLINED, Reply.TENTATIVE),
    Reply.DECLINED: (Reply.DELEGATED, Reply.ACCEPTED),
    Reply.DELEGATED: (Reply.ACCEPTED,),
}
FIRST_WAVE = 0.68
"""Of those who answer, how many do so before they are reminded."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Someone with an invitation, and the region of their country where it has one."""

    invitation_id: int
    person: Person
    region: str


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to come."""

    at: datetime
    invitation_id: int
    reply: Reply
    note: str
    is_by_letter: bool


def answers(
    lot: Random,
    asked: Iterable[Asked],
    invited_at: datetime,
    reminded_at: datetime | None,
    until: datetime,
    share: float = 1.0,
) -> list[Given]:
    """The answers of an audience up to an instant, in order of time.

    share  of the answers that would come in the end, how many are on their way by now
    """
    given: list[Given] = []
    for one in asked:
        reply = _reply(lot, one, share)
        if reply is not None:
            given += _course(lot, one, reply, _when(lot, one, invited_at, reminded_at))
    return sorted(
        (one for one in given if invited_at < one.at < until),
        key=lambda one: (one.at, one.invitation_id),
    )


def _reply(lot: Random, one: Asked, share: float) -> Reply | None:
    """What the person answers in the end; None for those who keep silent."""
    rates = {row["group"]: row for row in table("answers")}[one.person.body.group]
    zeal = REGION_ZEAL.get(one.region, 1.0) * (STAR_ZEAL if one.person.star_reason else 1.0)
    place = lot.random() * 100 / (zeal * share)
    for reply in Reply:
        place -= int(rates[reply.value])
        if place < 0:
            return reply
    return None


def _when(lot: Random, one: Asked, invited_at: datetime, reminded_at: datetime | None) -> datetime:
    """Soon after a mail or long after it, in working hours, seldom at a weekend."""
    if reminded_at is None or lot.random() < FIRST_WAVE:
        start, delay = invited_at, timedelta(days=lot.expovariate(1 / 5.5), minutes=25)
    else:
        start, delay = reminded_at, timedelta(days=lot.expovariate(1 / 3), minutes=40)
    at = start + delay
    if delay > timedelta(hours=8):
        at = at.replace(hour=lot.randint(5, 17), minute=lot.randrange(60))
        if at.weekday() >= 5 and lot.random() < 0.8:
            at += timedelta(days=7 - at.weekday() + lot.choice((0, 0, 1, 1, 2, 3)))
    return at


def _course(lot: Random, one: Asked, reply: Reply, at: datetime) -> Iterator[Given]:
    """The answer, and for a few a second one that takes it back."""
    is_by_letter = lot.random() < BY_LETTER
    if lot.random() < CHANGED:
        first, reply = reply, lot.choice(MIND_CHANGES[reply])
        yield Given(at, one.invitation_id, first, "", is_by_letter)
        at += timedelta(days=lot.expovariate(1 / 4), hours=3)
    yield Given(at, one.invitation_id, reply, _note(lot, reply, one.person.language), is_by_letter)


def _note(lot: Random, reply: Reply, language: str) -> str:
    notes: dict[str, list[str]] = tree("notes")[reply.value]
    if lot.random() < NOTED and language in notes:
        return lot.choice(notes[language])
    return ""
