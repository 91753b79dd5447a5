"""Rules that say which people are meant, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.advice.segment_words import in_words, sentence
from outreach.advice.segments import ANSWERS, FACETS, Condition, Rule, UnreadableRule

NAMES = {"AFR": "Africa", "ARB": "Arab States", "administrations": "Administrations",
         "RPM-AFR": "the meeting in Nairobi", "vip": "VIP"}  # fmt: skip


def said(*conditions: Condition) -> str:
    return in_words(sentence(Rule.of(conditions), lambda _, value: NAMES.get(value, value)))


def test_a_rule_is_said_in_one_sentence():
    assert said() == "Everyone"
    assert said(
        Condition("answer", ("silent",)),
        Condition("region", ("AFR",)),
        Condition("group", ("administrations",)),
        Condition("due", ("within-14",)),
    ) == ("Administrations in Africa that have not answered with an answer due within 14 days")
    assert said(
        Condition("region", ("AFR", "ARB"), is_not=True),
        Condition("answer", ("accepted",), of="RPM-AFR"),
        Condition("contacted", ("before-30",)),
        Condition("words", ("zoë",)),
    ) == (
        "Everyone not in Africa or Arab States that have accepted at the meeting in Nairobi "
        "not written to for 30 days matching “zoë”"
    )
    spans = ("10..20", "10..", "..2027-06-30", "any", "a..b")
    assert said(Condition("custom_pledge", spans)).endswith(
        "10 to 20, 10 or more, 2027-06-30 or before, anything or a..b"
    )


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    of, is_not = draw(st.sampled_from(["", "WTDC-27", "a@b"])), draw(st.booleans())
    facet, values = draw(
        st.sampled_from(
            [("answer", list(ANSWERS)), ("tag", ["vip", "Été", "a&b=c"]), ("words", ["Zoë o'x"]),
             ("custom_vegan", ["yes"]), ("due", ["past", "within-3"]), ("tier", ["1", "3"])]
        )
    )  # fmt: skip
    scope = FACETS[facet].scope if facet in FACETS else ""
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
    return Condition(facet, tuple(chosen), of if scope else "", is_not)


@given(st.lists(conditions(), max_size=6))
def test_a_rule_comes_back_from_json_and_from_an_address_as_it_was(parts):
    rule = Rule.of(parts)
    assert Rule.from_address(rule.address()) == rule
    assert Rule.from_json(rule.to_json()).to_json() == rule.to_json()


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"all": "x"}, {"all": [1]}, {"all": [{"facet": "region"}]},
     {"all": [{"facet": "password", "any": ["x"]}]},
     {"all": [{"facet": "region", "any": []}]},
     {"all": [{"facet": "region", "any": ["AFR"], "of": "WTDC"}]},
     {"all": [{"facet": "tier", "any": ["1 OR 1=1"]}]},
     {"all": [{"facet": "country", "any": [1]}]},
     {"all": [{"facet": "country", "any": ["KE"], "or": []}]},
     {"all": [{"facet": "due", "any": ["within-99999"]}]},
     {"all": [{"facet": "tag", "any": ["x" * 201]}]},
     {"all": [{"facet": "tag", "any": ["t"], "of": ""}, {"facet": "tag", "any": ["t\0"]}]},
     {"all": [{"facet": f"custom_{n}", "any": ["x"]} for n in range(21)]}],
)  # fmt: skip
def test_json_that_says_something_else_is_refused(value):
    with pytest.raises(UnreadableRule):
        Rule.from_json(value)


def test_an_address_shows_what_it_can_and_never_fails():
    pairs = [("sort", "-name"), ("region", "AFR"), ("region", ""), ("tier", "x"), ("q", " zo\0ë "),
             ("not.tag", "vip"), ("region@WTDC", "AFR"), ("after", "e30"), ("@", "x")]  # fmt: skip
    found = Rule.from_address(pairs).address()
    assert found == [("region", "AFR"), ("not.tag", "vip"), ("q", "zoë")]
