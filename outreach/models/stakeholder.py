"""Stakeholder (a person we know) and Organisation, with its standing at each conference."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.advice.protocol import UNRANKED
from outreach.models.base import AT_ONCE, UNHELD, Base, Key, No
from outreach.models.conference import LegalStatus
from outreach.models.office import ProtocolCategory


class Organisation(Base):
    """An administration, company, bank, university or agency."""

    __tablename__ = "organisations"
    __table_args__ = (
        Index(
            "ix_organisations_external_id",
            "external_id",
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    """The name folded for finding (`outreach.advice.folding.fold`)."""
    country_code: Mapped[str | None]
    language: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    """What it is part of: a ministry of an administration, a branch of a bank."""
    notes: Mapped[str] = mapped_column(default="", server_default="")
    external_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every change, so that of two who edit at once the second is told."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]


class Standing(Base):
    """What an organisation is at one conference: its group, its country and its region."""

    __tablename__ = "standings"
    __table_args__ = (UniqueConstraint("conference_id", "organisation_id"),)

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"), index=True)
    country_code: Mapped[str | None]
    """Where it counts at this conference; the organisation's own where nothing stands."""
    legal_status: Mapped[LegalStatus | None]
    """How it is admitted, where that differs from its group."""


class Stakeholder(Base):
    """A person we know. Names, titles and salutations stay as they were typed."""

    __tablename__ = "stakeholders"
    __table_args__ = (
        # Few have a number elsewhere, or are merged: an import of a million passes these by.
        Index(
            "ix_stakeholders_external_id",
            "external_id",
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index(
            "ix_stakeholders_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_stakeholders_owner",
            "owner_id",
            "name_key",
            sqlite_where=text("owner_id IS NOT NULL"),
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        # For equality and for the first letters alike, whatever the order of letters is there.
        Index(
            "ix_stakeholders_email_key",
            "email_key",
            postgresql_ops={"email_key": "text_pattern_ops"},
        ),
        Index("ix_stakeholders_country", "country_code", "name_key"),
        Index("ix_stakeholders_language", "language", "name_key"),
        Index(
            "ix_stakeholders_precedence",
            "precedence",
            "name_key",
            sqlite_where=text("protocol_category IS NOT NULL"),
            postgresql_where=text("protocol_category IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    given_name: Mapped[str] = mapped_column(default="", server_default="")
    family_name: Mapped[str] = mapped_column(default="", server_default="")
    full_name: Mapped[str]
    """As it is to be shown and written on an envelope, in the person's own order."""
    name_key: Mapped[str] = mapped_column(index=True)
    """The full name folded for finding and sorting."""
    title: Mapped[str] = mapped_column(default="", server_default="")
    """For mails in every language that has none of its own (`FormOfAddress`); so too below."""
    salutation: Mapped[str] = mapped_column(default="", server_default="")
    """"Your Highness", "Excellency": free text, apart from the greeting of a template."""
    office: Mapped[str] = mapped_column(default="", server_default="")
    """The office held, from which the protocol category follows."""
    protocol_category: Mapped[ProtocolCategory | None]
    """Follows from the office (`outreach.advice.protocol`) unless it was set by hand."""
    precedence: Mapped[int] = mapped_column(default=UNRANKED, server_default=str(UNRANKED))
    """Who comes first within a list: the lower number; UNRANKED without a protocol category."""
    is_protocol_by_hand: Mapped[No]
    email: Mapped[str | None]
    """The preferred address, as typed."""
    email_key: Mapped[str | None]
    """Normalised; not unique: two people may share an office address."""
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", info=AT_ONCE), index=True
    )
    language: Mapped[str | None]
    country_code: Mapped[str | None]
    gender: Mapped[str] = mapped_column(default="", server_default="")
    """As stated by the person; never guessed from a name."""
    pronouns: Mapped[str] = mapped_column(default="", server_default="")
    time_zone: Mapped[str | None]
    """IANA name; where the person is, as far as it differs from the country's."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", info=UNHELD))
    """Who of the team looks after this person."""
    notes: Mapped[str] = mapped_column(default="", server_default="")
    external_id: Mapped[str | None]
    is_mail_stopped: Mapped[No]
    """The person asked for no campaign mail at all."""
    feed_key: Mapped[str | None] = mapped_column(unique=True)
    """Of the person's own calendar feed, once they made one (`outreach.tokens`)."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id", info=UNHELD))
    """Set where this turned out to be someone we knew already: the row stays for the history, is in
    no list, and has no address any more (`outreach.actions.merges`)."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every change, so that of two who edit at once the second is told."""
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
