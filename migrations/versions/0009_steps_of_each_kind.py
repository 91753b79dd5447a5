"""Steps of each kind: the recipient's own hour, places, held; caps; who gets nothing more."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_local", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
        )
        batch_op.add_column(sa.Column("places_count", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("is_held", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
        )
    with op.batch_alter_table("conferences", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cap_mails", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cap_days", sa.Integer(), nullable=True))
    op.create_table(
        "campaign_exclusions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("stakeholder_id", _ID, nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_exclusions_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"],
            ["stakeholders.id"],
            name=op.f("fk_campaign_exclusions_stakeholder_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_exclusions")),
        sa.UniqueConstraint(
            "campaign_id",
            "stakeholder_id",
            name=op.f("uq_campaign_exclusions_campaign_id_stakeholder_id"),
        ),
    )
    with op.batch_alter_table("campaign_exclusions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_campaign_exclusions_stakeholder_id"), ["stakeholder_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("campaign_exclusions")
    with op.batch_alter_table("conferences", schema=None) as batch_op:
        batch_op.drop_column("cap_days")
        batch_op.drop_column("cap_mails")
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.drop_column("is_held")
        batch_op.drop_column("places_count")
        batch_op.drop_column("is_local")
