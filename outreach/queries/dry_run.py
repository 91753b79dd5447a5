"""What would go out until the deadline, person by person, before it does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import EVEN_UNSUBSCRIBED, Message, MessageState, Unit, UnitState
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import GIVEN, Step
from outreach.queries.audience_members import people_of
from outreach.queries.foreseen import GOES, Foreseen, StepRun
from outreach.queries.reasons import (
    ANSWERED,
    PAST_DEADLINE,
    STOPPED,
    UNDELIVERABLE,
    WITHDRAWN,
)

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
NOT_GONE = (MessageState.WAITING, MessageState.LEASED, MessageState.HANDING_OVER)
HELD_BACK = "Held in the outbox until somebody releases it."


class Answers(StrEnum):
    """What is supposed of the people."""

    NOBODY = "nobody"
    LAST_TIME = "last_time"
    """Whoever answered an invitation to another event answers this one alike, as soon after it."""


def dry_run(campaign_id: int, at: datetime, answers: Answers = Answers.NOBODY) -> list[StepRun]:
    """The steps that would still go, in the order of time, with everyone in their audience.

    A draft is taken as scheduled now; a paused campaign as resumed now. Steps that were missed or
    are held wait for a person and send nothing; nor does what waits for free places without a date.
    Cost: the audience once for each step to come, and the campaign's messages.
    """
    campaign = reading().get(Campaign, campaign_id)
    if campaign is None or campaign.state in OVER:
        return []
    supposed = _as_last_time(campaign, at) if answers is Answers.LAST_TIME else {}
    foreseen = Foreseen(campaign, at, supposed)
    runs = [run for step in campaign.steps if (run := _waiting(step, at)).people]
    for run in runs:
        for person, reason in run.people.items():
            if reason == GOES and run.kind not in EVEN_UNSUBSCRIBED:
                foreseen.wait_for(run, person, run.times.get(person, at))
    return sorted([*runs, *foreseen.live()], key=lambda run: run.at)


def _as_last_time(campaign: Campaign, at: datetime) -> dict[int, tuple[timedelta, InvitationState]]:
    """{stakeholder: (how long they took, what they answered)} to the latest other event.

    Cost: the campaign's people and their invitations.
    """
    people = people_of(campaign, at).subquery()
    rows = reading().execute(
        select(
            Invitation.stakeholder_id, Invitation.invited_at, Invitation.answered_at,
            Invitation.state,
        )
        .join(people, people.c.stakeholder_id == Invitation.stakeholder_id)
        .where(
            Invitation.event_id != campaign.event_id,
            Invitation.answered_at.is_not(None),
            Invitation.state.in_(GIVEN),
        )
        .order_by(Invitation.invited_at, Invitation.id)
    )  # fmt: skip
    return {
        person: (max(answered_at - invited_at, timedelta(0)), state)
        for person, invited_at, answered_at, state in rows
        if answered_at is not None
    }


def _waiting(step: Step, at: datetime) -> StepRun:
    """The mails of a step that was frozen before and that wait; with the last look before a call.

    Cost: the messages of its campaign.
    """
    rows = reading().execute(
        select(
            Message.stakeholder_id, Unit.next_at, Unit.state, Stakeholder.is_mail_stopped,
            Invitation.state, Invitation.withdrawn_at, Invitation.reply_by,
        )
        .join(Unit, Unit.id == Message.unit_id)
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .where(
            Message.campaign_id == step.campaign_id, Message.step_id == step.id,
            Message.state.in_(NOT_GONE),
        )
    )  # fmt: skip
    run = StepRun(step.id, step.kind.value, at, is_written=True)
    for person, next_at, unit_state, is_stopped, state, withdrawn_at, reply_by in rows:
        why = GOES
        if unit_state is UnitState.HELD:
            why = HELD_BACK
        elif is_stopped:
            why = STOPPED
        elif withdrawn_at is not None:
            why = WITHDRAWN
        elif step.is_asking and state is InvitationState.UNDELIVERABLE:
            why = UNDELIVERABLE
        elif step.is_asking and state is not InvitationState.SILENT:
            why = ANSWERED
        elif step.is_asking and reply_by is not None and reply_by <= max(at, next_at):
            why = PAST_DEADLINE
        run.people[person] = why
        if why == GOES and next_at > at:
            run.times[person] = next_at
    return run


@dataclass(frozen=True, slots=True)
class DryPerson:
    """One person with everything that would come to them, in the order of time."""

    id: int
    name: str
    address: str
    mails: list[tuple[StepRun, str, datetime]]
    """(step, why it leaves them out or GOES, when)"""

    @property
    def count(self) -> int:
        """How many mails they would get."""
        return sum(1 for _, reason, _ in self.mails if reason == GOES)


def people_of_run(runs: list[StepRun], *, after: int = 0, limit: int = 50) -> list[DryPerson]:
    """People of a dry run after a stakeholder's id, by id. Cost: the rows shown."""
    ids = sorted({person for run in runs for person in run.people if person > after})[:limit]
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name, Stakeholder.email)
        .where(Stakeholder.id.in_(ids))
        .order_by(Stakeholder.id)
    )
    return [DryPerson(id_, name, email or "", _mails(runs, id_)) for id_, name, email in rows]


def _mails(runs: list[StepRun], person: int) -> list[tuple[StepRun, str, datetime]]:
    found = [
        (run, run.people[person], run.times.get(person, run.at))
        for run in runs
        if person in run.people
    ]
    return sorted(found, key=lambda mail: mail[2])
