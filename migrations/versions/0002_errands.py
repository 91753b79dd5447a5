"""Errands: long work that any worker may take."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    zero = sa.text("0")
    op.create_table(
        "errands",
        sa.Column("id", big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("account_id", big, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), server_default="waiting", nullable=False),
        sa.Column("token", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("tries_count", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("done_count", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("total_count", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("told", sa.Text(), server_default="", nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("is_stopping", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_errands_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
    )
    with op.batch_alter_table("errands", schema=None) as batch_op:
        batch_op.create_index("ix_errands_account", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_errands_state", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("errands")
