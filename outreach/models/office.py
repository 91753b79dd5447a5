"""Office: which offices carry a protocol category, and who comes before whom."""

from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.advice.protocol import UNRANKED
from outreach.models.base import Base, Key


class ProtocolCategory(StrEnum):
    """How a guest is received; it goes with the office and cannot be handed on."""

    HEAD_OF_STATE = "head_of_state"
    """Or of government."""
    MINISTER = "minister"
    DEPUTY_MINISTER = "deputy_minister"
    """Whose minister comes."""
    REGULATOR = "regulator"
    AMBASSADOR = "ambassador"
    UN_HEAD = "un_head"


CATEGORIES: dict[ProtocolCategory, str] = {
    ProtocolCategory.HEAD_OF_STATE: "Head of state or government",
    ProtocolCategory.MINISTER: "Minister",
    ProtocolCategory.DEPUTY_MINISTER: "Deputy minister whose minister comes",
    ProtocolCategory.REGULATOR: "Head of a regulator",
    ProtocolCategory.AMBASSADOR: "Ambassador",
    ProtocolCategory.UN_HEAD: "Executive head of a UN agency",
}
"""{category: as staff read it}, in the order of precedence."""


def place_by_hand(category: ProtocolCategory) -> int:
    """The precedence of whoever has a category that does not follow from an office."""
    return 10 * (1 + list(CATEGORIES).index(category))


class Office(Base):
    """Words with which an office begins, and the category that such an office carries."""

    __tablename__ = "offices"
    __table_args__ = (UniqueConstraint("name_key"),)

    id: Mapped[Key]
    name: Mapped[str]
    """"Minister", "Director General": the longest that an office begins with counts."""
    name_key: Mapped[str]
    """The name folded (`outreach.advice.folding.fold`)."""
    category: Mapped[ProtocolCategory | None]
    """None for an office that only sounds like another: "Minister Counsellor"."""
    precedence: Mapped[int] = mapped_column(default=UNRANKED, server_default=str(UNRANKED))
