"""The steps of one campaign as they were planned: when, to whom, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.step import Anchor, Audience, Step, StepKind
from outreach.models.template import Template, TemplateVersion


@dataclass(frozen=True, slots=True)
class Letter:
    """What a step says: the template and the version that is pinned."""

    step_id: int
    template_id: int
    code: str
    name: str
    number: int
    latest: int


def letters_of(campaign_id: int) -> dict[int, Letter]:
    """{step: its letter}. One SELECT."""
    rows = reading().execute(
        select(
            Step.id,
            Template.id,
            Template.code,
            Template.name,
            TemplateVersion.number,
            Template.latest_version,
        )
        .join(TemplateVersion, TemplateVersion.id == Step.version_id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(Step.campaign_id == campaign_id)
    )
    return {row[0]: Letter(*row) for row in rows}


def times_if_scheduled(campaign_id: int, at: datetime) -> dict[int, datetime]:
    """{step: when it would go} if the campaign were scheduled now; not of those without a time."""
    campaign = reading().get(Campaign, campaign_id)
    steps = campaign.steps if campaign else []
    return {step.id: due_at for step in steps if (due_at := step.due(at)) is not None}


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as it was wished."""

    kind: StepKind
    anchor: Anchor
    template_code: str
    fixed_at: datetime | None
    days_before: int | None
    hour: int | None
    working_days_only: bool
    is_local: bool
    audience: Audience
    places_count: int | None


def planned_steps(campaign_id: int) -> Sequence[PlannedStep]:
    """The steps of a campaign as its form shows them, in their order. One SELECT."""
    rows: Any = reading().execute(
        select(
            Step.kind,
            Step.anchor,
            Template.code,
            Step.fixed_at,
            Step.days_before,
            Step.hour,
            Step.working_days_only,
            Step.is_local,
            Step.audience,
            Step.places_count,
        )
        .join(TemplateVersion, TemplateVersion.id == Step.version_id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(Step.campaign_id == campaign_id)
        .order_by(Step.position)
    )
    return [PlannedStep(*row) for row in rows]
