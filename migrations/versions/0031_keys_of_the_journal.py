"""PostgreSQL: rows that come by the million point at others without a foreign key, which is a
trigger for each of them: the journal's lines, and places on lists; of people, what few have.

Of two indexes of the same addresses the one goes: the other finds a whole address, too.

SQLite keeps the keys, which cost it next to nothing. The audit looks for rows that point nowhere.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEYS = (
    ("activities", "account_id", "accounts"),
    ("activities", "campaign_id", "campaigns"),
    ("activities", "event_id", "events"),
    ("activities", "organisation_id", "organisations"),
    ("activities", "stakeholder_id", "stakeholders"),
    ("stakeholders", "merged_into_id", "stakeholders"),
    ("stakeholders", "owner_id", "accounts"),
    ("targets", "owner_id", "accounts"),
    ("targets", "stakeholder_id", "stakeholders"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, _ in KEYS:
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    op.drop_index("ix_stakeholders_email_key", "stakeholders")
    op.execute("ALTER INDEX ix_stakeholders_email_start RENAME TO ix_stakeholders_email_key")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER INDEX ix_stakeholders_email_key RENAME TO ix_stakeholders_email_start")
    op.create_index("ix_stakeholders_email_key", "stakeholders", ["email_key"])
    for table, column, parent in KEYS:
        op.create_foreign_key(f"fk_{table}_{column}", table, parent, [column], ["id"])
