"""Answers whose confirmation is still to be written."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "confirmations_due",
        sa.Column("invitation_id", BIG, autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_confirmations_due")),
    )


def downgrade() -> None:
    op.drop_table("confirmations_due")
