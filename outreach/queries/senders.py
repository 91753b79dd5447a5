"""The addresses that mail may come from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.sender import Sender


@dataclass(frozen=True, slots=True)
class SenderLine:
    """One address of the list."""

    id: int
    address: str
    verified_at: datetime
    verified_by: str | None


def senders() -> list[SenderLine]:
    """All that campaigns may choose, by address. There are a few."""
    rows = reading().execute(
        select(Sender.id, Sender.address, Sender.verified_at, Account.name)
        .outerjoin(Account, Account.id == Sender.verified_by_id)
        .where(Sender.withdrawn_at.is_(None))
        .order_by(Sender.address_key)
    )
    return [SenderLine(*row) for row in rows]
