"""Places of the demonstration: of a group and of a host, with alternates behind them."""

from datetime import datetime
from functools import partial

from outreach.actions.allotments import create_allotment, draw_on
from outreach.actions.alternates import mark_alternates
from outreach.demo.cast import cast
from outreach.demo.found import targets_named
from outreach.demo.story import Story
from outreach.demo.wordlists import table
from outreach.queries.conferences import groups
from outreach.queries.events import EventLine


def plan_places(story: Story, here: EventLine) -> None:
    """Before a group's invitations go: how many of it there is room for, and who stands in."""
    for number, row in enumerate(table("allotments")):
        at = story.timeline.workday(int(row["days_ago"]), 16, number)
        story.timeline.add(at, partial(_allot, story, here, row))


def _allot(story: Story, here: EventLine, row: dict[str, str], at: datetime) -> None:
    by, list_id = story.staff["promoter"], story.lists[here.code, row["group"]]
    group_id = next(one.id for one in groups() if one.code == row["group"])
    allotment_id = create_allotment(
        here.id, group_id, int(row["places"]), host=row["host"],
        is_automatic=row["mode"] == "automatic", answer_days=int(row["answer_days"]), by=by, at=at,
    )  # fmt: skip
    if row["host"]:
        draw_on(list_id, allotment_id, by=by, at=at)
    standing_in = {one.full_name for one in cast() if str(one.tier) == row["alternates_tier"]}
    there = sorted(targets_named(list_id).items())
    ids = [target_id for name, target_id in there if name in standing_in]
    mark_alternates(list_id, ids[: int(row["alternates"])], True, by=by, at=at)
