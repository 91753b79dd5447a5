"""What is wrong with a campaign before it goes, all of it at once: what, and where."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.step import Step
from outreach.queries.audience import standing_of, texts_of
from outreach.queries.audience_members import audience_count, unreadable_segments
from outreach.queries.organisations_reached import organisations_reached


def problems(campaign_id: int, at: datetime) -> list[str]:
    """Everything that must be mended before a campaign is approved or scheduled, as sentences.

    Cost: its people, and once more for each letter without a text in the conference's language.
    """
    campaign = reading().get(Campaign, campaign_id)
    if campaign is None:
        return []
    found = []
    if not campaign.steps:
        found.append("It has no step yet. Add the invitation.")
    for name in unreadable_segments(campaign):
        found.append(f"The segment “{name}” cannot be read any more. Choose another one.")
    if not audience_count(campaign_id, at) and not organisations_reached(campaign_id).count:
        found.append(_nobody(campaign))
    found += campaign.time_problems(at)
    found += _letters(campaign, at)
    return found


def has_lapsed(campaign_id: int) -> bool:
    """Whether what stands there is not what was approved. Cost: the campaign and its steps."""
    campaign = reading().get(Campaign, campaign_id)
    return campaign is not None and campaign.has_lapsed


def _nobody(campaign: Campaign) -> str:
    if campaign.reaches_segments:
        return "Nobody is on its lists or fits its segments. Choose others, or look at their rules."
    return "The lists of this campaign hold nobody yet. Import people first."


def _letters(campaign: Campaign, at: datetime) -> Iterator[str]:
    """Letters that leave somebody without a text."""
    language = campaign.event.conference.language
    for number, step in enumerate(campaign.steps, start=1):
        if language in texts_of(step.version_id):
            continue
        count = _without_words(step, at)
        if count:
            people = "1 person" if count == 1 else f"{count:,} people"
            yield (
                f"Step {number} ({step.kind.value.replace('_', ' ')}): the letter "
                f"“{step.version.template.name}” has no text in the conference’s language "
                f"({language}), so {people} who read none of its languages would get nothing. "
                "Write that text, then take its new version."
            )


def _without_words(step: Step, at: datetime) -> int:
    people = standing_of(step, at).subquery()
    own = list(people.c)[2]
    return reading().scalar(select(func.count()).select_from(people).where(own.is_(None))) or 0
