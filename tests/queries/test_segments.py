"""Who fits a rule: each condition on real rows, alone, together and turned round."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.advice.segments import Condition, Rule
from outreach.db import reading, transaction
from outreach.models.answering_address import AnsweringAddress
from outreach.models.attendance import Attendance
from outreach.models.custom_field import CustomField, CustomValue
from outreach.models.kind import StakeholderKind
from outreach.models.message import MessageState
from outreach.models.question import Question, QuestionAnswer, QuestionKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.known_words import known_words
from outreach.queries.segments import people_matching, shape_of
from outreach.queries.shapes import Ground
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

PERSONS = {"subject": "person", "created_at": NOON}

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


@pytest.mark.parametrize(
    ("kind", "given", "fitting", "others"),
    [
        ("yes_no", {"yes": True}, [["yes"], ["no", "yes"], ["any"]], [["no"]]),
        ("choice", {"choices": [1]}, [["1"], ["0", "1"]], [["0"], ["11"], ["%"]]),
        ("several", {"choices": [0, 12]}, [["0"], ["12"]], [["1"], ["2"]]),
        ("date", {"day": "2026-09-20"}, [["2026-09-20"], ["2026-09-01.."], ["..2026-09-20"]],
         [["..2026-09-19"], ["2026-09-21"], [".."], ["soon"]]),
        ("text", {"text": "ÉLAN vital, 李 100%"}, [["élan"], ["VITAL"], ["李"], ["100%"]],
         [["100_"], ["ana"]]),
    ],
)  # fmt: skip
def test_people_are_found_by_what_they_answered_to_a_question(kind, given, fitting, others):
    event = make_event()
    question = Question(event_id=event.id, kind=QuestionKind(kind), position=1, texts={})
    save(question)
    for name, withdrawn_at in (("Ana", None), ("Not asked any more", NOON)):
        invitation = make_invitation(make_stakeholder(name), event, withdrawn_at=withdrawn_at)
        save(
            QuestionAnswer(
                invitation_id=invitation.id, question_id=question.id, value=given, given_at=NOON
            )
        )
    make_stakeholder("Juan")
    code = f"question_{question.id}"
    for values in fitting:
        assert fits(code, *values) == ["Ana"]
    for values in others:
        assert fits(code, *values) == []
    assert "Juan" in fits(code, "any", is_not=True)


def test_a_facet_that_nobody_can_look_up_fits_nobody():
    make_stakeholder("Ana")
    assert fits("custom_gone", "x") == fits("question_999", "yes") == []


def test_kinds_tags_and_fields_of_the_teams_own():
    person, other = make_stakeholder("Ana"), make_stakeholder("Juan")
    tag = Tag(name="Été", name_key="ete")
    vegan = CustomField(code="vegan", label="Vegan", kind="yes_no", **PERSONS)
    since = CustomField(code="since", label="Member since", kind="date", **PERSONS)
    score = CustomField(code="score", label="Score", kind="number", **PERSONS)
    save(tag, vegan, since, score, StakeholderKind(stakeholder_id=other.id, kind="fund_owner"))
    save(
        StakeholderTag(stakeholder_id=person.id, tag_id=tag.id),
        CustomValue(field_id=vegan.id, stakeholder_id=person.id, is_yes=True),
        CustomValue(field_id=since.id, stakeholder_id=person.id, day=date(2026, 3, 1)),
        CustomValue(field_id=score.id, stakeholder_id=other.id, number=7.5),
    )
    assert fits("kind", "fund_owner", "beneficiary") == ["Juan"]
    assert fits("tag", "ete") == fits("tag", "Été") == ["Ana"]
    assert fits("custom_vegan", "yes") == ["Ana"]
    assert fits("custom_vegan", "any", is_not=True) == ["Juan"]
    assert fits("custom_since", "2026-01-01..2026-06-30") == ["Ana"]
    assert fits("custom_since", "..2025-12-31", "never") == []
    assert fits("custom_score", "7..") == ["Juan"]
    assert fits("custom_score", "seven") == []


def test_a_word_is_found_at_its_beginning_with_one_slip_and_in_any_order():
    make_stakeholder("Zoë Łukasiewicz", organisation=make_organisation("Bank of the Lakes"))
    make_stakeholder("Иван Петров", "ivan.p@example.net")
    make_stakeholder("王小明")
    make_stakeholder("Kofi Annan")
    for typed in ("lukas zo", "zoe lukasiewciz", "lukasiewicz lakes", "bank lukasievicz", "lakse"):
        assert fits("words", typed) == ["Zoë Łukasiewicz"], typed
    assert fits("words", "petrov") == fits("words", "ivan.p@exam") == ["Иван Петров"]
    make_stakeholder("李 明", organisation=make_organisation("3M中国公司"))
    assert fits("words", "小明") == ["王小明"]
    assert fits("words", "明") == ["李 明", "王小明"]
    assert fits("words", "王明") == []
    assert fits("words", "明 中国") == fits("words", "公司") == ["李 明"]
    assert fits("words", "annxn") == ["Kofi Annan"]
    assert fits("words", "ann") == ["Kofi Annan"]
    assert fits("words", "xqzw") == fits("words", "%") == fits("words", "'\"*:&|!") == []


@pytest.mark.parametrize(
    "typed",
    ["ana.silva@bank.example", "ana.slva@bank.example", "naa.silva@bank.example",
     "ana.silva@bnak.example", "ana.sillva@bank.example", "ANA.SILVO@BANK.EXAMPLE",
     "a.silva@hom.example"],
)  # fmt: skip
def test_an_address_is_found_with_one_slip_wherever_it_is(typed):
    ana = make_stakeholder("Ana", "ana.silva@bank.example")
    make_stakeholder("Ben", "ben@bank.example")
    save(
        AnsweringAddress(
            stakeholder_id=ana.id, email="a.silva@home.example", email_key="a.silva@home.example",
            created_at=NOON,
        )
    )  # fmt: skip
    assert fits("words", typed) == ["Ana"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("أحمد الرشيد", "رشيد"), ("فاطمة رشيد", "الرشيد فاطمه"), ("عبد الرحمن علي", "عبدالرحمن"),
        ("عبدالله الهاشمي", "عبد الله هاشمى"), ("Khalid Alrashid", "al-rashid"),
        ("王小明", "王晓明"), ("王小明", "李小明"), ("王小明", "王小名"), ("김민수", "민수"),
        ("김민수", "김만수"), ("Ann of the Lakes", "ann of laeks"),
    ],
)  # fmt: skip
def test_a_name_is_found_however_its_words_are_put_together_and_with_one_sign_wrong(name, typed):
    make_stakeholder(name)
    make_stakeholder("رشا علي")
    make_stakeholder("陈明")
    assert fits("words", typed) == [name]


def test_people_are_found_by_the_domain_of_any_address():
    ana = make_stakeholder("Ana", "ana@itu.int")
    make_stakeholder("Ben", "itu.int@bank.example")
    make_stakeholder("St.John", "i@x.example")
    save(
        AnsweringAddress(
            stakeholder_id=ana.id, email="a@Home.example", email_key="a@home.example",
            created_at=NOON,
        )
    )  # fmt: skip
    assert fits("words", "@itu") == fits("words", "@ITU.int") == ["Ana"]
    assert fits("words", "itu.int") == ["Ana", "Ben"]
    assert fits("words", "st.john") == ["St.John"]
    assert fits("words", "@home.example") == fits("words", "home.exa") == ["Ana"]
    assert fits("words", "@") == fits("words", "@example") == []


def test_part_of_a_word_that_too_many_words_hold_is_looked_for_in_every_name(monkeypatch):
    monkeypatch.setattr("outreach.queries.words.MOST_HOLDING", 1)
    for name in ("王小明", "李小明", "小明"):
        make_stakeholder(name)
    assert fits("words", "小明") == ["小明", "李小明", "王小明"]


def test_a_name_that_changes_or_goes_is_found_no_more():
    """The database keeps its words in the same transaction."""
    person = make_stakeholder("Ana Paz")
    with transaction() as session:
        row = session.get_one(Stakeholder, person.id)
        row.full_name, row.name_key = "Ana Sol", "ana sol"
    assert fits("words", "paz") == []
    assert fits("words", "sol") == ["Ana Sol"]
    with transaction() as session:
        session.delete(session.get_one(Stakeholder, person.id))
    assert fits("words", "sol") == []
    assert known_words("solx") == set()
