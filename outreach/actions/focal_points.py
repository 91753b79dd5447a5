"""Delegations: asking a focal point, by mail, to name whom an organisation sends; its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.db import reading, transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.delegation import MOST_MEMBERS, Delegation, DelegationMember
from outreach.models.event import Event
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.naming import locked_delegation, member_count, of_delegation
from outreach.posting import is_reachable, post
from outreach.queries.delegations import focal_points_ready
from outreach.tokens import new_key


def ask_for_delegation(
    organisation_id: int,
    event_id: int,
    focal_point_id: int,
    *,
    authorised_by: str,
    authorised_on: date | None,
    most_members: int,
    name_by: datetime,
    by: Actor,
    at: datetime,
) -> int:
    """Ask a focal point, by mail, whom the organisation sends; gives the delegation's id.

    Asked again after a withdrawal it is the same delegation, with a new link.
    Raises Refusal where the organisation has no standing, no mail could go, or a date is past.
    """
    with transaction() as session:
        event = session.get(Event, event_id)
        organisation = session.get(Organisation, organisation_id, with_for_update=True)
        person = session.get(Stakeholder, focal_point_id)
        if event is None or organisation is None or person is None:
            raise NotFound("event, organisation or person")
        _check(event, authorised_by, most_members, name_by, at)
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            raise Refusal(
                f"No mail can go to {person.full_name}: no address is known, it bounced, or its "
                "owner asked for no more mail."
            )
        terms = Terms(authorised_by, authorised_on, most_members, name_by)
        return _ask(session, organisation, event, person, terms, by=by, at=at).id


@dataclass(frozen=True, slots=True)
class Terms:
    """On whose word a focal point is asked, for how many, until when."""

    authorised_by: str
    authorised_on: date | None
    most_members: int
    name_by: datetime


def ask_group(
    event_id: int,
    group_id: int,
    *,
    said_count: int,
    most_members: int,
    name_by: datetime,
    by: Actor,
    at: datetime,
) -> tuple[int, int]:
    """Ask all focal points on record of a group who are not asked yet; gives the line of the
    journal by which it is taken back, and how many are asked.

    said_count  how many the person was shown; where there are more or fewer by now, nobody is asked
    """
    with transaction() as session:
        event = session.get(Event, event_id)
        if event is None:
            raise NotFound("event")
        _check(event, "on record", most_members, name_by, at)
        ready = focal_points_ready(event_id, group_id)
        if len(ready) != said_count:
            raise Conflict(
                f"{len(ready):,} focal points can be asked by now, not {said_count:,}. Nobody was "
                "asked; look again."
            )
        made: list[int] = []
        for one in ready:
            organisation = session.get_one(Organisation, one.organisation_id, with_for_update=True)
            person = session.get_one(Stakeholder, one.stakeholder_id)
            if is_reachable(session, person, Purpose.FOCAL_POINT):
                terms = Terms(one.authorised_by, one.authorised_on, most_members, name_by)
                made.append(_ask(session, organisation, event, person, terms, by=by, at=at).id)
        if not made:
            raise Refusal("No mail can go to any of these focal points. Nobody was asked.")
        line = Activity.of(
            "asked_group_for_delegations", by, at, event_id=event_id, group_id=group_id,
            delegations=made,
        )  # fmt: skip
        session.add(line)
        session.flush()
        return line.id, len(made)


def withdraw_group(activity_id: int, *, by: Actor, at: datetime) -> int:
    """Ask those no more who were asked together, as long as they named nobody; says how many."""
    with transaction() as session:
        line = session.get(Activity, activity_id)
        if line is None or line.verb != "asked_group_for_delegations":
            raise NotFound("request")
        count = 0
        for delegation_id in sorted(line.detail["delegations"]):
            delegation = locked_delegation(session, delegation_id)
            is_new = delegation.withdrawn_at is None and delegation.asked_at == line.at
            if is_new and not member_count(session, delegation_id):
                _withdraw(session, delegation, by, at)
                count += 1
        return count


def remind_focal_points(days: Sequence[int], *, at: datetime) -> int:
    """Send the request again to those who named nobody yet, so many days before the date; says to
    how many. Once for each of the days, however often it is called.
    """
    if not days:
        return 0
    has_named = exists().where(
        DelegationMember.delegation_id == Delegation.id, DelegationMember.left_at.is_(None)
    )
    rows = (
        reading()
        .execute(
            select(Delegation.id, Delegation.name_by, Delegation.asked_at)
            .where(
                Delegation.withdrawn_at.is_(None),
                Delegation.completed_at.is_(None),
                Delegation.name_by > at,
                Delegation.name_by <= at + timedelta(days=max(days)),
                ~has_named,
            )
            .order_by(Delegation.id)
        )
        .all()
    )
    due = [id_ for id_, name_by, asked_at in rows if _is_due(name_by, asked_at, days, at)]
    return sum(_remind(id_, days, at) for id_ in due)


def _is_due(name_by: datetime, asked_at: datetime, days: Sequence[int], at: datetime) -> bool:
    return any(asked_at < name_by - timedelta(days=day) <= at for day in days)


def _remind(delegation_id: int, days: Sequence[int], at: datetime) -> bool:
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        person = delegation.focal_point
        is_wanted = delegation.withdrawn_at is None and delegation.completed_at is None
        is_due = _is_due(delegation.name_by, delegation.asked_at, days, at)
        if not is_wanted or not is_due or member_count(session, delegation_id):
            return False
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            return False
        name = delegation.organisation.name
        _send_request(session, delegation, person, delegation.event, name, at)
        delegation.asked_at = at
        session.add(of_delegation("reminded_focal_point", delegation, person.id, CLOCK, at))
        return True


def ask_again(delegation_id: int, *, by: Actor, at: datetime) -> None:
    """Send the focal point the same link once more. Raises DelegationClosed, Conflict."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        delegation.check_open(at)
        person = delegation.focal_point
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            raise Conflict(f"No mail can go to {person.full_name} any more.")
        name = delegation.organisation.name
        _send_request(session, delegation, person, delegation.event, name, at)
        delegation.asked_at = at
        session.add(of_delegation("asked_for_delegation", delegation, person.id, by, at))


def change_delegation(
    delegation_id: int,
    *,
    most_members: int,
    name_by: datetime,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Give a delegation other limits. Raises Refusal where more are named than there is room.

    seen  the mark of the limits that the page showed. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        if seen is not None and delegation.limits_mark != seen:
            raise ChangedMeanwhile
        _check(delegation.event, delegation.authorised_by, most_members, name_by, at)
        if member_count(session, delegation_id) > most_members:
            raise Refusal("More members are named already. Take some out first.")
        delegation.most_members, delegation.name_by = most_members, name_by
        session.add(
            of_delegation("changed_delegation", delegation, delegation.focal_point_id, by, at,
                  most=most_members, name_by=name_by.isoformat())
        )  # fmt: skip


def withdraw_delegation(delegation_id: int, *, by: Actor, at: datetime) -> None:
    """Ask the focal point no more; who was named stays invited."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        if delegation.withdrawn_at is not None:
            raise Conflict("This delegation was withdrawn already.")
        _withdraw(session, delegation, by, at)


def _withdraw(session: Session, delegation: Delegation, by: Actor, at: datetime) -> None:
    delegation.withdrawn_at = at
    session.add(of_delegation("withdrew_delegation", delegation, delegation.focal_point_id, by, at))


def _ask(
    session: Session,
    organisation: Organisation,
    event: Event,
    person: Stakeholder,
    terms: Terms,
    *,
    by: Actor,
    at: datetime,
) -> Delegation:
    delegation = session.scalar(
        select(Delegation).where(
            Delegation.event_id == event.id, Delegation.organisation_id == organisation.id
        )
    )
    if delegation is None:
        delegation = Delegation(
            event_id=event.id, organisation_id=organisation.id,
            group_id=_group(session, organisation, event),
        )  # fmt: skip
        session.add(delegation)
    elif delegation.withdrawn_at is None:
        raise Conflict(f"{organisation.name} is being asked for its delegation already.")
    delegation.focal_point_id, delegation.link_key = person.id, new_key()
    delegation.authorised_by = " ".join(terms.authorised_by.split())
    delegation.authorised_on, delegation.most_members = terms.authorised_on, terms.most_members
    delegation.name_by, delegation.asked_at, delegation.withdrawn_at = terms.name_by, at, None
    delegation.change()
    session.flush()
    _send_request(session, delegation, person, event, organisation.name, at)
    session.add(of_delegation("asked_for_delegation", delegation, person.id, by, at))
    return delegation


def _check(
    event: Event, authorised_by: str, most_members: int, name_by: datetime, at: datetime
) -> None:
    if not authorised_by.strip():
        raise Refusal("Say who authorised the focal point, and how: a letter, a note verbale.")
    if not at < name_by <= event.starts_at:
        raise Refusal("Members are named by a date to come, before the event opens.")
    if not 1 <= most_members <= MOST_MEMBERS:
        raise Refusal(f"A delegation has 1 to {MOST_MEMBERS:,} members.")


def _group(session: Session, organisation: Organisation, event: Event) -> int:
    """On which the organisation stands at the conference; its members are invited on it."""
    group_id = session.scalar(
        select(Standing.group_id).where(
            Standing.organisation_id == organisation.id,
            Standing.conference_id == event.conference_id,
        )
    )
    if group_id is None:
        raise Refusal(f"Give {organisation.name} its constituent group at this conference first.")
    return group_id


def _send_request(
    session: Session,
    delegation: Delegation,
    person: Stakeholder,
    event: Event,
    organisation: str,
    at: datetime,
) -> None:
    message_id = post(
        session, Purpose.FOCAL_POINT, person, event, at=at, invitation_id=None,
        delegation=organisation, members=str(delegation.most_members),
    )  # fmt: skip
    if message_id is None:
        raise Refusal("The request to name a delegation has no text in a language of this person.")
    session.get_one(Message, message_id).delegation_id = delegation.id
