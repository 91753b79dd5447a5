"""Finding people, lists and campaigns by a few letters, for the commands of the frame."""

from dataclasses import dataclass

from sqlalchemy import select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import TargetList
from outreach.queries.stakeholders import matching

SHOWN = 6
LONGEST = 100
SHORTEST = 2


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
    """People whose name, organisation or address holds all the words. Cost: see `matching`."""
    wanted = matching(words)
    if wanted is None:
        return []
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name, Stakeholder.office, Organisation.name)
        .outerjoin(Stakeholder.organisation)
        .where(wanted, Stakeholder.merged_into_id.is_(None))
        .limit(limit)
    )
    return [
        Found("person", id_, name, organisation or office)
        for id_, name, office, organisation in rows
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
