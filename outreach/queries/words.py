"""Finding by words: the indexes of names and addresses, and typos corrected from known words.

The database keeps the indexes itself, in the transaction that changes a name (migration *words*).
A word finds names in which some word begins with it; one in a script that sets no spaces between
words is looked for anywhere, through the known words that hold it. The last resort, where an index
is missing or more than 1,000 words hold it, reads every name.
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
    union_all,
)
from sqlalchemy.orm import aliased

from outreach.advice.folding import fold
from outreach.advice.spelling import nearest
from outreach.advice.wordings import also_written
from outreach.db import is_postgresql, reading
from outreach.dialect import host_of
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.known_addresses import begins, by_other_address, by_other_domain
from outreach.queries.known_words import (
    LAST,
    MOST_HOLDING,
    WITHOUT_SPACES,
    has_index,
    is_known,
    known_words,
    terms,
    words_holding,
)

LONGEST_SEARCH = 100
MOST_WORDS = 6
MOST_OFFICES = 500
MOST_LONGER = 20


@dataclass(frozen=True, slots=True)
class Wording:
    """What was typed: for each word those that it may stand for, the typed one first."""

    typed: str
    words: tuple[tuple[str, ...], ...]
    near: frozenset[str] = frozenset()
    """Those of the words that are known ones, taken for one that is not."""

    @property
    def is_corrected(self) -> bool:
        """Whether a word was taken for another one."""
        return any(word[0] not in self.keys for word in self.words)

    @property
    def keys(self) -> list[str]:
        """The typed words, folded."""
        return fold(self.typed).split()[:MOST_WORDS]

    @property
    def all_words(self) -> list[list[str]]:
        """For each word what it may stand for, the typed one too where it was corrected."""
        if len(self.keys) != len(self.words):
            return [list(word) for word in self.words]
        pairs = zip(self.keys, self.words, strict=True)
        return [list(dict.fromkeys((key, *word))) for key, word in pairs]

    @property
    def address(self) -> str:
        """The beginning of an address, where that may be what was typed."""
        return self.typed.casefold() if " " not in self.typed else ""

    @property
    def domain(self) -> str:
        """The beginning of what stands behind an at sign, where that may be what was typed."""
        host = self.address.removeprefix("@")
        is_one = "@" not in host and (host != self.address or "." in host)
        return host if is_one else ""


def wording(typed: str) -> Wording | None:
    """What someone typed, as it is looked for; None for nothing. It is cut at 100 letters.

    What begins with an at sign is of addresses alone.
    """
    typed = typed.replace("\0", "").strip()[:LONGEST_SEARCH]
    keys = [] if typed.startswith("@") else fold(typed).split()[:MOST_WORDS]
    return Wording(typed, also_written(keys)) if typed else None


def corrected(wanted: Wording) -> Wording | None:
    """The same with unknown words taken for the known ones nearest to them; None if there is none.

    Cost: for each unknown word some 170 looks into the known words, in one or two SELECTs.
    """
    words, taken = [], set[str]()
    for alternatives in wanted.words:
        if not is_any_known(alternatives):
            near = nearest(alternatives[0], known_words(alternatives[0]))
            if not near:
                return None
            taken.update(near)
            alternatives = tuple(near)
        words.append(alternatives)
    return Wording(wanted.typed, tuple(words), frozenset(taken)) if words else None


def is_any_known(alternatives: Iterable[str]) -> bool:
    """Whether some name holds a word that begins with one of them."""
    return any(is_known(word) for word in alternatives)


def holds(wanted: Wording) -> ColumnElement[bool]:
    """Of one person at a time: what `ids` finds, for statements that walk through people."""
    other = aliased(Organisation)  # the statement may join the organisation itself
    office = select(other.name_key).where(other.id == Stakeholder.organisation_id).scalar_subquery()
    whole = func.coalesce(literal(" ") + office, "")
    key = literal(" ") + Stakeholder.name_key + whole
    named = [
        or_(*[key.contains(start, autoescape=True) for start in _starts(alternatives, wanted)])
        for alternatives in wanted.words
    ]
    parts = [and_(*named)] if named else []
    if wanted.address:
        parts.append(Stakeholder.email_key.startswith(wanted.address, autoescape=True))
        parts.append(Stakeholder.id.in_(by_other_address(wanted.address).correlate(None)))
    if wanted.domain:
        domain = host_of(Stakeholder.email_key)
        parts.append(domain.startswith(wanted.domain, autoescape=True))
        parts.append(Stakeholder.id.in_(by_other_domain(wanted.domain).correlate(None)))
    return or_(false(), *parts)


def ids(wanted: Wording) -> Select[Any] | None:
    """Those whose name, organisation or address is meant; None where only `holds` can tell.

    By an index each: names that hold all words; and for the words that organisations are called,
    their people whose names hold the rest.
    """
    words = _findable(wanted) if has_index() else None
    if words is None:
        return None
    parts = [select(Stakeholder.id).where(_named(words))] if words else []
    parts += _by_office(words)
    if wanted.address:
        parts.append(select(Stakeholder.id).where(begins(Stakeholder.email_key, wanted.address)))
        parts.append(by_other_address(wanted.address))
    if wanted.domain:
        domain = host_of(Stakeholder.email_key)
        parts.append(select(Stakeholder.id).where(begins(domain, wanted.domain)))
        parts.append(by_other_domain(wanted.domain))
    if not parts:  # signs alone, and no letter of any word
        return select(Stakeholder.id).where(false())
    # Some twice: to tell who was found already would need all of them first.
    found = union_all(*[part.correlate(None) for part in parts]).subquery()
    return select(found.c[0])


def _findable(wanted: Wording) -> tuple[tuple[str, ...], ...] | None:
    """Each by its beginnings alone; None where too many known words hold one of them."""
    found = []
    for alternatives in wanted.words:
        begun = list(alternatives)
        for word in alternatives:
            if _is_anywhere(word, wanted):
                holding = words_holding(word)
                if len(holding) > MOST_HOLDING:
                    return None
                begun += holding
        found.append(tuple(dict.fromkeys(begun)))
    return tuple(found)


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
    many = tuple(words)
    if is_postgresql():
        match = _match("office_words", Organisation.id, Organisation.name_key, many)
        return list(reading().scalars(select(Organisation.id).where(match).limit(MOST_OFFICES)))
    rows = _rows_of("office_words", many).limit(MOST_OFFICES)  # of many it reads no more than these
    return list(reading().scalars(rows))


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
    found = id_.in_(_rows_of(index, words))
    return found


def _rows_of(index: str, words: tuple[tuple[str, ...], ...]) -> Select[Any]:
    wanted = " AND ".join(_match_of(index, many) for many in words)
    index_table = table(index, column("rowid"), column(index))
    return select(index_table.c.rowid).where(index_table.c[index].op("MATCH")(wanted))


def _match_of(index: str, words: tuple[str, ...]) -> str:
    """Words as FTS5 reads them. All that begin with one are put together before anyone is found, so
    where few do they are named: of a million who bear the first of two words one is found as fast.
    """
    if index != "people_words" or len(words) > MOST_LONGER:
        return _any_of(words, " OR ", '"{}"*')
    named = []
    for word in words:
        longer = terms("people", f"{word}\x01", word + LAST, MOST_LONGER + 1)
        are_few = len(longer) <= MOST_LONGER
        named += [f'"{one}"' for one in (word, *longer)] if are_few else [f'"{word}"*']
    return f"({' OR '.join(named)})"


def _any_of(words: tuple[str, ...], between: str, form: str) -> str:
    """A word has no quote and no other sign: it is folded."""
    return f"({between.join(form.format(word) for word in words)})"


def _starts(words: Iterable[str], wanted: Wording) -> list[str]:
    return [word if _is_anywhere(word, wanted) else f" {word}" for word in words]


def _is_anywhere(word: str, wanted: Wording) -> bool:
    """Whether it may stand within another word: in a script without spaces, as it was typed."""
    return _has_no_spaces(word) and word not in wanted.near


def _has_no_spaces(word: str) -> bool:
    return any(first <= letter <= last for letter in word for first, last in WITHOUT_SPACES)
