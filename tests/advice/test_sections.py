"""Conditional sections: one kind, no expression language, and always a letter that is whole."""

import pytest

from outreach.advice.merging import fields_in, problems_of, with_defaults
from outreach.advice.sections import (
    Facts,
    UnfitSection,
    conditions_in,
    has_sections,
    resolved,
    section_problems,
    variants,
)

LETTER = """Dear {full_name},

{if star}
A car will meet you.
{else}
The shuttle leaves every ten minutes.
{end}

Come{if not language fr, es}, in English{end}.

[Answer]({rsvp_link})
"""


def read(**facts):
    return resolved(LETTER, Facts(**facts).held(LETTER)).split("\n\n")


def test_a_section_is_kept_for_those_of_whom_it_holds_and_leaves_no_trace_for_the_others():
    assert read(is_star=True, language="fr") == [
        "Dear {full_name},", "A car will meet you.", "Come.", "[Answer]({rsvp_link})\n",
    ]  # fmt: skip
    assert read(language="de")[1:3] == [
        "The shuttle leaves every ten minutes.",
        "Come, in English.",
    ]


def test_a_group_is_one_of_those_that_are_named_and_kinds_are_several():
    text = "{if group banks, media}G{end}{if kind fund_owner}K{end}"
    assert resolved(text, Facts(group="media").held(text)) == "G"
    assert resolved(text, Facts(group="other").held(text)) == ""
    assert resolved(text, Facts(kinds=["beneficiary", "fund_owner"]).held(text)) == "K"


def test_what_holds_is_remembered_in_words():
    assert Facts(is_star=True, language="fr").held(LETTER) == "language es, fr; star"
    assert list(variants(LETTER)) == ["", "language es, fr", "star", "language es, fr; star"]
    assert not has_sections("Dear {end_of_year}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{if star}x", "not ended"),
        ("x{end}", "no {if …} before"),
        ("{else}", "no {if …} before"),
        ("{if star}{if group media}x{end}{end}", "inside another section"),
        ("{if star}a{else}b{else}c{end}", "two {else}"),
        ("{if starr}x{end}", r"Did you mean {if star}\?"),
        ("{if}x{end}", "is none"),
        ("{if group}x{end}", "names no group"),
        ("{if star yes}x{end}", "takes nothing more"),
        ("{if group a.b}x{end}", "no code of a group"),
        ("{if owner.password}x{end}", "is none"),
        ("{if group ''.__class__}x{end}", "no code of a group"),
    ],
)
def test_sections_that_do_not_fit_are_refused_with_what_to_do(text, words):
    """A11: a section can name a fact and its codes, and nothing else."""
    with pytest.raises(UnfitSection, match=words):
        conditions_in(text)
    assert list(problems_of("Subject", text + " {rsvp_link}"))


def test_a_code_that_does_not_exist_is_named_with_the_one_that_was_meant():
    known = {"group": {"media", "academia"}}
    (problem,) = section_problems("{if group medai}x{end}", values=known)
    assert problem == "{if group medai}: there is no group “medai”. Did you mean “media”?"


def test_more_variants_than_anyone_can_look_through_are_refused():
    text = "".join(f"{{if group g{number}}}x{{end}}" for number in range(7))
    assert "Keep to 6" in next(section_problems(text))


def test_the_personal_link_stands_in_everyones_letter():
    (problem,) = problems_of("S", "{if star}{rsvp_link}{else}Wait{end}")
    assert "missing in the letter of those for whom no section holds" in problem
    assert not list(problems_of("S", "{if star}{rsvp_link}{else}Here: {rsvp_link}{end}"))


def test_fields_within_a_section_are_checked_too():
    assert "no field {ofice}" in next(problems_of("S", "{if star}{ofice}{end}{rsvp_link}"))
    assert fields_in(LETTER) == {"full_name", "rsvp_link"}


def test_words_stand_in_for_what_is_not_known():
    (text,), defaults = with_defaults("{title|Dr}, {title|Dr} {office|colleague} { full_name }")
    assert text == "{title__1}, {title__1} {office__2} {full_name}"
    assert defaults == {"title__1": ("title", "Dr"), "office__2": ("office", "colleague")}
    assert fields_in("{title|Dr} {office}", is_bare=True) == {"office"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{title|}", "stand the words"),
        ("{rsvp_link|https://x.example}", "nothing can stand in for it"),
        (f"{{title|{'x' * 201}}}", "too long"),
        ("{titel|Dr}", "Did you mean {title}?"),
        ("{title|a|b}", "A brace stands alone"),
    ],
)
def test_words_that_cannot_stand_in_are_refused(text, words):
    assert any(words in one for one in problems_of("S", text + " {rsvp_link}"))
