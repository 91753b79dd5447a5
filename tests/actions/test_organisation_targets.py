"""Organisations on lists: put there, corrected, approved, taken off, and where each stands."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.delegation_members import Named, complete_delegation, name_member
from outreach.actions.focal_points import ask_for_delegation, withdraw_delegation
from outreach.actions.imports import import_file, take_back_import
from outreach.actions.organisation_targets import (
    WantedAlready,
    approve_organisations,
    edit_organisation_target,
    remove_organisations,
    take_back,
    want_many,
    want_organisation,
)
from outreach.db import reading
from outreach.errors import ChangedMeanwhile, Conflict, NotAllowed, NotFound, Refusal
from outreach.importing.run import run_import
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Activity, Actor
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import InvitationState
from outreach.models.stakeholder import Organisation, Standing
from outreach.models.wish import OrganisationWish
from outreach.queries.happenings import happenings_with
from outreach.queries.lists import target_list
from outreach.queries.organisation_targets import (
    organisation_line,
    organisation_lines,
    where_wanted,
)
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_invitation,
    make_list,
    make_organisation,
    make_organisation_target,
    make_stakeholder,
    make_target,
    save,
    the_conference,
    the_event,
)
from tests.recount import assert_counts_add_up

BY_CONSOLE = {"by": CONSOLE, "at": NOON}
WISH = OrganisationWish(1, 0, 1, "Finances half the region", None, None, 4)


def line_of(target):
    return afresh(organisation_line, target.list_id, target.id)


def test_an_organisation_is_wanted_once_at_the_end_of_its_list_and_counted_apart(app):
    wanted, bank = make_list(), make_organisation("Banque d’Émission")
    make_target(wanted, rank=40)
    id_ = want_organisation(wanted.id, bank.id, WISH, **BY_CONSOLE)
    line = organisation_line(wanted.id, id_)
    assert (line.name, line.rank, line.most_members) == ("Banque d’Émission", 41, 4)
    with pytest.raises(WantedAlready, match="Banque d’Émission is on the list"):
        want_organisation(wanted.id, bank.id, WISH, **BY_CONSOLE)
    other = make_organisation("另一家银行")
    assert want_many(wanted.id, [other.id, bank.id, other.id, 10**9], WISH, **BY_CONSOLE) == 1
    whole = afresh(target_list, wanted.id)
    assert (whole.wanted_count, whole.organisation_count) == (1, 2)
    assert_counts_add_up()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [(OrganisationWish(4, 0, 1, "", None, None), Refusal),
     (OrganisationWish(2, 0, 1, "", None, None, 0), Refusal),
     (OrganisationWish(2, 0, 1, "", 10**9, None), NotFound)],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_and_nothing_is_written(app, wish, refusal):
    wanted, bank = make_list(), make_organisation()
    with pytest.raises(refusal):
        want_organisation(wanted.id, bank.id, wish, **BY_CONSOLE)
    assert afresh(organisation_lines, wanted.id) == []


def test_of_two_who_correct_one_organisation_the_second_is_told(app):
    target = make_organisation_target()
    mark = target.mark
    edit_organisation_target(target.list_id, target.id, WISH, seen=mark, **BY_CONSOLE)
    with pytest.raises(ChangedMeanwhile):
        edit_organisation_target(
            target.list_id, target.id, OrganisationWish(3, 0, 1, "", None, None), seen=mark,
            **BY_CONSOLE,
        )  # fmt: skip
    assert line_of(target).why == "Finances half the region"


def test_an_approver_approves_and_it_can_be_taken_back(app):
    target = make_organisation_target()
    promoter, approver = make_account(), make_account(Role.APPROVER)
    with pytest.raises(NotAllowed):
        approve_organisations(target.list_id, [target.id], by=Actor.account(promoter.id), at=NOON)
    by = Actor.account(approver.id)
    line = approve_organisations(target.list_id, [target.id], by=by, at=NOON)
    assert line_of(target).state(NOON) == "approved"
    assert approve_organisations(target.list_id, [target.id], by=by, at=NOON) is None
    take_back(target.list_id, line, by=by, at=NOON)
    assert line_of(target).state(NOON) == "wanted"


def test_whoever_is_taken_off_is_put_back_as_it_was_once_and_within_the_hour(app):
    wanted = make_list()
    targets = [
        make_organisation_target(wanted, tier=1, why="x", decide_on=NOON.date()) for _ in range(2)
    ]
    before = afresh(organisation_lines, wanted.id)
    line = remove_organisations(wanted.id, [one.id for one in targets], **BY_CONSOLE)
    assert afresh(organisation_lines, wanted.id) == []
    with pytest.raises(Conflict):
        take_back(wanted.id, line, by=CONSOLE, at=NOON + timedelta(hours=2))
    with pytest.raises(NotFound):
        take_back(make_list().id, line, **BY_CONSOLE)
    for _ in range(2):
        take_back(wanted.id, line, **BY_CONSOLE)
    after = afresh(organisation_lines, wanted.id)
    assert [(one.name, one.why, one.rank) for one in after] == [
        (one.name, one.why, one.rank) for one in before
    ]
    assert_counts_add_up()
    assert remove_organisations(wanted.id, [10**9], **BY_CONSOLE) is None


@pytest.fixture
def ministry(app):
    return make_organisation("Ministry of Communications", group="member_state", country="KE")


def appoint(ministry, person):
    save(
        FocalPoint(
            conference_id=the_conference().id, organisation_id=ministry.id,
            stakeholder_id=person.id, authorised_by="Note verbale 4", authorised_on=NOON.date(),
            recorded_at=NOON,
        )
    )  # fmt: skip


def asked(ministry, person):
    return ask_for_delegation(
        ministry.id, the_event().id, person.id, authorised_by="Note verbale 4",
        authorised_on=None, most_members=3, name_by=NOON + timedelta(days=30), **BY_CONSOLE,
    )  # fmt: skip


def test_where_it_stands_follows_from_its_focal_point_and_delegation(ministry):
    target = make_organisation_target(make_list(group="member_state"), ministry)

    def says(at=NOON):
        line = line_of(target)
        return line.state(at), line.words(at)

    assert says() == ("wanted", "no focal point yet")
    person = make_stakeholder("Ada Okello", "ada@example.org", ministry)
    appoint(ministry, person)
    assert says() == ("wanted", "Ada Okello can be asked")
    delegation_id = asked(ministry, person)
    assert says() == ("asked", "nobody named yet")
    assert says(NOON + timedelta(days=31)) == ("late", "nobody was named in time")
    name_member(delegation_id, Named("Ben Mwangi", "ben@example.org"), at=NOON)
    assert says() == ("naming", "1 person named, no answer yet")
    complete_delegation(delegation_id, at=NOON)
    assert says()[0] == "complete"
    withdraw_delegation(delegation_id, **BY_CONSOLE)
    assert says() == (
        "by_people", "1 person named, no answer yet; its focal point is asked no more",
    )  # fmt: skip


def test_where_it_stands_follows_from_its_people_on_the_list_without_a_delegation(
    ministry,
):
    wanted = make_list(group="member_state")
    target = make_organisation_target(wanted, ministry)
    one, two = (make_stakeholder(organisation=ministry) for _ in range(2))
    make_target(wanted, one)
    make_target(wanted, two)
    assert line_of(target).state(NOON) == "wanted", "nobody of it is asked yet"
    make_invitation(one, state=InvitationState.ACCEPTED)
    make_invitation(two)
    line = line_of(target)
    assert (line.state(NOON), line.words(NOON)) == (
        "by_people", "2 people of it asked on this list, 1 accepted",
    )  # fmt: skip


def test_the_page_and_the_time_line_of_an_organisation_tell_of_its_lists(ministry):
    wanted = make_list(name="Administrations")
    id_ = want_organisation(wanted.id, ministry.id, WISH, **BY_CONSOLE)
    remove_organisations(wanted.id, [id_], **BY_CONSOLE)
    said = [one.what for one in happenings_with(ministry.id).lines]
    assert said == ["Taken off the list Administrations", "Wanted on the list Administrations"]
    want_organisation(wanted.id, ministry.id, WISH, **BY_CONSOLE)
    assert [one.list for one in afresh(where_wanted, ministry.id)] == ["Administrations"]
    person = make_stakeholder(organisation=ministry)
    appoint(ministry, person)
    asked(ministry, person)
    assert "Asked to name a delegation" in [one.what for one in happenings_with(ministry.id).lines]
    lines = reading().scalars(select(Activity).where(Activity.organisation_id == ministry.id))
    assert all(line.event_id == the_event().id for line in lines)


def test_an_import_taken_back_leaves_organisations_that_are_wanted_themselves(tmp_path, app):
    wanted, path = make_list(), tmp_path / "people.csv"
    path.write_text("Name,Email,Organisation\nA,a@example.org,One\nB,b@example.org,Two\n")
    report = import_file(path, "x", wanted.id, **BY_CONSOLE)
    one, _ = reading().scalars(select(Organisation).order_by(Organisation.name)).all()
    make_organisation_target(wanted, one)
    take_back_import(report.import_id, by=CONSOLE)
    run_import(report.import_id, None, now=lambda: NOON)
    assert reading().scalars(select(Organisation.name)).all() == ["One"]
    assert reading().scalars(select(Standing.organisation_id)).all() == [one.id]
