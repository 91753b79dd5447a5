"""Importing the pages hangs them on the door."""

from outreach.web.organiser.door import blueprint

__all__ = ["blueprint"]
