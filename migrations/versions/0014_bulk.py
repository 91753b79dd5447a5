"""Changes of many people at once, with how each was before; and orders of the table of people."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulk_changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_bulk_changes_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
    )
    op.create_index("ix_bulk_changes_at", "bulk_changes", ["at"])
    op.create_table(
        "bulk_rows",
        sa.Column("change_id", KEY, nullable=False),
        sa.Column("row_id", KEY, autoincrement=False, nullable=False),
        sa.Column("before", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["bulk_changes.id"], name=op.f("fk_bulk_rows_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "row_id", name=op.f("pk_bulk_rows")),
    )
    op.create_index("ix_stakeholders_country", "stakeholders", ["country_code", "name_key"])
    op.create_index("ix_stakeholders_language", "stakeholders", ["language", "name_key"])


def downgrade() -> None:
    op.drop_index("ix_stakeholders_language", "stakeholders")
    op.drop_index("ix_stakeholders_country", "stakeholders")
    op.drop_table("bulk_rows")
    op.drop_table("bulk_changes")
