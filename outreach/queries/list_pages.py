"""A page of a list: its people, and the organisations that are wanted among them.

Two streams in one order, each walked from a place of its own. What stands at the end of a page says
where both go on: at the same rank, or name, an organisation stands before a person.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from outreach.advice.segments import Rule
from outreach.db import is_postgresql, reading
from outreach.queries.keyset import PAGE, Page, ordered
from outreach.queries.organisation_orders import stretches_with, walked_bodies, who_fit
from outreach.queries.organisation_targets import WantedOrganisation, organisation_lines
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import Place, Stretch, place_among, stretches_of, turned
from outreach.queries.target_walks import Walked, about_list, walk_from
from outreach.queries.targets import TargetLine, target_lines, target_rows, targets

_BODY = "o."
"""Before the place of an organisation, as it stands in an address."""
_FIRST, _LAST = 0, 2**31 - 1
"""Before and after every id."""


class _Found(NamedTuple):
    """A row of one of the two streams, and where it stands; its last columns are its place."""

    stretch: int
    value: Any
    is_person: bool
    id: int
    row: Any


def list_page(
    list_id: int,
    rule: Rule,
    ground: Ground,
    *,
    has_organisations: bool,
    sort: str = "rank",
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
    columns: Sequence[str] = (),
) -> Page[TargetLine | WantedOrganisation]:
    """A page of a list. Cost: that of `targets`, and the organisations of the page."""
    fits = who_fit(rule, ground) if has_organisations else None
    if fits is None:
        people = targets(
            list_id, rule, ground, sort=sort, after=after, before=before, limit=limit,
            columns=columns,
        )  # fmt: skip
        return Page([*people.lines], people.next, people.previous, people.looked)
    about = about_list(list_id)
    ways, body_ways = stretches_with(sort, stretches_of(sort, about[0]))
    is_backwards = before is not None and after is None
    of_people, of_bodies = _places(before if is_backwards else after, ways)
    walked = walk_from(
        list_id, target_rows(), rule, ground, ways, of_people, is_backwards=is_backwards,
        limit=limit, about=about,
    )  # fmt: skip
    if is_backwards:
        body_ways = turned(body_ways)
        of_bodies = of_bodies and of_bodies._replace(stretch=len(ways) - 1 - of_bodies.stretch)
    found = [_Found(number, row[-2], True, row[-1], row) for number, row in walked.found]
    found += _bodies(list_id, fits, body_ways, of_bodies or Place(0), limit)
    found = _so_far(found, walked)
    shown, has_more = found[:limit], len(found) > limit
    following = _note(shown[-1], walked) if has_more else walked.note(walked.onward)
    back = None if walked.place is None else walked.back(walked.first)
    if shown and back:
        back = _note(shown[0], walked)
    looked = walked.looked if len(shown) < limit else 0
    if is_backwards:
        return Page(_lines(list_id, shown[::-1], columns), back, following, looked)
    return Page(_lines(list_id, shown, columns), following, back, looked)


def _places(note: str | None, ways: Sequence[Stretch]) -> tuple[Place | None, Place | None]:
    """Where people and organisations go on, after the row that a note names."""
    is_body = note is not None and note.startswith(_BODY)
    place = place_among(note.removeprefix(_BODY) if note else None, ways)
    if place is None or place.values is None:
        return place, place
    value, id_ = place.values
    people = [value, _FIRST if is_body else id_]
    bodies = [value, id_ if is_body else _LAST]
    return place._replace(values=people), place._replace(values=bodies)


def _so_far(found: Sequence[_Found], walked: Walked) -> list[_Found]:
    """Those found, in order; of the organisations those before the place up to which people were
    looked at, where that is not the end."""
    if walked.onward is None:
        return _in_order(found, walked.ways)
    number, values, _ = walked.onward
    if values is None:
        return _in_order([one for one in found if one.stretch < number], walked.ways)
    end = _Found(number, values[0], True, values[1], None)
    all_of_them = _in_order([*found, end], walked.ways)
    return all_of_them[: all_of_them.index(end)]


def _bodies(
    list_id: int, fits: Sequence[Any], ways: Sequence[Stretch], place: Place, limit: int
) -> list[_Found]:
    found: list[_Found] = []
    for number in range(place.stretch, len(ways)):
        way = ways[number]
        here = place.values if number == place.stretch else None
        statement = ordered(walked_bodies(list_id), way.keys, here).where(*way.along, *fits)
        rows = reading().execute(statement.limit(limit + 1 - len(found)))
        found += [_Found(number, row[-2], False, row[-1], row) for row in rows]
        if len(found) > limit:
            break
    return found


def _in_order(found: Sequence[_Found], ways: Sequence[Stretch]) -> list[_Found]:
    places = _text_places({one.value for one in found if isinstance(one.value, str)})
    whole: list[_Found] = []
    for number in sorted({one.stretch for one in found}):
        here = [one for one in found if one.stretch == number]
        here.sort(
            key=lambda one: (places.get(one.value, one.value), one.is_person, one.id),
            reverse=ways[number].keys[0].is_falling,
        )
        whole += here
    return whole


def _text_places(texts: set[str]) -> dict[Any, int]:
    """Texts by their place in the order of the database, which may sort them by a language."""
    sorted_texts: Sequence[str] = sorted(texts)
    if is_postgresql() and texts:
        each = func.unnest(literal(sorted_texts, ARRAY(Text))).column_valued("each")
        sorted_texts = reading().scalars(select(each).order_by(each)).all()
    return {text: place for place, text in enumerate(sorted_texts)}


def _note(found: _Found, walked: Walked) -> str | None:
    note = walked.note(walked.of_row(found.stretch, found.row))
    return note if found.is_person else f"{_BODY}{note}"


def _lines(
    list_id: int, shown: Sequence[_Found], columns: Sequence[str]
) -> list[TargetLine | WantedOrganisation]:
    people = iter(target_lines([one.row for one in shown if one.is_person], columns))
    ids = [one.id for one in shown if not one.is_person]
    bodies = {one.id: one for one in organisation_lines(list_id, ids)} if ids else {}
    return [next(people) if one.is_person else bodies[one.id] for one in shown]
