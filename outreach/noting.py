"""A plain answer by link: written in one statement, beside the one question that it was read with.

Nothing is locked in between. The statement itself looks whether the invitation still stands as it
was read, and else changes nothing: so an answer takes two ways to the database and back instead of
six, and holds SQLite's one write lock for no longer than it takes to write.

What is out of the ordinary is `answering.record_answer`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.answering import NEW, facts_of, notes_of, standing
from outreach.db import changed_at_once, db
from outreach.models.activity import INVITEE
from outreach.models.allotment import Placement
from outreach.models.confirmation import ConfirmationDue
from outreach.models.invitation import Invitation, Standing
from outreach.models.tally import TallyKind
from outreach.prepared import Prepared, row_of
from outreach.tally import moved, tally_changes

_SEEN = (
    "stakeholder_id", "event_id", "group_id", "is_star", "state", "reply_by", "answered_at",
    "sequence", "told_sequence",
)  # fmt: skip
"""What must be as it was read. Whoever answers changes `answered_at`, and so the note."""
_NOTHING = ("delegate_id", "delegated_by_id", "withdrawn_at", "merged_into_id")
"""Where a plain answer finds nothing."""
_READ = tuple(field.name for field in fields(Standing))

_facts = facts_of(Invitation.id, Invitation.delegated_by_id)
COLUMNS: tuple[Any, ...] = (*_facts, *(getattr(Invitation, name) for name in _READ))
"""What `standing_of` takes: of an invitation, with its person and event joined to it."""
_About = row_of(*(column.key for column in _facts))


def standing_of(row: Sequence[Any]) -> tuple[Standing, Any]:
    """How an invitation stands, and what else is known: the values of COLUMNS."""
    known = len(_facts)
    return Standing(*row[known:]), _About._make(row[:known])


def _due(insert: Any) -> Prepared:
    """That somebody is to be told; once, however often they answer before that."""
    return Prepared(insert(ConfirmationDue).on_conflict_do_nothing(), ["invitation_id", "since"])


_DUE = {"postgresql": _due(postgresql.insert), "sqlite": _due(sqlite.insert)}
_STILL = Prepared(
    update(Invitation)
    .where(
        Invitation.id == bindparam("invitation_id"),
        *(
            getattr(Invitation, name).is_not_distinct_from(bindparam(f"old_{name}"))
            for name in _SEEN
        ),
        *(getattr(Invitation, name).is_(None) for name in _NOTHING),
        ~exists().where(Placement.invitation_id == Invitation.id),
    )
    .values(NEW)
)


def seen_of(invitation: Standing) -> dict[str, Any]:
    """How the invitation was read, for `note_answer`."""
    return {f"old_{name}": getattr(invitation, name) for name in _SEEN}


def note_answer(
    invitation: Standing, about: Any, seen: Mapping[str, Any], *, at: datetime, given_by: str
) -> bool:
    """Write down the answer that the invitation has taken, and that the invitee of record is to be
    told; False, and nothing, where this is no plain one or where anything has changed since it was
    read."""
    if about.has_place:
        return False
    old = seen["old_state"]
    notes = notes_of(invitation, about, old, at=at, by=INVITEE, channel="link", given_by=given_by)
    numbers = moved(
        TallyKind.EVENT_INVITATIONS, invitation.event_id, invitation.group_id, old, invitation.state
    )
    still = {"invitation_id": invitation.id, **seen, **standing(invitation)}
    dialect = db.engine.dialect.name
    counts = tally_changes(dialect, numbers, is_shared=True)
    due = (_DUE[dialect], {"invitation_id": invitation.id, "since": at})
    return changed_at_once([(_STILL, still), *counts, due, *notes])
