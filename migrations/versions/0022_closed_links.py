"""Links in mails that left, which open nothing any more."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "closed_links",
        sa.Column("message_id", big, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_closed_links_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_closed_links")),
    )


def downgrade() -> None:
    op.drop_table("closed_links")
