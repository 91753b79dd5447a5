"""What is typed into a field of the team's own, and phone numbers."""

from datetime import date

import pytest

from outreach.intake.custom_values import UnfitValue, read_custom
from outreach.intake.phones import MalformedPhone, key_of, read_phones


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "  two   words ", "two words"),
        ("number", "1,200.5", 1200.5),
        ("number", "3,5", 3.5),
        ("number", "−7", -7.0),
        ("date", "2026-11-30", date(2026, 11, 30)),
        ("choice", "GOLD", "Gold"),
        ("yes_no", "oui", True),
        ("yes_no", "нет", False),
        ("number", "   ", None),
    ],
)
def test_a_value_is_read_as_its_field_says(kind, typed, value):
    assert read_custom(kind, ["Gold", "Silver"], typed) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("number", "many"), ("number", "nan"), ("number", "1e999"), ("date", "30/11"),
     ("choice", "Bronze"), ("yes_no", "perhaps"), ("text", "x" * 501)],
)  # fmt: skip
def test_what_is_not_of_the_fields_kind_is_refused_with_the_reason(kind, typed):
    with pytest.raises(UnfitValue):
        read_custom(kind, ["Gold"], typed)


def test_a_number_has_one_key_however_it_is_written():
    spellings = [
        "+41 22 730 51 11",
        "0041 22 730 51 11",
        "+41 (0)22-730.51.11",
        "＋４１ 22 7305111",
    ]
    assert {key_of(one) for one in spellings} == {"41227305111"}
    assert read_phones("+41 22 730 51 11, office\n\n0041227305111\n٠٢٢٧٣٠٥١١١, mobile ") == [
        ("+41 22 730 51 11", "41227305111", "office"),
        ("٠٢٢٧٣٠٥١١١", "0227305111", "mobile"),
    ]


@pytest.mark.parametrize("typed", ["call me", "12", "+", "0800-FLOWERS", "1" * 30])
def test_what_nobody_could_dial_is_no_number(typed):
    with pytest.raises(MalformedPhone):
        key_of(typed)
