"""More ways in which somebody comes to be asked, or answers: see `test_places_stateful`."""

from contextlib import suppress
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from outreach.actions.calendar_changes import withdraw_invitation
from outreach.actions.calendar_replies import apply_calendar_replies
from outreach.actions.delegation_members import Named, name_member, take_out_member
from outreach.actions.focal_points import ask_for_delegation
from outreach.actions.steps import launch_due_steps
from outreach.advice.alternates import reply_by_for
from outreach.db import reading
from outreach.errors import Refusal
from outreach.models.allotment import VacancyState
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.conference import Conference
from outreach.models.delegation import Delegation, DelegationMember
from outreach.models.event import uid_of
from outreach.models.inbound import InboundKind, InboundMail, InboundState
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, Audience, Step, StepKind, StepState
from outreach.models.template import Template, TemplateVersion
from tests.actions.grounds import DAY, Watched
from tests.factories import make_organisation, make_stakeholder, make_target, save
from tests.intake.mails import OWN_REPLY

_numbers = count(1)
some = st.integers(0, 30)
MOST_MEMBERS = 3
GROUP = "development_finance"


class WaysIn(Watched):
    """Delegations named by a focal point, answers of calendars, withdrawals, waves for places."""

    def delegation(self):
        """Of an organisation of the ground's group; its focal point is asked at first need."""
        asked = self.rows(Delegation)
        if asked:
            return asked[0]
        organisation = make_organisation("Bank of Kenya", group=GROUP, country="KE")
        ask_for_delegation(
            organisation.id, self.ground.event.id, make_stakeholder(organisation=organisation).id,
            authorised_by="Letter", authorised_on=None, most_members=MOST_MEMBERS,
            name_by=self.ground.event_now().starts_at, by=self.staff, at=self.at,
        )  # fmt: skip
        return self.rows(Delegation)[0]

    def named(self, number, name, address):
        with suppress(Refusal):
            name_member(self.delegation().id, Named(name, address), at=self.at)
        self.held = self.holding()

    @precondition(lambda self: self.at < self.ground.event_now().starts_at)
    @rule(number=some)
    def a_focal_point_names_someone_new(self, number):
        name = f"named{next(_numbers)}"
        self.named(number, name, f"{name}@example.org")

    @precondition(lambda self: self.at < self.ground.event_now().starts_at)
    @rule(number=some)
    def a_focal_point_names_someone_known(self, number):
        """An alternate, who was asked, who is sent, or who was taken out before."""
        people = [row for row in self.rows(Stakeholder) if row.email]
        person = people[number % len(people)]
        self.named(number, person.full_name, person.email)
        self.tick()

    @rule(number=some)
    def a_focal_point_takes_someone_out(self, number):
        members = self.rows(DelegationMember)
        if members:
            member = members[number % len(members)]
            with suppress(Refusal):
                take_out_member(member.delegation_id, member.id, at=self.at)
            self.tick()

    @rule(number=some)
    def the_team_withdraws_an_invitation(self, number):
        invitation = self.someone(number)
        if invitation is not None:
            with suppress(Refusal):
                withdraw_invitation(invitation.id, by=self.staff, at=self.at)
            self.tick()

    @rule(number=some, says=st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]))
    def a_calendar_answers(self, number, says):
        invitation = self.someone(number)
        if invitation is None:
            return
        (address,) = [
            row.email for row in self.rows(Stakeholder) if row.id == invitation.stakeholder_id
        ]
        if address is None:
            return
        (conference,) = self.rows(Conference)
        text = OWN_REPLY.format(
            uid=uid_of(conference.code, self.ground.event.id), stamp=self.at, says=says, who=address
        )
        key = f"reply{next(_numbers)}"
        save(
            InboundMail(
                stored_name=key, content_type="", digest=key, bytes_count=1, received_at=self.at,
                state=InboundState.READ, kind=InboundKind.CALENDAR, mail_key=key, sender=address,
                calendar=text, dkim="{@example.org : pass}", spf="pass",
            )
        )  # fmt: skip
        apply_calendar_replies(at=self.at)

    @precondition(lambda self: len(self.ground.invitations()) < 9)
    @rule(number=some, places=st.integers(1, 2), days=st.integers(1, 9))
    def a_wave_waits_for_places(self, number, places, days):
        """It asks so many; it goes at the first tick that finds as many free, else on its day."""
        wave, ground = len(self.rows(Campaign)) + 2, self.either(number)
        reply_by = min(self.at + 20 * DAY, ground.event_now().starts_at)
        if wave > 9 or reply_by - self.at < (days + 1) * DAY:
            return
        for _ in range(places):
            make_target(ground.list, make_stakeholder(created_at=self.at), wave=wave)
        version = reading().scalar(
            select(TemplateVersion.id).join(Template).where(Template.code == "invitation")
        )
        step = Step(
            position=1, kind=StepKind.INVITATION, anchor=Anchor.PLACES, places_count=places,
            audience=Audience.EVERYONE, version_id=version, fixed_at=self.at + days * DAY,
            due_at=self.at + days * DAY, state=StepState.WAITING,
        )  # fmt: skip
        save(
            Campaign(
                name=f"Wave {wave}", event_id=ground.event.id, reply_by=reply_by, steps=[step],
                state=CampaignState.SCHEDULED, scheduled_at=self.at, created_at=self.at,
                sender_name="The Secretariat", sender_address="invitations@example.org",
                lists=[CampaignList(list_id=ground.list.id, wave=wave)],
            )
        )  # fmt: skip
        self.tick()

    @invariant()
    def a_delegation_keeps_within_its_limit(self):
        for delegation in self.rows(Delegation):
            theirs = (
                DelegationMember.delegation_id == delegation.id,
                DelegationMember.left_at.is_(None),
            )
            assert len(self.rows(DelegationMember, *theirs)) <= MOST_MEMBERS

    def launch(self):
        """A wave that is called by free places leaves those that wait for one click."""
        waiting = (Step.state == StepState.WAITING,)
        if not (steps := self.rows(Step, *waiting)):
            return
        is_by_day = any(step.due_at <= self.at for step in steps)
        kept = {ground: self.kept(ground) for ground in (self.ground, self.hosts)}
        launch_due_steps(at=self.at)
        if len(self.rows(Step, *waiting)) == len(steps):
            return
        for ground, places in kept.items():
            assert is_by_day or self.free(ground) >= places
        self.held = self.holding()

    def free(self, ground):
        allotment = ground.allotment()
        return max(0, allotment.places - self.holding()[allotment.id])

    def kept(self, ground):
        """Free places that were given back, which an alternate is to be asked for by one click."""
        allotment = ground.allotment()
        starts_at = ground.event_now().starts_at
        if not reply_by_for(self.at, starts_at, allotment.answer_days, allotment.closing_days):
            return 0
        freed = [row for row in ground.vacancies() if row.state is VacancyState.OPEN]
        return min(len(freed), len(ground.eligible()), self.free(ground))
