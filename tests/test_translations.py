"""Everything that invitees read stands in every language, as the source has it today."""

import shutil
from string import Formatter

import pytest

from outreach import languages
from outreach.actions.reference import LETTERS, REFERENCE
from outreach.advice.merging import fields_in, problems_of
from outreach.delivery.phrases import dates
from outreach.delivery.wording import wording_of
from outreach.languages import languages as all_languages
from outreach.languages import locale_of, spoken, words_of
from tests.factories import NOON
from tools import translations

SIX = {"ar", "en", "es", "fr", "ru", "zh"}
CATALOGUES = dict(translations.catalogues())


def test_there_are_the_six_languages():
    assert set(all_languages()) == SIX
    assert set(CATALOGUES) == SIX - {"en"}


@pytest.mark.parametrize("language", CATALOGUES)
def test_no_text_is_missing_fuzzy_stale_or_has_other_fields(language):
    """`python -m tools.translations update`, translate what is new, and once more."""
    wanted = translations.source()
    assert len(wanted) > 100
    assert list(translations.problems(CATALOGUES[language], wanted)) == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_read_is_what_is_written(language):
    path = CATALOGUES[language]
    assert path.with_suffix(".mo").read_bytes() == translations.compiled(path)


def test_a_text_that_changed_in_the_source_is_found(tmp_path):
    path = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        CATALOGUES["fr"].read_text().replace('msgid "I accept"', 'msgid "I accepted"')
        .replace('msgstr "Oui"', 'msgstr ""')
    )  # fmt: skip
    found = set(translations.problems(path, translations.source()))
    assert found == {"missing: I accept", "stale: I accepted", "not translated: Yes"}


def test_a_seventh_language_is_a_folder(tmp_path, monkeypatch):
    folder = tmp_path / "translations"
    shutil.copytree(languages.FOLDER, folder)
    shutil.copytree(folder / "fr", folder / "pt")
    monkeypatch.setattr(languages, "FOLDER", folder)
    kept = (languages.languages, languages.words_of)
    for each in kept:
        each.cache_clear()
    try:
        assert set(languages.languages()) == {*SIX, "pt"}
        assert languages.spoken("pt-BR", "en") == "pt"
        assert languages.words_of("pt").gettext("Yes") == "Oui"
    finally:
        for each in kept:
            each.cache_clear()


@pytest.mark.parametrize("language", sorted(SIX))
@pytest.mark.parametrize("code", LETTERS)
def test_every_first_letter_stands_in_every_language(code, language):
    text = (REFERENCE / "letters" / f"{code}.{language}.md").read_text()
    subject, _, body = text.partition("\n")
    english = (REFERENCE / "letters" / f"{code}.en.md").read_text()
    assert not list(problems_of(subject, body, needs_link="{rsvp_link}" in english))
    assert fields_in(text) == fields_in(english)
    is_news = code == "promotion"
    wording = wording_of(subject, body, language, "From us", True, is_news=is_news)
    what = "news" if is_news else "campaign mail"
    stop = words_of(language).gettext(f"Stop {what} to this address")
    assert stop in wording.html.mark(str)
    assert stop in wording.text.mark(str)


def test_every_field_of_a_text_is_named():
    for message in translations.source():
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        for text in texts:
            assert not [part for part in Formatter().parse(text) if part[1]], text


def test_days_are_written_as_the_language_writes_them():
    last = NOON.replace(day=3)
    written = {code: dates(NOON, last, "UTC", locale_of(code)) for code in SIX}
    assert written == {
        "ar": "1–3 سبتمبر 2026", "en": "1–3 September 2026", "es": "1–3 de septiembre de 2026",
        "fr": "1–3 septembre 2026", "ru": "1–3 сентября 2026\u202fг.", "zh": "2026年9月1日至3日",
    }  # fmt: skip


def test_a_language_is_the_first_wish_that_is_ours():
    assert spoken(None, "", "xx", "fr-CA", "es") == "fr"
    assert spoken("zh_Hant") == "zh"
    assert spoken("../../etc", None) == "en"
