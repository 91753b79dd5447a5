"""CustomField: what an administrator adds to people, organisations; CustomValue: what it holds."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Code, Key, Zero, mark_of


class CustomKind(StrEnum):
    """What a field holds, and so in which column of its values it stands."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes_no"


class CustomSubject(StrEnum):
    """Of what a field is."""

    PERSON = "person"
    ORGANISATION = "organisation"


PREFIX = "custom_"
"""Before a field's code, wherever fields of ours and of the team's own stand together."""


class CustomField(Base):
    """A field of the team's own. A retired one is offered no more; its values stay."""

    __tablename__ = "custom_fields"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Key]
    code: Mapped[Code]
    """Lower-case letters, digits and `_`; it is `custom_CODE` in imports, filters and mails."""
    label: Mapped[str]
    hint: Mapped[str] = mapped_column(default="", server_default="")
    subject: Mapped[CustomSubject]
    kind: Mapped[CustomKind]
    choices: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Of a choice, in their order; a value holds the words themselves."""
    position: Mapped[Zero]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    @property
    def mark(self) -> int:
        """Another number once its words are others."""
        return mark_of(self.label, self.hint, list(self.choices))


class CustomValue(Base):
    """What one person or organisation has in a field: in the one column that its kind says."""

    __tablename__ = "custom_values"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "field_id"),
        UniqueConstraint("organisation_id", "field_id"),
        CheckConstraint("(stakeholder_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
        Index("ix_custom_values_text", "field_id", "text_key"),
        Index("ix_custom_values_number", "field_id", "number"),
        Index("ix_custom_values_day", "field_id", "day"),
        Index("ix_custom_values_yes", "field_id", "is_yes"),
    )

    id: Mapped[Key]
    field_id: Mapped[int] = mapped_column(ForeignKey("custom_fields.id"))
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    text: Mapped[str | None]
    """Of a text or a choice, as typed."""
    text_key: Mapped[str | None]
    """The text folded (`outreach.advice.folding.fold`)."""
    number: Mapped[float | None] = mapped_column(Double)
    day: Mapped[date | None]
    is_yes: Mapped[bool | None]

    @property
    def value(self) -> str | float | date | bool | None:
        """The one that is there."""
        held = (self.text, self.number, self.day, self.is_yes)
        return next((value for value in held if value is not None), None)


COLUMNS: dict[CustomKind, str] = {
    CustomKind.TEXT: "text",
    CustomKind.CHOICE: "text",
    CustomKind.NUMBER: "number",
    CustomKind.DATE: "day",
    CustomKind.YES_NO: "is_yes",
}
"""{kind: the column of CustomValue that holds it}; a text is found by `text_key`."""


YES_AND_NO = {
    "ar": ("نعم", "لا"), "en": ("yes", "no"), "es": ("sí", "no"), "fr": ("oui", "non"),
    "ru": ("да", "нет"), "zh": ("是", "否"),
}  # fmt: skip
"""As they stand in a letter of a language; in any other the English words do."""


def as_text(value: Any) -> str:
    """A value as it is typed in a form or stands in an export; it reads back to the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
