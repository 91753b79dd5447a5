"""An import may take a row for the person whom it resembles; who did so is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("imports") as batch_op:
        batch_op.add_column(sa.Column("likely_score", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("likely_count", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("imports") as batch_op:
        batch_op.drop_column("likely_count")
        batch_op.drop_column("likely_score")
