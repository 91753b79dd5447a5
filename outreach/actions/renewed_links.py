"""Links that came into wrong hands: the person gets new ones, and the old ones open nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from outreach.db import touched, transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.base import UTCDateTime
from outreach.models.closed_link import ClosedLink
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.seat import SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.naming import CannotBeSent
from outreach.posting import post
from outreach.queries.personal_links import COPIES, WITH_STOP, has_feed, open_mails
from outreach.queries.seat_offers import TO_BE_ANSWERED
from outreach.tokens import new_key


@dataclass(frozen=True, slots=True)
class Closing:
    """What is closed besides the person's own pages."""

    copies: bool = True
    """The links of assistants in copies that left."""
    feed: bool = True
    mails: bool = False
    """The links by which mails that left stop mail: their reader cannot use them either."""


def renew_links(
    stakeholder_id: int, *, closing: Closing, told_of: str, by: Actor, at: datetime
) -> None:
    """Give every page of a person's own another link at once; answers and histories stay.

    All of them, since each page leads to the others: one link that leaked has opened them all.
    Every page, calendar file, look of the team and code for the door of the old links is refused
    from now on. Mails that still wait carry the new ones, since links are made when a mail leaves.

    told_of  the page whose new link a mail brings now, as in `OwnPage.code`; "" for no mail
    Raises CannotBeSent where the mail could not go, Conflict where that page is no more: then
    nothing changes.
    """
    with transaction() as session:
        # Not for its key: whoever answers meanwhile refers to this row.
        person = session.get(
            Stakeholder, stakeholder_id, with_for_update={"of": Stakeholder, "key_share": True}
        )
        if person is None or person.merged_into_id is not None:
            raise NotFound("person")
        pages = _pages(session, stakeholder_id)
        for page in pages.values():
            page.link_key = new_key()
        count = _close(session, stakeholder_id, closing, at)
        if told_of:
            _tell(session, person, pages.get(told_of), at)
        session.add(
            Activity.of(
                "renewed_link", by, at, stakeholder_id=stakeholder_id, pages=sorted(pages),
                told_of=told_of, **count,
            )
        )  # fmt: skip


def _pages(session: Session, stakeholder_id: int) -> dict[str, Any]:
    """{code: the row whose link key opens it}, each for us alone; merged invitations with them."""
    invitations = _locked(session, Invitation, Invitation.stakeholder_id == stakeholder_id)
    ids = [each.id for each in invitations]
    invitations += _locked(session, Invitation, Invitation.merged_into_id.in_(ids))
    offers = _locked(session, SeatOffer, SeatOffer.stakeholder_id == stakeholder_id)
    delegations = _locked(session, Delegation, Delegation.focal_point_id == stakeholder_id)
    kinds = {"invitation": invitations, "seat": offers, "delegation": delegations}
    return {f"{kind}-{row.id}": row for kind, rows in kinds.items() for row in rows}


def _locked(session: Session, table: Any, whose: Any) -> list[Any]:
    statement = select(table).where(whose).order_by(table.id).with_for_update(of=table)
    return list(session.scalars(statement))


def _close(session: Session, stakeholder_id: int, closing: Closing, at: datetime) -> dict[str, int]:
    """Close what hangs on the pages; {what: how many}."""
    count = {"copies": 0, "mails": 0, "feeds": 0}
    wanted = (("copies", closing.copies, COPIES), ("mails", closing.mails, WITH_STOP))
    for name, is_wanted, which in wanted:
        if is_wanted:
            found = select(Message.id, literal(at, UTCDateTime())).where(
                *open_mails(stakeholder_id, which)
            )
            closed = insert(ClosedLink).from_select(["message_id", "closed_at"], found)
            count[name] = touched(session, closed)
    if closing.feed:
        stopped = update(Stakeholder).where(*has_feed(stakeholder_id)).values(feed_key=None)
        count["feeds"] = touched(session, stopped)
    return count


def _tell(session: Session, person: Stakeholder, page: Any, at: datetime) -> None:
    """One mail with the new link; from that page the person reaches the others."""
    is_seat = isinstance(page, SeatOffer)
    is_gone = page is None or (not is_seat and page.withdrawn_at is not None)
    if is_gone or (is_seat and page.state not in TO_BE_ANSWERED):
        raise Conflict("This page is no more. Look again, and choose another for the mail.")
    event = page.seat.track.event if is_seat else page.event
    message_id = post(
        session, Purpose.NEW_LINK, person, event, at=at,
        invitation_id=page.id if isinstance(page, Invitation) else None,
        offer_id=page.id if is_seat else None,
    )  # fmt: skip
    if message_id is None:
        raise CannotBeSent(
            "No mail may go to this person. Give the new links without one, and tell them."
        )
    if isinstance(page, Delegation):
        session.get_one(Message, message_id).delegation_id = page.id
