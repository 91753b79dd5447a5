"""Targets changed many at once: approved, removed and put back; lists by deadline and by tier."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("targets", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    for name, columns, which in (
        ("ix_targets_deadline", ["list_id", "decide_on", "id"], "decide_on IS NOT NULL"),
        ("ix_targets_tier", ["list_id", "tier", "rank", "id"], "tier <> 2"),
    ):
        op.create_index(
            name, "targets", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which)
        )
    op.create_table(
        "removed_targets",
        sa.Column("change_id", big, nullable=False),
        sa.Column("target_id", big, autoincrement=False, nullable=False),
        sa.Column("list_id", big, nullable=False),
        sa.Column("stakeholder_id", big, nullable=False),
        sa.Column("is_star", sa.Boolean(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("owner_id", big, nullable=True),
        sa.Column("decide_on", sa.Date(), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("is_alternate", sa.Boolean(), nullable=False),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["bulk_changes.id"], name=op.f("fk_removed_targets_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "target_id", name=op.f("pk_removed_targets")),
    )


def downgrade() -> None:
    op.drop_table("removed_targets")
    op.drop_index("ix_targets_tier", "targets")
    op.drop_index("ix_targets_deadline", "targets")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_column("approved_at")
