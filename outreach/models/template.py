"""Template, its versions, and its text in each language. Staff text is never code."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Code, Key, Zero


class Template(Base):
    """What a mail says; a campaign pins one version of it."""

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[str]
    kind: Mapped[str]
    """A step's kind (`invitation`, `reminder`, …) or `seat`."""
    latest_version: Mapped[Zero]
    created_at: Mapped[datetime]

    versions: Mapped[list["TemplateVersion"]] = relationship(
        back_populates="template", order_by="TemplateVersion.number"
    )


class TemplateVersion(Base):
    """A template as it stood; never changed once it is written."""

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[Key]
    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id"))
    number: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]

    template: Mapped[Template] = relationship(back_populates="versions")
    texts: Mapped[list["TemplateText"]] = relationship(back_populates="version")


class TemplateText(Base):
    """Subject and body (Markdown with `{field}`s) in one language."""

    __tablename__ = "template_texts"
    __table_args__ = (UniqueConstraint("version_id", "language"),)

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("template_versions.id"))
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]

    version: Mapped[TemplateVersion] = relationship(back_populates="texts")
