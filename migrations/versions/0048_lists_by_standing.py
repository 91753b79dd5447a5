"""Stars, waiting alternates and those approved on a list are found in the order of their rank, and
withdrawn invitations of an event by an index of the few that are."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

RANK = ["list_id", "rank", "id"]


def upgrade() -> None:
    op.drop_index("ix_targets_star", "targets")
    _create("ix_targets_star", "targets", RANK, "is_star = 1", "is_star")
    _create(
        "ix_targets_waiting", "targets", RANK,
        "is_alternate = 1 AND promoted_at IS NULL", "is_alternate AND promoted_at IS NULL",
    )  # fmt: skip
    approved, withdrawn = "approved_at IS NOT NULL", "withdrawn_at IS NOT NULL"
    _create("ix_targets_approved", "targets", RANK, approved, approved)
    _create("ix_invitations_withdrawn", "invitations", ["event_id"], withdrawn, withdrawn)


def downgrade() -> None:
    op.drop_index("ix_invitations_withdrawn", "invitations")
    for name in ("ix_targets_approved", "ix_targets_waiting", "ix_targets_star"):
        op.drop_index(name, "targets")
    _create("ix_targets_star", "targets", ["list_id"], "is_star = 1", "is_star")


def _create(name: str, table: str, columns: list[str], on_sqlite: str, elsewhere: str) -> None:
    op.create_index(
        name, table, columns,
        sqlite_where=sa.text(on_sqlite), postgresql_where=sa.text(elsewhere),
    )  # fmt: skip
