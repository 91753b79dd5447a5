"""From which address of ours an attempt went: the audit looks at the rate of each."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sender = sa.Column("sender", sa.Text(), server_default="", nullable=False)
    op.add_column("attempts", sender)


def downgrade() -> None:
    op.drop_column("attempts", "sender")
