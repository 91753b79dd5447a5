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

from sqlalchemy import Select, bindparam, exists, join, literal, select, true, update

from outreach.answering import (
    NEW,
    SOMEONE_IS_THANKED,
    WILL_BE_THANKED,
    facts_of,
    is_told_later,
    notes_of,
    standing,
    to_be_confirmed_to,
)
from outreach.db import Glance, changed_at_once, db
from outreach.models.activity import INVITEE
from outreach.models.allotment import Placement
from outreach.models.event import Event
from outreach.models.invitation import Invitation, Standing
from outreach.models.message import Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import TallyKind
from outreach.posting import plain_mail, recipients
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

_facts = facts_of(Invitation.id, Invitation.delegated_by_id, SOMEONE_IS_THANKED)
_own = [getattr(Invitation, name) for name in _READ]


def answerable(*columns: Any) -> Select[Any]:
    """What `standing_of` takes, and these columns, of invitations.

    Their people and events, with the organisation and the conference, are joined to them. It takes
    `answered_at`, `reply` and `code`.
    """
    people = join(Invitation, Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
    return recipients(people, Invitation.event_id, *_facts, *_own, *columns)


_names = [str(column.key) for column in answerable().selected_columns]
_About = row_of(*_names[: -len(_READ)])
LENGTH = len(_names)


def standing_of(row: Sequence[Any]) -> tuple[Standing, Any]:
    """How an invitation stands, and what else is known: the first LENGTH columns."""
    known = LENGTH - len(_READ)
    return Standing(*row[known:LENGTH]), _About._make(row[:known])


_THANKS = Glance(
    select(literal(1))
    .select_from(join(Stakeholder, Event, true()))
    .where(
        Stakeholder.id == bindparam("stakeholder_id"), Event.id == bindparam("event_id"),
        WILL_BE_THANKED,
    )
)  # fmt: skip
"""Asked where someone is thanked: most of the cost of the one question, were it part of it."""

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
    """Write down the answer that the invitation has taken, and tell the invitee of record; False,
    and nothing, where this is no plain one or where anything has changed since it was read."""
    if about.has_place or is_told_later(about):
        return False
    if about.will_be_thanked:
        about = about._replace(will_be_thanked=_is_thanked(invitation, at))
    old = seen["old_state"]
    notes = notes_of(invitation, about, old, at=at, by=INVITEE, channel="link", given_by=given_by)
    recipient, mail = to_be_confirmed_to(invitation, about), []
    if recipient is not None:
        if not recipient.is_plain:
            return False
        mail = plain_mail(
            Purpose.CONFIRMATION, recipient, invitation.event_id, at=at,
            invitation_id=invitation.id,
        )  # fmt: skip
    numbers = moved(
        TallyKind.EVENT_INVITATIONS, invitation.event_id, invitation.group_id, old, invitation.state
    )
    still = {"invitation_id": invitation.id, **seen, **standing(invitation)}
    counts = tally_changes(db.engine.dialect.name, numbers, is_shared=True)
    return changed_at_once([(_STILL, still), *counts, *notes, *mail])


def _is_thanked(invitation: Standing, at: datetime) -> bool:
    return _THANKS.raw(
        stakeholder_id=invitation.stakeholder_id, event_id=invitation.event_id,
        answered_at=at, reply=invitation.state.value,
    ) is not None  # fmt: skip
