"""Importing the pages hangs them on the door."""

from outreach.web.invitee import (
    calendar,
    delegation,
    feed,
    invitation,
    light,
    seat,
    unsubscribe,
)
from outreach.web.invitee.door import blueprint

__all__ = [
    "blueprint",
    "calendar",
    "delegation",
    "feed",
    "invitation",
    "light",
    "seat",
    "unsubscribe",
]
