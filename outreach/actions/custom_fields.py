"""Custom fields: defined, ordered, retired and brought back by an administrator."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject, CustomValue

MOST = 60
"""Fields of a subject in use; a form with more is no form any more."""
MOST_CHOICES = 100
LONGEST_CHOICE = 100
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


def add_custom_field(
    subject: CustomSubject,
    kind: CustomKind,
    label: str,
    *,
    hint: str = "",
    choices: Sequence[str] = (),
    code: str = "",
    by: Actor,
    at: datetime,
) -> int:
    """Define a field; gives its id.

    code  by which imports, filters and mails call it, after `custom_`; made of the label if empty
    """
    label = _label(label)
    with transaction() as session:
        there = session.execute(
            select(func.count(), func.max(CustomField.position)).where(
                CustomField.subject == subject, CustomField.retired_at.is_(None)
            )
        ).one()
        if there[0] >= MOST:
            raise Conflict(f"There are {MOST} fields already. Retire one that is not used.")
        row = CustomField(
            code=_free_code(session, code, label), label=label, hint=hint.strip(), subject=subject,
            kind=kind, choices=_choices(kind, choices), position=(there[1] or 0) + 1, created_at=at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add(Activity.of("added_custom_field", by, at, field_id=row.id, label=label))
        return row.id


def edit_custom_field(
    field_id: int, label: str, hint: str, choices: Sequence[str], *, seen: int | None = None,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Give a field another label, hint or choices; its kind and code stay, for what stands in it.

    A choice in which something stands can be added to and put elsewhere, not taken away.
    seen  the mark of what the form showed. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        row = _field(session, field_id)
        if seen is not None and row.mark != seen:
            raise ChangedMeanwhile
        wanted = _choices(row.kind, choices)
        gone = [one for one in row.choices if one not in wanted]
        used = session.scalars(
            select(CustomValue.text)
            .where(CustomValue.field_id == field_id, CustomValue.text.in_(gone))
            .distinct()
        ).all()
        if used:
            words = ", ".join(f"“{word}”" for word in sorted(filter(None, used)))
            raise Conflict(f"Somebody has {words}: that choice has to stay.")
        row.label, row.hint, row.choices = _label(label), hint.strip(), wanted
        session.add(Activity.of("edited_custom_field", by, at, field_id=row.id, label=row.label))


def move_custom_field(field_id: int, step: int, *, by: Actor, at: datetime) -> None:
    """Put a field one place up (-1) or down (1) among those in use; at the end nothing happens."""
    with transaction() as session:
        row = _field(session, field_id)
        rows = list(
            session.scalars(
                select(CustomField)
                .where(CustomField.subject == row.subject, CustomField.retired_at.is_(None))
                .order_by(CustomField.position, CustomField.id)
            )
        )
        if row not in rows:
            raise Conflict("This field is retired.")
        place = rows.index(row)
        other = place + (1 if step > 0 else -1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            for number, one in enumerate(rows, 1):
                one.position = number
            session.add(Activity.of("moved_custom_field", by, at, field_id=row.id, label=row.label))


def retire_custom_field(field_id: int, is_retired: bool, *, by: Actor, at: datetime) -> None:
    """Offer a field no more, or again; what stands in it is kept either way."""
    with transaction() as session:
        row = _field(session, field_id)
        if (row.retired_at is not None) == is_retired:
            return
        row.retired_at = at if is_retired else None
        verb = "retired_custom_field" if is_retired else "revived_custom_field"
        session.add(Activity.of(verb, by, at, field_id=row.id, label=row.label))


def _field(session: Session, field_id: int) -> CustomField:
    row = session.get(CustomField, field_id, with_for_update=True)
    if row is None:
        raise NotFound("field")
    return row


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not 0 < len(label) <= 60 or not label.isprintable():
        raise Refusal("A field needs a name of at most 60 letters.")
    return label


def _choices(kind: CustomKind, choices: Sequence[str]) -> list[str]:
    if kind is not CustomKind.CHOICE:
        return []
    words = list(dict.fromkeys(word for one in choices if (word := " ".join(one.split()))))
    if not words:
        raise Refusal("Write the choices, one a line.")
    if len({fold(word) or word for word in words}) < len(words):
        raise Refusal("Two of the choices differ in capitals or accents only.")
    if len(words) > MOST_CHOICES or any(len(word) > LONGEST_CHOICE for word in words):
        raise Refusal(f"At most {MOST_CHOICES} choices of {LONGEST_CHOICE} letters.")
    if any("," in word or not word.isprintable() for word in words):
        raise Refusal("A choice holds no comma and no control character.")
    return words


def _free_code(session: Session, wanted: str, label: str) -> str:
    """The code, or one made of the label that nobody has yet."""
    if wanted:
        if not _CODE.match(wanted):
            raise Refusal("A code begins with a small letter and holds small letters, digits, _.")
        if session.scalar(select(CustomField.id).where(CustomField.code == wanted)):
            raise Conflict(f"There is a field with the code {wanted} already.")
        return wanted
    plain = re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")[:32]
    stem = plain if _CODE.match(plain) else "field"
    known = set(session.scalars(select(CustomField.code)))
    return next(
        code for code in (stem, *(f"{stem}_{n}" for n in range(2, 10_000))) if code not in known
    )
