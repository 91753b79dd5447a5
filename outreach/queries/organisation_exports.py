"""Organisations as the rows of a file: everything that an import reads again."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.intake.organisation_fields import NOWHERE, ORGANISATION_FIELDS, is_heading
from outreach.models.conference import ConstituentGroup, Region
from outreach.models.custom_field import CustomSubject, as_text
from outreach.models.focal_point import FocalPoint
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.queries.custom_fields import FieldLine, custom_fields, custom_values, headings_of
from outreach.queries.keyset import page
from outreach.queries.organisations import among_organisations
from outreach.queries.shapes import Ground

Cell = str | int | None
BATCH = 1_000


def organisation_export_fields() -> list[FieldLine]:
    """The team's own fields of organisations, which an export holds too."""
    return custom_fields(CustomSubject.ORGANISATION)


def organisation_headers(fields: Sequence[FieldLine]) -> list[str]:
    """The first line of the file; an import reads all of it."""
    ours = [field.label for field in ORGANISATION_FIELDS.values()]
    return [*ours, *headings_of(fields, is_heading)]


def rows_of_organisations(
    ground: Ground, rule: Rule, fields: Sequence[FieldLine]
) -> Iterator[tuple[Cell, ...]]:
    """Those whom a rule means, by name, with their standing there.

    Cost: each once, a thousand at a time; three SELECTs for each thousand.
    """
    parent = aliased(Organisation)
    statement = among_organisations(
        select(
            Organisation.id, Organisation.name, Organisation.country_code, Organisation.language,
            parent.name, ConstituentGroup.name, Region.name, Standing.country_code,
            Standing.legal_status, Organisation.external_id, Organisation.notes,
        ),
        ground, rule,
    ).outerjoin(parent, parent.id == Organisation.parent_id)  # fmt: skip
    order = (Organisation.name_key.expression, Organisation.id.expression)
    after: str | None = None
    while True:
        rows, after = page(statement, order, after, limit=BATCH)
        ids = [row[0] for row in rows]
        spoken = _focal_points(ids, ground.conference_id)
        own = custom_values(CustomSubject.ORGANISATION, ids) if fields else {}
        for row in rows:
            held = own.get(row[0], {})
            region = row[6] or (NOWHERE if row[5] else "")
            yield (
                *row[1:6],
                region,
                *row[7:11],
                *spoken.get(row[0], ("", "", "")),
                *[as_text(held.get(field.id)) for field in fields],
            )
        if after is None:
            return


def _focal_points(ids: Sequence[int], conference_id: int) -> dict[int, tuple[str, ...]]:
    """{organisation: (address, who authorised it, when)} of those who speak for one now."""
    rows = reading().execute(
        select(
            FocalPoint.organisation_id, Stakeholder.email, FocalPoint.authorised_by,
            FocalPoint.authorised_on,
        )
        .join(Stakeholder, Stakeholder.id == FocalPoint.stakeholder_id)
        .where(
            and_(
                FocalPoint.organisation_id.in_(ids),
                FocalPoint.conference_id == conference_id,
                FocalPoint.ended_at.is_(None),
            )
        )
    )  # fmt: skip
    spoken: dict[int, tuple[Any, ...]] = {}
    for id_, email, authority, day in rows:
        spoken[id_] = (email or "", authority, day.isoformat())
    return spoken
