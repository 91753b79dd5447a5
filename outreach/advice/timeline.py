"""Where things stand in a picture of time: a line from left to right, labels that never overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MARGIN = 14
LETTER = 6.6
"""Width of a letter of the labels, in pixels; generous, so that texts do not touch."""
GAP = 12
LANE = 42
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """A point of time with its label: x on the line, the lane above it, the side it reads to."""

    key: str
    x: float
    lane: int
    ends_here: bool
    """The label ends at the point, since it would not fit after it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The first of a month, or another day of the calendar."""

    x: float
    on: date


@dataclass(frozen=True, slots=True)
class Scale:
    """Instants to pixels."""

    start: datetime
    end: datetime
    width: int

    def x(self, at: datetime) -> float:
        """Pixels from the left."""
        whole = (self.end - self.start) / timedelta(seconds=1) or 1.0
        part = (at - self.start) / timedelta(seconds=1) / whole
        return round(MARGIN + min(max(part, 0.0), 1.0) * (self.width - 2 * MARGIN), 1)


def scale_of(instants: Sequence[datetime], width: int) -> Scale:
    """A scale that holds every instant. There is at least one."""
    first, last = min(instants), max(instants)
    return Scale(first, max(last, first + timedelta(days=1)), width)


def place(
    labels: Sequence[tuple[str, datetime, int]], scale: Scale, wall: datetime
) -> list[Placed]:
    """Put labels into lanes from the line upwards, so that none covers another.

    labels  (key, instant, how many letters)
    wall    an instant whose line no label crosses, where it can be helped
    """
    ends: list[list[tuple[float, float]]] = []
    found = []
    for key, at, letters in sorted(labels, key=lambda one: one[1]):
        x, width = scale.x(at), letters * LETTER
        end = scale.x(wall) if at <= wall else scale.width
        ends_here = x + width > end and x - width > 0
        left, right = (x - width, x) if ends_here else (x, x + width)
        lane = next(
            (n for n, taken in enumerate(ends)
             if all(right + GAP < low or left - GAP > high for low, high in taken)),
            len(ends),
        )  # fmt: skip
        if lane == len(ends):
            ends.append([])
        ends[lane].append((left, right))
        found.append(Placed(key, x, lane, ends_here))
    return found


def ticks(scale: Scale, zone: ZoneInfo) -> list[Tick]:
    """Days that divide the line: firsts of months where it is long, else some days apart."""
    first, last = (at.astimezone(zone).date() for at in (scale.start, scale.end))
    days = (last - first).days
    most = max(2, min(MOST_TICKS, scale.width // 90))
    if days > 75:
        all_months = [one for one in _months(first, last) if one > first]
        step = -(-len(all_months) // most)
        chosen = all_months[::step]
    else:
        step = max(1, -(-days // most))
        chosen = [first + timedelta(days=n) for n in range(step, days + 1, step)]
    return [
        Tick(scale.x(datetime(one.year, one.month, one.day, tzinfo=zone)), one) for one in chosen
    ]


def _months(first: date, last: date) -> list[date]:
    month, found = first.replace(day=1), []
    while month <= last:
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found
