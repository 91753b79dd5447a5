"""A letter's Markdown → a text part and an HTML part that say the same; nothing in it can run."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from outreach.actions.templates import WITHOUT_LINK
from outreach.advice.hyperlinks import hosts_in
from outreach.advice.merging import FIELDS, problems_of
from outreach.delivery.letter import UnfitLetter, compile_html
from outreach.delivery.wording import ALL_FIELDS, Emblem, as_text, wording_of

LETTERS = Path(__file__).parents[2] / "outreach" / "reference" / "letters"
VALUES = {name: f"‹{name}›" for name in ALL_FIELDS} | {
    "rsvp_link": "https://outreach.example.org/i/x",
    "conference_link": "https://outreach.example.org/conference/x?language=en",
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


def test_links_of_a_campaign_carry_its_parameters_and_paths_our_address():
    """A16: the address of this house comes from the settings alone."""
    body = (
        "[a](/conference/wdc) [b](https://x.example/p?q=1#part) [c]({rsvp_link}) "
        "[d](mailto:a@x.example) [e](https://x.example/?utm_source=us)\n"
    )
    made = wording_of("S", body, "en", "Us", True, "https://our.example", "utm_campaign=spring")
    reader = Reader()
    reader.feed(made.html.fill(VALUES))
    assert reader.links == [
        "https://our.example/conference/wdc?utm_campaign=spring",
        "https://x.example/p?q=1&utm_campaign=spring#part",
        VALUES["rsvp_link"],
        "mailto:a@x.example",
        "https://x.example/?utm_source=us",
        VALUES["unsubscribe_link"],
    ]
    assert "https://our.example/conference/wdc?utm_campaign=spring" in made.text.fill(VALUES)


@pytest.mark.parametrize(
    "link",
    [
        "http://x.example",
        "//x.example/",
        "data:text/html,x",
        "javascript:alert(1)",
        "https://user@x.example",
        "/\\x.example",
        "ftp://x.example",
    ],
)
def test_a_link_that_must_not_be_sent_is_refused_at_saving(link):
    """A16."""
    body = f"[x]({link}) {{rsvp_link}}"
    assert any("cannot stand in a letter" in one for one in problems_of("S", body))
    assert list(problems_of("S", f"<{link}> {{rsvp_link}}")) or ":" not in link


def test_hosts_are_listed_for_the_approver():
    """A16."""
    body = "[x](https://b.example/1) <https://a.example> https://c.example/x {rsvp_link} [o](/our)"
    assert hosts_in(body) == ["a.example", "b.example", "c.example"]
    assert not list(problems_of("S", body))


def test_an_image_is_ours_has_words_and_says_them_in_the_text_part():
    made = wording_of(
        "S", "![The hall](/pictures/hall.png)", "en", "Us", False, "https://our.example"
    )
    html = made.html.fill(VALUES)
    assert 'src="https://our.example/pictures/hall.png"' in html
    assert 'alt="The hall"' in html
    assert "The hall" in made.text.fill(VALUES)
    found = list(
        problems_of("S", "![](/pictures/hall.png) ![x](https://x.example/y.png) {rsvp_link}")
    )
    assert len(found) == 2


class Words(HTMLParser):
    """The words of a mail, as someone reads them."""

    def __init__(self):
        super().__init__()
        self.words, self.is_hidden = [], False

    def handle_starttag(self, tag, attrs):
        self.is_hidden = tag in ("style", "title", "script") or self.is_hidden

    def handle_endtag(self, tag):
        if tag in ("style", "title", "script"):
            self.is_hidden = False

    def handle_data(self, data):
        if not self.is_hidden:
            self.words += re.findall(r"[\w’]+", data)


@pytest.mark.parametrize("path", sorted(LETTERS.glob("*.md")), ids=lambda path: path.name)
def test_the_text_part_says_the_same_as_the_html_part(path):
    subject, _, body = path.read_text(encoding="utf-8").partition("\n")
    made = wording(body, subject, path.name.split(".")[1], stop=False)
    values = {name: f"value{number}" for number, name in enumerate(sorted(ALL_FIELDS))}
    values["rsvp_link"] = values["conference_link"] = "https://our.example/i/x"
    reader = Words()
    reader.feed(made.html.fill(values))
    text = made.text.fill(values).replace(values["rsvp_link"], "").replace("-- \n", "")
    words = re.findall(r"[\w’]+", text)
    assert "".join(reader.words[1:]) == "".join(
        words
    )  # the head of the page names the host besides


def test_a_mail_is_small_and_is_compiled_once(monkeypatch):
    compiled = []
    monkeypatch.setattr(
        "outreach.delivery.wording.compile_html",
        lambda *args: compiled.append(1) or compile_html(*args),
    )
    made = [wording_of("Once", "Dear {full_name}", "en", "Us", True) for _ in range(3)]
    assert len(compiled) == 1
    assert len(made[0].html.fill(VALUES).encode()) < 12_000


def test_a_mail_is_legible_in_the_dark():
    """Every colour on the sheet has its pair, and no program is left to guess."""
    html = wording("Text [x]({rsvp_link})").html.fill(VALUES)
    assert '<meta name="color-scheme" content="light dark"' in html
    dark = html.partition("(prefers-color-scheme")[2].partition("</style>")[0]
    for colour in ("#0f161d", "#141b22", "#e8edf2", "#6db3ff", "#9fb0c0"):
        assert colour in dark


def test_words_that_are_names_of_the_layout_stay_words():
    emblem = Emblem("/pictures/x.png", "LETTERHEAD and FOOTER of the HOST", 64, 64)
    made = wording_of(
        "S", "A LETTER with a FOOTER", "en", "Our footer", True, "https://x.example", emblem=emblem
    ).html
    html = "".join(made.literals)
    assert html.count("Our footer") == html.count("A LETTER with a FOOTER") == 1
    assert 'alt="LETTERHEAD and FOOTER of the HOST"' in html
