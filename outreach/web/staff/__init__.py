"""Importing the pages hangs them on the door."""

from outreach.web.staff import (
    campaign_drafts,
    campaign_previews,
    campaign_steps,
    campaigns,
    commands,
    imports,
    lists,
    messages,
    outbox,
    programme,
    seats,
    settings,
    stakeholders,
    targets,
    templates,
    today,
)
from outreach.web.staff.door import blueprint

__all__ = [
    "blueprint",
    "campaign_drafts",
    "campaign_previews",
    "campaign_steps",
    "campaigns",
    "commands",
    "imports",
    "lists",
    "messages",
    "outbox",
    "programme",
    "seats",
    "settings",
    "stakeholders",
    "targets",
    "templates",
    "today",
]
