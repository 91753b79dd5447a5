"""What we know of a person, corrected by hand: nothing is overwritten unseen."""

from datetime import timedelta

import pytest

from outreach.actions.stakeholders import (
    ChangedMeanwhile,
    LooksLikeAnother,
    edit_stakeholder,
    stop_mail,
)
from outreach.db import reading
from outreach.errors import NotFound, Refusal
from outreach.intake.addresses import read_address
from outreach.intake.people import PersonRow
from outreach.models.activity import CONSOLE
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.queries.happenings import happenings_of
from outreach.queries.reasons import NO_ADDRESS
from outreach.queries.stakeholders import person, stakeholders
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_message,
    make_organisation,
    make_stakeholder,
    save,
    the_event,
)
from tests.recount import assert_counts_add_up

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(hours=1)


def edit(known, name="Ana Paz", email="ana@example.org", version=1, **more):
    confirmed = more.pop("is_confirmed", False)
    row = PersonRow(1, address=read_address(email) if email else None, full_name=name, **more)
    edit_stakeholder(known.id, row, version=version, by=CONSOLE, at=LATER, is_confirmed=confirmed)


def test_a_name_stays_as_it_is_typed_and_is_found_by_its_key():
    known = make_stakeholder("Ana Paz", "ana@example.org")
    edit(known, "ŁUKASZ van der Żół", organisation="New Bank")
    now = person(known.id)
    assert (now.full_name, now.organisation, now.changed_at) == (
        "ŁUKASZ van der Żół",
        "New Bank",
        LATER,
    )
    assert [line.id for line in stakeholders("lukasz zol").lines] == [known.id]


def test_an_organisation_that_is_known_is_not_made_again():
    bank = make_organisation("Banque de l’Équateur")
    known = make_stakeholder()
    edit(known, organisation="BANQUE DE L'EQUATEUR")
    assert person(known.id).organisation_id == bank.id


def test_what_someone_else_saved_meanwhile_is_not_overwritten():
    known = make_stakeholder("Ana Paz", "ana@example.org")
    edit(known, "Ana Paz-Sol")
    with pytest.raises(ChangedMeanwhile):
        edit(known, "Ana P.")
    assert person(known.id).full_name == "Ana Paz-Sol"


def test_an_address_that_looks_like_another_needs_a_second_look():
    """A09."""
    known = make_stakeholder("Ana Paz", "ana@example.org")
    with pytest.raises(LooksLikeAnother):
        edit(known, email="аnа@example.org")
    assert person(known.id).email == "ana@example.org"
    edit(known, email="аnа@example.org", is_confirmed=True)
    assert person(known.id).email == "аnа@example.org"


def test_saving_what_stands_there_already_changes_nothing():
    known = make_stakeholder("Ana Paz", "ana@example.org")
    edit(known)
    assert person(known.id).changed_at == NOON
    assert happenings_of(known.id).lines == []


def test_a_person_keeps_a_name_and_must_be_there():
    known = make_stakeholder()
    with pytest.raises(Refusal, match="Give the person a name"):
        edit(known, "")
    with pytest.raises(NotFound):
        edit_stakeholder(0, PersonRow(1, full_name="X"), version=1, by=CONSOLE, at=NOON)


def test_campaign_mail_is_stopped_and_allowed_again_and_both_are_on_record():
    known = make_stakeholder()
    for is_stopped in (True, True, False):
        stop_mail(known.id, is_stopped, by=CONSOLE, at=LATER)
        assert person(known.id).is_mail_stopped is is_stopped
    assert [line.what for line in happenings_of(known.id).lines] == [
        "Campaign mail allowed again",
        "No more campaign mail, as asked",
    ]


def test_a_new_address_makes_an_unreachable_invitation_silent_again():
    known = make_stakeholder("Ana Paz", "old@example.org")
    invitation = make_invitation(known, state=InvitationState.UNDELIVERABLE)
    edit(known, email="new@example.org")
    assert afresh(reading().get_one, Invitation, invitation.id).state is InvitationState.SILENT
    assert_counts_add_up()


def test_what_waits_goes_to_the_new_address_and_to_none_where_it_is_taken_away():
    """Mail to an assistant goes where it was to go."""
    known = make_stakeholder("Ana Paz", "old@example.org")
    unit = Unit(text_id=1, event_id=the_event().id, purpose="invitation", next_at=LATER)
    save(unit)
    kinds = (Purpose.INVITATION, Purpose.COPY, Purpose.TO_ASSISTANT)
    own, *others = (
        make_message(known, unit_id=unit.id, state=MessageState.WAITING, purpose=kind)
        for kind in kinds
    )
    edit(known, email="new@example.org")
    assert afresh(reading().get_one, Message, own.id).address == "new@example.org"
    edit(known, email="", version=2)
    row = afresh(reading().get_one, Message, own.id)
    assert (row.state, row.reason) == (MessageState.LEFT_OUT, NO_ADDRESS)
    for other in others:
        row = afresh(reading().get_one, Message, other.id)
        assert (row.state, row.address) == (MessageState.WAITING, "old@example.org")
