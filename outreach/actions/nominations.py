"""Those who ask to be invited: taken from the public page, then accepted, declined, or known."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.addresses import Address
from outreach.intake.people import PersonRow
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.conference_page import ConferencePage
from outreach.models.nomination import Nomination, NominationState
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.recognised import Recognised
from outreach.queries.recognition import Recogniser
from outreach.roster import Roster

HOUR = timedelta(hours=1)
MOST_OF_A_NETWORK = 10
"""Requests within an hour from one network; an office of ten colleagues still comes through."""
MOST_IN_ALL = 200


class TooManyRequests(Refusal):
    """Somebody, or something, asks too often."""

    status = 429

    def __init__(self, address: str) -> None:
        super().__init__(f"Too many requests came just now. Please write to {address}.")
        self.address = address


class NotTaken(Refusal):
    """The page takes no requests, or is not out."""

    status = 404

    def __init__(self) -> None:
        super().__init__("This conference takes no requests here.")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody typed on the public page, checked for its shape."""

    full_name: str
    address: Address
    office: str
    organisation: str
    country_code: str | None
    language: str
    why: str
    source: str = ""


def network_of(address: str, secret: str, at: datetime) -> str:
    """Where a request came from, as a digest of this day; nothing of it can be read back."""
    key = f"{secret}{at.date().isoformat()}".encode()
    return hmac.digest(key, address.encode(), sha256).hex()[:32] if address else ""


def ask_to_be_invited(conference_id: int, request: Request, *, network: str, at: datetime) -> int:
    """Keep a request for staff; the same address again while one is open changes nothing.

    network  from `network_of`; "" where nothing tells one visitor from another
    Raises NotTaken, TooManyRequests.
    """
    with transaction() as session:
        page = session.scalar(
            select(ConferencePage)
            .where(ConferencePage.conference_id == conference_id)
            .with_for_update()
        )
        if page is None or page.published_at is None or not page.takes_requests:
            raise NotTaken
        key = request.address.key
        open_one = session.scalar(
            select(Nomination.id).where(
                Nomination.conference_id == conference_id,
                Nomination.email_key == key,
                Nomination.state == NominationState.OPEN,
            )
        )
        if open_one is not None:
            return open_one
        nomination = Nomination(
            conference_id=conference_id, full_name=request.full_name,
            email=request.address.email, email_key=key, office=request.office,
            organisation=request.organisation, country_code=request.country_code,
            language=request.language, why=request.why, source=request.source,
            network=network, created_at=at,
        )  # fmt: skip
        session.add(nomination)
        session.flush()
        _check_limits(session, nomination, at)
        session.add(Activity.of("asked_to_be_invited", INVITEE, at, nomination_id=nomination.id))
        return nomination.id


def _check_limits(session: Session, new: Nomination, at: datetime) -> None:
    recent = select(func.count()).select_from(Nomination).where(Nomination.created_at > at - HOUR)
    in_all = session.scalar(recent) or 0
    of_network = session.scalar(recent.where(Nomination.network == new.network)) or 0
    if in_all > MOST_IN_ALL or (new.network and of_network > MOST_OF_A_NETWORK):
        raise TooManyRequests(new.conference.reply_to)


def accept_nomination(
    nomination_id: int,
    list_id: int,
    *,
    stakeholder_id: int | None = None,
    by: Actor,
    at: datetime,
) -> int:
    """Put the person on a target list; gives the stakeholder's id.

    stakeholder_id  someone whom we know already and who it is; None for someone new
    """
    with transaction() as session:
        nomination = _open(session, nomination_id)
        target_list = session.get(TargetList, list_id, with_for_update=True)
        if target_list is None or target_list.event.conference_id != nomination.conference_id:
            raise NotFound("list of this conference")
        line = _recognised(session, nomination, list_id, stakeholder_id)
        if line.is_on_list:
            raise Conflict(f"{line.known_name} is on this list already. Note it as known instead.")
        roster = Roster(session, target_list, by, at)
        (person_id,) = roster.bring_in([line])
        roster.close()
        nomination.decide(NominationState.ACCEPTED, by.account_id, at)
        nomination.stakeholder_id = person_id
        session.add(
            _line("accepted_nomination", nomination, by, at, target_list.event_id, list_id=list_id)
        )
        return person_id


def _recognised(
    session: Session, nomination: Nomination, list_id: int, stakeholder_id: int | None
) -> Recognised:
    address = Address(nomination.email, nomination.email_key, False)
    person = PersonRow(
        0, address=address, full_name=nomination.full_name, office=nomination.office,
        organisation=nomination.organisation, country=nomination.country_code,
        language=nomination.language, why=f"Asked to be invited: {nomination.why}"[:500],
    )  # fmt: skip
    shared = set() if stakeholder_id is not None else {hash(address.key)}
    (line,) = Recogniser(list_id, shared, is_of_file=False).recognise([person])
    if stakeholder_id is None:
        return line
    known = session.get(Stakeholder, stakeholder_id)
    if known is None or known.merged_into_id is not None:
        raise NotFound("person")
    if line.stakeholder_id == known.id:
        return line
    # Known by another address: what the request says beyond that is not mixed into the person.
    return line._replace(
        stakeholder_id=known.id, known_name=known.full_name, changes={}, organisation="",
        target_id=_target_id(session, list_id, known.id),
    )  # fmt: skip


def _target_id(session: Session, list_id: int, stakeholder_id: int) -> int | None:
    return session.scalar(
        select(Target.id).where(Target.list_id == list_id, Target.stakeholder_id == stakeholder_id)
    )


def decline_nomination(nomination_id: int, why: str, *, by: Actor, at: datetime) -> None:
    """The person will not be invited, and why; nobody is written to by this."""
    if not why.strip():
        raise Refusal("Say why not: a colleague will ask, or the person will.")
    with transaction() as session:
        nomination = _open(session, nomination_id)
        nomination.decide(NominationState.DECLINED, by.account_id, at)
        nomination.decision = why.strip()[:2_000]
        session.add(_line("declined_nomination", nomination, by, at))


def call_nomination_known(
    nomination_id: int, stakeholder_id: int, *, by: Actor, at: datetime
) -> None:
    """It is someone whom we know and want already; the request stands on their timeline."""
    with transaction() as session:
        nomination = _open(session, nomination_id)
        if session.get(Stakeholder, stakeholder_id) is None:
            raise NotFound("person")
        nomination.decide(NominationState.DUPLICATE, by.account_id, at)
        nomination.stakeholder_id = stakeholder_id
        session.add(_line("known_nomination", nomination, by, at))


def _open(session: Session, nomination_id: int) -> Nomination:
    nomination = session.get(Nomination, nomination_id, with_for_update=True)
    if nomination is None:
        raise NotFound("request")
    return nomination


def _line(
    verb: str,
    nomination: Nomination,
    by: Actor,
    at: datetime,
    event_id: int | None = None,
    **detail: int,
) -> Activity:
    return Activity.of(
        verb, by, at, stakeholder_id=nomination.stakeholder_id, event_id=event_id,
        nomination_id=nomination.id, **detail,
    )  # fmt: skip
