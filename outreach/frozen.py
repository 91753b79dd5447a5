"""Who is in an audience while it is being written: a table of its own, counted and cut."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    literal,
    null,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.models.base import BigId, UTCDateTime
from outreach.models.campaign import CampaignState
from outreach.models.message import MessageState, Purpose, Unit, UnitState
from outreach.models.step import Step, StepKind
from outreach.queries.audience import joining_texts
from outreach.queries.hours import instant

Variant = tuple[int, str, datetime]
"""A text, the conditions of its sections that hold, and when it goes."""

frozen = Table(
    "frozen",
    MetaData(),
    Column("place", Integer, primary_key=True),
    Column("stakeholder_id", BigId),
    Column("group_id", BigId),
    Column("is_star", Boolean),
    Column("invitation_id", BigId),
    Column("fresh_id", BigId),
    Column("text_id", BigId),
    Column("sections", Text),
    Column("reason", Text),
    Column("hold", Text),
    Column("goes_at", UTCDateTime),
    Column("is_first", Boolean),
    prefixes=["TEMPORARY"],
)
"""The audience of one step while it is being written; it goes with its transaction.

place     counts on within those of one text, the same sections and one time, held ones among them
fresh_id  on PostgreSQL the key of an invitation to come, if one is written (`freezing`)
sections  the conditions of the text that hold (outreach.advice.sections)
reason    why someone is left out; hold  why a mail waits for a person
goes_at   when it goes to them: their own hour, where the step goes by that
"""

cut = Table(
    "cut",
    MetaData(),
    Column("ordinal", Integer, primary_key=True),
    Column("unit_id", BigId),
    prefixes=["TEMPORARY"],
)
"""Which unit has which ordinal."""


class Kind(NamedTuple):
    """Rows of `frozen` that are counted together, and their places."""

    group_id: int | None
    text_id: int
    sections: str
    goes_at: datetime
    state: str
    is_first: bool
    is_new: bool
    """Whether they get an invitation, where the step writes any."""
    first_place: int
    last_place: int
    people: int


def places_of(kinds: list[Kind]) -> dict[Variant, tuple[int, int]]:
    """{variant: the first and the last place} of those who get the mail."""
    found: dict[Variant, tuple[int, int]] = {}
    for one in kinds:
        if one.state == MessageState.WAITING.value:
            variant = one.text_id, one.sections, one.goes_at
            first, last = found.get(variant, (one.first_place, one.last_place))
            found[variant] = min(first, one.first_place), max(last, one.last_place)
    return found


def kinds_of(session: Session) -> list[Kind]:
    """All rows, counted in one go."""
    each = select(
        frozen.c.group_id, frozen.c.text_id, frozen.c.sections, frozen.c.goes_at,
        state().label("state"), frozen.c.is_first, is_new().label("is_new"), frozen.c.place,
    ).subquery()  # fmt: skip
    together: list[Any] = [column for column in each.c if column is not each.c.place]
    place = each.c.place
    rows = session.execute(
        select(*together, func.min(place), func.max(place), func.count()).group_by(*together)
    )
    return [Kind._make(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Units:
    """How the audience is cut: where each variant of a text, at each time, begins (place and
    ordinal), and the size of a unit."""

    first: dict[Variant, tuple[int, int]]
    size: int

    def ordinal(self) -> Any:
        """The ordinal of the unit of a row of `frozen`; nothing for those who get no mail."""
        if not self.first:
            return null()
        cases = [
            (
                and_(*self._is_variant(*variant)),
                ordinal + (frozen.c.place - place) // self.size,
            )
            for variant, (place, ordinal) in self.first.items()
        ]
        return case((~goes(), null()), *cases)

    def _is_variant(self, text_id: int, sections: str, goes_at: datetime) -> Iterator[Any]:
        """What tells it from the others: a million rows are not asked what is the same for all."""
        columns = (frozen.c.text_id, frozen.c.sections, frozen.c.goes_at)
        differs = [len(set(values)) > 1 for values in zip(*self.first, strict=True)]
        values = (literal(text_id), literal(sections), instant(goes_at))
        yield true()
        for column, value, is_asked in zip(columns, values, differs, strict=True):
            if is_asked:
                yield column == value


def cut_units(session: Session, step: Step, unit_size: int, kinds: list[Kind]) -> Units:
    """Units for those who get the mail, and `cut`, which says their ids."""
    campaign = step.campaign
    # A mail with a calendar of its own is a call of its own.
    is_personal = campaign.has_calendar or step.kind is StepKind.THANK_YOU
    size = 1 if campaign.is_vip or is_personal else unit_size
    start = ordinal = _next_ordinal(session, step)
    first: dict[Variant, tuple[int, int]] = {}
    rows: list[dict[str, Any]] = []
    late = set(joining_texts(step).values())
    for variant, (place, last_place) in sorted(places_of(kinds).items()):
        text_id, _, goes_at = variant
        first[variant] = place, ordinal
        purpose = Purpose.INVITATION if text_id in late else Purpose(step.kind.value)
        # Places, not heads: a mail that is held among them has a place too, and no mail of the rest
        # may be left without a unit.
        for _ in range(-(-(last_place - place + 1) // size)):
            rows.append(
                {"text_id": text_id, "ordinal": ordinal, "next_at": goes_at, "purpose": purpose}
            )
            ordinal += 1
    shared = {
        "state": _state_of_units(step),
        "campaign_id": campaign.id,
        "step_id": step.id,
        "event_id": campaign.event_id,
        "is_vip": campaign.is_vip,
    }
    if rows:
        session.execute(insert(Unit), [shared | row for row in rows])
    session.execute(
        insert(cut).from_select(
            ["ordinal", "unit_id"],
            select(Unit.ordinal, Unit.id).where(Unit.step_id == step.id, Unit.ordinal >= start),
        )
    )
    if is_postgresql():
        session.execute(text("ANALYZE cut"))
    return Units(first, size)


def _state_of_units(step: Step) -> UnitState:
    """Of a large audience some is written down while the campaign rests."""
    if step.is_held:
        return UnitState.HELD
    is_paused = step.campaign.state is CampaignState.PAUSED
    return UnitState.PAUSED if is_paused else UnitState.WAITING


def _next_ordinal(session: Session, step: Step) -> int:
    latest = session.scalar(select(func.max(Unit.ordinal)).where(Unit.step_id == step.id))
    return 0 if latest is None else latest + 1


def goes() -> Any:
    return and_(frozen.c.reason.is_(None), frozen.c.hold.is_(None))


def is_new() -> Any:
    return and_(frozen.c.reason.is_(None), frozen.c.invitation_id.is_(None))


def state() -> Any:
    return case(
        (frozen.c.reason.is_not(None), "left_out"), (frozen.c.hold.is_not(None), "held"),
        else_="waiting",
    )  # fmt: skip
