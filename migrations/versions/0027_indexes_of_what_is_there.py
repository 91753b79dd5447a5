"""Three indexes hold only the rows that have something in the column: few do, and an import writes
a million people.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_stakeholders_external_id": ("stakeholders", ["external_id"]),
    "ix_stakeholders_merged_into_id": ("stakeholders", ["merged_into_id"]),
    "ix_activities_campaign": ("activities", ["campaign_id", "id"]),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        where = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
