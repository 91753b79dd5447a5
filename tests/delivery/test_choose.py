"""The settings name the mailer; what is missing is said in a sentence."""

from pathlib import Path
from typing import Any

import pytest

from outreach.delivery.choose import mailer_from


def settings(tmp_path: Path, **rest: Any) -> dict[str, Any]:
    return {"MAILER": "file", "MAIL_DIR": str(tmp_path), **rest}


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"MAILER": "smtp", "SMTP_URL": "smtp://127.0.0.1:2525"},
        {"MAILER": "sendgrid", "SENDGRID_API_KEY": "SG.x", "SENDGRID_HOST": ""},
    ],
)
def test_each_name_has_its_mailer(tmp_path: Path, rest: dict[str, Any]) -> None:
    chosen = settings(tmp_path, **rest)
    assert mailer_from(chosen).name == chosen["MAILER"]


@pytest.mark.parametrize(
    ("rest", "word"),
    [
        ({"MAILER": "pigeon"}, "pigeon"),
        ({"MAILER": "smtp"}, "SMTP_URL"),
        ({"MAILER": "sendgrid", "SENDGRID_API_KEY": ""}, "SENDGRID_API_KEY"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, rest: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        mailer_from(settings(tmp_path, **rest))
