"""Importing the pages hangs them on the door."""

from outreach.web.account import sign_in
from outreach.web.account.door import blueprint

__all__ = ["blueprint", "sign_in"]
