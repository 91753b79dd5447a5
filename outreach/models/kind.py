"""Kind: with what someone comes, so that problems, solutions and funds meet in one room."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class Kind(StrEnum):
    PROBLEM_OWNER = "problem_owner"
    SOLUTION_OWNER = "solution_owner"
    FUND_OWNER = "fund_owner"
    BENEFICIARY = "beneficiary"


KINDS: dict[Kind, str] = {
    Kind.PROBLEM_OWNER: "Problem owner",
    Kind.SOLUTION_OWNER: "Solution owner",
    Kind.FUND_OWNER: "Fund owner",
    Kind.BENEFICIARY: "Beneficiary",
}
"""{kind: as staff read it}"""


class StakeholderKind(Base):
    """That someone is of a kind; several are allowed."""

    __tablename__ = "stakeholder_kinds"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "kind"),
        Index("ix_stakeholder_kinds_kind", "kind", "stakeholder_id"),
    )

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    kind: Mapped[Kind]
