"""Importing the pages hangs them on the door."""

from outreach.web.invitee import calendar, feed, invitation, light, seat, unsubscribe
from outreach.web.invitee.door import blueprint

__all__ = ["blueprint", "calendar", "feed", "invitation", "light", "seat", "unsubscribe"]
