"""A rule of a segment as a sentence that people read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outreach.advice.segments import (
    CUSTOM,
    FACETS,
    QUESTION,
    Condition,
    Facet,
    Names,
    Rule,
    facet_of,
)

SPAN = re.compile(r"(\d{4}-\d\d-\d\d|-?[\d.]*\d)?\.\.(\d{4}-\d\d-\d\d|-?[\d.]*\d)?")
"""`from..to` of numbers or days, either end open."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the sentence that says a rule."""

    lead: str
    """Plain: `in`."""
    values: str
    """In italics, and a menu: `Africa or Arab States`."""
    tail: str = ""
    """`at the World Conference`."""
    condition: Condition | None = None
    """None for the subject of a rule that names no group."""


def sentence(
    rule: Rule, names: Names, labels: Mapping[str, str] | None = None, everyone: str = "Everyone"
) -> list[Clause]:
    """The rule in words, group first: Administrations | in Africa | that have not answered.

    labels    {code of a custom field's or a question's facet: its label}
    everyone  whom it means where it names no group
    """
    groups = [one for one in rule.conditions if one.facet == "group" and not one.is_not]
    clauses = [Clause("", _values(one, names), condition=one) for one in groups]
    clauses = clauses or [Clause("", everyone)]
    for one in rule.conditions:
        if one not in groups:
            facet = facet_of(one.facet, (labels or {}).get(one.facet, ""))
            lead = facet.lead_not if one.is_not else facet.lead
            clauses.append(Clause(lead, _values(one, names), _tail(facet, one, names), one))
    return clauses


def in_words(clauses: Iterable[Clause]) -> str:
    """The sentence as one plain text."""
    return " ".join(part for one in clauses for part in (one.lead, one.values, one.tail) if part)


def _values(one: Condition, names: Names) -> str:
    words = [word_for(one.facet, value, names) for value in one.values]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def word_for(facet: str, value: str, names: Names) -> str:
    """A value as it stands in the sentence."""
    if facet.startswith((QUESTION, CUSTOM)):
        return "anything" if value == "any" else _from_to(value) or names(facet, value)
    said = FACETS[facet].said if facet in FACETS else None
    if said and value in said:
        return said[value]
    if facet == "words":
        return f"“{value}”"
    if facet in ("contacted", "due"):
        return _span(facet, value)
    return names(facet, value)


def _span(facet: str, value: str) -> str:
    how, _, number = value.partition("-")
    days = "1 day" if number == "1" else f"{number} days"
    if facet == "due":
        return f"within {days}" if number else "already"
    return {
        "within": f"written to in the last {days}", "before": f"not written to for {days}",
        "ever": "written to before", "never": "never written to",
    }[how]  # fmt: skip


def _from_to(value: str) -> str:
    """A span of numbers or days: `10 to 20`, `10 or more`, `2027-06-30 or before`."""
    found = SPAN.fullmatch(value)
    if found is None or value == "..":
        return ""
    low, high = found.groups()
    if low and high:
        return f"{low} to {high}"
    is_day = "-" in (low or high)[1:]
    if low:
        return f"{low} or {'later' if is_day else 'more'}"
    return f"{high} or {'before' if is_day else 'less'}"


def _tail(facet: Facet, one: Condition, names: Names) -> str:
    if not one.of:
        return ""
    return f"{'at' if facet.scope == 'event' else 'on'} {names(facet.scope, one.of)}"
