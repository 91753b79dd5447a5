"""The few expressions that the databases spell differently."""

import pytest
from sqlalchemy import select

from outreach.bulk import beyond, within
from outreach.db import reading
from outreach.dialect import PARTING, among
from outreach.models.stakeholder import Stakeholder
from tests.factories import make_stakeholder


@pytest.mark.parametrize(
    "wanted",
    [
        ["Ana", 'O\'Neil, "B" {x} \\N'],
        ["Ana", ""],
        ["Ana", None],
        ["Ana", f"Two{PARTING}parts"],
        [f"Two{PARTING}parts"],
        [],
    ],
)
def test_whoever_is_among_many_texts_is_found_whatever_stands_in_them(app, wanted):
    names = ("Ana", 'O\'Neil, "B" {x} \\N', f"Two{PARTING}parts", "Two", "parts")
    for name in names:
        make_stakeholder(name)
    found = reading().scalars(
        select(Stakeholder.full_name).where(among(Stakeholder.full_name, wanted))
    )
    assert sorted(found) == sorted(set(names) & set(wanted))


@pytest.mark.parametrize("step", [1, 2])
def test_whoever_is_within_numbers_or_beyond_them_is_found_however_these_lie(app, step):
    ids = [make_stakeholder(f"Ana {number}").id for number in range(20)]
    for wanted in (ids[2:18:step], ids[:3] + ids[9:12], ids[:1], []):
        named = set(reading().scalars(select(Stakeholder.id).where(within(Stakeholder.id, wanted))))
        others = select(Stakeholder.id).where(beyond(Stakeholder.__table__.c.id, wanted))
        assert named == set(wanted)
        assert set(reading().scalars(others)) & set(ids) == set(ids) - named
