"""Finding people, and how many SELECTs their pages cost."""

import pytest
from sqlalchemy import event

from outreach.actions.exclusions import leave_out
from outreach.db import db
from outreach.models.activity import CONSOLE, Activity
from outreach.queries.activities import SENTENCES, sentence
from outreach.queries.happenings import VERBS, happenings_of
from outreach.queries.stakeholders import (
    invitations_of,
    people_with_address,
    stakeholders,
    wanted_of,
)
from outreach.queries.targets import targets
from tests.factories import (
    NOON,
    make_campaign,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def selects(app):
    """The SELECTs that were asked since."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def found(words):
    return [line.name for line in stakeholders(words).lines]


def test_people_are_found_whatever_accents_case_script_and_order():
    make_stakeholder("Zoë Łukasiewicz", "zoe@example.org")
    make_stakeholder("Иван Петров", "ivan@example.net", make_organisation("Банк России"))
    assert found("lukasiewicz zoe") == found("zoe lukasiewcz") == ["Zoë Łukasiewicz"]
    assert found("petrov") == found("bank rossii ivan") == found("ПЕТРОВ") == ["Иван Петров"]
    assert found("ivan@") == ["Иван Петров"]
    assert found("nobody") == []


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; DROP TABLE x", "x\0y", "x" * 10_000])
def test_a_search_takes_anything_and_finds_only_what_is_there(words):
    """A50."""
    make_stakeholder("Ana Paz")
    assert found(words) == []
    assert found("ana") == ["Ana Paz"]


def test_everyone_is_listed_once_page_by_page():
    for number in range(5):
        make_stakeholder(f"Name {number % 2}")
    names, after = [], None
    while True:
        page = stakeholders(after=after, limit=2)
        names += [line.id for line in page.lines]
        if (after := page.next) is None:
            break
    assert len(names) == len(set(names)) == 5


def test_where_someone_is_wanted_and_asked():
    person, wanted = make_stakeholder(), make_list(name="Banks")
    make_target(wanted, person, is_star=True, why="Chairs the board")
    make_invitation(person)
    (line,) = wanted_of(person.id)
    assert (line.list, line.is_star, line.why) == ("Banks", True, "Chairs the board")
    assert [asked.state for asked in invitations_of(person.id)] == ["silent"]


def test_who_shares_an_address_is_named():
    one = make_stakeholder("Ana", "office@example.org")
    other = make_stakeholder("Juan", "Office@example.org")
    assert people_with_address("office@example.org", other_than=one.id) == [(other.id, "Juan")]


def test_the_journal_is_read_newest_first_and_a_verb_of_tomorrow_is_shown_too():
    person = make_stakeholder()
    save(Activity.of("starred", CONSOLE, NOON, stakeholder_id=person.id, list="Banks"))
    save(Activity.of("bowed_deeply", CONSOLE, NOON, stakeholder_id=person.id))
    assert [line.what for line in happenings_of(person.id).lines] == [
        "Bowed deeply",
        "Marked as a star on Banks",
    ]


def test_every_line_of_the_journal_is_a_sentence_whatever_it_leaves_unsaid():
    assert {verb for verbs in VERBS.values() for verb in verbs} <= set(SENTENCES)
    assert not [verb for verb in SENTENCES if "{" in sentence(verb, {}, None)]


def test_a_person_who_is_left_out_of_a_campaign_reads_so_among_the_mails():
    person, campaign = make_stakeholder(), make_campaign()
    leave_out(campaign.id, person.id, by=CONSOLE, at=NOON)
    told = [line.what for line in happenings_of(person.id, kind="mail").lines]
    assert told == [f"Left out of the campaign {campaign.name}"]


def test_a_page_of_a_list_costs_one_select_however_long_it_is(selects):
    wanted = make_list()
    for _ in range(3):
        make_target(wanted)
    selects.clear()
    targets(wanted.id, limit=2)
    assert len(selects) == 1
