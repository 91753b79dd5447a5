"""A campaign says whether its invitation goes also to those who were invited already."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column(
        "asks_again", sa.Boolean(), server_default=sa.text("(false)"), nullable=False
    )
    op.add_column("campaigns", column)


def downgrade() -> None:
    op.drop_column("campaigns", "asks_again")
