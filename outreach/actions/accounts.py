"""Accounts: made, signed in, given a password, switched off."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.account import LINK_LIFE, Account, OneTimeLink, Role
from outreach.tokens import digest, new_one_time_secret

SHORTEST_PASSWORD = 12


class WrongPassword(Refusal):
    """One sentence for an unknown address and for a wrong password alike."""

    status = 401

    def __init__(self) -> None:
        super().__init__("This address and password do not go together.")


class LinkUsed(Refusal):
    """A one-time link that was used, has ended, or never was."""

    status = 404

    def __init__(self) -> None:
        super().__init__("This sign-in link was used already or has ended. Ask for a new one.")


class WeakPassword(Refusal):
    """Too short to be a password."""

    def __init__(self) -> None:
        super().__init__(f"Choose a password of at least {SHORTEST_PASSWORD} characters.")


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in, for the door to remember."""

    account_id: int
    epoch: int


def create_account(
    email: str, *, role: Role, at: datetime, name: str = "", is_demonstration: bool = False
) -> int:
    """Make an account without a password; a one-time link lets its owner in."""
    email = email.strip().lower()
    with transaction() as session:
        if session.scalar(select(Account.id).where(Account.email == email)):
            raise Conflict(f"{email} has an account already.")
        account = Account(
            email=email,
            name=name or email.split("@")[0],
            role=role,
            created_at=at,
            is_demonstration=is_demonstration,
        )
        session.add(account)
        session.flush()
        return account.id


def make_one_time_link(account_id: int, *, at: datetime, sets_password: bool = False) -> str:
    """A secret that signs this account in once within 24 hours; only its digest is kept."""
    secret, kept = new_one_time_secret()
    with transaction() as session:
        session.get_one(Account, account_id)
        session.add(
            OneTimeLink(
                account_id=account_id,
                digest=kept,
                sets_password=sets_password,
                expires_at=at + LINK_LIFE,
            )
        )
    return secret


def use_one_time_link(secret: str, *, at: datetime, password: str | None = None) -> Session:
    """Sign in by a link, once; where the link is for that, set the password at the same time."""
    with transaction() as session:
        link = session.scalar(
            select(OneTimeLink).where(OneTimeLink.digest == digest(secret)).with_for_update()
        )
        if link is None or not link.is_good(at):
            raise LinkUsed
        account = link.account
        if link.sets_password and password is not None:
            account.password_hash = _hash(password)
            account.epoch += 1
        link.used_at = at
        return Session(account.id, account.epoch)


def sign_in(email: str, password: str) -> Session:
    """Check a password, in the same time whether or not the account exists."""
    with transaction() as session:
        account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
        known = account.password_hash if account and not account.is_disabled else None
        if not _is_right(known or _nobody(), password) or account is None or known is None:
            raise WrongPassword
        return Session(account.id, account.epoch)


def change_role(account_id: int, role: Role) -> None:
    """Give another role; every session of the account ends."""
    with transaction() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound("account")
        account.role = role
        account.epoch += 1


def disable_account(account_id: int, *, is_disabled: bool = True) -> None:
    """Switch an account off or on; its sessions and links end at once."""
    with transaction() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound("account")
        account.is_disabled = is_disabled
        account.epoch += 1
        session.execute(
            update(OneTimeLink)
            .where(OneTimeLink.account_id == account_id, OneTimeLink.used_at.is_(None))
            .values(expires_at=account.created_at)
        )


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def _is_right(known: str, password: str) -> bool:
    try:
        return _hasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def want_digest(account_id: int, *, is_wanted: bool) -> None:
    """Tell someone each morning by mail what is due, or not."""
    with transaction() as session:
        session.get_one(Account, account_id).wants_digest = is_wanted
