"""AudienceMember: someone of a large audience that is decided, and not written down yet."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, BigId, Key, No


class AudienceMember(Base):
    """One person of a step: who they are to it, or why they are left out.

    It goes as their message is written, in one transaction; a step counts its rows (`to_write`).
    """

    __tablename__ = "audience_members"

    # No foreign keys and no other index: a million come in one transaction, and go one by one.
    place: Mapped[Key]
    """Counts on in the order in which they are written down."""
    step_id: Mapped[int] = mapped_column(BigId)
    stakeholder_id: Mapped[int] = mapped_column(BigId)
    group_id: Mapped[int | None] = mapped_column(BigId)
    is_star: Mapped[No]
    invitation_id: Mapped[int | None] = mapped_column(BigId)
    text_id: Mapped[int | None] = mapped_column(BigId)
    sections: Mapped[str | None]
    reason: Mapped[str | None]
    goes_at: Mapped[datetime | None]
    is_first: Mapped[No]
