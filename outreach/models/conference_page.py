"""ConferencePage: what anyone may read of a conference, once it is put out."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key, No, mark_of


class ConferencePage(Base):
    """The public page of a conference: nobody sees it before `published_at` is set."""

    __tablename__ = "conference_pages"
    __table_args__ = (UniqueConstraint("conference_id"),)

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    published_at: Mapped[datetime | None]
    takes_requests: Mapped[No]
    """Whether people may ask there to be invited."""
    about: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """{language: what the conference is about, plain paragraphs}; ours where there is none."""

    @property
    def mark(self) -> int:
        """Another number once the page says something else."""
        return page_mark(self.about or {}, self.published_at is not None, bool(self.takes_requests))


def page_mark(about: dict[str, Any], is_published: bool, takes_requests: bool) -> int:
    """The mark of a page that says this."""
    return mark_of(sorted(about.items()), is_published, takes_requests)
