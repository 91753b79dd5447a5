"""Whatever two people were: a merge counts right, and its undo leaves the same rows."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from outreach.actions.allotments import create_allotment
from outreach.actions.custom_fields import add_custom_field
from outreach.actions.merges import undo_merge
from outreach.db import reading, transaction
from outreach.describing import Details, describe
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject
from outreach.models.event import Event
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.kind import Kind
from outreach.models.message import MessageState
from outreach.models.note import Note
from outreach.models.star import Star, StarStage
from outreach.models.suppression import Suppression, digest_of
from outreach.tokens import new_key
from tests.actions.test_merges import LATER, everything, merge
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_list,
    make_message,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    make_target,
    save,
    the_conference,
)
from tests.recount import assert_counts_add_up

ASKED = some.none() | some.tuples(
    some.sampled_from(list(InvitationState)), some.none() | some.integers(0, 3)
)
ABOUT = some.fixed_dictionaries(
    {
        "office": some.sampled_from(["", "Governor", "President"]),
        "notes": some.sampled_from(["", "Met in Kigali"]),
        "email": some.sampled_from(["", None, "ana@example.org", "an\u0430@example.org"]),
        "is_mail_stopped": some.booleans(),
        "feed": some.booleans(),
        "tier": some.none() | some.integers(1, 3),
        "is_star": some.booleans(),
        "asked": ASKED,
        "is_offered": some.booleans(),
        "is_mailed": some.booleans(),
        "reason": some.sampled_from([None, "bounced", "unsubscribed", "staff"]),
        "details": some.none() | some.sampled_from(["gold", "silver"]),
    }
)


def make_someone(about, wanted):
    """A person with what the example says of them."""
    person = make_stakeholder(
        "Ana Silva",
        about["email"],
        office=about["office"],
        notes=about["notes"],
        is_mail_stopped=about["is_mail_stopped"],
        feed_key=new_key() if about["feed"] else None,
    )
    if about["tier"]:
        target = make_target(wanted, person, tier=about["tier"], is_star=about["is_star"])
        if about["is_star"]:
            save(
                Star(
                    target_id=target.id, stage=StarStage.NOMINATED, stage_at=NOON, reason="Knows",
                    nominated_at=NOON,
                )
            )  # fmt: skip
    if about["asked"]:
        state, hours = about["asked"]
        answered_at = None if hours is None else NOON + timedelta(hours=hours)
        event = reading().get_one(Event, wanted.event_id)
        make_invitation(person, event, state=state, answered_at=answered_at)
    if about["is_offered"]:
        make_seat_offer(person)
    if about["is_mailed"]:
        make_message(person)
        make_message(person, state=MessageState.WAITING)
    if about["details"]:
        describe_someone(person, about["details"])
    stopped = about["reason"] and person.email_key
    if (
        stopped
        and reading().scalar(
            select(Suppression.id).where(Suppression.digest == digest_of(person.email_key))
        )
        is None
    ):
        save(
            Suppression(
                digest=digest_of(person.email_key), reason=about["reason"], source="page",
                since=NOON, stakeholder_id=person.id,
            )
        )  # fmt: skip
    return person


def describe_someone(person, metal):
    """Phones, kinds, tags, forms of address, own fields, a note, and speaking for a body."""
    field_id = reading().scalar(select(CustomField.id)) or add_custom_field(
        CustomSubject.PERSON, CustomKind.TEXT, "Metal", by=CONSOLE, at=NOON
    )
    details = Details(
        phones=[("+41 22 1", "41221", ""), (f"+41 {len(metal)}", f"41{len(metal)}", metal)],
        kinds=[Kind.FUND_OWNER if metal == "gold" else Kind.BENEFICIARY],
        tags=["both", metal],
        forms={"fr": ("", metal), "ru" if metal == "gold" else "es": ("T", "")},
        custom={field_id: metal},
    )
    with transaction() as session:
        describe(session, person.id, details)
    body = make_organisation(f"Bank of {metal} {person.id}")
    save(
        Note(stakeholder_id=person.id, text=metal, written_at=NOON),
        FocalPoint(
            conference_id=the_conference().id, organisation_id=body.id, stakeholder_id=person.id,
            authorised_by="The Minister", authorised_on=NOON.date(), recorded_at=NOON,
        ),
    )  # fmt: skip


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=ABOUT, other=ABOUT, places=some.none() | some.integers(1, 3))
def test_whatever_two_people_were_a_merge_counts_right_and_its_undo_is_exact(
    app, one, other, places
):
    event = make_event()
    wanted = make_list(event=event)
    kept, gone = make_someone(one, wanted), make_someone(other, wanted)
    if places:  # their places, too, are as if neither had ever given one back
        create_allotment(event.id, wanted.group_id, places, by=CONSOLE, at=NOON)
    before = everything()
    merge_id = merge(kept, gone, is_confirmed=True)
    assert_counts_add_up()
    reading().rollback()
    counted = select(func.count()).where(
        Invitation.stakeholder_id == kept.id, Invitation.merged_into_id.is_(None)
    )
    assert reading().scalar(counted) == int(bool(one["asked"] or other["asked"]))
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    # Of examples before this one, too, which share the database.
    assert everything() | {"vacancies": before["vacancies"]} == before
    assert_counts_add_up()
