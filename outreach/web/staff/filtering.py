"""The filter sentence of a page: a rule read from the address, said, and changed by clicking."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, make_response, render_template, request, session, url_for

from outreach.advice.segment_words import Clause, sentence, word_for
from outreach.advice.segments import FACETS, OWN, Condition, Rule, facet_of
from outreach.errors import Refusal
from outreach.queries.choices import (
    ADDABLE,
    Names,
    choices,
    event_codes,
    labels_of_organisations,
    own_labels,
    span_of,
)
from outreach.queries.conferences import current_conference
from outreach.queries.shapes import Ground

ALSO_KEPT = ("sort", "columns")
"""What else of an address stays when the rule changes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Of what the sentence of a page is."""

    noun: str
    """In the plural."""
    everyone: str
    addable: Sequence[str]
    """The facets that can be added, beside the group, with which it begins."""
    labels: Callable[[int], dict[str, str]]
    """Of a conference: {facet: label} of what the team itself defined."""


PEOPLE = Subject("people", "Everyone", ADDABLE, own_labels)
ORGANISATIONS = Subject(
    "organisations", "Every organisation", ("region", "country"), labels_of_organisations
)


@dataclass(frozen=True, slots=True)
class Part:
    """A clause with its menu."""

    clause: Clause
    key: str
    choices: list[tuple[str, str, bool]]
    """(value, word, whether it is chosen)"""
    typed: str
    span: str
    """`number` or `date` where its values are from one to another, `text` where one is typed."""
    ends: tuple[str, str]
    """Of the first of its spans, from where and to where."""
    less_url: str
    """The page without it."""
    turned_url: str
    """The page with its opposite."""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """The rule of a page and its sentence."""

    rule: Rule
    ground: Ground
    parts: list[Part]
    subject: Part
    additions: list[tuple[str, str]]
    """(address, label) of what can be added."""
    labels: dict[str, str] = field(default_factory=dict)
    noun: str = PEOPLE.noun

    @property
    def words(self) -> str:
        """What is searched for."""
        return " ".join(self.rule.get("words"))


def filter_of_page(
    endpoint: str, ground: Ground | None = None, subject: Subject = PEOPLE, **values: Any
) -> Filter:
    """The rule that the address of this page says, with a menu for each of its parts.

    ground  where the rule's words are of something narrower than the conference
    A facet that was just added (`add=region`) stands open and holds nothing yet.
    """
    if ground is None:
        conference = current_conference()
        ground = Ground(conference.id if conference else 0, g.at)
    rule = Rule.from_address(request.args.items(multi=True))
    names, labels = Names(ground.conference_id), subject.labels(ground.conference_id)
    clauses = sentence(rule, names, labels, subject.everyone)
    parts = [_part(clause, rule, ground, endpoint, values) for clause in clauses]
    added = _added(rule)
    if added is not None:
        facet = facet_of(added.facet, labels.get(added.facet, ""))
        clause = Clause(facet.lead, "…", "", added)
        parts.append(_part(clause, rule, ground, endpoint, values, is_open=True))
    shown = [part for part in parts[1:] if part.key != "q"]
    offered = [*_offered(subject, ground), *labels.items()]
    additions = _additions(rule, offered, endpoint, values)
    return Filter(rule, ground, shown, parts[0], additions, labels, subject.noun)


def is_typed() -> bool:
    """Whether somebody is typing whom to find: the rows come with the sentence they belong to."""
    return request.headers.get("HX-Trigger-Name") == "q"


def typed_part(template: str, **values: Any) -> Response:
    """Rows and sentence; and the page has the address of what is typed, so that what is done on it
    next, or a link to it, is about the people who are shown."""
    part = make_response(render_template(template, **values))
    part.headers["HX-Replace-Url"] = request.full_path.rstrip("?")
    return part


def rule_of_form() -> Rule:
    """The rule that a form carries along. Raises Refusal where it was lost on the way."""
    try:
        return Rule.from_json(json.loads(request.form.get("rule", "")))
    except ValueError:
        raise Refusal("The sentence of this page was lost. Open the page again.") from None


def chosen_columns(kept: str, known: Sequence[str], at_first: Sequence[str]) -> list[str]:
    """The columns that the address asks for, or that this person chose last.

    kept  under which name they are remembered
    """
    if wanted := request.args.getlist("columns"):
        session[kept] = [name for name in known if name in wanted]
    return [name for name in session.get(kept, at_first) if name in known]


def address_of(endpoint: str, rule: Rule, **more: Any) -> str:
    """The page with another rule; sort and columns stay."""
    pairs: dict[str, Any] = {
        name: request.args.getlist(name) for name in ALSO_KEPT if request.args.get(name)
    }
    for name, value in rule.address():
        pairs.setdefault(name, [])
        pairs[name].append(value)
    return url_for(endpoint, **(pairs | more))


def _part(
    clause: Clause, rule: Rule, ground: Ground, endpoint: str, values: Any, is_open: bool = False
) -> Part:
    one = clause.condition or Condition("group", ())
    offered = choices(one.facet, ground.conference_id) if one.facet != "words" else []
    known = {value for value, _ in offered}
    offered += [(value, value) for value in one.values if value not in known and offered]
    span = "" if offered else span_of(one.facet)
    spans, ends = [*one.values], ("", "")
    if span:
        offered = [("any", "anything")]
        spans = [value for value in one.values if value != "any"]
    if span in ("number", "date") and spans:
        first, dots, last = spans.pop(0).partition("..")
        ends = first, last if dots else first
        offered += [(value, word_for(one.facet, value, lambda _, word: word)) for value in spans]
    turned = Condition(one.facet, one.values, one.of, not one.is_not)
    less = rule.without(one.key)
    return Part(
        clause,
        one.key,
        [(value, word, value in one.values) for value, word in offered],
        " ".join(spans) if span in ("", "text") and not known else "",
        span,
        ends,
        address_of(endpoint, less, **values),
        address_of(endpoint, less.and_(turned), **values) if one.values else "",
        is_open,
    )


def _added(rule: Rule) -> Condition | None:
    code, _, of = request.args.get("add", "").partition("@")
    if not code or (code not in FACETS and not OWN.match(code)):
        return None
    one = Condition(code, (), of if code in FACETS and FACETS[code].scope else "")
    return None if any(known.key == one.key for known in rule.conditions) else one


def _offered(subject: Subject, ground: Ground) -> Iterator[tuple[str, str]]:
    """(code, label) of the facets that we have; an answer, of each event."""
    for code in subject.addable:
        yield code, FACETS[code].label
        if code == "answer":
            for event, name in event_codes(ground.conference_id)[1:]:
                yield f"{code}@{event}", f"Answer to {name}"


def _additions(
    rule: Rule, offered: Iterable[tuple[str, str]], endpoint: str, values: Any
) -> list[tuple[str, str]]:
    taken = {one.key for one in rule.conditions}
    return [
        (address_of(endpoint, rule, add=code, **values), label)
        for code, label in offered
        if code not in taken and code != "group"
    ]
