"""Importing the pages hangs them on the door."""

from outreach.web.public import health, metrics
from outreach.web.public.door import blueprint

__all__ = ["blueprint", "health", "metrics"]
