"""What the promotion team of the demonstration can do: each a few actions, as people use them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random

from outreach.actions.accounts import create_account
from outreach.actions.campaigns import schedule_campaign
from outreach.actions.conference_pages import write_conference_page
from outreach.actions.conferences import describe_conference, move_conference
from outreach.actions.invitations import answer_invitation
from outreach.actions.lists import create_list
from outreach.actions.stars import decide_star, nominate_star
from outreach.actions.suppressions import unsubscribe
from outreach.demo.answers import Given, answers
from outreach.demo.cast import cast, team
from outreach.demo.found import Sent, sent_by, targets_named
from outreach.demo.lists import BLEMISHES, bring_in
from outreach.demo.people import Person
from outreach.demo.timeline import Timeline
from outreach.demo.wordlists import member_states
from outreach.drafting import Plan, StepPlan
from outreach.models.account import Role
from outreach.models.activity import INVITEE, Actor
from outreach.queries.conferences import ConferenceLine
from outreach.queries.events import EventLine
from outreach.queries.lists import free_code

REPLY_BY_DAYS = 42
OPENING_DAYS = 210
UNSUBSCRIBED = 3


@dataclass(slots=True)
class Story:
    """The conference as it stands while the story is played, and who plays it."""

    timeline: Timeline
    conference: ConferenceLine
    sender_address: str
    lot: Random
    staff: dict[str, Actor] = field(default_factory=dict)
    """{role or address: who acts}"""
    lists: dict[tuple[str, str], int] = field(default_factory=dict)
    """{(event code, group): list id}"""

    @property
    def people(self) -> dict[str, Person]:
        """{full name: person}"""
        return {person.full_name: person for person in cast()}

    @property
    def reply_by(self) -> datetime:
        """When answers close: on the Friday about six weeks ahead, at six in the evening."""
        day = self.timeline.now.astimezone(self.timeline.zone).date()
        day += timedelta(days=REPLY_BY_DAYS)
        friday = day + timedelta(days=(4 - day.weekday() + 3) % 7 - 3)
        return datetime.combine(friday, time(18), self.timeline.zone)

    def hire(self, at: datetime) -> None:
        """The team gets its accounts."""
        for member in team():
            account_id = create_account(
                member.email,
                role=Role(member.role),
                at=at,
                name=member.name,
                is_demonstration=True,
            )
            actor = self.staff[member.email] = Actor.account(account_id)
            self.staff.setdefault(member.role, actor)
        self.timeline.signer = self.staff["approver"]

    def settle_dates(self, at: datetime) -> None:
        """The opening is moved to its day, with the preparatory meetings; the hall is named."""
        here = self.conference
        move_conference(here.id, self.opening(), by=self.staff["administrator"], at=at)
        describe_conference(
            here.id,
            name=here.name,
            city=here.city,
            country_code=here.country_code,
            time_zone=here.time_zone,
            venue="International Conference Centre, Hall 1",
            host=here.host,
            reply_to=here.reply_to,
            by=self.staff["administrator"],
            at=at,
        )

    def opening(self) -> date:
        """A Monday about seven months away, in the year that the conference's code carries."""
        soon = self.timeline.now.date() + timedelta(days=OPENING_DAYS)
        year = 2000 + int(self.conference.code[-2:]) if self.conference.code[-2:].isdigit() else 0
        opening = max(soon, date(year, 1, 10)) if year else soon
        return opening + timedelta(days=-opening.weekday() % 7)

    def fill_list(
        self,
        group: str,
        name: str,
        file_name: str,
        event: EventLine,
        people: Sequence[Person],
        at: datetime,
    ) -> None:
        """A list for a group, filled from a file."""
        promoter = self.staff["promoter"]
        code = free_code(group, event.code)
        list_id = create_list(code, name, group, event.code, by=promoter, at=at)
        self.lists[event.code, group] = list_id
        bring_in(
            list_id,
            file_name,
            people,
            by=promoter,
            at=at + timedelta(minutes=9),
            blemishes=BLEMISHES.get(group, ()) if event.code == self.conference.code else (),
        )

    def mark_stars_of(self, group: str, at: datetime) -> None:
        """The short list of a group: nominated by one, approved by another."""
        list_id = self.lists[self.conference.code, group]
        reasons = {p.full_name: p.star_reason for p in cast() if p.body.group == group}
        for name, target_id in sorted(targets_named(list_id).items()):
            if reasons.get(name):
                nominate_star(target_id, reasons[name], by=self.staff["promoter"], at=at)
                decide_star(target_id, True, by=self.staff["approver"], at=at)

    def plan(
        self,
        name: str,
        event: EventLine,
        groups: Sequence[str],
        reply_by: datetime,
        steps: Sequence[StepPlan],
    ) -> Plan:
        """A campaign to lists of an event, in the name of the conference's host."""
        return Plan(
            name=name,
            event_id=event.id,
            reply_by=reply_by,
            steps=steps,
            list_ids=[self.lists[event.code, group] for group in groups],
            sender_name=self.conference.host,
            sender_address=self.sender_address,
        )

    def put_out_page(self, at: datetime) -> None:
        """Anyone may read of the conference, and ask to be invited."""
        write_conference_page(
            self.conference.id, {}, is_published=True, takes_requests=True,
            by=self.staff["approver"], at=at,
        )  # fmt: skip

    def answer(self, given: Given, sent: dict[int, Sent], at: datetime) -> None:
        """Somebody answers, most on their own page, a few by a letter that the team records."""
        person = sent[given.invitation_id].asked.person
        answer_invitation(
            given.invitation_id,
            given.reply,
            given.note,
            at=at,
            by=self.staff["promoter"] if given.is_by_letter else INVITEE,
            channel="letter" if given.is_by_letter else "link",
            given_by=f"{person.body.name}, by letter" if given.is_by_letter else "",
        )

    def send(
        self, campaign_id: int, reminded_at: datetime | None, share: float, at: datetime
    ) -> None:
        """The campaign is set going, its first mails leave, and its answers begin to come."""
        schedule_campaign(campaign_id, by=self.staff["promoter"], at=at)
        self.timeline.tick(at + timedelta(minutes=1))
        regions = {row["iso3166_alpha2"]: row["itu_region"] for row in member_states()}
        everyone = sent_by(campaign_id, self.people, regions)
        by_invitation = {one.asked.invitation_id: one for one in everyone}
        asked = [one.asked for one in everyone]
        for given in answers(self.lot, asked, at, reminded_at, self.timeline.now, share):
            self.timeline.add(given.at, partial(self.answer, given, by_invitation))
            self.timeline.add_tick(given.at)
        if reminded_at:
            self.timeline.add(reminded_at + timedelta(minutes=1), self.timeline.tick)
            self.stop_mail(everyone, at)

    def stop_mail(self, everyone: list[Sent], invited_at: datetime) -> None:
        """A few want no more mail; an invitation that they may have answered still counts."""
        few = [one for one in everyone if one.asked.person.tier == 3]
        for one in self.lot.sample(few, UNSUBSCRIBED):
            at = invited_at + timedelta(days=self.lot.uniform(0.1, 9))
            self.timeline.add(at, partial(_stop, one.public_id))


def _stop(public_id: str, at: datetime) -> None:
    unsubscribe(public_id, source="page", at=at)
