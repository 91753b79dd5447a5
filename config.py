"""Every setting, read once from the environment or from `.env`; README.md says what each does."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from dotenv import load_dotenv

load_dotenv(Path(__file__).parent / ".env")
# zoneinfo would read the system's zone files first, and an old system then changes answers.
os.environ.setdefault("PYTHONTZPATH", "")


class WrongSetting(Exception):
    """A setting is missing or cannot be right; the message names it and says what to do."""


def _whole(name: str, default: str, least: int, most: int) -> int:
    text = os.environ.get(name, default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise WrongSetting(f"{name} must be a whole number from {least} to {most}, not “{text}”.")
    return int(text)


def _days(name: str, default: str) -> tuple[int, ...]:
    words = os.environ.get(name, default).split()
    if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= 365 for word in words):
        raise WrongSetting(f"{name} must be numbers of days, as “{default}”, or empty.")
    return tuple(map(int, words))


def _one_of(name: str, *choices: str) -> str:
    text = os.environ.get(name) or choices[0]
    if text not in choices:
        raise WrongSetting(f"{name} must be one of {', '.join(choices)}, not “{text}”.")
    return text


def _secret(instance: Path) -> str:
    """SECRET_KEY; in development one is made once and kept in INSTANCE_DIR/secret_key."""
    given = os.environ.get("SECRET_KEY", "")
    if given:
        if ENV == "production" and len(given) < 32:
            raise WrongSetting("SECRET_KEY must be at least 32 characters in production.")
        return given
    if ENV == "production":
        raise WrongSetting("SECRET_KEY is missing: production needs one of at least 32 characters.")
    kept = instance / "secret_key"
    fresh = instance / f".secret_key.{os.getpid()}"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with suppress(FileExistsError):  # another process was first: its secret counts
                os.link(fresh, kept)
            fresh.unlink()
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise WrongSetting(
            f"The folder {instance} (INSTANCE_DIR) cannot be written: {why}."
        ) from problem
    return kept.read_text()


def _database(instance: Path) -> str:
    """DATABASE_URL with the driver that we use; SQLite in INSTANCE_DIR by default."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{(instance / 'outreach.db').absolute()}"
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _public_url() -> str:
    url = (os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{PORT}").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise WrongSetting(f"PUBLIC_URL must begin with https:// or http://, not “{url}”.")
    if ENV == "production" and not url.startswith("https://"):
        raise WrongSetting("PUBLIC_URL must begin with https:// in production.")
    return url


ENV = _one_of("ENV", "development", "production")
PORT = _whole("PORT", "8000", 1, 65535)


class Config:
    """The settings of this process."""

    ENV = ENV
    HOST = os.environ.get("HOST") or "127.0.0.1"
    PORT = PORT
    PUBLIC_URL = _public_url()
    INSTANCE_DIR = os.environ.get("INSTANCE_DIR") or "instance"
    SECRET_KEY = _secret(Path(INSTANCE_DIR))
    SECRET_KEY_FALLBACKS: ClassVar[list[str]] = [
        key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split() if key
    ]
    SQLALCHEMY_DATABASE_URI = _database(Path(INSTANCE_DIR))
    DEMO = _one_of("DEMO", "1", "0") == "1"

    MAILER = _one_of("MAILER", "file", "smtp", "sendgrid")
    MAIL_DIR = os.environ.get("MAIL_DIR") or str(Path(INSTANCE_DIR) / "mail")
    MAIL_FROM = os.environ.get("MAIL_FROM") or "invitations@outreach.example.org"
    CALENDAR_ADDRESS = os.environ.get("CALENDAR_ADDRESS", "")
    SMTP_URL = os.environ.get("SMTP_URL", "")
    SENDGRID_API_KEY = os.environ.get("SENDGRID_API_KEY", "")
    SENDGRID_HOST = os.environ.get("SENDGRID_HOST") or "https://api.sendgrid.com"
    SENDGRID_MAIL_LOG = _one_of("SENDGRID_MAIL_LOG", "0", "1") == "1"
    SENDGRID_EVENT_PUBLIC_KEY = os.environ.get("SENDGRID_EVENT_PUBLIC_KEY", "")
    INBOUND_SECRET = os.environ.get("INBOUND_SECRET", "")
    SEND_RATE = _whole("SEND_RATE", "0", 0, 1_000_000)
    SENDER_RATE = _whole("SENDER_RATE", "0", 0, 1_000_000)
    DOMAIN_RATE = _whole("DOMAIN_RATE", "0", 0, 1_000_000)
    SEND_LANES = _whole("SEND_LANES", "0", 0, 64)
    FOCAL_POINT_REMINDERS = _days("FOCAL_POINT_REMINDERS", "7 2")
    UNKNOWN_GRACE = _whole("UNKNOWN_GRACE", "900", 0, 86_400)
    SENDGRID_MAIL_LOG = _one_of("SENDGRID_MAIL_LOG", "0", "1") == "1"
    METRICS = _one_of("METRICS", "0", "1") == "1"
    METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

    MAX_CONTENT_LENGTH = 60 * 1024 * 1024
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
    PERMANENT_SESSION_LIFETIME = 12 * 3600
    WTF_CSRF_TIME_LIMIT = None  # as long as the session


def _check_mailer() -> None:
    needed = {"smtp": "SMTP_URL", "sendgrid": "SENDGRID_API_KEY"}.get(Config.MAILER)
    if needed and not getattr(Config, needed):
        raise WrongSetting(f"{needed} is missing: MAILER={Config.MAILER} needs it.")


_check_mailer()
