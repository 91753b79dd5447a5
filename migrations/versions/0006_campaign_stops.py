"""Addresses whose owners want no more of one campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "campaign_stops",
        sa.Column("id", big, nullable=False),
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stakeholder_id", big, nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_stops_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_campaign_stops_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_stops")),
        sa.UniqueConstraint(
            "campaign_id", "digest", name=op.f("uq_campaign_stops_campaign_id_digest")
        ),
    )
    with op.batch_alter_table("campaign_stops", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_campaign_stops_stakeholder_id"), ["stakeholder_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("campaign_stops")
