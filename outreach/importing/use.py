"""What became of the people of an import since: whoever is used elsewhere is not taken back."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, or_, select
from sqlalchemy.orm import Session

from outreach.bulk import Changes, beyond, within
from outreach.models.activity import Activity
from outreach.models.base import Base
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.stakeholder import Stakeholder, Standing
from outreach.models.star import Star, StarStage
from outreach.models.target import Target, TargetList

REASONS = {
    "invitations": "invited",
    "messages": "mailed",
    "targets": "on another list",
}
"""{table that points at a person: why the person stays}; else they are in use"""

_PROTOCOL = frozenset({"protocol_category", "precedence", "is_protocol_by_hand"})

OF_NO_WEIGHT = frozenset({"activities", "duplicates"})
"""The journal is looked at apart; that two may be one is found again."""


def used_people(
    session: Session, people: Collection[int], added: Mapping[str, list[int]], stamp: str
) -> dict[int, str]:
    """{stakeholder: why} of those, brought in by the import, who are not its own any more.

    added  {table: ids} of what the import itself wrote
    stamp  the instant that everything it wrote bears, ISO 8601
    """
    if not people:
        return {}
    at = datetime.fromisoformat(stamp)
    used: dict[int, str] = {}
    edited = select(Stakeholder.id).where(
        within(Stakeholder.id, people),
        or_(Stakeholder.changed_at != at, Stakeholder.merged_into_id.is_not(None)),
    )
    used.update((id_, "edited") for id_ in session.scalars(edited))
    noted = (
        select(Activity.stakeholder_id)
        .where(within(Activity.stakeholder_id, people), Activity.at != at)
        .distinct()
    )
    for id_ in session.scalars(noted):  # an edit is told in the journal, too
        if id_:
            used.setdefault(id_, "something happened")
    for table, column in pointing_at("stakeholders"):
        if table.name not in OF_NO_WEIGHT:
            used.update(
                (i, REASONS.get(table.name, "in use"))
                for i in _in(session, table, column, people, added)
            )
    return used


def used_targets(
    session: Session,
    known: Mapping[int, int],
    target_list: TargetList,
    added: Mapping[str, list[int]],
    stamp: str,
    *,
    brought: Collection[str] = (),
) -> dict[int, str]:
    """{stakeholder: why} of people known before whose place on the list was used since.

    known    {stakeholder: target}
    added    {table: ids} of what the import itself wrote
    brought  fields of the file: what they say may stand there from it
    """
    if not known:
        return {}
    at = datetime.fromisoformat(stamp)
    person = {target: stakeholder for stakeholder, target in known.items()}
    used: dict[int, str] = {}
    for table, column in pointing_at("targets"):
        for id_ in _in(session, table, column, person, added):
            used[person[id_]] = "in use"
    decided = select(Star.target_id).where(
        within(Star.target_id, person), Star.stage != StarStage.NOMINATED
    )
    used.update((person[id_], "in use") for id_ in session.scalars(decided))
    signs = {
        "follower": Target.owner_id.is_not(None), "decide_on": Target.decide_on.is_not(None),
        "alternate": Target.is_alternate, "wave": Target.wave != 1,
    }  # fmt: skip
    shown = [sign for code, sign in signs.items() if code not in brought]
    edited = select(Target.stakeholder_id).where(
        within(Target.id, person), or_(Target.promoted_at.is_not(None), *shown)
    )
    used.update((id_, "edited") for id_ in session.scalars(edited))
    invited = select(Invitation.stakeholder_id).where(
        within(Invitation.stakeholder_id, known),
        Invitation.event_id == target_list.event_id,
        Invitation.invited_at >= at,
    )
    used.update((id_, "invited") for id_ in session.scalars(invited))
    return used


def undecided_nominations(
    session: Session, made: Collection[int], kept: Collection[int], stamp: str
) -> list[int]:
    """Those that nobody has decided about, of people who do not stay."""
    nominations = (
        select(Star.id, Target.stakeholder_id)
        .join(Star.target)
        .where(
            within(Star.id, made),
            Star.stage == StarStage.NOMINATED,
            Star.nominated_at == datetime.fromisoformat(stamp),
        )
    )
    return [id_ for id_, person in session.execute(nominations) if person not in kept]


def free_organisations(session: Session, made: Collection[int]) -> list[int]:
    """Those that nothing points at but their standing."""
    if not made:
        return []
    used: set[int] = set()
    for table, column in pointing_at("organisations"):
        if table.name != "standings":
            rows = select(column).where(within(column, made)).distinct()
            used.update(session.scalars(rows))
    return [id_ for id_ in made if id_ not in used]


def free_standings(session: Session, made: Collection[int]) -> list[int]:
    """Those of organisations of which nobody is wanted at the conference, nor they themselves."""
    if not made:
        return []
    # One within the other, and no EXISTS: PostgreSQL would join all of it in an order of its own,
    # which for 50,000 organisations took four minutes.
    placed = (
        select(Target.id)
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Event, Event.id == TargetList.event_id)
        .where(
            Target.stakeholder_id == Stakeholder.id,
            Event.conference_id == Standing.conference_id,
        )
        .correlate(Stakeholder, Standing)
        .limit(1)
        .scalar_subquery()
    )
    needed = (
        select(Stakeholder.id)
        .where(Stakeholder.organisation_id == Standing.organisation_id, placed.is_not(None))
        .correlate(Standing)
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(OrganisationTarget.id)
        .join(TargetList, TargetList.id == OrganisationTarget.list_id)
        .join(Event, Event.id == TargetList.event_id)
        .where(
            OrganisationTarget.organisation_id == Standing.organisation_id,
            Event.conference_id == Standing.conference_id,
        )
        .limit(1)
        .scalar_subquery()
    )
    free = select(Standing.id).where(within(Standing.id, made), needed.is_(None), wanted.is_(None))
    return list(session.scalars(free))


def gone_since(
    session: Session, table: Table, changed: Iterable[Changes]
) -> dict[str, Collection[Any]]:
    """{column: what stood in it before and is there no more}, of columns that point at others: what
    another import brought, which was taken back meanwhile."""
    changed, gone = list(changed), dict[str, Collection[Any]]()
    for key in table.foreign_keys:
        name, target = key.parent.name, key.column
        before = {changes[name][0] for changes in changed if name in changes} - {None}
        if before:
            there = session.scalars(select(target).where(within(target, before)))
            gone[name] = before - set(there)
    return gone


def whole_pairs(columns: Changes, same: Mapping[str, Any]) -> dict[str, Any]:
    """What can be as it was before, but for half of a text and the key by which it is found, and
    for a part of the protocol.

    columns  all that an import changed in a row
    same     of these, what stands as the import left it
    """
    back = dict(same)
    if _PROTOCOL & columns.keys() - same.keys():
        back = {name: value for name, value in back.items() if name not in _PROTOCOL}
    for key in columns:
        stem = key.removesuffix("_key")
        pair = {key, stem if stem in columns else f"full_{stem}"}
        if stem != key and pair <= columns.keys() and not pair <= same.keys():
            back = {name: value for name, value in back.items() if name not in pair}
    return back


def pointing_at(name: str) -> Iterator[tuple[Table, Column[int]]]:
    """Every column that holds an id of the table; some are no foreign keys (`Invitation`)."""
    plain = {
        "stakeholders": "stakeholder_id",
        "targets": "target_id",
        "organisations": "organisation_id",
    }[name]
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            keys = {key.column.table.name for key in column.foreign_keys}
            if name in keys or (column.name == plain and not keys):
                yield table, column


def _in(
    session: Session,
    table: Table,
    column: Column[int],
    people: Collection[int],
    added: Mapping[str, list[int]],
) -> set[int]:
    rows = select(column).where(within(column, people)).distinct()
    if own := added.get(table.name):
        if table.name == "stakeholders":
            return set()
        rows = rows.where(beyond(table.c.id, own))
    return set(session.scalars(rows))
