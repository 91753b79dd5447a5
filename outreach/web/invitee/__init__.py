"""Importing the pages hangs them on the door."""

from outreach.web.invitee import (
    assistant,
    calendar,
    delegation,
    feed,
    invitation,
    light,
    on_behalf,
    preview,
    seat,
    unsubscribe,
)
from outreach.web.invitee.door import blueprint

__all__ = [
    "assistant",
    "blueprint",
    "calendar",
    "delegation",
    "feed",
    "invitation",
    "light",
    "on_behalf",
    "preview",
    "seat",
    "unsubscribe",
]
