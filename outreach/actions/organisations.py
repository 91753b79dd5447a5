"""Organisations: written down, corrected, given their standing and a focal point."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.db import transaction
from outreach.describing import customise
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.conference import Conference, ConstituentGroup, LegalStatus, Region
from outreach.models.custom_field import CustomSubject
from outreach.models.focal_point import FocalPoint
from outreach.models.stakeholder import Organisation, Stakeholder, Standing

MOST_ABOVE = 20
"""How many organisations may stand one above the other."""


class ChangedMeanwhile(Conflict):
    """Someone else saved the organisation since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            "Someone changed this organisation since you opened the page. Choose below what shall "
            "stand, field by field, and save again."
        )


class KnownName(Conflict):
    """There is an organisation of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an organisation of this name already: {name}.")


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a form says of an organisation.

    custom  {field id: value}
    """

    name: str
    country_code: str | None
    language: str | None
    parent_id: int | None
    notes: str
    external_id: str | None
    custom: Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class Admission:
    """What an organisation is at one conference; no group takes the standing away."""

    conference_id: int
    group_id: int | None
    region_id: int | None
    country_code: str | None
    legal_status: LegalStatus | None


def create_organisation(
    said: Particulars, admission: Admission | None, *, by: Actor, at: datetime
) -> int:
    """Write an organisation down; gives its id. Raises KnownName."""
    with transaction() as session:
        _check(session, said, None)
        row = Organisation(**_columns(said), version=1, created_at=at, changed_at=at)
        session.add(row)
        session.flush()
        customise(session, CustomSubject.ORGANISATION, row.id, said.custom)
        if admission is not None:
            _admit(session, row.id, admission)
        session.add(Activity.of("created", by, at, organisation_id=row.id))
        return row.id


def edit_organisation(
    organisation_id: int,
    said: Particulars,
    admission: Admission | None,
    *,
    version: int,
    by: Actor,
    at: datetime,
) -> None:
    """Write what a form says of it. Raises ChangedMeanwhile, KnownName."""
    with transaction() as session:
        row = session.get(Organisation, organisation_id, with_for_update=True)
        if row is None:
            raise NotFound("organisation")
        if row.version != version:
            raise ChangedMeanwhile
        _check(session, said, organisation_id)
        values = _columns(said)
        was = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
        for name in was:
            setattr(row, name, values[name])
        changed = [name.removesuffix("_id") for name in sorted(was) if not name.endswith("_key")]
        changed += customise(session, CustomSubject.ORGANISATION, row.id, said.custom)
        if admission is not None and _admit(session, row.id, admission):
            changed.append("standing")
        if changed or was:
            row.version, row.changed_at = row.version + 1, at
            line = Activity.of("edited", by, at, organisation_id=row.id, was=was, fields=changed)
            session.add(line)


def authorise_focal_point(
    organisation_id: int,
    conference_id: int,
    stakeholder_id: int,
    authorised_by: str,
    authorised_on: date,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Let someone speak for an organisation; who did before speaks for it no more (rule 4)."""
    authority = " ".join(authorised_by.split())
    if not authority:
        raise Refusal("Say who authorised it: a person, or a note verbale with its number.")
    if authorised_on > at.date():
        raise Refusal("The day on which it was authorised lies ahead.")
    with transaction() as session:
        organisation = session.get(Organisation, organisation_id, with_for_update=True)
        person = session.get(Stakeholder, stakeholder_id)
        conference = session.get(Conference, conference_id)
        if organisation is None or person is None or conference is None or person.merged_into_id:
            raise NotFound("organisation or person")
        current = _current(session, organisation_id, conference_id)
        if current is not None:
            current.ended_at = at
            session.flush()
        session.add(
            FocalPoint(
                conference_id=conference_id, organisation_id=organisation_id,
                stakeholder_id=stakeholder_id, authorised_by=authority,
                authorised_on=authorised_on, recorded_at=at, recorded_by_id=by.account_id,
            )
        )  # fmt: skip
        session.add(
            Activity.of(
                "authorised_focal_point", by, at, organisation_id=organisation_id,
                stakeholder_id=stakeholder_id, name=person.full_name, authority=authority,
            )
        )  # fmt: skip


def end_focal_point(focal_point_id: int, *, by: Actor, at: datetime) -> int:
    """Somebody speaks for an organisation no more; gives its id. Twice does no harm."""
    with transaction() as session:
        row = session.get(FocalPoint, focal_point_id, with_for_update=True)
        if row is None:
            raise NotFound("focal point")
        if row.ended_at is None:
            row.ended_at = at
            name = session.get_one(Stakeholder, row.stakeholder_id).full_name
            session.add(
                Activity.of(
                    "ended_focal_point", by, at, organisation_id=row.organisation_id,
                    stakeholder_id=row.stakeholder_id, name=name,
                )
            )  # fmt: skip
        return row.organisation_id


def _current(session: Session, organisation_id: int, conference_id: int) -> FocalPoint | None:
    return session.scalar(
        select(FocalPoint).where(
            FocalPoint.organisation_id == organisation_id,
            FocalPoint.conference_id == conference_id,
            FocalPoint.ended_at.is_(None),
        )
    )


def _columns(said: Particulars) -> dict[str, Any]:
    return {
        "name": said.name,
        "name_key": fold(said.name) or said.name.casefold(),
        "country_code": said.country_code,
        "language": said.language,
        "parent_id": said.parent_id,
        "notes": said.notes,
        "external_id": said.external_id,
    }


def _check(session: Session, said: Particulars, own_id: int | None) -> None:
    if not said.name:
        raise Refusal("Give the organisation a name.")
    key = fold(said.name) or said.name.casefold()
    known = session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.name_key == key)
    ).one_or_none()
    if known is not None and known.id != own_id:
        raise KnownName(known.name)
    above = said.parent_id
    for _ in range(MOST_ABOVE):
        if above is None:
            return
        if above == own_id:
            raise Refusal("An organisation cannot be part of itself or of what belongs to it.")
        above = session.scalar(select(Organisation.parent_id).where(Organisation.id == above))
    raise Refusal(f"More than {MOST_ABOVE} organisations would stand one above the other.")


def _admit(session: Session, organisation_id: int, said: Admission) -> bool:
    """Give it its standing at a conference; say whether that changed anything."""
    there = session.scalar(
        select(Standing).where(
            Standing.conference_id == said.conference_id,
            Standing.organisation_id == organisation_id,
        )
    )
    if said.group_id is None:
        if there is not None:
            session.delete(there)
        return there is not None
    if session.get(ConstituentGroup, said.group_id) is None:
        raise NotFound("constituent group")
    region = session.get(Region, said.region_id) if said.region_id else None
    if said.region_id and (region is None or region.conference_id != said.conference_id):
        raise NotFound("region of this conference")
    columns = {
        "group_id": said.group_id, "region_id": said.region_id,
        "country_code": said.country_code, "legal_status": said.legal_status,
    }  # fmt: skip
    if there is None:
        session.add(
            Standing(
                conference_id=said.conference_id, organisation_id=organisation_id, **columns
            )
        )  # fmt: skip
        return True
    changed = [name for name, value in columns.items() if getattr(there, name) != value]
    for name in changed:
        setattr(there, name, columns[name])
    return bool(changed)
