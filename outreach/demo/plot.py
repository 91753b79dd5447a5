"""The plot of the demonstration: ten weeks of a promotion team's work, up to now.

Six weeks before answers close, the members have been invited and reminded once, the partners have
just been written to, a preparatory meeting waits for the press of a button, and news to a segment
for an approval.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from outreach.actions.campaigns import approve_campaign, ask_for_approval, draft_campaign
from outreach.actions.segments import save_segment
from outreach.advice.segments import Condition, Rule
from outreach.delivery.mailer import Mailer
from outreach.demo.cast import SEED, cast
from outreach.demo.people import Person
from outreach.demo.places import plan_places
from outreach.demo.programme import plan_programme
from outreach.demo.short_list import plan_short_list
from outreach.demo.story import Story
from outreach.demo.timeline import Timeline
from outreach.demo.wanted import plan_wanted
from outreach.demo.wordlists import member_states, table
from outreach.drafting import StepPlan
from outreach.models.step import Anchor, StepKind
from outreach.queries.conferences import current_conference
from outreach.queries.events import EventLine, events

BEGUN_DAYS_AGO = 70
INVITED_DAYS_AGO = 36
REMINDED_DAYS_AGO = 12
MEMBERS_SHARE = 0.8
"""Of the members who will have answered in the end, as many are about to by now."""

MEMBERS = (
    "member_state", "host_country", "state_of_palestine", "united_nations", "un_specialized_agency",
    "regional_telecom_org", "igo_satellite", "other_international_org", "sector_member_itu_d",
    "associate", "academia",
)  # fmt: skip
PARTNERS = ("development_finance", "development_agency", "private_sector_non_member")
AT_THE_MEETING = ("member_state", "sector_member_itu_d", "academia")


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
    _plan_news(story, here)
    plan_wanted(story, here)
    plan_places(story, here)
    timeline.add(timeline.workday(20, 11), story.put_out_page)
    plan_short_list(story)
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


def _plan_news(story: Story, here: EventLine) -> None:
    """Waiting for an approval: news to those who come, wherever they were asked."""
    timeline = story.timeline
    rule = Rule.of([Condition("answer", ("accepted",)), Condition("region", ("AFR", "ARB"))])

    def draft(at: datetime) -> None:
        by = story.staff["promoter"]
        segment_id = save_segment(
            "Coming, Africa and Arab States", rule, is_shared=True, by=by, at=at
        )
        step = StepPlan(StepKind.PROMOTION, Anchor.START, "promotion")
        plan = story.plan("News for those who come", here, (), story.reply_by, [step])
        plan = replace(plan, segment_ids=[segment_id])
        ask_for_approval(draft_campaign(plan, by=by, at=at), by=by, at=at)

    timeline.add(timeline.workday(1, 16), draft)


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
