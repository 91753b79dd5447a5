"""Importing the pages hangs them on the door."""

from outreach.web.staff.door import blueprint

__all__ = ["blueprint"]
