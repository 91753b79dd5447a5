"""Tracks: made in their order, with names of their own."""

import pytest

from outreach.actions.tracks import create_track
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import CONSOLE
from outreach.queries.tracks import tracks
from tests.factories import NOON, afresh, the_conference, the_event

DONE = {"by": CONSOLE, "at": NOON}


def test_a_track_gets_a_code_from_its_name_and_stands_after_those_before_it(app):
    for name in ("Financing the ICT ecosystem", "Éducation"):
        create_track(the_event().id, name, summary=" What it costs. ", **DONE)
    lines = afresh(tracks, the_conference().id)
    assert [line.name for line in lines] == ["Financing the ICT ecosystem", "Éducation"]
    assert [line.code for line in lines] == ["financing-the-ict-ecosystem", "education"]
    assert lines[0].summary == "What it costs."


def test_the_same_track_twice_is_refused(app):
    create_track(the_event().id, "Education", **DONE)
    with pytest.raises(Conflict):
        create_track(the_event().id, "education", **DONE)


def test_a_track_without_a_name_or_an_event_is_refused(app):
    with pytest.raises(Refusal):
        create_track(the_event().id, "  ", **DONE)
    with pytest.raises(NotFound):
        create_track(10_000, "Education", **DONE)
