"""The orders of a target list: stretches one after another, each in an order that an index has.

By tier, for instance, come all of tier 1 by rank, then all of tier 2: a page begins in the middle
of a stretch, wherever that is, and reads the rows that it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from outreach.db import reading
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import NUMBERS, TallyKind
from outreach.models.target import Target
from outreach.queries.asked_facets import IS_WAITING
from outreach.queries.keyset import By, note_of, place_in

RANK = (By(Target.rank), By(Target.id))
NAME = (By(Stakeholder.name_key), By(Stakeholder.id))
SORTS = ("rank", "name", "tier", "star", "status", "deadline")
"""The orders of a list; with a hyphen before it, the same falling."""

_STATES = (
    InvitationState.SILENT,
    InvitationState.TENTATIVE,
    InvitationState.ACCEPTED,
    InvitationState.DELEGATED,
    InvitationState.DECLINED,
    InvitationState.UNDELIVERABLE,
)
"""On the way from asked to what came of it."""


class Place(NamedTuple):
    """Where a page begins, or ends."""

    stretch: int
    values: Sequence[Any] | None = None
    """Of its keys, after which; without them all of the stretch."""
    is_vain: bool = False
    """Of the whole list up to here nobody meets what is asked, whichever stretch they may be in."""


_NUMBER = By(Target.tier)
"""A column of numbers: that of a stretch is read as one of it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of a list, and how they stand in it."""

    keys: tuple[By, ...]
    along: tuple[ColumnElement[bool], ...] = ()
    """Of all in it, beside being on the list: an index holds exactly these in this order."""
    holds: tuple[ColumnElement[bool], ...] = ()
    """Of all in it, too, but no index knows who."""
    ids: Select[Any] | None = None
    """Where few of all people may be in it: they, gathered by an index."""

    @property
    def is_by_name(self) -> bool:
        """Its order is that of people, who are walked for it."""
        return self.keys[0].column is NAME[0].column

    def turned(self) -> "Stretch":
        """The other way round."""
        return replace(self, keys=tuple(key.turned() for key in self.keys))


def stretches_of(sort: str, event_id: int) -> list[Stretch]:
    """The stretches of an order; an unknown one is by rank. One SELECT by status, else none."""
    name, is_falling = sort.removeprefix("-"), sort.startswith("-")
    if name == "deadline":  # those without one stand last, either way
        with_day, without = _by_deadline()
        return [with_day.turned() if is_falling else with_day, without]
    stretches = _rising(name, event_id)
    return turned(stretches) if is_falling else stretches


def _rising(name: str, event_id: int) -> list[Stretch]:
    if name == "name":
        return [Stretch(NAME)]
    if name == "tier":
        return [_tier(number) for number in (1, 2, 3)]
    if name == "star":
        is_star: ColumnElement[bool] = Target.is_star.expression  # as its index says it
        return [Stretch(RANK, (is_star,)), Stretch(RANK, holds=(Target.is_star.is_(False),))]
    return _by_status(event_id) if name == "status" else [Stretch(RANK)]


def turned(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The whole order the other way round."""
    return [stretch.turned() for stretch in reversed(stretches)]


def place_of(place: Place) -> str:
    """A place as it stands in an address."""
    mark = [1] if place.is_vain else []
    return note_of([place.stretch, *(place.values or ()), *mark])


def place_among(note: str | None, stretches: Sequence[Stretch]) -> Place | None:
    """The place that a note says; None where it says nothing that fits."""
    for number, stretch in enumerate(stretches):
        for mark in ((), (_NUMBER,)):
            said = place_in(note, (_NUMBER, *stretch.keys, *mark))
            if said is not None and said[0] == number:
                return Place(number, said[1 : 1 + len(stretch.keys)], bool(mark))
    whole = place_in(note, (_NUMBER,))
    return Place(whole[0]) if whole and whole[0] in range(len(stretches)) else None


def _tier(number: int) -> Stretch:
    if number == 2:  # nearly everyone: the walk by rank finds them
        return Stretch(RANK, holds=(Target.tier == 2,))
    apart: ColumnElement[bool] = literal_column("targets.tier <> 2")  # as its index says it
    return Stretch(RANK, (Target.tier == number, apart))


def _by_deadline() -> tuple[Stretch, Stretch]:
    day = By(Target.decide_on, is_known=True)
    return (
        Stretch((day, By(Target.id)), (Target.decide_on.is_not(None),)),
        Stretch(RANK, holds=(Target.decide_on.is_(None),)),
    )


def _by_status(event_id: int) -> list[Stretch]:
    """Wanted, waiting as an alternate, approved, asked, and what came of it."""
    not_asked, is_approved = Invitation.id.is_(None), Target.approved_at.is_not(None)
    before = [
        Stretch(RANK, holds=(not_asked, ~IS_WAITING, Target.approved_at.is_(None))),
        Stretch(RANK, (IS_WAITING,), (not_asked,)),
        Stretch(RANK, (is_approved,), (not_asked, ~IS_WAITING)),
    ]
    rows = reading().execute(
        select(NUMBERS.state)
        .where(NUMBERS.kind == TallyKind.EVENT_INVITATIONS, NUMBERS.subject_id == event_id)
        .group_by(NUMBERS.state)
        .having(func.sum(NUMBERS.count) > 0)
    )
    there = {state for (state,) in rows}
    asked = [_asked(state, event_id) for state in _STATES if state in there]
    withdrawn = Invitation.withdrawn_at.is_not(None)
    ids = select(Invitation.stakeholder_id).where(Invitation.event_id == event_id, withdrawn)
    return [*before, *asked, Stretch(RANK, holds=(withdrawn,), ids=ids)]


def _asked(state: InvitationState, event_id: int) -> Stretch:
    ids = select(Invitation.stakeholder_id).where(
        Invitation.event_id == event_id, Invitation.state == state
    )
    holds = (Invitation.state == state, Invitation.withdrawn_at.is_(None))
    return Stretch(RANK, holds=holds, ids=ids)
