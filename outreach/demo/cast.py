"""The cast of the demonstration: plain values, the same ones for the same seed.

Every person is invented; every address stands at example.org, example.net or example.com.
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from outreach.demo.administrations import administrations
from outreach.demo.outsiders import outsiders
from outreach.demo.people import Maker, Person
from outreach.demo.wordlists import table

SEED = 2017


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """A track, and the groups from which its co-chairs should come."""

    code: str
    name: str
    summary: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Someone who signs in to the demonstration."""

    role: str
    email: str
    name: str


@cache
def cast(seed: int = SEED, host_country_code: str = "CH") -> tuple[Person, ...]:
    """Everyone, in a fixed order: the administrations, then the groups from outside."""
    maker = Maker(Random(seed))
    return (*administrations(maker, host_country_code), *outsiders(maker))


def tracks() -> tuple[TrackPlan, ...]:
    """The tracks of the conference, each with two co-chair seats."""
    return tuple(
        TrackPlan(row["code"], row["name"], row["summary"], tuple(row["groups"].split()))
        for row in table("tracks")
    )


def team() -> tuple[TeamMember, ...]:
    """The accounts of the demonstration."""
    return tuple(TeamMember(row["role"], row["email"], row["name"]) for row in table("team"))
