"""Countries and languages as people write them, in six languages and by code."""

import csv

import pytest

from outreach.intake.countries import read_country
from outreach.intake.languages import read_language


def test_all_member_states_are_known_by_name_and_code_namibia_too():
    path = "outreach/reference/itu_member_states.csv"
    with open(path, encoding="utf-8", newline="") as file:
        states = list(csv.DictReader(file))
    assert len(states) == 194
    for state in states:
        code = state["iso3166_alpha2"]
        assert {read_country(code), read_country(state["name_en"])} == {code}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Republic of Korea", "KR"),
        ("Iran, Islamic Republic of", "IR"),
        ("COTE D'IVOIRE", "CI"),
        ("The Gambia", "GM"),
        ("Gambia (The)", "GM"),
        ("Federal Republic of Germany", "DE"),
        ("Congo", "CG"),
        ("DR Congo", "CD"),
        ("Suisse", "CH"),
        ("Швейцария", "CH"),
        ("瑞士", "CH"),
        ("سويسرا", "CH"),
        ("Alemania", "DE"),
        ("CHE", "CH"),
        ("756", "CH"),
        ("uk", "GB"),
        ("U.S.A.", "US"),
        ("Korea", None),
        ("Republic of China", None),
        ("EU", None),
        ("", None),
    ],
)
def test_countries_are_known_as_people_write_them(text, code):
    assert read_country(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("French", "fr"),
        ("FRANÇAIS", "fr"),
        ("fr-CH", "fr"),
        ("fra", "fr"),
        ("F", "fr"),
        ("arabe", "ar"),
        ("العربية", "ar"),
        ("中文", "zh"),
        ("Chinese (Simplified)", "zh"),
        ("русский", "ru"),
        ("Deutsch", "de"),
        ("português", "pt"),
        ("en_GB", "en"),
        ("English, French", None),
        ("xx", None),
    ],
)
def test_languages_are_known_as_people_write_them(text, code):
    assert read_language(text) == code
