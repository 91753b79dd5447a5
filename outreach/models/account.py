"""Account: who signs in, in which role; OneTimeLink: how without a password."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Key, No, Zero

LINK_LIFE = timedelta(hours=24)


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    PROMOTER = "promoter"
    APPROVER = "approver"
    ORGANISER = "organiser"


class Permission(StrEnum):
    """What a role may do; a door asks for one of these."""

    READ = "read"
    PROMOTE = "promote"
    APPROVE = "approve"
    ADMINISTER = "administer"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.PROMOTER: frozenset({Permission.READ, Permission.PROMOTE}),
    Role.APPROVER: frozenset({Permission.READ, Permission.PROMOTE, Permission.APPROVE}),
    Role.ORGANISER: frozenset({Permission.READ}),
}

PROMOTING = [role for role in Role if Permission.PROMOTE in PERMISSIONS[role]]
"""The roles that do the team's work; organisers read alone."""


class Account(Base):
    """Someone of the team who signs in."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("email"),)

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role]
    password_hash: Mapped[str | None]
    """argon2id; nobody can sign in by password where there is none."""
    epoch: Mapped[Zero]
    """Rises with a change of password, role or state: every older session ends at once."""
    is_disabled: Mapped[No]
    is_demonstration: Mapped[No]
    wants_digest: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Is told each morning by mail what is due."""
    created_at: Mapped[datetime]

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return permission in PERMISSIONS[self.role]


class OneTimeLink(Base):
    """A link that signs someone in once."""

    __tablename__ = "one_time_links"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str]
    sets_password: Mapped[No]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()

    def is_good(self, at: datetime) -> bool:
        """Whether it still opens the door."""
        return self.used_at is None and at < self.expires_at and not self.account.is_disabled
