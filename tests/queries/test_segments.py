"""Who fits a rule: each condition on real rows, alone, together and turned round."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.models.attendance import Attendance
from outreach.models.message import MessageState
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.queries.segments import Ground, people_matching, shape_of
from tests.factories import (
    NOON,
    make_account,
    make_event,
    make_invitation,
    make_list,
    make_message,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
    the_conference,
    the_event,
)

pytestmark = pytest.mark.usefixtures("app")


def names(*conditions: Condition) -> list[str]:
    """Who fits; asked in both shapes that a condition has, which must agree."""
    reading().rollback()
    ground = Ground(the_conference().id, NOON)
    statement = people_matching(Rule.of(conditions), conference_id=ground.conference_id, at=NOON)
    wanted = select(Stakeholder.full_name).where(Stakeholder.id.in_(statement))
    found = sorted(reading().scalars(wanted))
    walked = select(Stakeholder.full_name).where(Stakeholder.merged_into_id.is_(None))
    for one in conditions:
        shape = shape_of(one, ground)
        walked = walked.where(shape.lacks if one.is_not else shape.holds)
    assert sorted(reading().scalars(walked)) == found
    return found


def fits(facet: str, *values: str, **named: Any) -> list[str]:
    return names(Condition(facet, values, **named))


def test_everyone_fits_a_rule_without_conditions_but_nobody_who_was_merged():
    kept = make_stakeholder("Ana")
    make_stakeholder("Ana again", merged_into_id=kept.id)
    assert names() == ["Ana"]


def test_the_group_is_the_organisations_or_that_of_a_list():
    make_stakeholder(
        "In office", organisation=make_organisation("Bank", group="development_finance")
    )
    make_target(make_list(), make_stakeholder("On a list"))
    make_stakeholder("Neither")
    assert fits("group", "development_finance") == ["In office", "On a list"]
    assert fits("group", "development_finance", is_not=True) == ["Neither"]


def test_region_country_and_language_are_the_persons_own_before_the_organisations():
    office = make_organisation("Ministry", group="member_state", country="KE")
    office.language = "fr"
    save(office)
    make_stakeholder("Of the office", organisation=office)
    make_stakeholder("French woman in it", organisation=office, country_code="FR", language="en")
    make_stakeholder("Kenyan", country_code="KE")
    make_stakeholder("Of the branch", organisation=make_organisation("Branch", country="KE"))
    make_stakeholder("Unknown")
    in_africa = ["Kenyan", "Of the branch", "Of the office"]
    assert fits("region", "AFR") == in_africa
    assert fits("country", "KE") == in_africa
    assert fits("region", "AFR", "EUR", is_not=True) == ["Unknown"]
    assert fits("language", "fr") == ["Of the office"]


def test_gender_is_as_stated_and_may_be_unstated():
    make_stakeholder("She", gender="female")
    make_stakeholder("Nothing said")
    assert fits("gender", "female") == ["She"]
    assert fits("gender", "unstated") == ["Nothing said"]


def test_star_tier_wave_list_and_owner_are_those_of_a_target():
    banks, banks_2 = make_list("banks"), make_list("banks-2")
    owner = make_account()
    make_target(banks, make_stakeholder("Star"), is_star=True, tier=1, owner_id=owner.id)
    nominee = make_target(banks_2, make_stakeholder("Nominee"), tier=1, wave=2)
    save(
        Star(
            target_id=nominee.id,
            stage=StarStage.NOMINATED,
            stage_at=NOON,
            reason="",
            nominated_at=NOON,
        )
    )
    make_stakeholder("On no list")
    assert fits("list", "banks", "banks-2") == ["Nominee", "Star"]
    assert fits("list", "gone") == []
    assert fits("star", "yes") == ["Star"]
    assert fits("star", "yes", of="banks-2") == []
    assert fits("star", "yes", "nominated") == ["Nominee", "Star"]
    assert fits("tier", "1", of="banks") == ["Star"]
    assert fits("wave", "2") == ["Nominee"]
    assert fits("owner", str(owner.id)) == ["Star"]
    assert fits("owner", "nobody") == ["Nominee", "On no list"]


def test_earlier_answers_name_whom_to_ask_next():
    """Accepted the regional meeting, not yet asked to the conference."""
    meeting, conference = make_event("RPM"), the_event()
    for name, answer, is_asked in (("Came", "accepted", False), ("Asked", "accepted", True),
                                   ("Declined", "declined", False)):  # fmt: skip
        person = make_stakeholder(name)
        make_invitation(person, meeting, state=answer)
        if is_asked:
            make_invitation(person, conference)
    next_ones = [Condition("answer", ("accepted",), "RPM"), Condition("answer", ("not_asked",))]
    assert names(*next_ones) == ["Came"]
    assert fits("answer", "answered", of="RPM") == ["Asked", "Came", "Declined"]
    assert fits("answer", "silent") == ["Asked"]
    assert fits("answer", "silent", of="no-such-event") == []


def test_who_is_due_and_who_let_it_pass():
    for name, days in (("Soon", 10), ("Later", 20), ("Past", -1)):
        make_invitation(make_stakeholder(name), reply_by=NOON + timedelta(days=days))
    make_invitation(
        make_stakeholder("Answered"), reply_by=NOON + timedelta(days=3), state="declined"
    )
    assert fits("due", "within-14") == ["Soon"]
    assert fits("due", "past") == ["Past"]
    assert fits("due", "past", "within-30") == ["Later", "Past", "Soon"]


def test_when_someone_was_last_written_to():
    for name, days, state in (
        ("Lately", 3, MessageState.DELIVERED),
        ("Long ago", 60, MessageState.ACCEPTED),
        ("Left out", 3, MessageState.LEFT_OUT),
    ):
        at = NOON - timedelta(days=days)
        make_message(make_stakeholder(name), state=state, changed_at=at)
    assert fits("contacted", "within-14") == ["Lately"]
    assert fits("contacted", "before-30") == ["Long ago"]
    assert fits("contacted", "never") == ["Left out"]
    assert fits("contacted", "ever") == ["Lately", "Long ago"]


def test_who_came_to_which_event():
    invitation = make_invitation(make_stakeholder("Guest"), make_event("RPM"))
    save(
        Attendance(
            invitation_id=invitation.id, event_id=invitation.event_id, came_at=NOON, way="name",
            group_id=invitation.group_id,
        )
    )  # fmt: skip
    make_stakeholder("Absent")
    assert fits("attended", "RPM") == ["Guest"]
    assert fits("attended", "RPM", is_not=True) == ["Absent"]


def test_who_has_an_address_and_whom_words_find():
    make_stakeholder("Zoë Ñandú", organisation=make_organisation("Bank of the Lakes"))
    make_stakeholder("Without", email=None)
    assert fits("address", "any") == ["Zoë Ñandú"]
    assert fits("address", "any", is_not=True) == ["Without"]
    assert fits("words", "nandu lakes") == ["Zoë Ñandú"]
    assert fits("words", "nandu", is_not=True) == ["Without"]


def test_a_facet_that_nobody_can_look_up_fits_nobody():
    make_stakeholder("Ana")
    assert fits("custom_gone", "x") == []
