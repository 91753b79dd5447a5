"""A person's own calendar feed: made, renewed, stopped."""

from datetime import datetime

from outreach.db import transaction
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.stakeholder import Stakeholder
from outreach.tokens import new_key


def renew_feed(stakeholder_id: int, *, at: datetime, by: Actor = INVITEE) -> None:
    """Make the feed, or give it another address; the one before works no more."""
    _set(stakeholder_id, new_key(), "made_feed", at, by)


def stop_feed(stakeholder_id: int, *, at: datetime, by: Actor = INVITEE) -> None:
    """There is no feed any more."""
    _set(stakeholder_id, None, "stopped_feed", at, by)


def _set(stakeholder_id: int, key: str | None, verb: str, at: datetime, by: Actor) -> None:
    with transaction() as session:
        person = session.get_one(Stakeholder, stakeholder_id, with_for_update={"of": Stakeholder})
        person.feed_key = key
        session.add(Activity.of(verb, by, at, stakeholder_id=stakeholder_id))
