"""What is asked about campaigns: counts that add up, doubts before it goes, the outbox."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from outreach.actions.campaigns import approve_campaign, pause_campaign, schedule_campaign
from outreach.actions.duplicates import find_duplicates, set_apart
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.mailer import Accepted, Refused, Silent
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.campaign import CampaignList
from outreach.models.template import TemplateText
from outreach.queries.campaign_lines import campaigns
from outreach.queries.campaign_pages import campaign_page, outcomes_by_group
from outreach.queries.campaigns import campaign_people, everyone_in, outcomes_of, steps_of
from outreach.queries.duplicates import duplicates
from outreach.queries.outbox import outbox
from outreach.queries.prospects import Doubt, DoubtLine, doubtful, doubts, reach
from outreach.queries.reasons import NO_ADDRESS
from outreach.queries.recipients import members
from tests.delivery.ledgers import frozen_campaign
from tests.factories import (
    NOON,
    make_campaign,
    make_list,
    make_stakeholder,
    make_target,
    save,
)


@pytest.fixture
def selects(app):
    """The SELECTs that the database is asked."""
    asked = []

    def note(connection, cursor, statement, *_):
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def campaign_of(*people, **columns):
    target_list = make_list()
    for person in people:
        make_target(target_list, person)
    return make_campaign(target_list, **columns)


def write(language, body):
    with transaction() as session:
        session.execute(
            update(TemplateText).where(TemplateText.language == language).values(body=body)
        )


def test_everyone_of_an_audience_has_exactly_one_outcome_at_every_moment(app):
    """P5."""
    people = [make_stakeholder() for _ in range(3)] + [make_stakeholder(email=None)]
    campaign = campaign_of(*people)
    assert outcomes_of(campaign.id)["waiting"] == 4
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON)
    assert sum(outcomes_of(campaign.id).values()) == 4


def test_outcomes_by_group_add_up_to_those_of_the_campaign(app, mailer):
    """P5."""
    campaign = frozen_campaign(3)
    mailer.answers = lambda recipient: (
        Refused("no") if recipient.to.name == "Person 1" else Accepted()
    )
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    ((group, counts),) = outcomes_by_group(campaign.id)
    assert counts == outcomes_of(campaign.id)
    assert (counts["sent"], counts["refused"]) == (2, 1)
    assert "development" in group.lower()


def test_people_page_by_outcome_name_and_place(app):
    campaign = frozen_campaign(5)
    everyone = list(everyone_in(campaign.id))
    assert {one.name for one in everyone} == {f"Person {number}" for number in range(5)}
    first = campaign_people(campaign.id, limit=2)
    rest = campaign_people(campaign.id, after=first[-1].message_id)
    assert [*first, *rest] == everyone
    assert campaign_people(campaign.id, outcome="sent") == []
    assert [one.name for one in campaign_people(campaign.id, name="ON 3")] == ["Person 3"]
    assert campaign_people(campaign.id, name="%") == []


def test_the_list_of_campaigns_says_what_comes_next_at_a_constant_cost(selects):
    target_list = make_list()
    make_target(target_list)
    draft = make_campaign(target_list, name="A draft")
    frozen_campaign(2)
    selects.clear()
    running, first = campaigns()
    assert len(selects) == 5
    assert (first.id, first.state, first.listed_count, first.is_written) == (
        draft.id,
        "draft",
        1,
        False,
    )
    assert (running.outcomes["waiting"], running.is_written) == (2, True)
    for _ in range(3):
        make_campaign(target_list)
    selects.clear()
    campaigns()
    assert len(selects) == 5


def test_the_first_three_are_named_and_those_left_out_are_not_counted_among_the_reached(app):
    people = [make_stakeholder(f"Person {letter}") for letter in "abcd"]
    campaign = campaign_of(*people, make_stakeholder(email=None))
    found = reach(campaign.id, NOON)
    assert (found.count, found.reached_count) == (5, 4)
    assert found.first == ["Person a", "Person b", "Person c"]
    assert reach(10**9, NOON).count == 0


def test_doubts_count_and_list_those_left_out_held_or_written_to_in_another_language(app):
    """A12, and the languages of issue 5: counted and listed before an approval."""
    ready = make_stakeholder("Ready", office="Governor", language="en")
    bare = make_stakeholder("Bare", language="en")
    portuguese = make_stakeholder("Portuguese", office="Ministra", language="pt")
    french = make_stakeholder("French", language="fr")
    nowhere = make_stakeholder("Nowhere", email=None)
    campaign = campaign_of(ready, bare, portuguese, french, nowhere)
    write("en", "Dear {office}: {rsvp_link}\n")
    found = {(one.doubt, one.key): one.count for one in doubts(campaign.id, NOON)}
    assert found == {
        (Doubt.LEFT_OUT, NO_ADDRESS): 1,
        (Doubt.HELD, "office"): 1,
        (Doubt.FALLBACK, "pt>en"): 1,
    }
    for doubt, key, name in [
        (Doubt.LEFT_OUT, NO_ADDRESS, "Nowhere"),
        (Doubt.HELD, "office", "Bare"),
        (Doubt.FALLBACK, "pt>en", "Portuguese"),
    ]:
        assert [one.name for one in doubtful(campaign.id, doubt, 1, key, NOON)] == [name]
    assert doubtful(campaign.id, Doubt.HELD, 9, "office", NOON) == []


def test_an_address_that_passes_for_another_is_a_doubt_before_the_mail_goes(app):
    """A09: until somebody has looked at the pair."""
    odd = make_stakeholder("Odd", "\u0430na@example.org", office="Governor")
    campaign = campaign_of(odd, make_stakeholder("Plain", "p@example.org", office="Governor"))
    assert doubts(campaign.id, NOON) == []
    make_stakeholder("Ana", "ana@example.org")
    find_duplicates(at=NOON)
    assert doubts(campaign.id, NOON) == [DoubtLine(Doubt.LOOK_ALIKE, (1,), "", 1)]
    assert [one.name for one in doubtful(campaign.id, Doubt.LOOK_ALIKE, 1, "", NOON)] == ["Odd"]
    (pair,) = duplicates()
    set_apart(pair.id, False, by=CONSOLE, at=NOON)
    assert doubts(campaign.id, NOON) == []


def test_doubts_foretell_who_is_then_held(app, mailer):
    """A12: what is counted before is what happens."""
    people = [
        make_stakeholder(
            office="" if number % 3 else "Governor", country_code="KE" if number < 4 else None
        )
        for number in range(9)
    ]
    campaign = campaign_of(*people)
    write("en", "Dear {office} of {country}: {rsvp_link}\n")
    foretold = {one.key: one.count for one in doubts(campaign.id, NOON)}
    assert foretold == {"office": 6, "country": 5}
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    found = outcomes_of(campaign.id)
    assert (found["sent"], found["held"]) == (2, 7)


def test_a_field_that_has_no_place_in_a_step_holds_everyone(app):
    campaign = campaign_of(make_stakeholder(), make_stakeholder())
    write("en", "You said {answer} for {track_name}: {rsvp_link}\n")
    assert {one.key: one.count for one in doubts(campaign.id, NOON)} == {
        "answer": 2,
        "track_name": 2,
    }


def test_members_are_found_by_name_among_the_audience_only(app):
    amina = make_stakeholder("Amina Diallo")
    campaign = campaign_of(amina, make_stakeholder("Bruno Rossi"))
    make_stakeholder("Amina Elsewhere")
    assert [name for _, name, _ in members(campaign.id, "amina", at=NOON)] == ["Amina Diallo"]
    assert len(members(campaign.id, at=NOON)) == 2


def test_someone_on_two_lists_is_one_member_and_one_of_the_reach(app):
    first, second = make_list(), make_list(group="academia")
    person = make_stakeholder()
    make_target(first, person)
    make_target(second, person)
    campaign = make_campaign(first)
    save(CampaignList(campaign_id=campaign.id, list_id=second.id))
    assert reach(campaign.id, NOON).count == 1
    assert len(members(campaign.id, at=NOON)) == 1
    assert [count for _, _, count in campaign_page(campaign.id).lists] == [1, 1]


def test_the_outbox_says_what_is_to_leave_what_is_held_and_what_left_last(app, mailer):
    frozen_campaign(3)
    now = outbox()
    assert [(one.messages_count, one.units_count) for one in now.departures] == [(3, 1)]
    answers = {"Person 0": Accepted(), "Person 1": Silent("time-out"), "Person 2": Refused("no")}
    mailer.answers = lambda recipient: answers[recipient.to.name]
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    now = outbox()
    assert (now.waiting_count, now.unknown_count, now.held_count) == (0, 1, 0)
    assert [one.name for one in now.unknown] == ["Person 1"]
    assert {one.name for one in now.last} == set(answers)


def test_the_outbox_and_the_numbers_of_a_campaign_cost_the_same_for_4_and_for_400(selects):
    """A page that shows counts reads summary rows, not messages."""
    costs = []
    for people in (4, 400):
        campaign = frozen_campaign(people)
        db.session.rollback()
        selects.clear()
        outbox()
        outcomes_of(campaign.id)
        steps_of(campaign.id)
        costs.append(len(selects))
    assert costs[0] == costs[1]
    assert not [
        one
        for one in selects
        if "count(*)" in one and "messages" in one.split("LIMIT")[0] and "LIMIT" not in one
    ]


def test_a_paused_campaign_has_no_next_time_in_the_outbox(app):
    campaign = frozen_campaign(2)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON + timedelta(minutes=1))
    db.session.rollback()
    (departure,) = outbox().departures
    assert (departure.state, departure.next_at, departure.messages_count) == ("paused", None, 2)
