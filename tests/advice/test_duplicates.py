"""Who may be whom: what makes two rows look like one person, and what does not."""

import pytest

from outreach.advice.duplicates import ENOUGH, Known, judge, likely_duplicates
from outreach.advice.folding import fold
from outreach.advice.same_person import BOTH, GONE, KEPT, fuller, side_by_side
from outreach.intake.scripts import skeleton

BANK, OTHER = 1, 2


def known(id_, name, email=None, organisation=None, country=None):
    return Known(id_, fold(name), email, email and skeleton(email), organisation, country)


def reasons(one, other):
    pair = judge(known(1, *one), known(2, *other))
    return pair and pair.reasons


def test_the_same_name_in_another_order_accents_and_case_aside():
    assert reasons(("Zoë Müller", None, BANK), ("MULLER Zoe", None, BANK)) == [
        "same name in another order", "same organisation",
    ]  # fmt: skip
    assert reasons(("Zoë Müller",), ("MULLER Zoe",)) == ["same name in another order"]
    assert reasons(("Zoë Müller", None, BANK), ("MULLER Zoe", None, OTHER)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("أحمد الرشيد", "رشيد احمد"), ("عبد الله الهاشمي", "عبدالله هاشمى")],
)
def test_an_arabic_name_with_and_without_its_article(one, other):
    assert reasons((one,), (other,)) == ["same name, with and without an article"]
    assert list(likely_duplicates([known(1, one), known(2, other)]))
    assert reasons((one,), ("أحمد الرشد",)) is None


@pytest.mark.parametrize(
    "slip", ["Wanjiru Kamu", "Wanjiru Kamauu", "Wanjriu Kamau", "Wenjiru Kamau", "Kamau Wanjir"]
)
def test_one_letter_apart_in_one_organisation(slip):
    found = reasons(("Wanjiru Kamau", None, BANK), (slip, None, BANK))
    assert found == ["one letter apart", "same organisation"]
    assert reasons(("Wanjiru Kamau", None, BANK), (slip, None, OTHER)) is None


def test_an_initial_at_the_same_organisation():
    assert reasons(("J. Okafor", None, BANK), ("John Okafor", None, BANK))
    assert reasons(("J. Okafor",), ("John Okafor",)) is None


def test_an_address_shared_by_two_names_is_an_office_and_by_one_name_a_duplicate():
    office = "office@example.org"
    assert reasons(("Ana Silva", office), ("Bo Li", office)) is None
    assert reasons(("Ana Silva", office, BANK, "CH"), ("Bo Li", office, BANK, "CH")) is None
    one = judge(known(1, "Ana Silva", office), known(2, "Silva Ana", office))
    assert (one.score, one.reasons) == (97, ["same name in another order", "same address"])


def test_a_common_name_in_two_countries_is_two_people():
    assert reasons(("Li Wei", None, BANK, "CN"), ("Li Wei", None, OTHER, "SG")) is None


def test_numbered_names_are_not_slips_of_the_pen():
    assert reasons(("Delegate 17", None, BANK), ("Delegate 18", None, BANK)) is None


def test_addresses_that_look_the_same_are_flagged_whatever_the_names():
    """A09: the o of the second address is Cyrillic."""
    pair = judge(known(1, "Bo Li", "bo@example.org"), known(2, "B. Li", "b\u043e@example.org"))
    assert pair.is_lookalike
    assert pair.score >= ENOUGH


def test_everyone_is_found_once_and_far_from_each_other_in_the_list():
    crowd = [known(n, f"Person Number{n} Of{n * 7}", f"p{n}@example.org", n) for n in range(500)]
    slip = known(900, "Kamau Wanjiru", "w@example.org", BANK)
    first = known(600, "Wanjiru Kamau", "w@example.org", BANK)
    pairs = list(likely_duplicates([slip, *crowd, first]))
    assert [(pair.first_id, pair.second_id) for pair in pairs] == [(600, 900)]


def test_a_thousand_of_one_name_are_not_a_million_pairs():
    crowd = [known(n, "Li Wei", f"li{n}@example.org") for n in range(1_000)]
    assert len(list(likely_duplicates(crowd))) < 30_000


def test_the_fuller_side_is_proposed():
    assert fuller("office", "", "Governor") == GONE
    assert fuller("office", "Governor", "President") == KEPT
    assert fuller("full_name", "Ana Silva", "Ana Maria Silva") == GONE
    assert fuller("notes", "Speaks French", "Met in Kigali") == BOTH


def test_what_belongs_together_is_one_choice():
    row = {"full_name": "A", "name_key": "a", "given_name": "", "family_name": "", "email": None,
           "email_key": None, "office": "x", "id": 1}  # fmt: skip
    assert [field.name for field in side_by_side(row, row)] == ["full_name", "email", "office"]
