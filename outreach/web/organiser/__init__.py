"""Importing the pages hangs them on the door."""

from outreach.web.organiser import board, board_lists
from outreach.web.organiser.door import blueprint

__all__ = ["blueprint", "board", "board_lists"]
