"""Places of an allotment: no sequence of events overbooks one, promotes twice or forgets one."""

from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
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
    move_alternate,
    promote_alternates,
)
from outreach.actions.delegations import send_someone
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.advice.alternates import reply_by_for
from outreach.db import db
from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE
from outreach.models.allotment import Placement, PlacementState, VacancyState
from outreach.models.invitation import InvitationState, Reply
from outreach.models.target import Target
from tests.actions.test_places import DAY, Ground
from tests.factories import (
    NOON,
)
from tests.recount import assert_counts_add_up

_numbers = count(1)
some = st.integers(0, 30)


class Places(RuleBasedStateMachine):
    """Everything that people, servers, staff and time can do to an allotment."""

    @initialize(
        places=st.integers(1, 4),
        asked=st.integers(0, 6),
        alternates=st.integers(0, 5),
        is_automatic=st.sampled_from([True, True, True, False]),
    )
    def begin(self, places, asked, alternates, is_automatic):
        db.session.remove()
        self.afresh()
        self.at = NOON
        self.ground = Ground(places, asked, alternates, is_automatic=is_automatic)
        self.held = self.holding()

    def holding(self):
        states = self.ground.states()
        return sum(states.get(word, 0) for word in ("taken", "asked", "waiting"))

    def someone(self, number):
        rows = self.ground.invitations()
        return rows[number % len(rows)] if rows else None

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

    @rule(number=some)
    def send_another(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            address = f"sent{next(_numbers)}@example.org"
            with suppress(Refusal):
                send_someone(invitation.id, f"Sent {address}", address, "", at=self.at)

    @rule(number=some)
    def bounce(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            self.ground.bounce(invitation.id, self.at)

    @rule(days=st.integers(1, 12))
    def time_passes(self, days):
        self.at += days * DAY
        promote_alternates(at=self.at)

    @rule()
    def the_clock_ticks_again(self):
        before = self.ground.promoted()
        promote_alternates(at=self.at)
        assert self.ground.promoted() == before

    @rule(number=some, place=st.integers(1, 6))
    def reorder(self, number, place):
        waiting = self.ground.rows(
            Target,
            Target.list_id == self.ground.list.id,
            Target.is_alternate,
            Target.promoted_at.is_(None),
        )
        if waiting:
            target = waiting[number % len(waiting)]
            move_alternate(self.ground.list.id, target.id, place, by=CONSOLE, at=self.at)

    @rule()
    def one_alternate_more(self):
        self.ground.add_alternate(self.at)

    @precondition(lambda self: len(self.ground.invitations()) < 9)
    @rule()
    def a_wave_goes_out(self):
        self.ground.ask(self.at)
        promote_alternates(at=self.at)
        self.held = self.holding()

    @rule(places=st.integers(0, 6), is_automatic=st.booleans())
    def change_places(self, places, is_automatic):
        with suppress(Conflict):
            change_allotment(
                self.ground.allotment_id,
                places=places,
                is_automatic=is_automatic,
                answer_days=10,
                closing_days=7,
                by=CONSOLE,
                at=self.at,
            )

    @rule()
    def ask_by_hand(self):
        with suppress(Conflict):
            ask_next(self.ground.allotment_id, by=CONSOLE, at=self.at)

    @rule(number=some)
    def approve(self, number):
        vacancies = self.ground.vacancies()
        if vacancies:
            vacancy = vacancies[number % len(vacancies)]
            before = vacancy.state  # the row itself would be read anew afterwards
            try:
                approve_alternate(vacancy.id, by=CONSOLE, at=self.at)
            except Conflict:
                return
            assert before is VacancyState.OPEN

    @invariant()
    def no_place_is_given_twice(self):
        places, states = self.ground.allotment().places, self.ground.states()
        assert states.get("taken", 0) <= places
        by_invitation = {row.id: row for row in self.ground.invitations()}
        for row in self.ground.rows(Placement):
            invitation = by_invitation.get(row.invitation_id)
            if invitation is not None and invitation.state is InvitationState.ACCEPTED:
                assert row.state in (PlacementState.TAKEN, PlacementState.WAITING)
            elif invitation is not None and invitation.state is not InvitationState.DELEGATED:
                assert row.state in (PlacementState.ASKED, PlacementState.AWAY)

    @invariant()
    def nobody_is_promoted_twice_and_no_place_goes_to_two(self):
        promoted = self.ground.promoted()
        assert len(promoted) == len(set(promoted))
        filled = [row.filled_by_id for row in self.ground.vacancies() if row.filled_by_id]
        assert len(filled) == len(set(filled))

    @invariant()
    def nobody_waits_for_a_place_that_is_free(self):
        allotment, states = self.ground.allotment(), self.ground.states()
        if states.get("waiting"):
            kept = states.get("taken", 0) + states.get("asked", 0)
            assert kept >= allotment.places

    @invariant()
    def no_freed_place_stays_empty_while_an_alternate_waits(self):
        allotment, held = self.ground.allotment(), self.holding()
        before, self.held = self.held, held
        reply_by = reply_by_for(
            self.at, self.ground.event.starts_at, allotment.answer_days, allotment.closing_days
        )
        if not (allotment.is_automatic and self.ground.eligible() and reply_by):
            return
        assert held >= min(before, allotment.places)
        assert all(row.state is not VacancyState.OPEN for row in self.ground.vacancies())

    def teardown(self):
        if hasattr(self, "ground"):
            for invitation in self.ground.invitations():
                assert invitation.reply_by <= self.ground.event.starts_at
            assert_counts_add_up()
        db.session.rollback()


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
