"""Two people edit one record: the second sees what changed meanwhile, beside what they typed.

A page remembers what each field said when it was opened. Where someone else saved in between,
every field that differs is shown three times, then, now and as typed, and the one who saves
chooses. What they typed stays in the form whatever happens, so that nothing is lost.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList, HiddenField, IntegerField

from outreach.errors import ChangedMeanwhile

TAKE = "take-"
MINE, THEIRS = "mine", "theirs"
LONGEST_NOTE = 200_000


class SeenForm(FlaskForm):
    """A form that knows what it was filled with."""

    version = HiddenField()
    seen = HiddenField()

    def remember(self, version: int) -> None:
        """Note what the fields say now, and of which version of the record that is."""
        self.version.data = str(version)
        self.seen.data = json.dumps(texts_of(self), ensure_ascii=False)

    def seen_version(self) -> int:
        """The version with which the form was filled; 0 for none that could be."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that someone else changed, or that both did.

    choice  whose stands unless the person chooses otherwise
    """

    name: str
    label: str
    seen: str
    now: str
    typed: str
    choice: str

    @property
    def is_clash(self) -> bool:
        """Whether both changed it, to different words."""
        return self.typed not in (self.seen, self.now)


def texts_of(form: FlaskForm) -> dict[str, str]:
    """{field: what it says, as text}, of all that a person fills in."""
    return {field.name: _text(field) for field in _fields(form)}


def differences(form: SeenForm, now: FlaskForm) -> list[Difference]:
    """What changed since the form was filled, field by field.

    now  a form of the same kind, filled with what stands there at this moment
    """
    seen, typed, current = _seen(form), texts_of(form), texts_of(now)
    return [
        Difference(
            field.name, field.label.text, _shown(field, seen.get(field.name, "")),
            _shown(field, current[field.name]), _shown(field, typed[field.name]),
            THEIRS if typed[field.name] == seen.get(field.name) else MINE,
        )
        for field in _fields(form)
        if current[field.name] != seen.get(field.name, current[field.name])
    ]  # fmt: skip


def told(form: SeenForm, now: SeenForm) -> list[Difference]:
    """As `differences`; and the form then goes on from what stands there at this moment."""
    changed = differences(form, now)
    form.version.data, form.seen.data = now.version.data, now.seen.data
    return changed


def settle(form: SeenForm, now: FlaskForm) -> None:
    """Put into the form what someone else wrote wherever the person chose that."""
    for name, choice in request.form.items():
        if name.startswith(TAKE) and choice == THEIRS:
            field = form._fields.get(name.removeprefix(TAKE))
            if field is not None and field in _fields(form):
                _take(field, now._fields[field.name])


def seen_of(form: SeenForm, now: SeenForm) -> int:
    """The version that the form was filled with; what was posted without one saw what is there."""
    return form.seen_version() or int(now.version.data or 0)


def changed_page(
    refusal: ChangedMeanwhile, form: SeenForm, now: SeenForm, *, what: str, back: str
) -> tuple[str, int]:
    """A page of its own for a form that stands among others: what changed, and what was typed.

    what  the words of its button; back  where whoever leaves it goes. It is posted to the address
    of this request.
    """
    flash(str(refusal), "problem")
    page = render_template(
        "staff/changed.html", form=form, changed=told(form, now), what=what, back=back
    )
    return page, refusal.status


def _fields(form: FlaskForm) -> Iterator[Field]:
    passing = {"csrf_token", *getattr(form, "passing", ())}
    return (
        field for field in form if not isinstance(field, HiddenField) and field.name not in passing
    )


def _take(field: Field, now: Field) -> None:
    if not isinstance(field, FieldList):
        field.data = now.data
        return
    while field.entries:
        field.pop_entry()
    for one in now.data:
        field.append_entry(one)


def _text(field: Field) -> str:
    data: Any = field.data
    if isinstance(field, FieldList):
        return "\n".join(_text_of_entry(entry) for entry in field.entries)
    if isinstance(field, BooleanField):
        return "yes" if data else ""
    if isinstance(data, list | tuple | set):
        return ", ".join(sorted(str(one) for one in data))
    return "\n".join(line.rstrip() for line in str(data or "").splitlines())


def _text_of_entry(entry: Field) -> str:
    """One form of a list of them, as a line."""
    return ", ".join(_said(one, text) for one in entry.form if (text := _text(one)))


def _said(field: Field, text: str) -> str:
    if isinstance(field, BooleanField):
        return str(field.label.text)
    if isinstance(field, IntegerField):
        return f"{text} {field.label.text.lower()}"
    return _shown(field, text)


def _shown(field: Field, text: str) -> str:
    """The words of a choice rather than its code."""
    choices = {str(c[0]): str(c[1]) for c in getattr(field, "iter_choices", list)()}
    return ", ".join(choices.get(part, part) for part in text.split(", ")) if choices else text


def _seen(form: SeenForm) -> dict[str, str]:
    note = form.seen.data or ""
    if len(note) > LONGEST_NOTE:
        return {}
    try:
        seen = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(seen, dict):
        return {}
    return {str(name): text for name, text in seen.items() if isinstance(text, str)}
