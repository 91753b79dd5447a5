"""The demonstration conference: a cast of invented people, and the story that is played with it."""

from datetime import datetime
from pathlib import Path

from flask import current_app

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.db import waiting_once
from outreach.delivery.file import FileMailer
from outreach.demo.found import team_accounts
from outreach.demo.plot import tell
from outreach.links import sign_in_url


def load_demo(at: datetime | None = None) -> None:
    """Build a living project, six weeks before its reply-by, through the actions that people use.

    at  the now of the story; the machine's by default
    Its mails become files whatever MAILER says: a demonstration never writes to anyone.
    Takes some ten seconds. Wants the reference data, and accounts that are not there yet.
    """
    config = current_app.config
    mailer = FileMailer(Path(config["MAIL_DIR"]), waits_for_disk=False)
    with waiting_once():
        tell(at or clock.now(), mailer, config["MAIL_FROM"])


def sign_in_links() -> list[tuple[str, str]]:
    """(role, one-time address) for each role of the demonstration that is there."""
    accounts = sorted(team_accounts().items(), key=lambda pair: pair[1])
    return [
        (role, sign_in_url(make_one_time_link(account_id, at=clock.now())))
        for role, account_id in accounts
    ]
