"""Places of allotments: no sequence of events overbooks one, promotes twice or forgets one.

Two allotments of one event: the group's, and one host's. People may be on the lists of both, be
made one with somebody else and two again, be barred and let in, taken off a list and put back; the
conference moves, staff write down what came by letter after the reply-by. Focal points name people
and take them out, calendars answer, waves wait for places.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from outreach.actions.allotments import (
    approve_alternate,
    ask_next,
    change_allotment,
)
from outreach.actions.alternates import (
    mark_alternates,
    move_alternate,
    promote_alternates,
)
from outreach.actions.conferences import move_conference
from outreach.actions.delegations import send_someone
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.actions.merges import merge_stakeholders, undo_merge
from outreach.actions.recorded_answers import take_back_recorded_answer, write_down_answer
from outreach.actions.suppressions import lift_suppression, suppress_address
from outreach.actions.target_bulk import Chosen, remove_many, take_back_targets
from outreach.db import db
from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE, Actor
from outreach.models.allotment import Vacancy, VacancyState
from outreach.models.conference import Conference
from outreach.models.duplicate import Merge
from outreach.models.invitation import Reply
from outreach.models.proof import Proof, Way
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression
from outreach.models.target import Target
from tests.actions.grounds import DAY, Ground, HostGround
from tests.actions.ways_in import WaysIn
from tests.factories import NOON, make_account

_numbers = count(1)
some = st.integers(0, 30)


class Places(WaysIn):
    """Everything that people, servers, staff and time can do to the allotments of an event."""

    @initialize(
        places=st.integers(1, 4),
        asked=st.integers(0, 6),
        alternates=st.integers(0, 5),
        is_automatic=st.sampled_from([True, True, True, False]),
        is_host_automatic=st.booleans(),
    )
    def begin(self, places, asked, alternates, is_automatic, is_host_automatic):
        db.session.remove()
        self.afresh()
        self.at = NOON
        self.staff = Actor.account(make_account().id)
        self.ground = Ground(places, asked, alternates, is_automatic=is_automatic)
        self.hosts = HostGround(
            self.ground, 2, asked=1, alternates=2, is_automatic=is_host_automatic
        )
        self.earliest = self.ground.event.starts_at
        self.changes = []
        self.held = self.holding()

    def waiting(self, ground):
        return self.rows(
            Target,
            Target.list_id == ground.list.id,
            Target.is_alternate,
            Target.promoted_at.is_(None),
        )

    def tick(self):
        promote_alternates(at=self.at)
        self.launch()

    @rule(number=some, reply=st.sampled_from([Reply.ACCEPTED, Reply.DECLINED, Reply.TENTATIVE]))
    def answer(self, number, reply):
        invitation = self.someone(number)
        if invitation is not None:
            with suppress(Refusal):
                answer_invitation(invitation.id, reply, "", at=self.at)

    @rule(number=some)
    def take_back(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            with suppress(Refusal):
                take_back_answer(invitation.id, at=self.at)

    @rule(number=some, reply=st.sampled_from([Reply.ACCEPTED, Reply.DECLINED]))
    def a_letter_comes(self, number, reply):
        """Also after the reply-by."""
        invitation = self.someone(number)
        if invitation is not None:
            with suppress(Refusal):
                write_down_answer(
                    invitation.id, reply, "", way=Way.LETTER, came_on=self.at.date(),
                    by=self.staff, at=self.at,
                )  # fmt: skip

    @rule(number=some)
    def a_letter_is_taken_back(self, number):
        proofs = self.rows(Proof)
        if proofs:
            with suppress(Refusal):
                take_back_recorded_answer(
                    proofs[number % len(proofs)].answer_id, by=self.staff, at=self.at
                )

    @rule(number=some)
    def send_another(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            address = f"sent{next(_numbers)}@example.org"
            with suppress(Refusal):
                send_someone(invitation.id, f"Sent {address}", address, "", at=self.at)

    @rule(number=some, other=some)
    def send_someone_known(self, number, other):
        """Who is asked already, or waits as an alternate."""
        invitation = self.someone(number)
        people = [row for row in self.rows(Stakeholder) if row.email]
        if invitation is not None:
            person = people[other % len(people)]
            with suppress(Refusal):
                send_someone(invitation.id, person.full_name, person.email, "", at=self.at)
            self.tick()

    @rule(number=some)
    def bounce(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            self.ground.bounce(invitation.id, self.at)

    @rule(number=some, other=some, is_turned=st.booleans())
    def make_two_one(self, number, other, is_turned):
        """Whoever they are: asked, sent, alternates of one list or of both."""
        ids = [row.id for row in self.rows(Stakeholder, Stakeholder.merged_into_id.is_(None))]
        kept, gone = ids[number % len(ids)], ids[other % len(ids)]
        if kept != gone:
            choices = {"email": "gone"} if is_turned else {}
            with suppress(Refusal):
                merge_stakeholders(kept, gone, choices, by=self.staff, at=self.at)
            self.tick()

    @rule(number=some)
    def make_one_two_again(self, number):
        merges = self.rows(Merge, Merge.undone_at.is_(None))
        if merges:
            with suppress(Refusal):
                undo_merge(merges[number % len(merges)].id, by=self.staff, at=self.at)
            self.tick()

    @rule(days=st.integers(1, 12))
    def time_passes(self, days):
        self.at += days * DAY
        self.tick()

    @rule()
    def the_clock_ticks_again(self):
        before = self.ground.promoted()
        self.tick()
        assert self.ground.promoted() == before

    @rule(days=st.integers(-4, 15))
    def the_conference_moves(self, days):
        """Open reply-bys move along."""
        (conference,) = self.rows(Conference)
        move_conference(
            conference.id, conference.opens_on + timedelta(days=days), by=self.staff, at=self.at
        )
        self.earliest = max(self.earliest, self.ground.event_now().starts_at)
        self.tick()

    @rule(number=some, place=st.integers(1, 6))
    def reorder(self, number, place):
        ground = self.either(number)
        waiting = self.waiting(ground)
        if waiting:
            target = waiting[number % len(waiting)]
            move_alternate(ground.list.id, target.id, place, by=CONSOLE, at=self.at)

    @rule(number=some)
    def one_alternate_more(self, number):
        self.either(number).add_alternate(self.at)

    @rule(number=some)
    def one_of_the_other_list_too(self, number):
        """On the list of the group and on the host's: as an alternate of both."""
        waiting = self.waiting(self.ground)
        if waiting:
            person = waiting[number % len(waiting)].stakeholder
            theirs = (Target.list_id == self.hosts.list.id, Target.stakeholder_id == person.id)
            if not self.rows(Target, *theirs):
                self.hosts.add_alternate(self.at, person)

    @rule(number=some, is_alternate=st.booleans())
    def alternate_or_not(self, number, is_alternate):
        ground = self.either(number)
        targets = self.rows(Target, Target.list_id == ground.list.id)
        if targets:
            ids = [targets[number % len(targets)].id]
            done = mark_alternates(ground.list.id, ids, is_alternate, by=self.staff, at=self.at)
            self.changes += [done.change_id] if done.change_id else []

    @rule(number=some)
    def take_off_the_list(self, number):
        ground = self.either(number)
        targets = self.rows(Target, Target.list_id == ground.list.id)
        if targets:
            chosen = Chosen(ground.list.id, [targets[number % len(targets)].id])
            done = remove_many(chosen, by=self.staff, at=self.at)
            self.changes += [done.change_id] if done.change_id else []

    @rule(number=some)
    def take_back_a_change_of_the_list(self, number):
        if self.changes:
            with suppress(Refusal):
                take_back_targets(
                    self.changes.pop(number % len(self.changes)), by=self.staff, at=self.at
                )
            self.tick()

    @rule(number=some)
    def bar_someone(self, number):
        people = [row for row in self.rows(Stakeholder) if row.email]
        suppress_address(people[number % len(people)].email, "asked", by=self.staff, at=self.at)

    @rule(number=some)
    def let_them_in_again(self, number):
        barred = self.rows(Suppression)
        if barred:
            lift_suppression(
                barred[number % len(barred)].id, "asked", by=self.staff, at=self.at,
                is_confirmed=True,
            )  # fmt: skip
            self.tick()

    @precondition(lambda self: self.at < self.ground.event_now().starts_at)
    @precondition(lambda self: len(self.ground.invitations()) < 9)
    @rule(number=some)
    def a_wave_goes_out(self, number):
        self.either(number).ask(self.at)
        self.tick()
        self.held = self.holding()

    @rule(number=some, places=st.integers(0, 6), is_automatic=st.booleans())
    def change_places(self, number, places, is_automatic):
        with suppress(Conflict):
            change_allotment(
                self.either(number).allotment_id,
                places=places,
                is_automatic=is_automatic,
                answer_days=10,
                closing_days=7,
                by=CONSOLE,
                at=self.at,
            )

    @rule(number=some)
    def ask_by_hand(self, number):
        with suppress(Conflict):
            ask_next(self.either(number).allotment_id, by=CONSOLE, at=self.at)

    @rule(number=some)
    def approve(self, number):
        vacancies = self.rows(Vacancy)
        if vacancies:
            vacancy = vacancies[number % len(vacancies)]
            before = vacancy.state  # the row itself would be read anew afterwards
            try:
                approve_alternate(vacancy.id, by=CONSOLE, at=self.at)
            except Conflict:
                return
            assert before is VacancyState.OPEN


def play(examples, afresh):
    """Each sequence on a database of its own: what earlier ones left would slow it down."""
    run_state_machine_as_test(
        type("Places", (Places,), {"afresh": staticmethod(afresh)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def test_no_sequence_of_events_overbooks_promotes_twice_or_forgets_a_place(app, afresh):
    play(6, afresh)


@pytest.mark.slow
def test_nor_does_any_of_many_more_sequences(app, afresh):
    play(150, afresh)
