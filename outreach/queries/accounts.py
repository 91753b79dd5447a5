"""Accounts: who is signed in, who is on the team."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import reading
from outreach.errors import NotFound
from outreach.models.account import PERMISSIONS, PROMOTING, Account, OneTimeLink, Permission, Role


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, as plain values; also what Flask-Login asks of a signed-in person."""

    id: int
    name: str
    email: str
    role: Role
    epoch: int
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the session keeps: the account and its epoch, so that old sessions end at once."""
        return f"{self.id}.{self.epoch}"

    def may(self, permission: Permission | str) -> bool:
        """Whether the role allows it."""
        return Permission(permission) in PERMISSIONS[self.role]


def signed_in_account(account_id: int, epoch: int) -> SignedIn | None:
    """The account of a session, unless it was disabled or changed since. One row by key."""
    row = (
        reading()
        .execute(
            select(Account.id, Account.name, Account.email, Account.role, Account.epoch).where(
                Account.id == account_id, Account.epoch == epoch, Account.is_disabled.is_(False)
            )
        )
        .one_or_none()
    )
    return SignedIn(*row) if row else None


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """A one-time link that still works: whom it signs in."""

    name: str
    role: Role
    sets_password: bool


def one_time_link(digest: str, at: datetime) -> LinkOffer | None:
    """What a one-time link would do, without using it. One row by key."""
    row = (
        reading()
        .execute(
            select(Account.name, Account.role, OneTimeLink.sets_password)
            .join(OneTimeLink.account)
            .where(
                OneTimeLink.digest == digest,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > at,
                Account.is_disabled.is_(False),
            )
        )
        .one_or_none()
    )
    return LinkOffer(*row) if row else None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone of the team, as the settings show them."""

    id: int
    name: str
    email: str
    role: Role
    is_disabled: bool


def team() -> list[Colleague]:
    """Everyone with an account, by name. Cost: the team."""
    rows = reading().execute(
        select(Account.id, Account.name, Account.email, Account.role, Account.is_disabled).order_by(
            Account.name, Account.id
        )
    )
    return [Colleague(*row) for row in rows]


def workers(holder_id: int | None = None) -> list[Colleague]:
    """Those to whom work can be given, by name, and whoever has it now. Cost: the team.

    Organisers read alone: what is given to one of them is never done.
    """
    return [
        one for one in team()
        if one.id == holder_id or (one.role in PROMOTING and not one.is_disabled)
    ]  # fmt: skip


def account_id_of(email: str) -> int | None:
    """The account with this address. One row by key."""
    return reading().scalar(select(Account.id).where(Account.email == email.strip().lower()))


def role_of(account_id: int | None) -> Role | None:
    """The role of an account that may sign in. One row by key."""
    return reading().scalar(
        select(Account.role).where(Account.id == account_id, Account.is_disabled.is_(False))
    )


def accounts_by_address() -> dict[str, int]:
    """{address in small letters: id} of the accounts that are not disabled. Cost: the accounts."""
    rows = reading().execute(
        select(Account.email, Account.id).where(Account.is_disabled.is_(False))
    )
    return {row.email.casefold(): row.id for row in rows}


def colleague(session: Session, account_id: int | None) -> Account | None:
    """Someone of the team to whom work can be given; None for nobody. Raises NotFound."""
    if account_id is None:
        return None
    account = session.get(Account, account_id)
    if account is None or account.is_disabled:
        raise NotFound("colleague")
    return account


def may_approve(session: Session, account_id: int | None) -> bool:
    """Whether an account approves what others wrote; the console, which has none, does not."""
    account = session.get(Account, account_id) if account_id is not None else None
    return account is not None and account.may(Permission.APPROVE)
