"""The words that names of people and organisations are made of, as the database keeps them."""

import json

from sqlalchemy import text

from outreach.advice.spelling import SIGNS, of_signs, slips, starts
from outreach.db import is_postgresql, reading

MOST_KNOWN = 400
"""Known words of one beginning that a typo is compared with."""
MOST_BEGUN = 20_000
MOST_HOLDING = 1_000
SHORTEST_KEPT = 3
LAST = "\U0010ffff"
"""After everything that goes on in any way."""
WITHOUT_SPACES = (
    ("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7a3"),
)  # fmt: skip
"""Thai and Lao, kana, Chinese characters; Korean sets spaces, but none within a name."""

_OF_SIGNS = "octet_length(word) > length(word)"
"""Of words with any letter beyond ASCII, as the index of signs says it (migration 0046)."""


def has_index() -> bool:
    """Whether the database keeps the words; SQLite without FTS5 does not. One row by key."""
    if is_postgresql():
        return True
    made = text("SELECT 1 FROM sqlite_master WHERE name = 'people_words'")
    return reading().scalar(made) is not None


def is_known(word: str) -> bool:
    """Whether some name holds a word that begins so. Cost: a look into each list of words.

    PostgreSQL keeps no words of one or two letters where words have spaces between them: "of" is
    taken for known.
    """
    if not has_index():
        return True
    if is_postgresql() and len(word) < SHORTEST_KEPT and word < WITHOUT_SPACES[0][0]:
        return True
    return (not is_postgresql() and _is_borne(word)) or bool(_between(word, 1))


def _is_borne(word: str) -> bool:
    """Whether it is a whole word of some name. The list of words would count who bears it."""
    borne = text("SELECT 1 FROM people_words WHERE people_words MATCH :word LIMIT 1")
    return reading().scalar(borne, {"word": f'"{word}"'}) is not None


def words_holding(part: str) -> list[str]:
    """Known words that hold this anywhere, 1,001 at the most. Cost: on PostgreSQL they, by an index
    of signs (and who holds the same signs elsewhere); on SQLite of people the known words in
    scripts without spaces, of organisations all."""
    if is_postgresql():
        known = text(
            "SELECT DISTINCT word FROM name_words WHERE string_to_array(word, NULL) @>"
            f" string_to_array(:part, NULL) AND {_OF_SIGNS} AND strpos(word, :part) > 1"
            " LIMIT :most"
        )
    else:
        known = text(
            "SELECT term FROM (SELECT term FROM people_vocabulary WHERE term >= :first"
            " AND instr(term, :part) > 1 LIMIT :most) UNION"
            " SELECT term FROM (SELECT term FROM office_vocabulary"
            " WHERE instr(term, :part) > 1 LIMIT :most)"
        )
    values = {"part": part, "first": WITHOUT_SPACES[0][0], "most": MOST_HOLDING + 1}
    return list(reading().scalars(known, values))


def known_words(word: str) -> set[str]:
    """Known words that may be meant by one that is not known."""
    if not slips(word):
        return set()
    if of_signs(word):
        return _by_other_sign(word)
    if not is_postgresql():
        begun = text(
            " UNION ".join(
                f"SELECT term FROM (SELECT term FROM json_each(:starts) AS start CROSS JOIN"
                f" {of}_vocabulary WHERE term >= start.value AND term < start.value || :end"
                " LIMIT :most)"
                for of in ("people", "office")
            )
        )
        values = {"starts": json.dumps(list(starts(word))), "end": LAST, "most": MOST_BEGUN}
        return set(reading().scalars(begun, values))
    by_start = text(
        "SELECT DISTINCT near.word FROM unnest(CAST(:starts AS text[])) AS start, LATERAL"
        " (SELECT word FROM name_words WHERE word ~>=~ start AND word ~<~ (start || chr(1114111))"
        " LIMIT :most) AS near"
    )
    found = set(reading().scalars(by_start, {"starts": list(starts(word)), "most": MOST_KNOWN}))
    if _has_trigrams():
        by_trigram = text("SELECT DISTINCT word FROM name_words WHERE word % :word LIMIT 1000")
        found.update(reading().scalars(by_trigram, {"word": word}))
    return found


def _by_other_sign(word: str) -> set[str]:
    """Known words with another sign in one place, of a Chinese name, say: three signs have no three
    letters in common by which they are found. One SELECT; on PostgreSQL by the index of signs."""
    slots = json.dumps([[word[:place], word[place + 1 :]] for place in range(len(word))])
    values = {"slots": slots, "most": MOST_HOLDING}
    if is_postgresql():
        return set(reading().scalars(text(_OTHER_SIGN), values))
    values |= {"first": SIGNS[0], "last": SIGNS[1], "end": LAST}
    return {key.split(" ")[0] for key in reading().scalars(text(_NEXT_SIGNS), values)}


_OTHER_SIGN = f"""
SELECT near.word
FROM (SELECT one ->> 0, one ->> 1 FROM json_array_elements(CAST(:slots AS json)) AS one)
    AS slots (head, rest),
    LATERAL (SELECT word FROM name_words
        WHERE string_to_array(word, NULL) @> string_to_array(head || rest, NULL) AND {_OF_SIGNS}
            AND length(word) > length(head) AND left(word, length(head)) = head
            AND substr(word, length(head) + 2, length(rest)) = rest LIMIT :most) AS near
"""
# From each sign that stands in a place to the next one: two looks into the names in order.
_NEXT_SIGNS = """
WITH RECURSIVE slots (head, rest) AS (SELECT value ->> 0, value ->> 1 FROM json_each(:slots)),
walk (head, rest, key) AS (
    SELECT head, rest, (SELECT name_key FROM stakeholders
        WHERE name_key >= head || :first AND name_key < head || :last ORDER BY name_key LIMIT 1)
    FROM slots
    UNION ALL
    SELECT head, rest, (SELECT name_key FROM stakeholders
        WHERE name_key >= head || substr(key, length(head) + 1, 1) || :end
            AND name_key < head || :last ORDER BY name_key LIMIT 1)
    FROM walk WHERE key IS NOT NULL
),
likely (start) AS (
    SELECT head || substr(key, length(head) + 1, 1) || rest FROM walk WHERE key IS NOT NULL
)
SELECT name_key FROM likely, stakeholders WHERE name_key >= start AND name_key < start || :end
LIMIT :most
"""


def _between(start: str, most: int) -> list[str]:
    if is_postgresql():
        known = text("SELECT DISTINCT word FROM name_words WHERE word LIKE :start LIMIT :most")
        return list(reading().scalars(known, {"start": f"{start}%", "most": most}))
    return [one for of in ("people", "office") for one in terms(of, start, start + LAST, most)]


def terms(of: str, first: str, last: str, most: int) -> list[str]:
    """Of the words of people or offices those between two, on SQLite."""
    known = text(
        f"SELECT term FROM {of}_vocabulary WHERE term >= :first AND term < :last LIMIT :most"
    )
    return list(reading().scalars(known, {"first": first, "last": last, "most": most}))


def _has_trigrams() -> bool:
    made = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    return reading().scalar(made) is not None
