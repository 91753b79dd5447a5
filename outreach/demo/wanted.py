"""Organisations wanted on a list: one is being asked whom it sends, one may be, one has nobody."""

from datetime import datetime, timedelta
from functools import partial

from outreach.actions.delegation_members import Named, name_member
from outreach.actions.focal_points import ask_wanted
from outreach.actions.organisation_targets import approve_organisations, want_organisation
from outreach.actions.organisations import authorise_focal_point
from outreach.demo.found import delegation_of, stakeholders_named
from outreach.demo.story import Story
from outreach.demo.wordlists import table
from outreach.models.delegation import MemberRole
from outreach.models.wish import OrganisationWish
from outreach.queries.events import EventLine
from outreach.queries.organisation_targets import organisation_lines
from outreach.queries.organisations import organisation_named

GROUP = "civil_society_non_member"
MOST_MEMBERS = 3
NAMED_BEFORE = timedelta(days=14)
"""So long before answers close, the delegations are named."""


def plan_wanted(story: Story, here: EventLine) -> None:
    """Put on the list, approved by another; the focal point on record is asked, and names two."""
    timeline = story.timeline
    timeline.add(timeline.workday(13, 11), partial(_want, story, here))
    timeline.add(timeline.workday(10, 14, 30), partial(_approve, story, here))
    for row in table("wanted"):
        if row["focal_point"]:
            at = timeline.workday(int(row["authorised"]), 9, 30)
            timeline.add(at, partial(_authorise, story, row))
    asked_at = timeline.workday(7, 10)
    timeline.add(asked_at, partial(_ask, story, here))
    timeline.add(asked_at + timedelta(minutes=2), timeline.tick)
    for place, row in enumerate(table("named_members")):
        named_at = timeline.workday(3, 15, 10 + place)
        timeline.add(named_at, partial(_name, here, row))
        timeline.add_tick(named_at)


def _want(story: Story, here: EventLine, at: datetime) -> None:
    for row in table("wanted"):
        wish = OrganisationWish(int(row["tier"]), 0, 1, row["why"], None, None, MOST_MEMBERS)
        organisation_id = _organisation(row["organisation"])
        list_id = story.lists[here.code, GROUP]
        want_organisation(list_id, organisation_id, wish, by=story.staff["promoter"], at=at)


def _approve(story: Story, here: EventLine, at: datetime) -> None:
    list_id = story.lists[here.code, GROUP]
    approved = {row["organisation"] for row in table("wanted") if row["is_approved"]}
    ids = [line.id for line in organisation_lines(list_id) if line.name in approved]
    approve_organisations(list_id, ids, by=story.staff["approver"], at=at)


def _authorise(story: Story, row: dict[str, str], at: datetime) -> None:
    authorise_focal_point(
        _organisation(row["organisation"]), story.conference.id,
        stakeholders_named()[row["focal_point"]], row["authorised_by"], at.date(),
        by=story.staff["promoter"], at=at,
    )  # fmt: skip


def _ask(story: Story, here: EventLine, at: datetime) -> None:
    ask_wanted(
        story.lists[here.code, GROUP], said_count=1, name_by=story.reply_by - NAMED_BEFORE,
        by=story.staff["promoter"], at=at,
    )  # fmt: skip


def _name(here: EventLine, row: dict[str, str], at: datetime) -> None:
    delegation_id = delegation_of(_organisation(row["organisation"]), here.id)
    named = Named(
        row["name"], row["address"], MemberRole(row["role"]), row["office"], row["gender"]
    )
    name_member(delegation_id, named, at=at)


def _organisation(name: str) -> int:
    found = organisation_named(name)
    if found is None:
        raise LookupError(f"the lists brought in no {name}")
    return found
