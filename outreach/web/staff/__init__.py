"""Importing the pages hangs them on the door."""

from outreach.web.staff import (
    commands,
    imports,
    lists,
    programme,
    seats,
    settings,
    stakeholders,
    targets,
    today,
)
from outreach.web.staff.door import blueprint

__all__ = [
    "blueprint",
    "commands",
    "imports",
    "lists",
    "programme",
    "seats",
    "settings",
    "stakeholders",
    "targets",
    "today",
]
