"""Rules that say which people are meant: read from JSON or an address, and checked.

A rule is conditions that must all hold; of one condition's values any is enough. It knows codes,
never ids, so that it means the same after a restore, and names nothing that it has not checked.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from outreach.errors import Refusal

MOST_CONDITIONS = 20
MOST_VALUES = 300
LONGEST_VALUE = 200
CUSTOM = "custom_"
"""Before the code of a custom field; how its values are read, its definition says."""

QUESTION = "question_"
"""Before the number of a question of an answer form; how its values are read, its kind says."""

_CODE = re.compile(r"[^\x00-\x1f\x7f]{1,200}\Z")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_DAYS = re.compile(r"(?:(?:within|before)-[0-9]{1,4}|never|ever)\Z")
OWN = re.compile(rf"{CUSTOM}.|{QUESTION}[0-9]{{1,15}}\Z")
"""The facets of what the team itself defined."""
_QUESTION = re.compile(rf"{QUESTION}[0-9]{{1,15}}\Z")
_DUE = re.compile(r"(?:within-[0-9]{1,4}|past)\Z")


def _one_of(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words)})\Z")


ANSWERS = {
    "not_asked": "have not been asked",
    "silent": "have not answered",
    "answered": "have answered",
    "accepted": "have accepted",
    "tentative": "are undecided",
    "declined": "have declined",
    "delegated": "send someone else",
    "undeliverable": "could not be reached",
}
"""{value of `answer`: as it stands in a sentence}"""
GENDERS = {
    "female": "women",
    "male": "men",
    "other": "of another gender",
    "undisclosed": "not disclosing their gender",
    "unstated": "of no stated gender",
}
DECISIONS = {
    "approved": "approved",
    "undecided": "not approved yet",
    "alternate": "alternates who wait for a place",
}
STARS = {"yes": "stars", "nominated": "nominated as stars"}


class UnreadableRule(Refusal):
    """A rule that says something that no filter knows."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This filter cannot be read: {why}")


@dataclass(frozen=True, slots=True)
class Facet:
    """Something by which people can be told apart."""

    code: str
    label: str
    """In the menu of what can be added."""
    lead: str
    """Before its values in the sentence, when they are wanted; `lead_not` when they are not."""
    lead_not: str
    values: re.Pattern[str] = _CODE
    scope: str = ""
    """`event` or `list`: what its `of` names; nothing where it has none."""
    said: Mapping[str, str] | None = None
    """Values whose words stand here; others are named by whoever looks them up."""
    is_typed: bool = False
    """Its one value is typed, not chosen."""


_FACETS = (
    Facet("group", "Constituent group", "of", "not of"),
    Facet("region", "Region", "in", "not in"),
    Facet("country", "Country", "from", "not from", re.compile(r"[A-Z]{2}\Z")),
    Facet("language", "Language", "who read", "who do not read", re.compile(r"[a-z]{2,3}\Z")),
    Facet("gender", "Gender, as stated", "who are", "who are not", _one_of(*GENDERS), said=GENDERS),
    Facet("kind", "Kind of participant", "who are", "who are not"),
    Facet("tag", "Tag", "tagged", "not tagged"),
    Facet("owner", "Owner", "looked after by", "not looked after by",
          re.compile(r"(?:[0-9]{1,15}|nobody)\Z")),
    Facet("list", "Target list", "on", "not on"),
    Facet("star", "Star", "who are", "who are not", _one_of(*STARS), "list", STARS),
    Facet("tier", "Tier", "in tier", "not in tier", _NUMBER, "list"),
    Facet("wave", "Wave", "in wave", "not in wave", _NUMBER, "list"),
    Facet("decision", "Decision", "who are", "who are not", _one_of(*DECISIONS), "list", DECISIONS),
    Facet("answer", "Answer", "that", "other than those that", _one_of(*ANSWERS), "event", ANSWERS),
    Facet("due", "Answer due", "with an answer due", "without an answer due", _DUE, "event"),
    Facet("contacted", "Last written to", "", "other than those", _DAYS),
    Facet("attended", "Came to", "who came to", "who did not come to"),
    Facet("address", "Address", "with", "without", _one_of("any"), said={"any": "an address"}),
    Facet("words", "Name, address or organisation", "matching", "not matching", is_typed=True),
)  # fmt: skip
FACETS: dict[str, Facet] = {facet.code: facet for facet in _FACETS}
_IN_ADDRESS = {"words": "q"}
_FROM_ADDRESS = {short: code for code, short in _IN_ADDRESS.items()}


def facet_of(code: str, label: str = "") -> Facet:
    """The facet of a code, of a custom field or a question too. Raises UnreadableRule."""
    if _QUESTION.match(code):
        name = label or code.replace("_", " ")
        return Facet(code, name, f"who answered “{name}” with", f"who did not answer “{name}” with")
    if code.startswith(CUSTOM) and _CODE.match(code):
        name = label or code.removeprefix(CUSTOM)
        return Facet(code, name, f"with {name}:", f"without {name}:")
    if code not in FACETS:
        raise UnreadableRule(f"nobody can be told apart by “{code[:60]}”.")
    return FACETS[code]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: the facet has one of these values, or none of them."""

    facet: str
    values: tuple[str, ...]
    of: str = ""
    """The code of the event or list that is meant; nothing for the conference, or for any list."""
    is_not: bool = False

    @property
    def key(self) -> str:
        """Its name in an address: `region`, `answer@WTDC`, `not.tag`."""
        of = f"@{self.of}" if self.of else ""
        return f"{'not.' if self.is_not else ''}{_IN_ADDRESS.get(self.facet, self.facet)}{of}"

    def check(self) -> None:
        """Raises UnreadableRule where it names a facet or value that there cannot be."""
        facet = facet_of(self.facet)
        if self.of and (not facet.scope or not _CODE.match(self.of)):
            raise UnreadableRule(f"“{facet.label}” is of no event and no list.")
        if not 0 < len(self.values) <= MOST_VALUES:
            raise UnreadableRule(f"“{facet.label}” takes 1 to {MOST_VALUES} values.")
        for value in self.values:
            if len(value) > LONGEST_VALUE or not facet.values.match(value):
                raise UnreadableRule(f"“{value[:60]}” is no value of “{facet.label}”.")


_OF_MAIL = ("answer", "due", "contacted")
"""Facets that a mail or its answer changes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions that must all hold; none of them for everyone."""

    conditions: tuple[Condition, ...] = ()

    @property
    def follows_mail(self) -> bool:
        """Whether writing to someone may put them into it, or take them out of it."""
        return any(one.facet in _OF_MAIL for one in self.conditions)

    def __bool__(self) -> bool:
        return bool(self.conditions)

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> "Rule":
        """The rule of these conditions, checked, in the order in which they are said.

        Those of one key are put together.
        """
        merged: dict[str, Condition] = {}
        for condition in conditions:
            known = merged.get(condition.key)
            values = (*known.values, *condition.values) if known else condition.values
            merged[condition.key] = replace(condition, values=tuple(dict.fromkeys(values)))
        order = [*FACETS]
        rule = cls(
            tuple(
                sorted(
                    merged.values(),
                    key=lambda one: order.index(one.facet) if one.facet in FACETS else len(order),
                )
            )
        )
        if len(rule.conditions) > MOST_CONDITIONS:
            raise UnreadableRule(f"it has more than {MOST_CONDITIONS} conditions.")
        for condition in rule.conditions:
            condition.check()
        return rule

    @classmethod
    def from_json(cls, value: Any) -> "Rule":
        """Read `to_json`'s value, or anything that claims to be one. Raises UnreadableRule."""
        rows = value.get("all") if isinstance(value, dict) else None
        if not isinstance(rows, list):
            raise UnreadableRule("it holds no list of conditions under “all”.")
        return cls.of(_condition(row) for row in rows)

    def to_json(self) -> dict[str, Any]:
        """For a JSON column and for the digest of an approval: one rule, one text."""
        rows = []
        for one in sorted(self.conditions, key=lambda condition: condition.key):
            row: dict[str, Any] = {"facet": one.facet, "any": sorted(one.values)}
            if one.of:
                row["of"] = one.of
            if one.is_not:
                row["not"] = True
            rows.append(row)
        return {"all": rows}

    @classmethod
    def from_address(cls, pairs: Iterable[tuple[str, str]]) -> "Rule":
        """What an address says; names that are no facets and values that cannot be are passed over.

        An address is typed and bookmarked: it never fails, it shows what it can.
        """
        found: list[Condition] = []
        for name, value in _spans_joined(pairs):
            rest = name.removeprefix("not.")
            code, _, of = rest.partition("@")
            code, value = _FROM_ADDRESS.get(code, code), value.replace("\0", "").strip()
            condition = Condition(code, (value[:LONGEST_VALUE],), of, name != rest)
            try:
                condition.check()
            except UnreadableRule:
                continue
            found.append(condition)
        return cls.of(found[:MOST_VALUES]) if found else cls()

    def address(self) -> list[tuple[str, str]]:
        """The rule as the names and values of an address."""
        return [(one.key, value) for one in self.conditions for value in one.values]

    def get(self, facet: str, of: str = "") -> tuple[str, ...]:
        """The values that are wanted of a facet."""
        for one in self.conditions:
            if (one.facet, one.of, one.is_not) == (facet, of, False):
                return one.values
        return ()

    def without(self, key: str) -> "Rule":
        """The rule less the condition of this key."""
        return Rule(tuple(one for one in self.conditions if one.key != key))

    def and_(self, *conditions: Condition) -> "Rule":
        """The rule with these conditions too."""
        return Rule.of((*self.conditions, *conditions))


def _spans_joined(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of an address, with what two fields of a form say (`from.custom_age=10`,
    `to.custom_age=20`) as one value: `10..20`, `10..`, or `10` where both say the same."""
    joined: list[tuple[str, str]] = []
    ends: dict[str, dict[str, str]] = {}
    for name, value in pairs:
        end, dot, rest = name.partition(".")
        if dot and end in ("from", "to"):
            ends.setdefault(rest, {})[end] = value.strip()
        else:
            joined.append((name, value))
    for name, span in ends.items():
        low, high = span.get("from", ""), span.get("to", "")
        if low or high:
            joined.append((name, low if low == high else f"{low}..{high}"))
    return joined


def _condition(row: Any) -> Condition:
    known = {"facet", "any", "of", "not"}
    if not isinstance(row, dict) or not set(row) <= known:
        raise UnreadableRule("one of its conditions is none.")
    values, of, is_not = row.get("any"), row.get("of", ""), row.get("not", False)
    fits = (
        isinstance(row.get("facet"), str) and isinstance(of, str) and isinstance(is_not, bool)
        and isinstance(values, list) and all(isinstance(value, str) for value in values)
    )  # fmt: skip
    if not fits:
        raise UnreadableRule("one of its conditions is none.")
    return Condition(row["facet"], tuple(values or ()), of, is_not)


Names = Callable[[str, str], str]
"""(facet, value) → what people call it; (`event` or `list`, code) too."""
