"""The picture of time: labels never cover each other, ticks stand on days of the calendar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from outreach.advice.timeline import GAP, LETTER, place, scale_of, ticks

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")


def days(*numbers):
    return [START + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize("width", [340, 960])
@pytest.mark.parametrize("steps", [(0,), (0, 0, 0), (0, 1, 2, 3, 28, 29, 30), (0, 16, 27, 29)])
def test_no_label_covers_another_nor_leaves_the_picture(width, steps):
    instants = days(*steps, 30)
    scale = scale_of(instants, width)
    labels = [(str(n), at, 20) for n, at in enumerate(instants[:-1])]
    by_lane = {}
    for one in place(labels, scale, instants[-1]):
        left = one.x - 20 * LETTER if one.ends_here else one.x
        assert left >= 0
        assert left + 20 * LETTER <= width
        by_lane.setdefault(one.lane, []).append(left)
    for lefts in by_lane.values():
        lefts.sort()
        for left, right in pairwise(lefts):
            assert left + 20 * LETTER + GAP <= right


def test_ticks_stand_at_midnight_where_the_event_is():
    scale = scale_of(days(0, 30), 960)
    assert [tick.on.day for tick in ticks(scale, ZURICH)][:2] == [5, 9]
    long = ticks(scale_of(days(0, 400), 960), ZURICH)
    assert {tick.on.day for tick in long} == {1}
    assert [tick.x for tick in long] == sorted(tick.x for tick in long)
    assert len(long) <= 8


def test_one_instant_alone_can_be_drawn():
    scale = scale_of([START], 340)
    assert scale.x(START) == 14
