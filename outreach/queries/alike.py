"""Who of those we know may be the person whom someone is about to write down."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from outreach.advice.duplicates import Known, judge
from outreach.advice.folding import fold
from outreach.db import is_postgresql, reading
from outreach.intake.addresses import Address
from outreach.intake.scripts import skeleton
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Organisation, Stakeholder

MOST_LOOKED_AT = 400
SHOWN = 5
BEGINNING = 4
"""Letters of a word that must be right for a name to be found by it."""
PAIRED = -1
"""The id of someone who has none yet."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Someone who may be the same, and why."""

    id: int
    name: str
    office: str
    organisation: str | None
    email: str | None
    score: int
    reasons: list[str]
    is_lookalike: bool


def alike_to(
    name: str,
    address: Address | None,
    *,
    organisation: str = "",
    country_code: str | None = None,
    other_than: int | None = None,
) -> list[Alike]:
    """Those who may be this person, the surest first, SHOWN at the most.

    other_than  the person's own id, where they are known
    Cost: four SELECTs by index, MOST_LOOKED_AT rows each.
    """
    key = fold(name) or name.casefold()
    bank = reading().scalar(
        select(Organisation.id).where(
            Organisation.name_key == (fold(organisation) or organisation.casefold())
        )
    )
    looks = address.skeleton if address else None
    mine = Known(PAIRED, key, address.key if address else None, looks, bank, country_code)
    found: dict[int, Alike] = {}
    for condition in _blocks(key, address):
        for row in reading().execute(_looked_at(condition, other_than)):
            theirs = Known(
                row.id, row.name_key, row.email_key, _looks_like(row.email_key, row.email),
                row.organisation_id, row.country_code,
            )  # fmt: skip
            pair = judge(mine, theirs)
            is_shared = address is not None and address.key == row.email_key
            if pair or is_shared:
                score = pair.score if pair else 0
                reasons = pair.reasons if pair else ["same address, another name"]
                found[row.id] = Alike(
                    row.id, row.full_name, row.office, row.name, row.email, score, reasons,
                    is_lookalike=bool(pair and pair.is_lookalike),
                )  # fmt: skip
    return sorted(found.values(), key=lambda one: -one.score)[:SHOWN]


def _looked_at(condition: ColumnElement[bool], other_than: int | None) -> Any:
    """SELECT of those of a block, and what is compared of them."""
    return (
        select(
            Stakeholder.id, Stakeholder.full_name, Stakeholder.office, Organisation.name,
            Stakeholder.email, Stakeholder.name_key, Stakeholder.email_key,
            Stakeholder.organisation_id, Stakeholder.country_code,
        )
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(
            condition,
            Stakeholder.merged_into_id.is_(None),
            Stakeholder.id != (other_than or 0),
        )
        .limit(MOST_LOOKED_AT)
    )  # fmt: skip


def _blocks(key: str, address: Address | None) -> list[ColumnElement[bool]]:
    """Where the same person may stand: each a condition that an index answers."""
    blocks: list[ColumnElement[bool]] = []
    if address is not None:
        keys = {address.key, address.skeleton}
        others = select(AnsweringAddress.stakeholder_id).where(
            AnsweringAddress.email_key.in_(keys), ~AnsweringAddress.is_assistant
        )
        blocks.append(or_(Stakeholder.email_key.in_(keys), Stakeholder.id.in_(others)))
    words = sorted({word for word in key.split() if len(word) > 1}, key=len, reverse=True)
    for word in words[:2]:
        blocks.append(_begins(word[:BEGINNING]))
    if words:
        blocks.append(Stakeholder.name_key == " ".join(reversed(key.split())))
    return blocks


def _begins(start: str) -> ColumnElement[bool]:
    """Names that begin so: SQLite answers a range by its index and PostgreSQL a pattern."""
    if is_postgresql():
        return Stakeholder.name_key.startswith(start, autoescape=True)
    return Stakeholder.name_key.between(start, start + "\U0010ffff")


def _looks_like(email_key: str | None, email: str | None) -> str | None:
    is_plain = email_key is None or (email_key.isascii() and "xn--" not in email_key)
    return email_key if is_plain else skeleton(email or "")
