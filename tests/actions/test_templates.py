"""Templates: checked as they are saved; a version never changes."""

import pytest

from outreach.actions.templates import (
    UnfitText,
    Wording,
    WrittenMeanwhile,
    create_template,
    write_version,
)
from outreach.errors import NotFound, Refusal
from outreach.models.activity import CONSOLE
from outreach.queries.templates import latest_texts, template, templates, versions
from tests.factories import NOON, make_campaign

GOOD = "Dear {full_name},\n\n[Answer]({rsvp_link})\n"


@pytest.fixture
def letter(app):
    return next(one for one in templates() if one.code == "invitation")


def write(letter, *texts, seen=None, name="Invitation"):
    return write_version(letter.id, name, texts, seen=seen or letter.version, by=CONSOLE, at=NOON)


def test_a_new_version_stands_beside_the_old_one(letter):
    campaign = make_campaign()
    assert write(letter, Wording("en", "Come", GOOD)) == letter.version + 1
    assert [text.subject for text in latest_texts(letter.id)] == ["Come"]
    new, old = versions(letter.id)
    assert (new.number, old.number) == (2, 1)
    assert old.campaigns == [(campaign.id, campaign.name)]
    assert new.campaigns == []


def test_the_same_words_again_make_no_new_version(letter):
    texts = [Wording(one.language, one.subject, one.body) for one in latest_texts(letter.id)]
    assert write(letter, *texts, name="Another name") == letter.version
    assert template(letter.id).name == "Another name"


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [
        ("S", "Dear {full_nam}, {rsvp_link}", r"There is no field {full_nam}. Did you mean"),
        ("S", "{{ config }} {rsvp_link}", "no field"),
        ("S", "Dear {full_name}, {rsvp_link} {", "A brace stands alone"),
        ("S", "Dear {full_name}", "The personal link is missing"),
        ("S", "[to be decided] {rsvp_link}", "note in brackets is still there"),
        (
            "S",
            "https://x.example/i/abcdefghijklmnopqrstuvwxyz {rsvp_link}",
            "Somebody’s|Somebody's",
        ),
        ("", GOOD, "The subject is empty"),
        ("S\r\nBcc: x", GOOD, "line break"),
        ("S", " ", "The body is empty"),
    ],
)
def test_a_text_with_a_mistake_is_not_saved_and_says_in_which_language(
    letter, subject, body, words
):
    """A11, A15."""
    with pytest.raises(UnfitText, match=words) as refusal:
        write(letter, Wording("en", "Good", GOOD), Wording("fr", subject, body))
    assert list(refusal.value.problems) == ["fr"]
    assert template(letter.id).version == letter.version


def test_whoever_saves_second_is_told_and_overwrites_nothing(letter):
    write(letter, Wording("en", "First", GOOD))
    with pytest.raises(WrittenMeanwhile, match="Version 2 was saved by someone else"):
        write(letter, Wording("en", "Second", GOOD), seen=letter.version)
    assert [text.subject for text in latest_texts(letter.id)] == ["First"]


def test_a_new_template_gets_a_code_of_its_own(app):
    texts = [Wording("en", "Come", GOOD), Wording("ar", "دعوة", GOOD)]
    made = [
        create_template("Letter to ministers!", "invitation", texts, by=CONSOLE, at=NOON)
        for _ in range(2)
    ]
    assert [template(one).code for one in made] == ["letter_to_ministers", "letter_to_ministers_2"]
    assert template(made[0]).languages == ["ar", "en"]
    nameless = create_template("李", "invitation", texts, by=CONSOLE, at=NOON)
    assert template(nameless).code == "letter"


def test_thanks_need_no_link(app):
    texts = [Wording("en", "Thanks", "Thank you, {full_name}.\n")]
    assert create_template("Thanks", "thank_you", texts, by=CONSOLE, at=NOON)


def test_a_template_without_a_text_or_that_is_not_there_is_refused(letter):
    with pytest.raises(Refusal, match="at least one language"):
        create_template("Empty", "invitation", [], by=CONSOLE, at=NOON)
    with pytest.raises(NotFound):
        write_version(10**9, "x", [Wording("en", "S", GOOD)], seen=1, by=CONSOLE, at=NOON)
