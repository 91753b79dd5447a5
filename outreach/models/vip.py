"""CampaignVip: someone named in a campaign, whose answers the team confirms."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class CampaignVip(Base):
    """One person of one campaign. It changes nothing of what is sent, so no approval is voided."""

    __tablename__ = "campaign_vips"
    __table_args__ = (UniqueConstraint("campaign_id", "stakeholder_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    named_at: Mapped[datetime]
