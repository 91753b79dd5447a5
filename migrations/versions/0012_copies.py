"""A mail may be the copy of another, for an assistant."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "copy_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.create_index(
            "ix_messages_copy_of",
            ["copy_of_id"],
            unique=False,
            sqlite_where=sa.text("copy_of_id IS NOT NULL"),
            postgresql_where=sa.text("copy_of_id IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_messages_copy_of",
            sqlite_where=sa.text("copy_of_id IS NOT NULL"),
            postgresql_where=sa.text("copy_of_id IS NOT NULL"),
        )
        batch_op.drop_column("copy_of_id")
