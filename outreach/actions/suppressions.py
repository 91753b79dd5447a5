"""Addresses that we must not write to: stopped by their owners or the team, and started again."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound, Refusal
from outreach.intake.addresses import read_address
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import (
    NO_NEWS,
    OWN,
    UNSUBSCRIBED,
    WANTS_NOTHING,
    CampaignStop,
    NewsStop,
    Suppression,
    Wish,
    digest_of,
)
from outreach.models.tally import TallyKind
from outreach.models.task import Task, TaskKind
from outreach.queries.unsubscribes import UnsubscribePage, unsubscribe_page
from outreach.stops import stop_addresses, stop_news
from outreach.tally import add_to_tallies, moved, total

LONGEST_WHY = 500
_VERBS = {
    Wish.ALL: "resubscribed",
    Wish.NOT_THIS: "stopped_campaign",
    Wish.NO_NEWS: "stopped_news",
    Wish.NO_CAMPAIGNS: "unsubscribed",
    Wish.NOTHING: "stopped_everything",
}


class NeedsReason(Refusal):
    """What is lifted or added by hand says why."""

    def __init__(self) -> None:
        super().__init__("Say why, in a few words; it stays in the journal.")


class NeedsConfirmation(Refusal):
    """A complaint is not waved aside by one click."""

    def __init__(self) -> None:
        super().__init__(
            "The owner of this address reported our mail as unwanted. Tick that they asked to be "
            "written to again, and say how."
        )


def unsubscribe(public_id: str, *, source: str, at: datetime, by: Actor = INVITEE) -> bool:
    """Stop what this message was of, as its words say: news, or all mail of campaigns.

    public_id  of the message whose link was used
    source     `one-click` (RFC 8058) or `page`
    Says whether that changed anything.
    """
    with transaction() as session:
        page = _page(public_id)
        owners = [(key, page.stakeholder_id) for key in page.keys]
        if page.is_news:
            stopped = stop_news(session, owners, source=source, at=at)
        else:
            stopped = stop_addresses(session, owners, UNSUBSCRIBED, source=source, at=at)
        if stopped:
            wish = Wish.NO_NEWS if page.is_news else Wish.NO_CAMPAIGNS
            session.add(_line(_VERBS[wish], page, by, at, source=source))
        return bool(stopped)


def choose_mail(public_id: str, wish: Wish, *, at: datetime, by: Actor = INVITEE) -> bool:
    """Take what the owner of an address wants to get; say whether that changed anything.

    public_id  of the message whose link was used
    What a spam report, a bounce or the team stopped stays stopped: nothing is changed then.
    Only "everything" brings news back to whom it was stopped for.
    Raises NotFound, also where a mail outside campaigns is asked to stop its campaign.
    """
    with transaction() as session:
        page = _page(public_id)
        if wish is Wish.NOT_THIS and page.campaign_id is None:
            raise NotFound("campaign")
        if not page.can_choose or wish is page.wish or _holds_beside(wish, page):
            return False
        digests = sorted(digest_of(key) for key in page.keys)
        owners = [(key, page.stakeholder_id) for key in page.keys]
        _take_back(session, page, wish, digests)
        if wish is Wish.NOT_THIS:
            session.add_all(
                CampaignStop(
                    campaign_id=page.campaign_id, digest=digest, since=at,
                    stakeholder_id=page.stakeholder_id,
                )
                for digest in digests
            )  # fmt: skip
        elif wish is Wish.NO_NEWS:
            stop_news(session, owners, source="page", at=at)
        elif wish is not Wish.ALL:
            reason = UNSUBSCRIBED if wish is Wish.NO_CAMPAIGNS else WANTS_NOTHING
            stop_addresses(session, owners, reason, source="page", at=at)
        session.add(_line(_VERBS[wish], page, by, at))
        return True


def _holds_beside(wish: Wish, page: UnsubscribePage) -> bool:
    """No news is wanted already, beside no more of this campaign."""
    return wish is Wish.NO_NEWS and page.is_without_news and page.wish is Wish.NOT_THIS


def _take_back(session: Session, page: UnsubscribePage, wish: Wish, digests: list[str]) -> None:
    """What a choice takes the place of; "no news" and "not this campaign" hold side by side."""
    session.execute(
        delete(Suppression).where(Suppression.digest.in_(digests), Suppression.reason.in_(OWN))
    )
    if page.campaign_id is not None and wish is not Wish.NO_NEWS:
        session.execute(
            delete(CampaignStop).where(
                CampaignStop.campaign_id == page.campaign_id,
                CampaignStop.digest.in_(digests)
                | (CampaignStop.stakeholder_id == page.stakeholder_id),
            )
        )
    if wish is Wish.ALL:
        theirs = NewsStop.digest.in_(digests) | (NewsStop.stakeholder_id == page.stakeholder_id)
        session.execute(delete(NewsStop).where(theirs))


def suppress_address(address: str, why: str, *, by: Actor, at: datetime) -> bool:
    """The team decides that nothing goes to an address; say whether that changed anything.

    Raises MalformedAddress, NeedsReason.
    """
    key = read_address(address).key
    why = _reason(why)
    with transaction() as session:
        owner_id = session.scalar(
            select(Stakeholder.id).where(Stakeholder.email_key == key).order_by(Stakeholder.id)
        )
        stopped = stop_addresses(session, [(key, owner_id)], "staff", source="staff", at=at)
        if stopped:
            session.add(Activity.of("suppressed", by, at, stakeholder_id=owner_id, why=why))
        return bool(stopped)


def lift_suppression(
    suppression_id: int, why: str, *, by: Actor, at: datetime, is_confirmed: bool = False
) -> None:
    """Write to an address again; invitations that counted as undeliverable are open again.

    is_confirmed  the owner asked for it, where they had reported our mail as unwanted
    Raises NeedsReason, NeedsConfirmation.
    """
    why = _reason(why)
    with transaction() as session:
        row = session.get(Suppression, suppression_id, with_for_update=True)
        if row is None:
            raise NotFound("entry; it may have been lifted already")
        if row.reason == "complained" and not is_confirmed:
            raise NeedsConfirmation
        session.delete(row)
        if row.reason == "bounced" and row.stakeholder_id is not None:
            _open_again(session, row.stakeholder_id, row.digest)
        if row.reason == "bounced":
            _finish_tasks(session, row.digest, by, at)
        session.add(_lifted(row, row.reason, why, by, at))


def lift_news_stop(stop_id: int, why: str, *, by: Actor, at: datetime) -> None:
    """Send news to an address again. Raises NeedsReason, NotFound."""
    why = _reason(why)
    with transaction() as session:
        row = session.get(NewsStop, stop_id, with_for_update=True)
        if row is None:
            raise NotFound("entry; it may have been lifted already")
        session.delete(row)
        session.add(_lifted(row, NO_NEWS, why, by, at))


def _lifted(
    row: Suppression | NewsStop, reason: str, why: str, by: Actor, at: datetime
) -> Activity:
    return Activity.of(
        "lifted_suppression", by, at, stakeholder_id=row.stakeholder_id, why=why, reason=reason,
        source=row.source, since=row.since.isoformat(),
    )  # fmt: skip


def _open_again(session: Session, stakeholder_id: int, digest: str) -> None:
    """The mailbox works again: what bounced there waits for an answer again."""
    key = session.scalar(select(Stakeholder.email_key).where(Stakeholder.id == stakeholder_id))
    if key is None or digest_of(key) != digest:
        return
    rows = session.execute(
        update(Invitation)
        .where(
            Invitation.stakeholder_id == stakeholder_id,
            Invitation.state == InvitationState.UNDELIVERABLE,
        )
        .values(state=InvitationState.SILENT)
        .returning(Invitation.event_id, Invitation.group_id)
    )
    old, new = InvitationState.UNDELIVERABLE, InvitationState.SILENT
    changes = [
        moved(TallyKind.EVENT_INVITATIONS, event_id, group_id, old, new)
        for event_id, group_id in rows
    ]
    add_to_tallies(session, total(changes))


def _finish_tasks(session: Session, digest: str, by: Actor, at: datetime) -> None:
    """Nobody needs to find another address; a new bounce would ask again."""
    of_address = Task.origin.endswith(f" {digest}")
    tasks = session.scalars(
        select(Task).where(Task.kind == TaskKind.BOUNCED, of_address).order_by(Task.id)
    )
    for task in tasks.all():
        task.origin = None
        if task.done_at is None:
            task.done_at, task.done_by_id = at, by.account_id
            line = Activity.of(
                "finished_task", by, at, stakeholder_id=task.stakeholder_id, task_id=task.id,
                what=task.what, owner_id=task.owner_id,
            )  # fmt: skip
            session.add(line)


def _reason(why: str) -> str:
    why = " ".join(why.split())[:LONGEST_WHY]
    if not why:
        raise NeedsReason
    return why


def _page(public_id: str) -> UnsubscribePage:
    page = unsubscribe_page(public_id)
    if page is None:
        raise NotFound("mail")
    return page


def _line(verb: str, page: UnsubscribePage, by: Actor, at: datetime, **detail: Any) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=page.stakeholder_id,
        campaign_id=page.campaign_id,
        event_id=page.event_id,
        message_id=page.message_id,
        **detail,
    )
