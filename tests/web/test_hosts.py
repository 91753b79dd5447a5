"""Who asks under another name, or asks us to fetch: nothing of it is believed or done."""

import ast

import pytest

from outreach.delivery.outbox import drain
from outreach.tokens import personal_token
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, make_invitation, make_message, make_stakeholder
from tests.house import modules

FORGED = "evil.example.net"
HEADERS = [
    {"Host": FORGED},
    {"X-Forwarded-Host": FORGED, "X-Forwarded-Proto": "javascript"},
    {"Forwarded": f"host={FORGED};proto=http", "X-Forwarded-For": FORGED},
]


@pytest.mark.parametrize("headers", HEADERS)
def test_no_page_calendar_or_redirect_repeats_a_forged_host(app, client, headers):
    """A27: every address is built on PUBLIC_URL."""
    person = make_stakeholder()
    invitation = make_invitation(person)
    token = personal_token("answer", invitation.link_key)
    mail = personal_token("unsubscribe", make_message(person, invitation).public_id)
    for path in (
        f"/i/{token}",
        f"/i/{token}/event.ics",
        f"/u/{mail}",
        "/account/sign-in",
        "/staff/",
    ):
        answer = client.get(path, headers=headers)
        assert FORGED not in answer.get_data(as_text=True), path
        assert FORGED not in str(answer.headers), path
        assert answer.status_code in (200, 302, 303, 400, 404), path


def test_no_mail_repeats_the_host_under_which_someone_asked(app, client, mailer):
    """A27"""
    frozen_campaign(1)
    client.get("/", headers=HEADERS[0])
    drain(mailer, now=lambda: NOON)
    (mail,) = mailer.sent
    assert FORGED not in mail.html + mail.text + str(mail.headers)
    assert app.config["PUBLIC_URL"] in mail.text


def test_nothing_is_fetched_from_an_address_that_someone_typed():
    """A54: only the mailers and the start's own look at /healthz open connections, to settings."""
    openers = {"socket", "http", "urllib", "smtplib", "requests", "httpx", "urllib3", "aiohttp"}
    allowed = {
        "outreach.delivery.transport", "outreach.delivery.smtp_stream",
        "outreach.delivery.smtp_session", "outreach.delivery.smtp", "outreach.delivery.workers",
        "outreach.children", "outreach.start", "outreach.delivery.file",
        "outreach.importing.lease",  # asks for the name of this machine only
    }  # fmt: skip
    harmless = {"urllib.parse", "http", "http.client.HTTPMessage"}
    found = set()
    for module in modules("outreach"):
        for node in ast.walk(module.tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                if name.split(".")[0] in openers and name not in harmless:
                    found.add(module.name)
    assert found <= allowed, found - allowed
