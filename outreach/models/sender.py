"""Sender: an address that mail may come from, kept by administrators."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.errors import Conflict
from outreach.models.base import Base, Key


class Sender(Base):
    """A From address that campaigns may choose.

    It is on the list because someone looked: the mailbox is ours, and the provider may send for
    it (its domain is authenticated there). A withdrawn one stays for what it has sent.
    """

    __tablename__ = "senders"

    id: Mapped[Key]
    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)
    verified_at: Mapped[datetime]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_at: Mapped[datetime | None]

    def check_usable(self) -> None:
        """Raises Conflict where nothing may come from it any more."""
        if self.withdrawn_at is not None:
            raise Conflict(
                f"Mail no longer comes from {self.address}. Choose another sender for the campaign."
            )
