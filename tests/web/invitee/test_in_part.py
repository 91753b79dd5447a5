"""Coming to some days or sessions only."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.db import reading
from outreach.models.event import EventKind, Parts
from outreach.models.invitation import Answer, Invitation
from tests.factories import NOON, make_event, make_invitation, make_stakeholder

STARTS = NOON + timedelta(days=90)


def particulars_of(invitation):
    reading().rollback()
    return reading().scalar(
        select(Invitation.particulars).where(Invitation.id == invitation.id)
    )  # fmt: skip


@pytest.fixture
def three_days(app):
    event = make_event(starts_at=STARTS, ends_at=STARTS + timedelta(days=2), parts_asked=Parts.DAYS)
    return make_invitation(make_stakeholder("Léa", language="fr"), event)


def test_days_are_those_of_the_calendar_at_the_venue_in_the_readers_words(guest, three_days):
    page = guest(three_days).open().text
    assert "Quels jours" in page
    assert page.count('name="parts"') == 3
    assert "lundi 30 novembre 2026" in page


def test_the_days_that_somebody_chooses_are_kept_shown_and_stand_in_the_history(guest, three_days):
    guest(three_days).send(answer="accepted", parts=["2026-12-01", "2026-11-30", "2031-01-01"])
    assert particulars_of(three_days) == {"days": ["2026-11-30", "2026-12-01"]}
    page = guest(three_days).open().text
    assert "Vous assistez à" in page
    assert page.count("mardi 1 décembre 2026") == 2  # what was noted, and the form
    assert reading().scalar(select(Answer.particulars)) == particulars_of(three_days)


@pytest.mark.parametrize("chosen", [[], ["2026-11-30", "2026-12-01", "2026-12-02"]])
def test_none_and_all_are_both_the_whole(guest, three_days, chosen):
    guest(three_days).send(answer="accepted", parts=chosen)
    assert particulars_of(three_days) == {}


def test_sessions_are_those_of_the_conference_by_time(guest):
    event = make_event(parts_asked=Parts.SESSIONS)
    for hours, name in ((5, "Closing"), (1, "Finance for rural networks")):
        make_event(
            code=f"S{hours}", name=name, kind=EventKind.SESSION,
            starts_at=STARTS + timedelta(hours=hours), ends_at=STARTS + timedelta(hours=hours + 1),
        )  # fmt: skip
    invitation = make_invitation(event=event)
    page = guest(invitation).open().text
    assert page.index("Finance for rural networks") < page.index("Closing")
    guest(invitation).send(answer="tentative", parts="S5")
    assert particulars_of(invitation) == {"sessions": ["S5"]}
    guest(invitation).send(answer="declined", parts="S5")
    assert particulars_of(invitation) == {}


def test_an_event_that_does_not_ask_is_come_to_as_a_whole(guest):
    invitation = make_invitation()
    guest(invitation).send(answer="accepted", parts="2026-11-30")
    assert particulars_of(invitation) == {}


def test_what_is_wrong_leads_to_its_field_without_a_script(guest):
    invitation = make_invitation(event=make_event(party_limit=2))
    answer = guest(invitation).send(answer="accepted", party="9")
    assert answer.status_code == 422
    assert '<p><a href="#party">More people than the event allows' in answer.text
    assert 'id="party" name="party" min="0" max="2" value="0" aria-invalid="true"' in answer.text
    answer = guest(invitation).send(note="No choice")
    for words in (
        'tabindex="-1" autofocus><p><a href="#answer">Choose one',
        'id="answer" name="an',
    ):
        assert words in answer.text
