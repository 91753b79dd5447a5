"""Words of scripts that set no spaces are kept from one letter on, so that a name is found by any
part of it without reading every name. PostgreSQL alone: SQLite's index knows them all.

The two functions are those of migration 0013 but for the words that they keep.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SPACED = "length({word}) BETWEEN 3 AND 40"
# U+0E00 is where the first of these scripts, Thai, begins; every one of them comes later.
UNSPACED = (
    f"({SPACED} OR (length({{word}}) BETWEEN 1 AND 200 AND {{word}} COLLATE \"C\" >= U&'\\0E00'))"
)
_ADDED = """
CREATE OR REPLACE FUNCTION note_words_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words (word)
    SELECT DISTINCT here.word
    FROM new_rows, unnest(string_to_array(name_key, ' ')) AS here (word)
    WHERE {keeps}
        AND NOT EXISTS (SELECT FROM name_words AS known WHERE known.word = here.word);
    RETURN NULL;
END $$
"""
_CHANGED = """
CREATE OR REPLACE FUNCTION note_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words (word)
    SELECT DISTINCT here.word FROM unnest(string_to_array(new.name_key, ' ')) AS here (word)
    WHERE {keeps}
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
_MISSING = """
INSERT INTO name_words
SELECT DISTINCT word FROM
    (SELECT name_key FROM stakeholders UNION ALL SELECT name_key FROM organisations) AS keys,
    unnest(string_to_array(name_key, ' ')) AS word
WHERE NOT ({spaced}) AND {keeps}
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _keep(UNSPACED)
        op.execute(
            _MISSING.format(spaced=SPACED.format(word="word"), keeps=UNSPACED.format(word="word"))
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _keep(SPACED)
        op.execute(f"DELETE FROM name_words WHERE NOT ({SPACED.format(word='word')})")


def _keep(words: str) -> None:
    for function in (_ADDED, _CHANGED):
        op.execute(function.format(keeps=words.format(word="here.word")))
