"""Shares of the numbers that answers change: on PostgreSQL answers do not wait for each other.

Going down adds them to their numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tally_parts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_parts")),
        sa.UniqueConstraint(
            "kind", "subject_id", "group_id", "state", "part",
            name=op.f("uq_tally_parts_kind_subject_id_group_id_state_part"),
        ),
    )  # fmt: skip


def downgrade() -> None:
    op.execute(
        "INSERT INTO tallies (kind, subject_id, group_id, state, count) "
        "SELECT kind, subject_id, group_id, state, sum(count) FROM tally_parts WHERE true "
        "GROUP BY kind, subject_id, group_id, state "
        "ON CONFLICT (kind, subject_id, group_id, state) "
        "DO UPDATE SET count = tallies.count + excluded.count"
    )
    op.drop_table("tally_parts")
