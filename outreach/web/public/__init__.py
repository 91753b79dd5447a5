"""Importing the pages hangs them on the door."""

from outreach.web.public import conference, health, metrics, pictures
from outreach.web.public.door import blueprint

__all__ = ["blueprint", "conference", "health", "metrics", "pictures"]
