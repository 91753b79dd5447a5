"""Target lists: made for one group and one event, each with a code of its own."""

import pytest

from outreach.actions.lists import CodeTaken, UnusableCode, create_list, rename_list
from outreach.errors import NotFound, Refusal
from outreach.models.activity import CONSOLE
from outreach.queries.lists import free_code, list_id_of, target_list, target_lists
from tests.factories import NOON, make_list, make_target, the_event

pytestmark = pytest.mark.usefixtures("app")


def create(code="banks", name="Banks", group="development_finance", event=None):
    return create_list(code, name, group, event or the_event().code, by=CONSOLE, at=NOON)


def test_a_list_is_found_by_its_code_with_its_group_and_event():
    list_id = create(name="  Development   banks ")
    line = target_list(list_id)
    assert list_id_of("banks") == list_id
    assert (line.name, line.event) == ("Development banks", the_event().name)
    assert line.group.startswith("Financial or development institutions")
    assert (line.wanted_count, line.star_count) == (0, 0)


def test_a_code_belongs_to_one_list_only():
    create(name="Banks")
    with pytest.raises(CodeTaken, match="belongs to the list “Banks” already"):
        create(name="Other banks")
    assert len(target_lists()) == 1


@pytest.mark.parametrize("code", ["", " ", "a b", "-x", "é", "a/b", "x" * 61, "a\n"])
def test_a_code_that_would_not_do_in_a_command_is_refused(code):
    if code.strip() == "a":
        assert create(code)  # white space around it is taken off
    else:
        with pytest.raises(UnusableCode):
            create(code)


def test_an_unknown_group_or_event_is_named():
    with pytest.raises(NotFound, match="no such constituent group “nobles”"):
        create(group="nobles")
    with pytest.raises(NotFound, match="no such event “WTDC-1900”"):
        create(event="WTDC-1900")


def test_a_list_needs_a_name():
    with pytest.raises(Refusal, match="Give the list a name"):
        create(name="  ")


def test_the_suggested_code_is_free():
    code = free_code("development_finance", "WDC-27")
    assert code == "development-finance-wdc-27"
    create(code)
    assert free_code("development_finance", "WDC-27") == "development-finance-wdc-27-2"


def test_a_renamed_list_keeps_its_code():
    list_id = create()
    rename_list(list_id, "Lenders", by=CONSOLE, at=NOON)
    assert target_list(list_id).name == "Lenders"
    assert list_id_of("banks") == list_id


def test_the_numbers_of_a_list_come_from_its_tallies():
    wanted = make_list()
    make_target(wanted, is_star=True)
    make_target(wanted)
    line = target_list(wanted.id)
    assert (line.wanted_count, line.star_count) == (2, 1)
