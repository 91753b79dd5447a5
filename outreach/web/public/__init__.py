"""Importing the pages hangs them on the door."""

from outreach.web.public import health
from outreach.web.public.door import blueprint

__all__ = ["blueprint", "health"]
