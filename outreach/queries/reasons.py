"""Why someone of an audience gets no mail, as SQL; each reason is what people read."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.dialect import key_digest
from outreach.models.campaign import Campaign
from outreach.models.conference import Conference
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import GIVEN, STATES, Audience, Step, StepKind
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, NewsStop, Suppression
from outreach.queries.audience_members import Case, left_out_by_team
from outreach.queries.hours import Going, instant
from outreach.queries.invited_elsewhere import (
    INVITED,
    is_invited_elsewhere,
    is_reminded_elsewhere,
)

NO_ADDRESS = "No address is known."
NO_ASSISTANT = "No address of an assistant is known."
SUPPRESSED = "The address is on the list of those we must not write to."
STOPPED = "Asked for no more mail."
STOPPED_HERE = "Asked for no more mail of this campaign."
STOPPED_NEWS = "Asked for no more news."
ANSWERED = "Answered already."
NOT_ANSWERED = "Has not answered."
OTHER_ANSWER = "Gave another answer than this mail is for."
WITHDRAWN = "The invitation was withdrawn."
NOT_INVITED = "Not invited yet."
INVITED_LATER = "Invited after this mail was due."
UNDELIVERABLE = "The address bounced."
NOT_BOUNCED = "The address did not bounce."
JUST_WRITTEN = "Another mail of this campaign is on its way, or went out less than 20 hours before."
CAPPED = "Has had as many campaign mails as one person may get in this time."
PAST_DEADLINE = "The reply-by has passed."
MERGED = "merged"
NO_TEXT = "There is no text in this person's language, nor a fallback."

UNDER_WAY = (
    MessageState.WAITING,
    MessageState.LEASED,
    MessageState.HANDING_OVER,
    MessageState.UNKNOWN,
)
"""A paused invitation that leaves late must not arrive together with its own reminder."""

NEVER_LEFT = (
    MessageState.LEFT_OUT,
    MessageState.CANCELLED,
    MessageState.HELD,
    MessageState.REFUSED,
)
UNCAPPED = (StepKind.THANK_YOU,)
"""Thanks for an answer neither count nor are kept back."""


def standing_reasons(
    step: Step, invitation: type[Invitation], assistant: Any, at: datetime, people: Any
) -> list[Case]:
    """What keeps a mail back whenever it would go; `people` is `people_of` in the statement."""
    unreachable = (Stakeholder.email.is_(None), NO_ADDRESS)
    if step.audience is Audience.BOUNCED:
        unreachable = (assistant.c.email.is_(None), NO_ASSISTANT)
    cases = [
        unreachable,
        (_is_suppressed(step), SUPPRESSED),
        (Stakeholder.is_mail_stopped, STOPPED),
    ]
    cases += [(_has_stopped(step), STOPPED_HERE), (_wants_no_news(step), STOPPED_NEWS)]
    cases += left_out_by_team(step.campaign, at)
    if step.campaign.reaches_segments:
        cannot = and_(people.c.bar.is_not(None), invitation.id.is_(None))
        cases.append((cannot, people.c.bar))
    return [*cases, (invitation.withdrawn_at.is_not(None), WITHDRAWN)]


def passing_reasons(
    step: Step, invitation: type[Invitation], going: Going, at: datetime, *, joins: bool
) -> list[Case]:
    """What keeps a mail back at this instant.

    joins  whether those who have not been invited yet are, by this step
    """
    cases = list(_by_answer(step, invitation, going, at, joins=joins))
    if step.is_asking:
        cases.append((literal(step.campaign.reply_by <= at), PAST_DEADLINE))
    if step.kind is not StepKind.THANK_YOU:
        cases.append((was_written_to(step.campaign, going, at), JUST_WRITTEN))
    if step.kind not in UNCAPPED:
        cases.append((_is_capped(step.campaign, at), CAPPED))
    return cases


def _by_answer(
    step: Step, invitation: type[Invitation], going: Going, at: datetime, *, joins: bool
) -> list[Case]:
    state = invitation.state
    bounced: Case = (state == InvitationState.UNDELIVERABLE, UNDELIVERABLE)
    answered: Case = (state != InvitationState.SILENT, ANSWERED)
    nobody: Case = (invitation.id.is_(None), NOT_INVITED)
    if step.audience is Audience.EVERYONE:
        if step.invites and not step.campaign.asks_again:
            return [bounced, answered, (is_invited_elsewhere(step.campaign, invitation), INVITED)]
        if step.is_asking or step.kind is StepKind.SAVE_THE_DATE:
            return [bounced, answered]
        return [bounced]
    if step.audience is Audience.SILENT:
        cases = [] if joins else [nobody]
        if not step.is_personal:
            cases += [
                (invitation.invited_at > (step.due_at or at), INVITED_LATER),
                # also by a mail of their own
                (invitation.invited_at > going.quiet_from, JUST_WRITTEN),
            ]
        cases += [bounced, answered]
        if step.campaign.invites and not step.campaign.asks_again:
            cases.append((is_reminded_elsewhere(step.campaign, invitation), INVITED))
        return cases
    if step.audience is Audience.BOUNCED:
        return [nobody, (state != InvitationState.UNDELIVERABLE, NOT_BOUNCED)]
    return [
        nobody, bounced, (state.not_in(GIVEN), NOT_ANSWERED),
        (state.not_in(STATES[step.audience]), OTHER_ANSWER),
    ]  # fmt: skip


def is_listed(step: Step, assistant: Any) -> ColumnElement[bool]:
    """The address is among those not to write to. With nobody on that list, nothing is digested."""
    if reading().scalar(select(Suppression.id).limit(1)) is None:
        return false()
    key = assistant.c.email_key if step.audience is Audience.BOUNCED else Stakeholder.email_key
    return Suppression.digest == key_digest(key)


def _is_suppressed(step: Step) -> ColumnElement[bool]:
    """Who unsubscribed is still thanked for an answer; a dead address is never written to."""
    if step.kind is StepKind.THANK_YOU:
        return and_(Suppression.id.is_not(None), Suppression.reason != UNSUBSCRIBED)
    return Suppression.id.is_not(None)


def _has_stopped(step: Step) -> ColumnElement[bool]:
    """The owner of the address wants no more of this campaign, but for thanks for an answer."""
    theirs = CampaignStop.campaign_id == step.campaign_id
    is_thanks = step.kind is StepKind.THANK_YOU
    if is_thanks or reading().scalar(select(CampaignStop.id).where(theirs).limit(1)) is None:
        return false()
    is_theirs = CampaignStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(theirs, is_theirs | (CampaignStop.stakeholder_id == Stakeholder.id))


def _wants_no_news(step: Step) -> ColumnElement[bool]:
    """The owner of the address wants no news, which this step is."""
    if step.kind is not StepKind.PROMOTION:
        return false()
    if reading().scalar(select(NewsStop.id).limit(1)) is None:
        return false()
    return has_stopped_news()


def has_stopped_news() -> ColumnElement[bool]:
    """A stakeholder of the statement wants no news, whatever their address is by now."""
    is_theirs = NewsStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(is_theirs | (NewsStop.stakeholder_id == Stakeholder.id))


def has_messages(campaign_id: int) -> bool:
    """Whether any row of the campaign has been written. Cost: one row by index."""
    any_message = select(Message.id).where(Message.campaign_id == campaign_id).limit(1)
    return reading().scalar(any_message) is not None


def was_written_to(campaign: Campaign, going: Going, at: datetime) -> ColumnElement[bool]:
    """Another mail of the campaign would have gone, or may yet go, less than 20 hours before."""
    if not has_messages(campaign.id):
        return false()
    recent, unit = aliased(Message), aliased(Unit)
    is_under_way = recent.state.in_(UNDER_WAY) & (
        (instant(at) > going.quiet_from) | (unit.next_at > going.quiet_from)
    )
    has_gone = recent.state.not_in((*UNDER_WAY, *NEVER_LEFT)) & (
        recent.changed_at > going.quiet_from
    )
    return (
        select(recent.id)
        .outerjoin(unit, unit.id == recent.unit_id)
        .where(
            recent.stakeholder_id == Stakeholder.id,
            recent.campaign_id == campaign.id,
            is_under_way | has_gone,
        )
        .exists()
    )


def cap_of(conference: Conference) -> tuple[int, timedelta] | None:
    """(at most so many mails, in so long) for one person, or None where nothing is set."""
    if not conference.cap_mails or not conference.cap_days:
        return None
    return conference.cap_mails, timedelta(days=conference.cap_days)


def counts_towards_cap(message: type[Message]) -> ColumnElement[bool]:
    """A mail of a campaign that went or is on its way."""
    return and_(
        message.campaign_id.is_not(None),
        message.purpose != Purpose.THANK_YOU,
        message.state.not_in(NEVER_LEFT),
    )


def _is_capped(campaign: Campaign, at: datetime) -> ColumnElement[bool]:
    cap = cap_of(campaign.event.conference)
    if cap is None:
        return false()
    most, span = cap
    sent = aliased(Message)
    count = (
        select(func.count())
        .where(
            sent.stakeholder_id == Stakeholder.id, counts_towards_cap(sent),
            sent.changed_at > instant(at - span),
        )
        .correlate(Stakeholder)
        .scalar_subquery()
    )  # fmt: skip
    return count >= most
