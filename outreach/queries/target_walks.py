"""Walking through the people of a list in the order of a page, from one place on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, select

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries import looking
from outreach.queries.asked_facets import OF_TARGETS
from outreach.queries.keyset import EDGE, ordered
from outreach.queries.segments import shape_of
from outreach.queries.shapes import Ground, Shape, either
from outreach.queries.target_looks import Looks, meeting
from outreach.queries.target_orders import (
    Place,
    Stretch,
    place_among,
    place_of,
    stretches_of,
    turned,
)

Lines = Select[*tuple[Any, ...]]
"""SELECT of what a line of any list shows; the id of its target comes first."""


@dataclass(slots=True)
class Walked:
    """Rows after a place, in the order in which they were walked, one more than a page holds."""

    ways: Sequence[Stretch]
    is_backwards: bool
    place: Place | None
    found: list[tuple[int, Any]]
    """(stretch, row)"""
    onward: Place | None = None
    """Where to go on, where others are still to be looked at and these are too few for a page."""
    first: Place | None = None
    """Of the first who was looked at."""
    looked: int = 0

    def cut(self, limit: int) -> tuple[list[tuple[int, Any]], str | None, str | None]:
        """The rows of the page as they are read, the place after it and the one before it."""
        shown = [(number, self.of_row(number, row)) for number, row in self.found[:limit]]
        last = shown[-1][1] if len(self.found) > limit else self.onward
        following = self.note(last)
        back = self.back(shown[0][1] if shown else self.first)
        found = self.found[:limit]
        return (found[::-1], back, following) if self.is_backwards else (found, following, back)

    def back(self, first: Place | None) -> str | None:
        """The place before a page that begins with this one; of an empty one, before its end."""
        if self.place is None:
            return None
        return self.note(first) or EDGE

    def of_row(self, number: int, row: Any) -> Place:
        """Where a row stands: the last of its columns are the keys of its stretch."""
        return Place(number, row[-len(self.ways[number].keys) :])

    def note(self, place: Place | None) -> str | None:
        """A place as it stands in an address, counted in the order forwards."""
        if place is None:
            return None
        turned_number = len(self.ways) - 1 - place.stretch
        return place_of(place._replace(stretch=turned_number) if self.is_backwards else place)


def walk(
    list_id: int,
    lines: Lines,
    rule: Rule,
    ground: Ground,
    *,
    sort: str,
    after: str | None,
    before: str | None,
    limit: int,
) -> Walked:
    """The people of a list who fit, after a place or, backwards, before one. See `targets`."""
    is_simple = not rule and sort.removeprefix("-") == "rank"
    about = (0, 0) if is_simple else about_list(list_id)
    ways = stretches_of(sort, about[0])
    is_backwards = before is not None and after is None
    place = place_among(before if is_backwards else after, ways)
    return walk_from(
        list_id, lines, rule, ground, ways, place, is_backwards=is_backwards, limit=limit,
        about=about,
    )  # fmt: skip


def walk_from(
    list_id: int,
    lines: Lines,
    rule: Rule,
    ground: Ground,
    ways: Sequence[Stretch],
    place: Place | None,
    *,
    is_backwards: bool,
    limit: int,
    about: tuple[int, int],
) -> Walked:
    """The same from a place that is known, in stretches that are.

    about  what `about_list` says of it
    """
    start = place or Place(0)
    if is_backwards:
        ways = turned(ways)
        start = start._replace(stretch=len(ways) - 1 - start.stretch if place else 0)
    wanted = [(one, shape_on_list(one, list_id, ground)) for one in rule.conditions]
    event_id, size = about
    walked = Walked(ways, is_backwards, place, [])
    looks, is_short = Looks(list_id, event_id, wanted), size <= looking.LOOK
    met = looks.all_met() if is_short and wanted and len(ways) - start.stretch > 1 else None
    if met == []:
        return walked
    walk = _Walk(lines, walked, looks, limit, is_short, met)
    if not walk.looks_at(ways[start.stretch :]):
        walk.go(start)
        return walked
    looks.gather_words()
    with looking.by_index(*looking.JOINS):
        walk.go(start)
    return walked


@dataclass(frozen=True, slots=True)
class _Walk:
    """How the rows of a stretch are found: by its index, all of a short list, or by looks."""

    lines: Lines
    walked: Walked
    looks: Looks
    limit: int
    is_short: bool
    met: Sequence[int] | None
    """Of a short list, all who meet what is asked; None where that is asked of each stretch."""

    def looks_at(self, ways: Sequence[Stretch]) -> bool:
        """Whether any of these needs a look."""
        return not (self.is_short or all(self._is_plain(way) for way in ways))

    def go(self, start: Place) -> None:
        """Walk from a place on, until there is a page and one row more, or enough is looked at."""
        walked, ways = self.walked, self.walked.ways
        for number in range(start.stretch, len(ways)):
            here = start if number == start.stretch else Place(number)
            missing = self.limit + 1 - len(walked.found)
            is_last = False
            if self.is_short or self._is_plain(ways[number]):
                rows = self._read(ways[number], here.values, missing)
                walked.found += [(number, row) for row in rows]
            elif not self.looks.left:
                walked.onward, walked.looked = here, self.looks.spent
            else:
                is_last = self._look(here, missing)
            if is_last or walked.onward or len(walked.found) > self.limit:
                return

    def _is_plain(self, way: Stretch) -> bool:
        return not (way.holds or way.is_by_name or self.looks.wanted)

    def _read(self, way: Stretch, place: Sequence[Any] | None, limit: int) -> list[Any]:
        keys = list(way.keys)
        if way.is_by_name:
            # Said so that no index answers it: all people would be walked for those of one list.
            keys[0] = replace(keys[0], column=func.coalesce(Stakeholder.name_key, ""))
        on_list = Target.list_id == self.looks.list_id
        met = meeting(self.looks.wanted) if self.met is None else [among(Target.id, self.met)]
        holds = [on_list, *way.along, *way.holds, *met]
        found = ordered(self.lines, keys, place).where(*holds).limit(limit)
        return list(reading().execute(found))

    def _look(self, place: Place, limit: int) -> bool:
        """Look from a place of a stretch on; say whether nobody of the whole list is left."""
        walked, way = self.walked, self.walked.ways[place.stretch]
        seen = self.looks.along(way, place.values, limit)
        # Before any was looked at, or after none who meets what is asked.
        is_vain = seen.is_vain and (place.values is None or place.is_vain)
        if not seen.walked:
            return is_vain and seen.is_end
        fits, first, last = seen.fits[:limit], seen.walked[0], seen.walked[-1]
        wanted = self.lines.add_columns(*[key.column for key in way.keys])
        # By key alone: told of the list, too, SQLite reads all of that.
        by_id = Target.id.in_({id_ for id_ in (*fits, first, last) if id_ > 0})
        rows = {row[0]: row for row in reading().execute(wanted.where(by_id))}
        walked.found += [(place.stretch, rows[id_]) for id_ in fits]

        def place_at(id_: int) -> Place:
            return walked.of_row(place.stretch, rows[id_] if id_ > 0 else _of_person(-id_))

        walked.first = walked.first or place_at(first)
        if not seen.is_end and len(fits) < limit:
            walked.onward = place_at(last)._replace(is_vain=is_vain)
            walked.looked = self.looks.spent
        return is_vain and seen.is_end


def _of_person(id_: int) -> Any:
    """Where someone who is not on the list stands by name."""
    keys = select(Stakeholder.name_key, Stakeholder.id)
    return reading().execute(keys.where(Stakeholder.id == id_)).one()


def shape_on_list(one: Condition, list_id: int, ground: Ground) -> Shape:
    """A condition as it is meant on a list: what is said of targets is said of its own."""
    if one.facet in OF_TARGETS and one.of in ("", ground.list_code):
        holds = OF_TARGETS[one.facet](one.values)
        there = select(Target.stakeholder_id).where(Target.list_id == list_id, holds)
        return Shape(holds, there if _has_index(one) else None)
    if one.facet == "owner":
        accounts = [int(value) for value in one.values if value != "nobody"]
        follows = func.coalesce(Target.owner_id, Stakeholder.owner_id)
        if "nobody" in one.values:
            return Shape(follows.in_(accounts) | follows.is_(None))
        own = select(Stakeholder.id).where(Stakeholder.owner_id.in_(accounts))
        here = select(Target.stakeholder_id).where(Target.owner_id.in_(accounts))
        return Shape(follows.in_(accounts), more=either(own, here))
    return shape_of(one, ground)


def _has_index(one: Condition) -> bool:
    """Whether those of a list whom it fits are found by an index of them alone."""
    if one.facet == "tier":
        return "2" not in one.values
    return one.values in _INDEXED.get(one.facet, ())


_INDEXED = {"star": [("yes",)], "decision": [("approved",), ("alternate",)]}


def about_list(list_id: int) -> tuple[int, int]:
    """(event, people) of a list; nothing of none. One SELECT by key."""
    is_counted = and_(
        Tally.kind == TallyKind.LIST_TARGETS,
        Tally.subject_id == TargetList.id,
        Tally.state == "wanted",
    )
    row = (
        reading()
        .execute(
            select(TargetList.event_id, func.sum(Tally.count))
            .outerjoin(Tally, is_counted)
            .where(TargetList.id == list_id)
            .group_by(TargetList.event_id)
        )
        .one_or_none()
    )
    return (row[0], int(row[1] or 0)) if row else (0, 0)
