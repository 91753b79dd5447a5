"""A letter's Markdown → a text part and an HTML part that say the same; nothing in it can run."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from outreach.actions.templates import WITHOUT_LINK
from outreach.advice.merging import FIELDS, problems_of
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.wording import ALL_FIELDS, as_text, wording_of

LETTERS = Path(__file__).parents[2] / "outreach" / "reference" / "letters"
VALUES = {name: f"‹{name}›" for name in ALL_FIELDS} | {
    "rsvp_link": "https://outreach.example.org/i/x",
    "unsubscribe_link": "https://outreach.example.org/u/x",
}


class Reader(HTMLParser):
    """The tags, the names of attributes and the links of a mail, as a mail program reads them."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.links = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src")]


def wording(body, subject="A subject", language="en", stop=True):
    return wording_of(subject, body, language, "The Secretariat · us@example.org", stop)


@pytest.mark.parametrize("path", sorted(LETTERS.glob("*.md")), ids=lambda path: path.name)
def test_every_letter_of_the_reference_becomes_a_mail(path):
    subject, _, body = path.read_text(encoding="utf-8").partition("\n")
    kind, language, _ = path.name.split(".")
    assert not list(problems_of(subject, body.strip(), needs_link=kind not in WITHOUT_LINK))
    made = wording(body, subject, language)
    for part in (made.subject, made.text, made.html):
        assert "{" not in part.fill(VALUES).replace("{ ", "").split("</style>")[-1]
    assert f'lang="{language}"' in made.html.fill(VALUES)


def test_links_and_lists_read_well_in_the_text_part():
    text = as_text("Come:\n\n- on **Monday**\n- by [train](https://rail.example.org)\n")
    assert text.split("\n") == [
        "Come:",
        "",
        "- on Monday",
        "",
        "- by train:",
        "https://rail.example.org",
    ]


def test_both_parts_carry_the_personal_link_and_the_stop():
    made = wording("Dear {full_name},\n\n[Answer]({rsvp_link})\n")
    text, html = made.text.fill(VALUES), made.html.fill(VALUES)
    for link in (VALUES["rsvp_link"], VALUES["unsubscribe_link"]):
        assert link in text
        assert f'href="{link}"' in html
    assert "unsubscribe_link" not in made.text.fields[:-1]


def test_a_mail_outside_campaigns_has_no_stop():
    assert "unsubscribe_link" not in wording("Thanks {full_name}", stop=False).html.fields


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>1</script>)",
        "![x](https://elsewhere.example/pixel.gif)",
        '<a href="https://ok.example" onclick="alert(1)">x</a>',
    ],
)
def test_what_staff_write_cannot_run_nor_fetch(source):
    """A14, A16."""
    reader = Reader()
    reader.feed(wording(source).html.fill(VALUES))
    assert not {"script", "img", "iframe", "object", "form"} & reader.tags
    assert not [name for name in reader.attributes if name.startswith("on")]
    assert all(link.startswith("https://") for link in reader.links)


@pytest.mark.parametrize(
    "source",
    ["{{ ''.__class__ }}", "{% for x in y %}", "{{ config }}", "{owner.password}", "{nonsense}"],
)
def test_there_is_no_expression_language(source):
    """A11."""
    with pytest.raises(UnfitLetter):
        wording(source)
    assert list(problems_of("Subject", source))


def test_a_value_in_a_link_that_is_no_link_holds_the_mail():
    """A14."""
    made = wording("[x]({rsvp_link})")
    with pytest.raises(UnfitLetter):
        made.html.fill(VALUES | {"rsvp_link": "javascript:alert(1)"})


def test_a_subject_stays_one_line():
    """A15."""
    with pytest.raises(UnfitLetter):
        wording("Body", subject="One\r\nBcc: all@example.org")
    assert list(problems_of("One\r\nBcc: x", "{rsvp_link}"))


@pytest.mark.parametrize("language", ["ar", "fa", "en", "zh"])
def test_a_mail_runs_in_the_direction_of_its_language(language):
    side = "rtl" if language in ("ar", "fa") else "ltr"
    html = wording("Text", language=language).html.fill(VALUES)
    assert f'lang="{language}" dir="{side}"' in html
    other = "ltr" if side == "rtl" else "rtl"
    assert f"direction:{other}" not in html.replace(" ", "")


def test_every_field_that_is_offered_can_stand_in_a_letter():
    body = " ".join(f"{{{name}}}" for name in FIELDS)
    assert not list(problems_of("Subject", body))
    assert set(wording(body).text.fields) >= set(FIELDS)
