"""Room on each page of messages for one more version of all its rows.

A unit's thousand rows change in one statement, so that nothing of the old ones is cleared away in
between: where a page is more than half full, the rest goes elsewhere and into every index anew, at
four times the cost (PostgreSQL). 0001 left 40 of 100.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _leave("48")


def downgrade() -> None:
    _leave("60")
    # The version before looks for a hand-over in each mail, not in its unit.
    op.execute(
        "UPDATE messages SET state = 'handing_over', attempts_count = attempts_count + 1, "
        "attempt_id = (SELECT max(a.id) FROM attempts a WHERE a.unit_id = messages.unit_id) "
        "WHERE state = 'waiting' AND unit_id IN (SELECT id FROM units WHERE state = 'handing_over')"
    )


def _leave(fillfactor: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE messages SET (fillfactor = {fillfactor})")
