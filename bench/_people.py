"""People as in life for measurements: names from all countries, several languages, some unknown.

Every other one is a problem owner; of the rest it is known that they are men, so that two halves
of everyone have nobody in common.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import insert, literal, select, text

from outreach import clock
from outreach.actions.lists import create_list
from outreach.advice.folding import fold
from outreach.db import db, transaction
from outreach.demo.names import NameBook
from outreach.demo.wordlists import member_states
from outreach.models.activity import CONSOLE
from outreach.models.base import UTCDateTime
from outreach.models.event import Event, EventKind
from outreach.models.kind import Kind, StakeholderKind
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.tally import add_to_tallies

ORGANISATIONS = 1_000
NAMES = 20
"""Drawn for each country; a person bears the given name of one and the family name of another."""
WITHOUT_COUNTRY = 0.03
LANGUAGES = ("en", "fr", "es", "ar", "zh", "ru", None)
SHARES = (40, 20, 14, 10, 8, 5, 3)
AT_ONCE = 10_000


def populate(count: int) -> None:
    """So many people, the same each time, of 1,000 organisations; all stand on one list."""
    at = clock.now()
    code = db.session.scalar(select(Event.code).where(Event.kind == EventKind.CONFERENCE)) or ""
    db.session.rollback()
    list_id = create_list("everyone", "everyone", "media", code, by=CONSOLE, at=at)
    with transaction() as session:
        offices = [
            {"name": f"Bank {number}", "name_key": f"bank {number}", "created_at": at}
            for number in range(ORGANISATIONS)
        ]
        session.execute(insert(Organisation), offices)
        first = session.scalar(select(Organisation.id).where(Organisation.name_key == "bank 0"))
    people = islice(_people(int(first or 0), at), count)
    for some in _batches(people):
        with transaction() as session:
            session.execute(insert(Stakeholder), some)
    with transaction() as session:
        owners = select(Stakeholder.id, literal(Kind.PROBLEM_OWNER)).where(Stakeholder.gender == "")
        session.execute(insert(StakeholderKind).from_select(["stakeholder_id", "kind"], owners))
        rows = select(literal(list_id), Stakeholder.id, literal(at, UTCDateTime()))
        names = ["list_id", "stakeholder_id", "created_at"]
        session.execute(insert(Target).from_select(names, rows, include_defaults=False))
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): count})
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _people(first: int, at: datetime) -> Iterator[dict[str, Any]]:
    dice = Random(7)
    book = NameBook(dice)
    codes = [state["iso3166_alpha2"] for state in member_states()]
    usual = {code: _names(book, code) for code in codes}
    number = 0
    while True:
        number += 1
        code = codes[int(len(codes) * dice.random() ** 2)]
        given, family = dice.choice(usual[code])[0], dice.choice(usual[code])[1]
        name = f"{given} {family}".strip()
        address = f"{number}@example.org"
        yield {
            "full_name": name, "given_name": given, "family_name": family, "name_key": fold(name),
            "office": "Director", "email": address, "email_key": address,
            "language": dice.choices(LANGUAGES, SHARES)[0],
            "country_code": None if dice.random() < WITHOUT_COUNTRY else code,
            "organisation_id": first + number % ORGANISATIONS, "created_at": at, "changed_at": at,
            "gender": "male" if number % 2 else "",
        }  # fmt: skip


def _names(book: NameBook, code: str) -> list[tuple[str, str]]:
    names = []
    for _ in range(NAMES):
        try:
            name = book.draw(code, "")
        except LookupError:
            break
        names.append((name.given, name.family))
    return names or [("Zoë", "Ñandú")]


def _batches(people: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(people, AT_ONCE)):
        yield some
