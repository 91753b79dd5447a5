"""Addresses that somebody has, by their beginning, their domain, or one slip away."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select

from outreach.advice.spelling import slipped
from outreach.db import is_postgresql, reading
from outreach.dialect import host_of
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Stakeholder
from outreach.queries.known_words import LAST


def is_known_domain(domain: str) -> bool:
    """Whether somebody has an address at a domain that begins so. Two looks by index."""
    keys = [host_of(of.email_key) for of in (Stakeholder, AnsweringAddress)]
    there = [select(literal(1)).where(begins(key, domain)).limit(1) for key in keys]
    return any(reading().scalar(one) for one in there)


def corrected_address(typed: str) -> str | None:
    """The known address that a whole one may be meant for, by one slip; None where the typed one
    begins some, or none is near.

    Cost: two looks by index; for an address that nobody has, some 2,500 more by one or two SELECTs.
    """
    typed, keys = typed.casefold(), (Stakeholder.email_key, AnsweringAddress.email_key)
    if any(reading().scalar(select(key).where(begins(key, typed)).limit(1)) for key in keys):
        return None
    near = slipped(typed)
    for key in keys:
        found: str | None = reading().scalar(
            select(key).where(key.in_(near)).order_by(key).limit(1)
        )
        if found is not None:
            return found
    return None


def by_other_address(address: str) -> Select[Any]:
    """People with another address that begins so."""
    return select(AnsweringAddress.stakeholder_id).where(
        begins(AnsweringAddress.email_key, address), ~AnsweringAddress.is_assistant
    )


def by_other_domain(domain: str) -> Select[Any]:
    """People with another address at a domain that begins so."""
    return select(AnsweringAddress.stakeholder_id).where(
        begins(host_of(AnsweringAddress.email_key), domain), ~AnsweringAddress.is_assistant
    )


def begins(key: Any, start: str) -> ColumnElement[bool]:
    """Of the keys that begin so, by the index that has them in order."""
    if is_postgresql():
        starts_so: ColumnElement[bool] = key.startswith(start, autoescape=True)
        return starts_so
    return and_(key >= start, key < start + LAST)
