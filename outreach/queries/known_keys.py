"""Whom we know by what stands in a file: asked of thousands of rows at once, which hardly anybody
answers."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from outreach.db import reading
from outreach.dialect import among
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Stakeholder


def known_addresses(keys: Collection[str]) -> set[str]:
    """Those at which somebody is known, be it as their own address or as another of theirs."""
    session = reading()
    preferred = select(Stakeholder.email_key).where(among(Stakeholder.email_key, keys))
    found = set(session.scalars(preferred))
    if session.scalar(select(AnsweringAddress.id).limit(1)) is not None:  # few have another
        others = select(AnsweringAddress.email_key).where(
            among(AnsweringAddress.email_key, keys), AnsweringAddress.is_assistant.is_(False)
        )
        found.update(session.scalars(others))
    return {key for key in found if key}


def known_external_ids(numbers: Collection[str]) -> set[str]:
    """Those that somebody has in another system."""
    if not numbers:
        return set()
    there = select(Stakeholder.external_id).where(among(Stakeholder.external_id, numbers))
    return {number for number in reading().scalars(there) if number}


def known_names(keys: Collection[str], before: datetime) -> set[str]:
    """Folded names that somebody bore whom we knew before an instant."""
    there = select(Stakeholder.name_key).where(
        among(Stakeholder.name_key, keys), Stakeholder.created_at < before
    )
    return set(reading().scalars(there))
