"""The few expressions that the databases spell differently."""

import pytest
from sqlalchemy import select

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
