"""What two rows say of one person, side by side, and which of them says more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

KEPT, GONE, BOTH = "kept", "gone", "both"

TOGETHER: dict[str, tuple[str, ...]] = {
    "full_name": ("full_name", "name_key", "given_name", "family_name"),
    "email": ("email", "email_key"),
    "office": ("office", "protocol_category", "precedence", "is_protocol_by_hand"),
}
"""{field: the columns that go with it}; every other field is a column by itself."""

APART = frozenset(
    {"id", "created_at", "changed_at", "merged_into_id", "is_mail_stopped", "feed_key", "version"}
)
"""Columns that nobody chooses: they follow from the merge."""

LABELS = {
    "full_name": "Name",
    "email": "Address",
    "organisation_id": "Organisation",
    "country_code": "Country",
    "external_id": "Your own number",
    "owner_id": "Owner",
}
FIRST = ("full_name", "email", "organisation_id", "title", "salutation", "office")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of both people.

    choice  whose stands unless someone chooses otherwise: KEPT, GONE or, for notes, BOTH
    """

    name: str
    label: str
    kept: Any
    gone: Any
    choice: str

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to choose."""
        return bool((self.kept or None) == (self.gone or None))


def fields_of(columns: list[str]) -> list[str]:
    """The fields that these columns of a person make, in the order in which they are shown."""
    joined = {name for names in TOGETHER.values() for name in names}
    own = [name for name in columns if name not in joined and name not in APART]
    fields = [*TOGETHER, *own]
    return sorted(fields, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def side_by_side(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> list[Field]:
    """Every field of two people with the fuller one proposed."""
    return [
        Field(
            name, LABELS.get(name, name.replace("_", " ").capitalize()), kept[name], gone[name],
            fuller(name, kept[name], gone[name]),
        )
        for name in fields_of(list(kept))
    ]  # fmt: skip


def fuller(name: str, kept: Any, gone: Any) -> str:
    """Which side says more: what is there before what is not; both notes; else the kept one."""
    if not gone or kept == gone:
        return KEPT
    if not kept:
        return GONE
    if name == "notes":
        return BOTH
    says_all = name == "full_name" and len(str(gone).split()) > len(str(kept).split())
    return GONE if says_all else KEPT


def merged(
    kept: Mapping[str, Any], gone: Mapping[str, Any], choices: Mapping[str, str]
) -> dict[str, Any]:
    """{column: value} of the one person; a field that nobody chose takes the fuller side."""
    values: dict[str, Any] = {}
    for field in side_by_side(kept, gone):
        choice = choices.get(field.name, field.choice)
        if choice == BOTH and field.name == "notes":
            values["notes"] = "\n".join(part for part in (field.kept, field.gone) if part)
            continue
        row = gone if choice == GONE else kept
        values |= {name: row[name] for name in TOGETHER.get(field.name, (field.name,))}
    return values


def how_it_stands(
    is_open: bool, is_reached: bool, answered_at: datetime | None, reply_by: datetime
) -> tuple[bool, bool, float, float]:
    """How an invitation stands beside another of the same person to the same event; the greater
    counts: open, not sent back, answered later, answers taken for longer."""
    answered = answered_at.timestamp() if answered_at else 0.0
    return is_open, is_reached, answered, reply_by.timestamp()
