"""The story of the demonstration: ten weeks of a promotion team's work, up to now.

Six weeks before answers close, the members have been invited and reminded once, the partners have
just been written to, and a preparatory meeting waits for the press of a button.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from outreach.actions.accounts import create_account
from outreach.actions.campaigns import (
    Plan,
    StepPlan,
    approve_campaign,
    draft_campaign,
    schedule_campaign,
)
from outreach.actions.conferences import describe_conference, move_conference
from outreach.actions.invitations import answer_invitation
from outreach.actions.lists import create_list
from outreach.actions.suppressions import unsubscribe
from outreach.actions.targets import mark_stars
from outreach.delivery.mailer import Mailer
from outreach.demo.answers import Given, answers
from outreach.demo.cast import SEED, cast, team
from outreach.demo.found import Sent, sent_by, targets_named
from outreach.demo.lists import BLEMISHES, bring_in
from outreach.demo.people import Person
from outreach.demo.programme import plan_programme
from outreach.demo.timeline import Timeline
from outreach.demo.wordlists import member_states, table
from outreach.models.account import Role
from outreach.models.activity import INVITEE, Actor
from outreach.models.campaign import Anchor, StepKind
from outreach.queries.conferences import ConferenceLine, current_conference
from outreach.queries.events import EventLine, events
from outreach.queries.lists import free_code

BEGUN_DAYS_AGO = 70
INVITED_DAYS_AGO = 36
REMINDED_DAYS_AGO = 12
REPLY_BY_DAYS = 42
OPENING_DAYS = 210
UNSUBSCRIBED = 3
MEMBERS_SHARE = 0.8
"""Of the members who will have answered in the end, as many are about to by now."""

MEMBERS = (
    "member_state", "host_country", "state_of_palestine", "united_nations", "un_specialized_agency",
    "regional_telecom_org", "igo_satellite", "other_international_org", "sector_member_itu_d",
    "associate", "academia",
)  # fmt: skip
PARTNERS = ("development_finance", "development_agency", "private_sector_non_member")
AT_THE_MEETING = ("member_state", "sector_member_itu_d", "academia")


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
        """The short list of a group, as the team agreed on it."""
        list_id = self.lists[self.conference.code, group]
        stars = {p.full_name for p in cast() if p.body.group == group and p.star_reason}
        chosen = [id_ for name, id_ in targets_named(list_id).items() if name in stars]
        if chosen:
            mark_stars(list_id, chosen, True, by=self.staff["promoter"], at=at)

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


def tell(now: datetime, mailer: Mailer, sender_address: str) -> None:
    """Play the whole story up to now.

    mailer          hands the mails over, at the instants of the story
    sender_address  From
    Raises LookupError when there is no conference to take over.
    """
    conference = current_conference()
    if conference is None:
        raise LookupError("the reference data has founded no conference yet")
    timeline = Timeline(now, ZoneInfo(conference.time_zone), mailer)
    story = Story(timeline, conference, sender_address, Random(SEED))
    story.hire(timeline.workday(BEGUN_DAYS_AGO, 9))
    story.settle_dates(timeline.workday(BEGUN_DAYS_AGO, 9, 40))
    here, *meetings = events()
    _plan_lists(story, here)
    plan_programme(timeline, here.id, story.staff["promotion.events@example.org"])
    _plan_members(story, here)
    _plan_partners(story, here)
    _plan_meeting(story, _next_meeting(meetings, now))
    timeline.play()


def _plan_lists(story: Story, here: EventLine) -> None:
    """A list for every group, some long before the others."""
    by_group: dict[str, list[Person]] = defaultdict(list)
    for person in cast():
        by_group[person.body.group].append(person)
    for number, row in enumerate(table("lists")):
        group, filled_at = row["group"], story.timeline.workday(int(row["days_ago"]), 10, number)
        story.timeline.add(
            filled_at,
            partial(story.fill_list, group, row["name"], row["file"], here, by_group[group]),
        )
        starred_at = filled_at + timedelta(days=1, hours=4)
        story.timeline.add(starred_at, partial(story.mark_stars_of, group))


def _plan_members(story: Story, here: EventLine) -> None:
    """Invited weeks ago and reminded once; two more reminders are ahead."""
    timeline = story.timeline
    reminded_at = timeline.workday(REMINDED_DAYS_AGO, 9)
    steps = [
        StepPlan(StepKind.INVITATION, Anchor.START, "invitation"),
        StepPlan(StepKind.REMINDER, Anchor.FIXED, "reminder", fixed_at=reminded_at),
        *_closing_steps(),
    ]

    def draft(at: datetime) -> None:
        plan = story.plan("Members and observers", here, MEMBERS, story.reply_by, steps)
        id_ = draft_campaign(plan, by=story.staff["promoter"], at=at)
        approve = partial(_approve, story, id_)
        timeline.add(timeline.workday(INVITED_DAYS_AGO + 3, 15, 20), approve)
        send = partial(story.send, id_, reminded_at, MEMBERS_SHARE)
        timeline.add(timeline.workday(INVITED_DAYS_AGO, 9), send)

    timeline.add(timeline.workday(INVITED_DAYS_AGO + 8, 11), draft)


def _plan_partners(story: Story, here: EventLine) -> None:
    """Just sent: the first answers are there within the day."""
    timeline = story.timeline
    steps = [StepPlan(StepKind.INVITATION, Anchor.START, "invitation"), *_closing_steps()]

    def draft(at: datetime) -> None:
        plan = story.plan("Development partners", here, PARTNERS, story.reply_by, steps)
        id_ = draft_campaign(plan, by=story.staff["promoter"], at=at)
        timeline.add(timeline.workday(4, 16, 30), partial(_approve, story, id_))
        timeline.add(timeline.workday(1, 14), partial(story.send, id_, None, 1.0))

    timeline.add(timeline.workday(8, 14), draft)


def _plan_meeting(story: Story, meeting: EventLine) -> None:
    """Approved, and waiting to be scheduled: the next preparatory meeting."""
    timeline = story.timeline
    region = meeting.code.rpartition("-")[2]
    countries = {r["iso3166_alpha2"] for r in member_states() if r["itu_region"] == region}
    for number, group in enumerate(AT_THE_MEETING):
        people = [
            person for person in cast()
            if person.body.group == group and person.body.country_code in countries
        ]  # fmt: skip
        if people:
            name = {row["group"]: row["name"] for row in table("lists")}[group]
            fill = partial(
                story.fill_list,
                group,
                f"{name}, {region}",
                f"{meeting.code.lower()} {group}.csv",
                meeting,
                people,
            )
            timeline.add(timeline.workday(9, 15, number * 12), fill)

    def draft(at: datetime) -> None:
        groups = [group for group in AT_THE_MEETING if (meeting.code, group) in story.lists]
        opens_on = meeting.starts_at.astimezone(ZoneInfo(meeting.time_zone)).date()
        reply_by = datetime.combine(
            opens_on - timedelta(days=14), time(18), ZoneInfo(meeting.time_zone)
        )
        steps = [StepPlan(StepKind.INVITATION, Anchor.START, "invitation"), *_closing_steps()]
        plan = story.plan(meeting.name, meeting, groups, reply_by, steps)
        id_ = draft_campaign(plan, by=story.staff["promoter"], at=at)
        timeline.add(timeline.workday(1, 9, 45), partial(_approve, story, id_))

    timeline.add(timeline.workday(5, 10, 30), draft)


def _closing_steps() -> list[StepPlan]:
    return [
        StepPlan(StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=14),
        StepPlan(StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=3),
        StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, "thank_you"),
    ]


def _approve(story: Story, campaign_id: int, at: datetime) -> None:
    approve_campaign(campaign_id, by=story.staff["approver"], at=at)


def _next_meeting(meetings: list[EventLine], now: datetime) -> EventLine:
    """The first that leaves time to invite to it."""
    wanted = now + timedelta(days=30)
    later = [one for one in meetings if one.starts_at >= wanted]
    return min(later or meetings, key=lambda one: one.starts_at)
