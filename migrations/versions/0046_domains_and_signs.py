"""People are found by what stands behind the at sign of their addresses, by an index each; and on
PostgreSQL words in scripts without spaces by the signs that they hold, of which all were read.
"""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

TABLES = ("stakeholders", "answering_addresses")
# As outreach.dialect.host_of says it; on PostgreSQL for the first letters of one, too.
DOMAINS = {
    "sqlite": "substr(email_key, instr(email_key, '@') + 1)",
    "postgresql": "split_part(email_key, '@', 2) text_pattern_ops",
}


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    for table in TABLES:
        op.execute(f"CREATE INDEX ix_{table}_domain ON {table} ({DOMAINS[kind]})")
    if kind == "postgresql":
        op.execute(
            "CREATE INDEX ix_name_words_signs ON name_words USING gin (string_to_array(word, NULL))"
            " WHERE octet_length(word) > length(word)"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_name_words_signs")
    for table in TABLES:
        op.execute(f"DROP INDEX ix_{table}_domain")
