"""Importing the pages hangs them on the door."""

from outreach.web.hooks import inbound, sendgrid
from outreach.web.hooks.door import blueprint

__all__ = ["blueprint", "inbound", "sendgrid"]
