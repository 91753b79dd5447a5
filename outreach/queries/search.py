"""Finding people, lists and campaigns by a few letters, for the commands of the frame."""

from dataclasses import dataclass

from rapidfuzz.fuzz import WRatio
from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import TargetList
from outreach.queries.looking import on_one_core
from outreach.queries.person_facets import as_meant
from outreach.queries.words import holds, ids

SHOWN = 6
LONGEST = 100
SHORTEST = 2
COMPARED = 200


@dataclass(frozen=True, slots=True)
class Found:
    """Something to go to."""

    kind: str
    """`person`, `list` or `campaign`."""
    id: int
    name: str
    hint: str


def search(words: str, *, limit: int = SHOWN) -> list[Found]:
    """People, lists and campaigns whose name holds the words, some of each.

    Three SELECTs that stop at `limit` rows each; nothing below two letters.
    """
    words = words.strip().replace("\0", "")[:LONGEST]
    if len(words) < SHORTEST:
        return []
    return [*people_named(words, limit=limit), *_lists(words, limit), *_campaigns(words, limit)]


def people_named(words: str, *, limit: int = SHOWN) -> list[Found]:
    """People whose name, organisation or address is meant, the nearest to what was typed first.

    Cost: the first 200 of them, by the index of words; without one, the people once through.
    """
    wanted = as_meant(words)
    if wanted is None:
        return []
    on_one_core()
    found = ids(wanted)
    those = holds(wanted) if found is None else Stakeholder.id.in_(found.limit(COMPARED))
    rows = reading().execute(
        select(
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Stakeholder.name_key,
        )
        .outerjoin(Stakeholder.organisation)
        .where(those, Stakeholder.merged_into_id.is_(None))
        .limit(COMPARED)
    )
    typed = fold(words)
    near = sorted(rows, key=lambda row: (-WRatio(typed, row.name_key), row.name_key, row.id))
    return [
        Found("person", id_, name, organisation or office)
        for id_, name, office, organisation, _ in near[:limit]
    ]


def _lists(words: str, limit: int) -> list[Found]:
    rows = reading().execute(
        select(TargetList.id, TargetList.name)
        .where(TargetList.name.icontains(words, autoescape=True))
        .order_by(TargetList.name, TargetList.id)
        .limit(limit)
    )
    return [Found("list", id_, name, "List") for id_, name in rows]


def _campaigns(words: str, limit: int) -> list[Found]:
    rows = reading().execute(
        select(Campaign.id, Campaign.name, Campaign.state)
        .where(Campaign.name.icontains(words, autoescape=True))
        .order_by(Campaign.id.desc())
        .limit(limit)
    )
    return [Found("campaign", id_, name, f"Campaign, {state.value}") for id_, name, state in rows]
