"""Delegations: asking a focal point, by mail, to name whom an organisation sends; its limits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.asking import Terms, ask, check_terms, send_request
from outreach.db import reading, transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.delegation import Delegation, DelegationMember
from outreach.models.event import Event
from outreach.models.message import Purpose
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import TargetList
from outreach.naming import locked_delegation, member_count, of_delegation
from outreach.posting import is_reachable
from outreach.queries.focal_points import focal_points_ready
from outreach.queries.organisation_targets import organisation_lines


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
        check_terms(event, authorised_by, most_members, name_by, at)
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            raise Refusal(
                f"No mail can go to {person.full_name}: no address is known, it bounced, or its "
                "owner asked for no more mail."
            )
        terms = Terms(authorised_by, authorised_on, most_members, name_by)
        return ask(session, organisation, event, person, terms, by=by, at=at).id


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
        check_terms(event, "on record", most_members, name_by, at)
        found = focal_points_ready(event_id, group_id)
        _check_count(len(found), said_count)
        ready = [
            (
                one.organisation_id,
                one.stakeholder_id,
                Terms(one.authorised_by, one.authorised_on, most_members, name_by),
            )
            for one in found
        ]
        return _ask_together(session, event, ready, by, at, group_id=group_id)


def ask_wanted(
    list_id: int, *, said_count: int, name_by: datetime, by: Actor, at: datetime
) -> tuple[int, int]:
    """The same for the organisations that a list wants and whose focal points can be asked, each
    for as many members as its line on the list says."""
    with transaction() as session:
        target_list = session.get(TargetList, list_id)
        if target_list is None:
            raise NotFound("list")
        check_terms(target_list.event, "on record", 1, name_by, at)
        lines = [one for one in organisation_lines(list_id) if one.can_be_asked]
        _check_count(len(lines), said_count)
        ready = [
            (
                one.organisation_id,
                one.focal_point_id or 0,
                Terms(one.authority, one.authorised_on, one.most_members, name_by),
            )
            for one in lines
        ]
        return _ask_together(session, target_list.event, ready, by, at, list_id=list_id)


def _check_count(count: int, said_count: int) -> None:
    if count != said_count:
        raise Conflict(
            f"{count:,} focal points can be asked by now, not {said_count:,}. Nobody was asked; "
            "look again."
        )


def _ask_together(
    session: Session,
    event: Event,
    ready: Sequence[tuple[int, int, Terms]],
    by: Actor,
    at: datetime,
    **of: int,
) -> tuple[int, int]:
    """ready  (organisation, focal point, terms); asked in one order, so that two who ask at once
    never wait for each other"""
    made: list[int] = []
    for organisation_id, person_id, terms in sorted(ready, key=lambda each: each[:2]):
        organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
        person = session.get_one(Stakeholder, person_id)
        if is_reachable(session, person, Purpose.FOCAL_POINT):
            made.append(ask(session, organisation, event, person, terms, by=by, at=at).id)
    if not made:
        raise Refusal("No mail can go to any of these focal points. Nobody was asked.")
    line = Activity.of(
        "asked_group_for_delegations", by, at, event_id=event.id, delegations=made, **of
    )
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
        send_request(session, delegation, person, delegation.event, name, at)
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
        send_request(session, delegation, person, delegation.event, name, at)
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
        check_terms(delegation.event, delegation.authorised_by, most_members, name_by, at)
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
