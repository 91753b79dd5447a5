"""Conference, its regions and member states, and the constituent groups."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Code, Key, Zero, mark_of
from outreach.models.picture import Picture


class LegalStatus(StrEnum):
    """How a group is admitted (ITU Convention, article 25)."""

    MEMBER = "member"
    OBSERVER = "observer"
    GUEST = "guest"


class Conference(Base):
    """One conference: what everything else is prepared for."""

    __tablename__ = "conferences"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    city: Mapped[str]
    country_code: Mapped[str]
    time_zone: Mapped[str]
    """IANA name; days and deadlines of the conference are counted on its calendar."""
    language: Mapped[str]
    """For those of whom no language is known."""
    host: Mapped[str]
    """Who invites, as it stands in mails and on the invitee's page."""
    reply_to: Mapped[str]
    """A mailbox that people read."""
    cap_mails: Mapped[int | None]
    """At most so many campaign mails to one person, over all campaigns, …"""
    cap_days: Mapped[int | None]
    """… in so many days; no limit where one of the two is missing."""
    emblem_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    """What heads every letter, if anything does."""

    emblem: Mapped[Picture | None] = relationship()

    def mark(self, venue: str) -> int:
        """Another number once anything that its form says is another; the venue is its event's."""
        return conference_mark(
            self.name, self.city, self.country_code, venue, self.time_zone, self.host, self.reply_to
        )


def conference_mark(
    name: str, city: str, country_code: str, venue: str, time_zone: str, host: str, reply_to: str
) -> int:
    """The mark of a conference of which its form says this."""
    return mark_of(name, city, country_code, venue, time_zone, host, reply_to)


class Region(Base):
    """A region as one conference counts them: three schemes exist, and countries have moved."""

    __tablename__ = "regions"
    __table_args__ = (UniqueConstraint("conference_id", "code"),)

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    code: Mapped[Code]
    name: Mapped[str]


class MemberState(Base):
    """A Member State with its region for one conference."""

    __tablename__ = "member_states"
    __table_args__ = (UniqueConstraint("conference_id", "country_code"),)

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)
    country_code: Mapped[str]
    """ISO 3166-1 alpha-2; Namibia's is `NA`."""
    name: Mapped[str]


class ConstituentGroup(Base):
    """The legal or social category on which someone is invited."""

    __tablename__ = "constituent_groups"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[str]
    legal_basis: Mapped[str]
    status: Mapped[LegalStatus]
    typical_count: Mapped[int | None]
    """An order of magnitude where one was found; never a limit."""
    source: Mapped[str]
    position: Mapped[Zero]
