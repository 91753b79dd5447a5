"""The protocol category follows from the office held."""

import csv
from pathlib import Path

import pytest

from outreach.advice import protocol
from outreach.advice.folding import fold
from outreach.advice.protocol import Offices

REFERENCE = Path(protocol.__file__).parent.parent / "reference" / "offices.csv"


@pytest.fixture(scope="module")
def offices():
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        rows = [
            (fold(row["name"]), row["category"] or None, int(row["precedence"]))
            for row in csv.DictReader(file)
        ]
    assert len({key for key, _, _ in rows}) == len(rows)
    return Offices(rows)


@pytest.mark.parametrize(
    ("office", "category"),
    [
        ("Minister of Communications", "minister"),
        ("MINISTER for Digital Economy", "minister"),
        ("Ministre de l’Économie numérique", "minister"),
        ("Министр связи", "minister"),
        ("وزير الاتصالات", "minister"),
        ("Vice-Minister of Transport", "deputy_minister"),
        ("Prime Minister", "head_of_state"),
        ("Permanent Representative", "ambassador"),
        ("Minister Counsellor", None),
        ("Adviser to the Minister", None),
        ("Ministerial adviser", None),
        ("Former Minister of Health", None),
        ("", None),
    ],
)
def test_the_longest_beginning_of_an_office_counts_in_whole_words(offices, office, category):
    assert offices.protocol_of(office).category == category


def test_a_head_of_state_comes_before_a_minister_and_everyone_else_last(offices):
    order = ["Prime Minister", "Minister of Health", "Deputy Minister", "Ambassador", "Engineer"]
    places = [offices.protocol_of(office).precedence for office in order]
    assert places == sorted(set(places))
