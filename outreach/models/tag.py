"""Tag: a word of the team's own, by which people are found again."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class Tag(Base):
    """The word, once for everyone who bears it."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("name_key"),)

    id: Mapped[Key]
    name: Mapped[str]
    name_key: Mapped[str]
    """The name folded (`outreach.advice.folding.fold`)."""


class StakeholderTag(Base):
    """That someone bears a tag."""

    __tablename__ = "stakeholder_tags"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "tag_id"),
        Index("ix_stakeholder_tags_tag", "tag_id", "stakeholder_id"),
    )

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))
