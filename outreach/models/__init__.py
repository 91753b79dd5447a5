"""Nouns: tables, and the rules about one aggregate. Importing this names every table."""

from outreach.models import (
    account,
    activity,
    campaign,
    conference,
    event,
    heartbeat,
    imports,
    invitation,
    message,
    seat,
    stakeholder,
    suppression,
    tally,
    target,
    template,
    track,
)

__all__ = [
    "account",
    "activity",
    "campaign",
    "conference",
    "event",
    "heartbeat",
    "imports",
    "invitation",
    "message",
    "seat",
    "stakeholder",
    "suppression",
    "tally",
    "target",
    "template",
    "track",
]
