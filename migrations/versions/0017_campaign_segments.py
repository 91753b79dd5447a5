"""Segments and exclusions in a campaign's audience, and where a segment's newcomers are put."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "campaign_segments",
        sa.Column("id", big, nullable=False),
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("segment_id", big, nullable=False),
        sa.Column("is_left_out", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_segments_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_campaign_segments_segment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_segments")),
        sa.UniqueConstraint(
            "campaign_id", "segment_id", name=op.f("uq_campaign_segments_campaign_id_segment_id")
        ),
    )
    with op.batch_alter_table("campaign_segments", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_campaign_segments_segment_id"), ["segment_id"], unique=False)
    op.create_table(
        "campaign_left_out_lists",
        sa.Column("id", big, nullable=False),
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("list_id", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_left_out_lists_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["target_lists.id"], name=op.f("fk_campaign_left_out_lists_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_left_out_lists")),
        sa.UniqueConstraint(
            "campaign_id", "list_id", name=op.f("uq_campaign_left_out_lists_campaign_id_list_id")
        ),
    )
    with op.batch_alter_table("campaign_left_out_lists", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_campaign_left_out_lists_list_id"), ["list_id"], unique=False)
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("newcomers_list_id", big, nullable=True))
        batch_op.add_column(
            sa.Column("is_by_lists", sa.Boolean(), server_default=sa.text("(true)"), nullable=False)
        )
        batch_op.create_foreign_key(
            op.f("fk_campaigns_newcomers_list_id"), "target_lists", ["newcomers_list_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_campaigns_newcomers_list_id"), type_="foreignkey")
        batch_op.drop_column("is_by_lists")
        batch_op.drop_column("newcomers_list_id")
    op.drop_table("campaign_left_out_lists")
    op.drop_table("campaign_segments")
