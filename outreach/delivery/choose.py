"""The mailer that the settings name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outreach.delivery.file import FileMailer
from outreach.delivery.mailer import Mailer
from outreach.delivery.sendgrid import SendGridMailer
from outreach.delivery.smtp import SmtpMailer


def mailer_from(config: Mapping[str, Any]) -> Mailer:
    """The mailer of MAILER: file, smtp or sendgrid.

    config  `app.config`: MAILER, MAIL_DIR, SMTP_URL, SENDGRID_API_KEY, SENDGRID_HOST,
            SENDGRID_MAIL_LOG (true where the account can ask its mail log)
    Raises ValueError, with a sentence for operators, when a setting is missing or makes no sense.
    """
    choice = config["MAILER"]
    if choice == "file":
        return FileMailer(Path(config["MAIL_DIR"]))
    if choice == "smtp":
        if not config.get("SMTP_URL"):
            raise ValueError("MAILER is smtp, and SMTP_URL is missing.")
        return SmtpMailer(config["SMTP_URL"])
    if choice == "sendgrid":
        if not config.get("SENDGRID_API_KEY"):
            raise ValueError("MAILER is sendgrid, and SENDGRID_API_KEY is missing.")
        return SendGridMailer(
            config["SENDGRID_API_KEY"],
            config.get("SENDGRID_HOST") or "https://api.sendgrid.com",
            has_mail_log=bool(config.get("SENDGRID_MAIL_LOG")),
        )
    raise ValueError(f"MAILER is {choice!r}; it must be file, smtp or sendgrid.")
