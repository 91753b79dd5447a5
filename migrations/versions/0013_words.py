"""Words of names: who is found by a few letters, kept by the database itself.

SQLite: FTS5 over the folded names, kept by triggers; their vocabularies correct a typo.
PostgreSQL: full text over the folded names, an index of its own keeping; a list of the words that
names are made of corrects a typo, by trigrams where pg_trgm may be created.
Where neither is there (SQLite without FTS5), nothing is made and a search reads every name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAMES = {"people": "stakeholders", "office": "organisations"}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_sqlite()
    else:
        _make_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for short in NAMES:
            for what in ("added", "gone", "changed"):
                op.execute(f"DROP TRIGGER IF EXISTS {short}_words_{what}")
            op.execute(f"DROP TABLE IF EXISTS {short}_vocabulary")
            op.execute(f"DROP TABLE IF EXISTS {short}_words")
        return
    for table in NAMES.values():
        op.execute(f"DROP TRIGGER note_words_added ON {table}")
        op.execute(f"DROP TRIGGER note_words_changed ON {table}")
        op.execute(f"DROP TRIGGER drop_words_gone ON {table}")
        op.execute(f"DROP INDEX ix_{table}_words")
    op.execute("DROP FUNCTION note_words_added")
    op.execute("DROP FUNCTION note_words_changed")
    op.execute("DROP FUNCTION drop_words_gone")
    op.execute("DROP TABLE name_words")
    op.execute("DROP INDEX ix_stakeholders_email_start")


def _make_sqlite() -> None:
    connection = op.get_bind()
    options = connection.execute(sa.text("SELECT * FROM pragma_compile_options"))
    if "ENABLE_FTS5" not in options.scalars().all():
        return
    for short, table in NAMES.items():
        words = f"{short}_words"
        op.execute(
            f"CREATE VIRTUAL TABLE {words} USING fts5(name_key, content='{table}',"
            " content_rowid='id', detail='none', columnsize=0, prefix='2 3',"
            " tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
        )
        op.execute(f"CREATE VIRTUAL TABLE {short}_vocabulary USING fts5vocab({words}, 'row')")
        add = f"INSERT INTO {words} (rowid, name_key) VALUES (new.id, new.name_key);"
        drop = (
            f"INSERT INTO {words} ({words}, rowid, name_key)"
            " VALUES ('delete', old.id, old.name_key);"
        )
        op.execute(f"CREATE TRIGGER {words}_added AFTER INSERT ON {table} BEGIN {add} END")
        op.execute(f"CREATE TRIGGER {words}_gone AFTER DELETE ON {table} BEGIN {drop} END")
        op.execute(
            f"CREATE TRIGGER {words}_changed AFTER UPDATE OF name_key ON {table}"
            f" WHEN old.name_key IS NOT new.name_key BEGIN {drop} {add} END"
        )
        op.execute(f"INSERT INTO {words} ({words}) VALUES ('rebuild')")


_ADDED = """
CREATE FUNCTION note_words_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words (word)
    SELECT DISTINCT here.word
    FROM new_rows, unnest(string_to_array(name_key, ' ')) AS here (word)
    WHERE length(here.word) BETWEEN 3 AND 40
        AND NOT EXISTS (SELECT FROM name_words AS known WHERE known.word = here.word);
    RETURN NULL;
END $$
"""
_CHANGED = """
CREATE FUNCTION note_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words (word)
    SELECT DISTINCT here.word FROM unnest(string_to_array(new.name_key, ' ')) AS here (word)
    WHERE length(here.word) BETWEEN 3 AND 40
        AND NOT EXISTS (SELECT FROM name_words AS known WHERE known.word = here.word);
    DELETE FROM name_words AS known
    USING unnest(string_to_array(old.name_key, ' ')) AS was (word)
    WHERE known.word = was.word AND NOT was.word = ANY (string_to_array(new.name_key, ' '))
        AND NOT EXISTS (SELECT FROM stakeholders
            WHERE to_tsvector('simple', name_key) @@ to_tsquery('simple', quote_literal(was.word)))
        AND NOT EXISTS (SELECT FROM organisations
            WHERE to_tsvector('simple', name_key) @@ to_tsquery('simple', quote_literal(was.word)));
    RETURN NULL;
END $$
"""
_GONE = """
CREATE FUNCTION drop_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM name_words AS known
    USING (SELECT DISTINCT part.word FROM old_rows,
        unnest(string_to_array(name_key, ' ')) AS part (word)) AS lost
    WHERE known.word = lost.word
        AND NOT EXISTS (SELECT FROM stakeholders
            WHERE to_tsvector('simple', name_key) @@ to_tsquery('simple', quote_literal(lost.word)))
        AND NOT EXISTS (SELECT FROM organisations
            WHERE to_tsvector('simple', name_key)
                @@ to_tsquery('simple', quote_literal(lost.word)));
    RETURN NULL;
END $$
"""


def _make_postgresql() -> None:
    # Not unique: two who bring the same new word in never wait for each other.
    op.execute("CREATE TABLE name_words (word text NOT NULL)")
    op.execute("CREATE INDEX ix_name_words_word ON name_words (word text_pattern_ops)")
    for function in (_ADDED, _CHANGED, _GONE):
        op.execute(function)
    for table in NAMES.values():
        op.execute(
            f"CREATE INDEX ix_{table}_words ON {table} USING gin (to_tsvector('simple', name_key))"
        )
        op.execute(
            f"CREATE TRIGGER note_words_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS"
            " new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_words_added()"
        )
        op.execute(
            f"CREATE TRIGGER note_words_changed AFTER UPDATE OF name_key ON {table} FOR EACH ROW"
            " WHEN (old.name_key IS DISTINCT FROM new.name_key)"
            " EXECUTE FUNCTION note_words_changed()"
        )
        op.execute(
            f"CREATE TRIGGER drop_words_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS"
            " old_rows FOR EACH STATEMENT EXECUTE FUNCTION drop_words_gone()"
        )
    op.execute(
        "INSERT INTO name_words SELECT DISTINCT word FROM"
        " (SELECT name_key FROM stakeholders UNION ALL SELECT name_key FROM organisations) AS keys,"
        " unnest(string_to_array(name_key, ' ')) AS word WHERE length(word) BETWEEN 3 AND 40"
    )
    op.execute(
        "CREATE INDEX ix_stakeholders_email_start ON stakeholders (email_key text_pattern_ops)"
    )
    _use_trigrams()


def _use_trigrams() -> None:
    """Where the extension is on the machine and this role may create it; else nothing."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
    )
    if not found.scalar():
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            connection.execute(
                sa.text(
                    "CREATE INDEX ix_name_words_trigrams ON name_words USING gin"
                    " (word gin_trgm_ops)"
                )
            )
    except sa.exc.DBAPIError:
        return
