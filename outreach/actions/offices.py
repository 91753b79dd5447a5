"""Offices: which carry a protocol category; whoever holds one is received as it says, at once.

Each change is kept with those whom it changed, and can be taken back as long as nobody changed the
same office again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from outreach.advice.protocol import UNRANKED
from outreach.db import touched, transaction
from outreach.dialect import one_at_a_time
from outreach.errors import Conflict, NotFound, Refusal
from outreach.keeping import Done, change_of, put_back, tell
from outreach.models.activity import Actor
from outreach.models.bulk import BulkChange, BulkRow
from outreach.models.office import CATEGORIES, Office, ProtocolCategory
from outreach.models.stakeholder import Stakeholder
from outreach.queries.offices import IS_HELD, Consequence, OfficeSaid, consequences

LONGEST = 120
TEXTS_AT_ONCE = 500


def check_office(said: OfficeSaid, office_id: int | None, known: Iterable[tuple[int, str]]) -> None:
    """Raises Refusal where a name or place cannot be, Conflict where the name is there already."""
    if not said.key or len(said.name) > LONGEST:
        raise Refusal(f"Give the words with which the office begins, at most {LONGEST} letters.")
    if said.category is not None and not 1 <= said.precedence < UNRANKED:
        raise Refusal(f"The place in precedence is a number from 1 to {UNRANKED - 1}.")
    if any(key == said.key and id_ != office_id for id_, key in known):
        raise Conflict(f"“{said.name}” is among the offices already.")


def change_office(
    office_id: int | None, said: OfficeSaid | None, said_count: int, *, by: Actor, at: datetime
) -> Done:
    """Add an office, say otherwise what follows from it, or retire it.

    office_id   None for a new one
    said        None to retire it
    said_count  how many people the person saw that it changes
    Raises Refusal, and Conflict where it would change others by now.
    """
    with transaction() as session:
        one_at_a_time(session, "offices")
        row = session.get(Office, office_id, with_for_update=True) if office_id else None
        if office_id and row is None:
            raise NotFound("office")
        if said is not None:
            known = session.execute(select(Office.id, Office.name_key)).all()
            check_office(said, office_id, [(id_, key) for id_, key in known])
        found = consequences(office_id, said)
        if (count := sum(one.count for one in found)) != said_count:
            raise Conflict(
                f"This would change {count:,} people by now, not {said_count:,}. Look again."
            )
        before = _plain(row)
        name = said.name if said else before["name"]
        what = "added" if row is None else "retired" if said is None else "changed"
        _write(session, row, said)
        change = change_of(
            "office", by, at, before=before, after=_plain_of(said),
            said=f"The office “{name}” was {what}",
        )  # fmt: skip
        session.add(change)
        session.flush()
        _receive(session, change, found, at)
        return tell(session, change)


def take_back_office(change_id: int, *, by: Actor, at: datetime) -> int:
    """Let follow from an office what did before; says for how many people.

    Raises NotFound, Conflict where it was taken back before, changed again, or is too long ago.
    """
    with transaction() as session:
        one_at_a_time(session, "offices")

        def back(session: Session, change: BulkChange) -> int:
            return _put_back(session, change, at)

        return put_back(session, change_id, {"office": back}, by, at)


def _put_back(session: Session, change: BulkChange, at: datetime) -> int:
    before, after = change.detail["before"], change.detail["after"]
    row = None
    if after:
        row = session.scalar(select(Office).where(Office.name_key == _said(after).key))
    if (after and _plain(row) != after) or (not after and _is_there(session, before)):
        raise Conflict("This office was changed again since; change it by hand.")
    wanted = _said(before) if before else None
    found = consequences(row.id if row else None, wanted)
    _write(session, row, wanted)
    return _receive(session, None, found, at)


def _is_there(session: Session, before: dict[str, Any]) -> bool:
    wanted = select(Office.id).where(Office.name_key == _said(before).key)
    return session.scalar(wanted) is not None


def _write(session: Session, row: Office | None, said: OfficeSaid | None) -> None:
    if said is None:
        if row is not None:
            session.delete(row)
    else:
        if row is None:
            row = Office()
            session.add(row)
        row.name, row.name_key, row.category = said.name, said.key, said.category
        row.precedence = said.precedence if said.category else UNRANKED
    session.flush()


def _receive(
    session: Session, change: BulkChange | None, found: Sequence[Consequence], at: datetime
) -> int:
    """Let everyone be received as their office says by now; says how many."""
    count = 0
    by_outcome = sorted(found, key=lambda one: (one.after.precedence, one.after.category or ""))
    for after, those in groupby(by_outcome, lambda one: one.after):
        texts = [one.office for one in those]
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            some = Stakeholder.office.in_(texts[start : start + TEXTS_AT_ONCE])
            if change is not None:
                people = select(literal(change.id), Stakeholder.id).where(*IS_HELD, some)
                session.execute(insert(BulkRow).from_select(["change_id", "row_id"], people))
            values = {
                "protocol_category": ProtocolCategory(after.category) if after.category else None,
                "precedence": after.precedence,
                "version": Stakeholder.version + 1,
                "changed_at": at,
            }
            count += touched(session, update(Stakeholder).where(*IS_HELD, some).values(values))
    if change is not None:
        change.count = count
    return count


def _said(plain: dict[str, Any]) -> OfficeSaid:
    category = ProtocolCategory(plain["category"]) if plain["category"] else None
    return OfficeSaid(plain["name"], category, plain["precedence"])


def _plain(row: Office | None) -> dict[str, Any]:
    """An office as JSON holds it; {} for none."""
    return _plain_of(OfficeSaid(row.name, row.category, row.precedence)) if row else {}


def _plain_of(said: OfficeSaid | None) -> dict[str, Any]:
    if said is None:
        return {}
    place = said.precedence if said.category else UNRANKED
    category = said.category.value if said.category else None
    return {"name": said.name, "category": category, "precedence": place}


def proposed_precedence(category: ProtocolCategory | None) -> int:
    """The place of a category whose office gives none of its own."""
    return 10 * (1 + list(CATEGORIES).index(category)) if category else UNRANKED
