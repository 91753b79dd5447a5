"""The board's tiles: every Member State in its region, and how far its administration is."""

from dataclasses import dataclass

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.conference import ConstituentGroup, MemberState, Region
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder

ADMINISTRATIONS = "member_state"
"""The code of the group whose members are the administrations."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One Member State: how far its administration is."""

    country_code: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class RegionTiles:
    """A region and its Member States."""

    code: str
    name: str
    tiles: list[Tile]

    @property
    def accepted(self) -> int:
        """Administrations that come."""
        return sum(tile.state in ("accepted", "delegated") for tile in self.tiles)


BEST_FIRST = (
    "accepted",
    "delegated",
    "tentative",
    "declined",
    "silent",
    "undeliverable",
    "not_asked",
)
"""Of several people of one administration, the one who is furthest speaks for its tile."""


def administration_tiles(conference_id: int, event_id: int) -> list[RegionTiles]:
    """Every Member State by region. Two SELECTs: 194 rows, and the administrations by index."""
    states = _states_by_country(event_id)
    rows = reading().execute(
        select(Region.code, Region.name, MemberState.country_code, MemberState.name)
        .join(MemberState, MemberState.region_id == Region.id)
        .where(Region.conference_id == conference_id)
        .order_by(Region.name, MemberState.country_code)
    )
    found: dict[str, RegionTiles] = {}
    for code, region, country_code, name in rows:
        tiles = found.setdefault(code, RegionTiles(code, region, [])).tiles
        mine = states.get(country_code, {"not_asked"})
        tiles.append(Tile(country_code, name, min(mine, key=BEST_FIRST.index)))
    return list(found.values())


def _states_by_country(event_id: int) -> dict[str, set[str]]:
    country = func.coalesce(Organisation.country_code, Stakeholder.country_code)
    rows = reading().execute(
        select(country, Invitation.state)
        .select_from(Invitation)
        .join(ConstituentGroup, ConstituentGroup.id == Invitation.group_id)
        .join(Invitation.stakeholder)
        .outerjoin(Stakeholder.organisation)
        .where(
            Invitation.event_id == event_id,
            ConstituentGroup.code == ADMINISTRATIONS,
            Invitation.merged_into_id.is_(None),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for country_code, state in rows:
        found.setdefault(country_code, set()).add(state.value)
    return found
