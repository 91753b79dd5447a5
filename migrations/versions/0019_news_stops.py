"""Addresses whose owners want no more news, though they may be invited."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "news_stops",
        sa.Column("id", big, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stakeholder_id", big, nullable=True),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_news_stops_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_stops")),
        sa.UniqueConstraint("digest", name=op.f("uq_news_stops_digest")),
    )
    with op.batch_alter_table("news_stops", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_news_stops_stakeholder_id"), ["stakeholder_id"], unique=False
        )


def downgrade() -> None:
    """Who wanted no news is kept from all campaign mail rather than mailed again."""
    op.execute(
        "INSERT INTO suppressions (digest, reason, source, since, stakeholder_id) "
        "SELECT digest, 'unsubscribed', source, since, stakeholder_id FROM news_stops "
        "WHERE digest NOT IN (SELECT digest FROM suppressions)"
    )
    op.drop_table("news_stops")
