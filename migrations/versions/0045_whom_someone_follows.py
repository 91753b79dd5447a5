"""Whom someone follows up on a list is found by an index of the few who are followed."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

WHERE = sa.text("owner_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_targets_owner", "targets", ["owner_id", "stakeholder_id"],
        sqlite_where=WHERE, postgresql_where=WHERE,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_targets_owner", "targets")
