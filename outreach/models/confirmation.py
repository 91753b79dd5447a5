"""Answers whose confirmation is still to be written."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, BigId


class ConfirmationDue(Base):
    """An invitation that was answered on its page, and whose person is to be told how it stands.

    The answer and this row are one transaction; a job writes the mail. To choose a text and to
    write the mail costs the database as much as the answer, which somebody waits for.
    """

    __tablename__ = "confirmations_due"

    invitation_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """No foreign key: PostgreSQL would look the invitation up again for each answer."""
    since: Mapped[datetime]
    """From when on it is to be written: the answer's instant; later where a try failed."""
