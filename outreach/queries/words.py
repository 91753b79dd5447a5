"""Finding by words: the indexes of names and addresses, and typos corrected from known words.

The database keeps the indexes itself, in the transaction that changes a name (migration *words*).
A word finds names in which some word begins with it; one in a script that sets no spaces between
words is looked for anywhere. The last resort, where an index is missing, reads every name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
    text,
    union,
)
from sqlalchemy.orm import aliased

from outreach.advice.folding import fold
from outreach.advice.spelling import nearest, slips, starts
from outreach.db import is_postgresql, reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Organisation, Stakeholder

LONGEST_SEARCH = 100
MOST_WORDS = 6
MOST_KNOWN = 400
"""Known words of one beginning that a typo is compared with."""
MOST_OFFICES = 500
_WITHOUT_SPACES = (("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"))


@dataclass(frozen=True, slots=True)
class Wording:
    """What was typed: for each word those that it may stand for, the typed one first."""

    typed: str
    words: tuple[tuple[str, ...], ...]

    @property
    def is_corrected(self) -> bool:
        """Whether a word was taken for another one."""
        return any(word[0] not in self.keys for word in self.words)

    @property
    def keys(self) -> list[str]:
        """The typed words, folded."""
        return fold(self.typed).split()[:MOST_WORDS]

    @property
    def address(self) -> str:
        """The beginning of an address, where that may be what was typed."""
        return self.typed.casefold() if " " not in self.typed else ""


def wording(typed: str) -> Wording | None:
    """What someone typed, as it is looked for; None for nothing. It is cut at 100 letters."""
    typed = typed.replace("\0", "").strip()[:LONGEST_SEARCH]
    keys = fold(typed).split()[:MOST_WORDS]
    return Wording(typed, tuple((key,) for key in keys)) if typed else None


def corrected(wanted: Wording) -> Wording | None:
    """The same with unknown words taken for the known ones nearest to them; None if there is none.

    Cost: for each unknown word some 170 looks into the known words, or one by trigrams.
    """
    words = []
    for alternatives in wanted.words:
        key = alternatives[0]
        near = [] if is_known(key) else nearest(key, known_words(key))
        if not near and not is_known(key):
            return None
        words.append(tuple(near) or alternatives)
    return Wording(wanted.typed, tuple(words)) if words else None


def holds(wanted: Wording) -> ColumnElement[bool]:
    """Of one person at a time: what `ids` finds, for statements that walk through people."""
    other = aliased(Organisation)  # the statement may join the organisation itself
    office = select(other.name_key).where(other.id == Stakeholder.organisation_id).scalar_subquery()
    whole = func.coalesce(literal(" ") + office, "")
    key = literal(" ") + Stakeholder.name_key + whole
    named = [
        or_(*[key.contains(_start(word), autoescape=True) for word in alternatives])
        for alternatives in wanted.words
    ]
    parts = [and_(*named)] if named else []
    if wanted.address:
        parts.append(Stakeholder.email_key.startswith(wanted.address, autoescape=True))
        parts.append(Stakeholder.id.in_(_by_other_address(wanted.address).correlate(None)))
    return or_(false(), *parts)


def ids(wanted: Wording) -> Select[Any] | None:
    """Those whose name, organisation or address is meant; None where only `holds` can tell.

    By an index each: names that hold all words; and for the words that organisations are called,
    their people whose names hold the rest.
    """
    if not has_index() or any(_has_no_spaces(word) for words in wanted.words for word in words):
        return None
    parts = [select(Stakeholder.id).where(_named(wanted.words))] if wanted.words else []
    parts += _by_office(wanted.words)
    if wanted.address:
        parts.append(select(Stakeholder.id).where(_begins(Stakeholder.email_key, wanted.address)))
        parts.append(_by_other_address(wanted.address))
    found = union(*[part.correlate(None) for part in parts]).subquery()
    return select(found.c[0])


def _by_office(words: tuple[tuple[str, ...], ...]) -> list[Select[Any]]:
    found = []
    for count in range(1, len(words) + 1):
        for chosen in combinations(range(len(words)), count):
            offices = office_ids([words[place] for place in chosen])
            if not offices:
                continue
            rest = tuple(word for place, word in enumerate(words) if place not in chosen)
            people = select(Stakeholder.id).where(Stakeholder.organisation_id.in_(offices))
            found.append(people.where(_named(rest)) if rest else people)
    return found


def office_ids(words: Iterable[tuple[str, ...]]) -> list[int]:
    """Organisations whose names hold all the words, at most 500. Cost: they, by an index."""
    match = _match("office_words", Organisation.id, Organisation.name_key, tuple(words))
    return list(reading().scalars(select(Organisation.id).where(match).limit(MOST_OFFICES)))


def _by_other_address(address: str) -> Select[Any]:
    return select(AnsweringAddress.stakeholder_id).where(
        _begins(AnsweringAddress.email_key, address), ~AnsweringAddress.is_assistant
    )


def _begins(key: Any, start: str) -> ColumnElement[bool]:
    if is_postgresql():
        starts_so: ColumnElement[bool] = key.startswith(start, autoescape=True)
        return starts_so
    return and_(key >= start, key < start + "\U0010ffff")


def _named(words: tuple[tuple[str, ...], ...]) -> ColumnElement[bool]:
    return _match("people_words", Stakeholder.id, Stakeholder.name_key, words)


def _match(
    index: str, id_: Any, key: Any, words: tuple[tuple[str, ...], ...]
) -> ColumnElement[bool]:
    found: ColumnElement[bool]
    if is_postgresql():
        wanted = " & ".join(_any_of(many, " | ", "'{}':*") for many in words)
        vector = func.to_tsvector(text("'simple'"), key)
        found = vector.op("@@", is_comparison=True)(func.to_tsquery(text("'simple'"), wanted))
        return found
    wanted = " AND ".join(_any_of(many, " OR ", '"{}"*') for many in words)
    index_table = table(index, column("rowid"), column(index))
    rows = select(index_table.c.rowid).where(index_table.c[index].op("MATCH")(wanted))
    found = id_.in_(rows)
    return found


def _any_of(words: tuple[str, ...], between: str, form: str) -> str:
    """A word has no quote and no other sign: it is folded."""
    return f"({between.join(form.format(word) for word in words)})"


def _start(word: str) -> str:
    return word if _has_no_spaces(word) else f" {word}"


def _has_no_spaces(word: str) -> bool:
    return any(first <= letter <= last for letter in word for first, last in _WITHOUT_SPACES)


def has_index() -> bool:
    """Whether the database keeps the words; SQLite without FTS5 does not. One row by key."""
    if is_postgresql():
        return True
    made = text("SELECT 1 FROM sqlite_master WHERE name = 'people_words'")
    return reading().scalar(made) is not None


def is_known(word: str) -> bool:
    """Whether some name holds a word that begins so. Cost: a look into each list of words."""
    return bool(_between(word, 1)) if has_index() else True


def known_words(word: str) -> set[str]:
    """Known words that may be meant by one that is not known."""
    if not slips(word):
        return set()
    if not is_postgresql():
        return {found for start in starts(word) for found in _between(start, MOST_KNOWN)}
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


def _between(start: str, most: int) -> list[str]:
    values = {"first": start, "last": f"{start}\U0010ffff", "start": f"{start}%", "most": most}
    if is_postgresql():
        known = text("SELECT DISTINCT word FROM name_words WHERE word LIKE :start LIMIT :most")
        return list(reading().scalars(known, values))
    known = text(
        " UNION ".join(
            f"SELECT term FROM (SELECT term FROM {table}_vocabulary"
            " WHERE term >= :first AND term < :last LIMIT :most)"
            for table in ("people", "office")
        )
    )
    return list(reading().scalars(known, values))


def _has_trigrams() -> bool:
    made = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    return reading().scalar(made) is not None
