"""The lists of those we must not write to, and of those who want no news."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import NO_NEWS, REASONS, NewsStop, Suppression, digest_of
from outreach.queries.keyset import Page, page


@dataclass(frozen=True, slots=True)
class Stopped:
    """An address that we must not write to."""

    id: int
    reason: str
    source: str
    since: datetime
    person_id: int | None
    person: str | None
    address: str | None
    """As we know it today; None where it was changed or erased since: only its digest is kept."""


def suppressions(words: str = "", reason: str = "", *, after: str | None = None) -> Page[Stopped]:
    """A page of a list, newest first. Cost: the rows of the page; a name is looked for in all.

    words   an address, found by its digest even where nobody here has it any more; or a name
    reason  NO_NEWS for the list of those who want none; one of REASONS; anything else for all
    """
    of: type[Suppression] | type[NewsStop] = NewsStop if reason == NO_NEWS else Suppression
    statement = _lines(of)
    if words.strip():
        try:
            digest = digest_of(read_address(words).key)
            statement = statement.where(of.digest == digest)
        except MalformedAddress:
            for word in fold(words[:100]).split()[:6]:
                statement = statement.where(Stakeholder.name_key.contains(word, autoescape=True))
    if reason in REASONS:
        statement = statement.where(Suppression.reason == reason)
    rows, following = page(statement, (of.id.expression,), after, falling=True)
    return Page([_stopped(row) for row in rows], following)


def suppression(suppression_id: int, *, is_news: bool = False) -> Stopped | None:
    """One entry of either list. Two rows by key."""
    of: type[Suppression] | type[NewsStop] = NewsStop if is_news else Suppression
    row = reading().execute(_lines(of).where(of.id == suppression_id)).one_or_none()
    return _stopped(row) if row else None


def stops_at(addresses: Iterable[str]) -> dict[str, list[Stopped]]:
    """{address: why mail to it stopped, if it did}, of addresses as they are known. Two SELECTs by
    index."""
    digests = {digest_of(read_address(one).key): one for one in addresses}
    found: dict[str, list[Stopped]] = {}
    for of in (Suppression, NewsStop) if digests else ():
        for row in reading().execute(_lines(of).where(of.digest.in_(digests)).order_by(of.id)):
            found.setdefault(digests[row.digest], []).append(_stopped(row))
    return found


def _lines(of: type[Suppression] | type[NewsStop]) -> Any:
    reason = Suppression.reason if of is Suppression else literal(NO_NEWS).label("reason")
    return select(
        of.id, reason, of.source, of.since, of.stakeholder_id, Stakeholder.full_name,
        Stakeholder.email, Stakeholder.email_key, of.digest,
    ).outerjoin(Stakeholder, Stakeholder.id == of.stakeholder_id)  # fmt: skip


def _stopped(row: Any) -> Stopped:
    is_theirs = row.email_key is not None and digest_of(row.email_key) == row.digest
    values: list[Any] = [*row[:6], row.email if is_theirs else None]
    return Stopped(*values)
