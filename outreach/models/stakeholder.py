"""Stakeholder (a person we know) and Organisation, with its standing at each conference."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Key, No


class Organisation(Base):
    """An administration, company, bank, university or agency."""

    __tablename__ = "organisations"

    id: Mapped[Key]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    """The name folded for finding (`outreach.advice.folding.fold`)."""
    country_code: Mapped[str | None]
    language: Mapped[str | None]
    created_at: Mapped[datetime]


class Standing(Base):
    """What an organisation is at one conference: its group and its region."""

    __tablename__ = "standings"
    __table_args__ = (UniqueConstraint("conference_id", "organisation_id"),)

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)


class Stakeholder(Base):
    """A person we know. Names, titles and salutations stay as they were typed."""

    __tablename__ = "stakeholders"

    id: Mapped[Key]
    given_name: Mapped[str] = mapped_column(default="", server_default="")
    family_name: Mapped[str] = mapped_column(default="", server_default="")
    full_name: Mapped[str]
    """As it is to be shown and written on an envelope, in the person's own order."""
    name_key: Mapped[str] = mapped_column(index=True)
    """The full name folded for finding and sorting."""
    title: Mapped[str] = mapped_column(default="", server_default="")
    salutation: Mapped[str] = mapped_column(default="", server_default="")
    """"Your Highness", "Excellency": free text, apart from the greeting of a template."""
    office: Mapped[str] = mapped_column(default="", server_default="")
    """The office held, from which the protocol category follows."""
    email: Mapped[str | None]
    """The preferred address, as typed."""
    email_key: Mapped[str | None] = mapped_column(index=True)
    """Normalised; not unique: two people may share an office address."""
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    language: Mapped[str | None]
    country_code: Mapped[str | None]
    gender: Mapped[str] = mapped_column(default="", server_default="")
    """As stated by the person; never guessed from a name."""
    notes: Mapped[str] = mapped_column(default="", server_default="")
    external_id: Mapped[str | None] = mapped_column(index=True)
    is_mail_stopped: Mapped[No]
    """The person asked for no campaign mail at all."""
    feed_key: Mapped[str | None] = mapped_column(unique=True)
    """Of the person's own calendar feed, once they made one (`outreach.tokens`)."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id"), index=True)
    """Set where this turned out to be someone we knew already: the row stays for the history, is in
    no list, and has no address any more (`outreach.actions.merges`)."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    organisation: Mapped[Organisation | None] = relationship()

    def merge_values(self) -> dict[str, Any]:
        """The personal merge fields, as text; empty where nothing is known."""
        return {
            "title": self.title,
            "salutation": self.salutation,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "full_name": self.full_name,
            "office": self.office,
            "organisation": self.organisation.name if self.organisation else "",
        }
