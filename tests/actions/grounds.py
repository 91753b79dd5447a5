"""Grounds for places: an event with allotments and lists, and what must always hold there."""

from datetime import timedelta

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select

from outreach.actions.allotments import create_allotment as make_places
from outreach.actions.allotments import draw_on
from outreach.actions.alternates import mark_alternates
from outreach.actions.receipt_effects import apply_receipts
from outreach.advice.alternates import reply_by_for
from outreach.db import db, transaction
from outreach.models.activity import CONSOLE, Activity
from outreach.models.allotment import Allotment, Placement, PlacementState, Vacancy, VacancyState
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.target import Target
from outreach.placing import admit
from outreach.tokens import new_key
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_list,
    make_message,
    make_stakeholder,
    make_target,
    save,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)


class Ground:
    """An event with one list, an allotment, some who were asked and some alternates by rank."""

    def __init__(
        self, places, asked=0, alternates=0, opens_at=NOON + 60 * DAY, event=None, **rules
    ):
        self.event = event or make_event(starts_at=opens_at, ends_at=opens_at + 2 * DAY)
        self.list = make_list(event=self.event)
        for _ in range(asked):
            self.ask()
        self.allotment_id = make_places(
            self.event.id, self.list.group_id, places, by=CONSOLE, at=NOON, **rules
        )
        for _ in range(alternates):
            self.add_alternate(NOON)

    def ask(self, at=NOON):
        """Someone of an ordinary wave, asked as a campaign does it."""
        person = make_stakeholder(created_at=NOON)
        make_target(self.list, person)
        reply_by = min(at + 20 * DAY, self.event_now().starts_at)
        invitation = make_invitation(person, self.event, invited_at=at, reply_by=reply_by)
        make_message(person, invitation, event_id=self.event.id)
        with transaction() as session:
            admit(session, self.event.id, at)
        return invitation

    def add_alternate(self, at, person=None):
        target = make_target(self.list, person)
        mark_alternates(self.list.id, [target.id], True, by=CONSOLE, at=at)
        return target

    def bounce(self, invitation_id, at):
        message = self.rows(Message, Message.invitation_id == invitation_id)[0]
        save(
            Receipt(
                public_id=message.public_id,
                fingerprint=new_key(),
                kind=ReceiptKind.BOUNCE,
                state=ReceiptState.NEW,
                is_hard=True,
                happened_at=at,
                received_at=at,
            )
        )
        apply_receipts(at=at)

    def rows(self, model, *where):
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalars(select(model).where(*where).order_by(model.id)).all()

    def invitations(self):
        return self.rows(Invitation, Invitation.event_id == self.event.id)

    def states(self):
        """How many stand how: {"taken": 2, …}"""
        found = {}
        for row in self.rows(Placement, Placement.allotment_id == self.allotment_id):
            found[row.state.value] = found.get(row.state.value, 0) + 1
        return found

    def vacancies(self):
        return self.rows(Vacancy, Vacancy.allotment_id == self.allotment_id)

    def promoted(self):
        """Stakeholders of the promoted, in the order of their promotion."""
        rows = self.rows(
            Activity, Activity.verb == "promoted_alternate", Activity.event_id == self.event.id
        )
        return [row.stakeholder_id for row in rows]

    def eligible(self):
        """Who could be asked, told from the rows and not by the code that chooses."""
        invited = {row.stakeholder_id for row in self.invitations()}
        waiting = self.rows(
            Target,
            Target.list_id == self.list.id,
            Target.is_alternate,
            Target.promoted_at.is_(None),
        )
        people = {row.id: row for row in self.rows(Stakeholder)}
        barred = {row.digest for row in self.rows(Suppression)}
        return [
            row
            for row in waiting
            if row.stakeholder_id not in invited
            and people[row.stakeholder_id].email
            and not people[row.stakeholder_id].is_mail_stopped
            and digest_of(people[row.stakeholder_id].email_key) not in barred
        ]

    def allotment(self):
        return self.rows(Allotment, Allotment.id == self.allotment_id)[0]

    def event_now(self):
        return self.rows(Event, Event.id == self.event.id)[0]


class HostGround(Ground):
    """One host's guests at the event of another ground: a list and an allotment of their own."""

    def __init__(self, ground, places, asked=0, alternates=0, **rules):
        self.event = ground.event
        self.list = make_list(event=self.event, name="Guests of the host")
        self.allotment_id = make_places(
            self.event.id, self.list.group_id, places, host="Host", by=CONSOLE, at=NOON, **rules
        )
        draw_on(self.list.id, self.allotment_id, by=CONSOLE, at=NOON)
        for _ in range(asked):
            self.ask()
        for _ in range(alternates):
            self.add_alternate(NOON)


class Watched(RuleBasedStateMachine):
    """Two allotments of one event, and what holds of them after every step: see `Places`.

    at        the hour that it is
    ground    the group's; hosts: one host's
    held      what `holding` said before
    earliest  no answer is awaited later
    """

    def rows(self, *question):
        return self.ground.rows(*question)

    def holding(self):
        """{allotment: how many hold a place of it or wait for one}"""
        holding = {row.id: 0 for row in self.rows(Allotment)}
        for row in self.rows(Placement, Placement.state != PlacementState.AWAY):
            holding[row.allotment_id] += 1
        return holding

    def either(self, number):
        return (self.ground, self.ground, self.hosts)[number % 3]

    def someone(self, number):
        rows = self.ground.invitations()
        return rows[number % len(rows)] if rows else None

    @invariant()
    def no_place_is_given_twice(self):
        taken = self.counted(PlacementState.TAKEN)
        for allotment in self.rows(Allotment):
            assert taken.get(allotment.id, 0) <= allotment.places
        by_invitation = {row.id: row for row in self.ground.invitations()}
        for row in self.rows(Placement):
            invitation = by_invitation[row.invitation_id]
            if invitation.withdrawn_at is not None:
                continue  # its place is free by the next tick
            if invitation.state is InvitationState.ACCEPTED:
                assert row.state in (PlacementState.TAKEN, PlacementState.WAITING)
            elif invitation.state is not InvitationState.DELEGATED:
                assert row.state in (PlacementState.ASKED, PlacementState.AWAY)

    def counted(self, state):
        found = {}
        for row in self.rows(Placement, Placement.state == state):
            found[row.allotment_id] = found.get(row.allotment_id, 0) + 1
        return found

    @invariant()
    def nobody_comes_who_is_counted_nowhere(self):
        """Who is sent has the place of whoever sends them."""
        placed = {row.invitation_id for row in self.rows(Placement)}
        for row in self.ground.invitations():
            comes = row.state is InvitationState.ACCEPTED and row.withdrawn_at is None
            assert row.id in placed or row.delegated_by_id is not None or not comes

    @invariant()
    def nobody_is_promoted_twice_and_no_place_goes_to_two(self):
        promoted = self.ground.promoted()
        assert len(promoted) == len(set(promoted))
        filled = [row.filled_by_id for row in self.rows(Vacancy) if row.filled_by_id]
        assert len(filled) == len(set(filled))

    @invariant()
    def nobody_waits_for_a_place_that_is_free(self):
        taken, asked = self.counted(PlacementState.TAKEN), self.counted(PlacementState.ASKED)
        for id_ in self.counted(PlacementState.WAITING):
            (allotment,) = self.rows(Allotment, Allotment.id == id_)
            assert taken.get(id_, 0) + asked.get(id_, 0) >= allotment.places

    @invariant()
    def no_freed_place_stays_empty_while_an_alternate_waits(self):
        held = self.holding()
        before, self.held = self.held, held
        for ground in (self.ground, self.hosts):
            allotment, starts_at = ground.allotment(), ground.event_now().starts_at
            reply_by = reply_by_for(
                self.at, starts_at, allotment.answer_days, allotment.closing_days
            )
            if not (allotment.is_automatic and reply_by and ground.eligible()):
                continue
            assert held[allotment.id] >= min(before[allotment.id], allotment.places)
            vacancies = ground.vacancies()
            assert all(row.state is not VacancyState.OPEN for row in vacancies)

    def teardown(self):
        if hasattr(self, "ground"):
            for invitation in self.ground.invitations():
                assert invitation.reply_by <= self.earliest
            assert_counts_add_up()
        db.session.rollback()
