"""Restore: the database was brought back from a backup, and everything pending was held."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from outreach.models.base import Base, Key


class Restore(Base):
    """One row a restore: whatever the rows of before say, more may have left by then."""

    __tablename__ = "restores"

    id: Mapped[Key]
    at: Mapped[datetime]
