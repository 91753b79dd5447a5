"""A large audience is decided in one transaction and written down in many: who is still to come."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audience_members",
        sa.Column("place", BIG, nullable=False),
        sa.Column("step_id", BIG, nullable=False),
        sa.Column("stakeholder_id", BIG, nullable=False),
        sa.Column("group_id", BIG, nullable=True),
        sa.Column("is_star", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("invitation_id", BIG, nullable=True),
        sa.Column("text_id", BIG, nullable=True),
        sa.Column("sections", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("goes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_first", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audience_members")),
    )
    op.add_column(
        "steps", sa.Column("to_write", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "steps", sa.Column("written_to", BIG, server_default=sa.text("0"), nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("steps") as steps:
        steps.drop_column("written_to")
        steps.drop_column("to_write")
    op.drop_table("audience_members")
