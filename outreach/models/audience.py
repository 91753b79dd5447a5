"""Segments in a campaign's audience, and the lists and segments that it leaves out."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Key, No
from outreach.models.segment import Segment
from outreach.models.target import TargetList


class CampaignSegment(Base):
    """A segment whose people a campaign reaches, or leaves out."""

    __tablename__ = "campaign_segments"
    __table_args__ = (UniqueConstraint("campaign_id", "segment_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id"), index=True)
    is_left_out: Mapped[No]

    segment: Mapped[Segment] = relationship()


class CampaignLeftOutList(Base):
    """A target list whose people a campaign leaves out, whoever else it reaches."""

    __tablename__ = "campaign_left_out_lists"
    __table_args__ = (UniqueConstraint("campaign_id", "list_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id"), index=True)

    list: Mapped[TargetList] = relationship()
