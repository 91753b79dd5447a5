"""The short list of the demonstration at work: who follows a star up, what comes next, by when."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from outreach.actions.stars import nominate_star
from outreach.db import transaction
from outreach.demo.found import targets_named
from outreach.demo.story import Story
from outreach.demo.wordlists import table
from outreach.models.invitation import Invitation
from outreach.models.star import UNDER_WAY, Star, StarStage, column_of
from outreach.models.target import Target, TargetList


def plan_short_list(story: Story) -> None:
    """Last of all: once a star has an owner, the approver of the story signs no more for them."""
    story.timeline.add(story.timeline.now - timedelta(seconds=20), partial(_plan, story))
    story.timeline.add(story.timeline.now - timedelta(seconds=10), partial(_propose, story))


def _propose(story: Story, at: datetime) -> None:
    """One more, about whom somebody else is to decide."""
    wanted = targets_named(story.lists[story.conference.code, "youth"])
    reason = "Opened the youth forum last year; three ministers quoted the speech."
    nominate_star(wanted[min(wanted)], reason, by=story.staff["promoter"], at=at)


def _plan(story: Story, at: datetime) -> None:
    """An owner for each star, and a plan for those whose answer is open, in a few statements."""
    plans = table("next_steps")
    accounts = [story.staff[row["by"]].account_id for row in plans]
    with transaction() as session:
        rows = session.execute(
            select(Star.id, Star.stage, Target.id, Invitation.state)
            .join(Target, Target.id == Star.target_id)
            .join(TargetList, TargetList.id == Target.list_id)
            .outerjoin(
                Invitation,
                (Invitation.event_id == TargetList.event_id)
                & (Invitation.stakeholder_id == Target.stakeholder_id),
            )
            .order_by(Star.id)
        ).all()
        owners: list[dict[str, Any]] = []
        steps: list[dict[str, Any]] = []
        for place, (star_id, stage, target_id, answer) in enumerate(rows):
            plan = plans[len(steps) % len(plans)]
            owner_id = accounts[place % len(accounts)]
            if column_of(stage, answer.value if answer else None) in UNDER_WAY:
                owner_id = story.staff[plan["by"]].account_id
                next_on = at.date() + timedelta(days=int(plan["in_days"]))
                steps.append({
                    "id": star_id, "next_step": plan["step"], "next_on": next_on,
                    "stage": StarStage(plan["stage"] or stage),
                })  # fmt: skip
            owners.append({"id": target_id, "owner_id": owner_id})
        session.execute(update(Target), owners)
        session.execute(update(Star), steps)
