"""/metrics: figures for those who may see them, and no such page for anyone else."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from outreach.delivery.mailer import Busy
from outreach.delivery.outbox import drain
from outreach.jobs import audit_now, job_named, run_job
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON


def figures(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_there_is_no_such_page_unless_it_was_asked_for(app, client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_it_says_how_the_outbox_the_clock_and_the_provider_are_doing(app, client, mailer):
    app.config["METRICS"] = True
    frozen_campaign(4, is_vip=True)
    mailer.answers = lambda recipient: Busy("503", is_provider_down=True)
    drain(mailer, now=lambda: NOON)
    run_job(job_named("finish-campaigns"))
    audit_now()
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    said = figures(answer.text)
    assert said["outreach_messages", "waiting"] == 4
    assert said["outreach_breaker_open", "mailbox"] == 1
    assert said["outreach_clock_job_failed", "finish-campaigns"] == 0
    assert said["outreach_audit_broken",] == 0


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_a_proxy_on_this_machine_does_not_open_it_to_the_world(app, client, name):
    app.config["METRICS"] = True
    assert client.get("/metrics", headers={name: "192.0.2.1"}).status_code == 404


def test_another_machine_needs_the_token(app, client):
    app.config.update(METRICS=True, METRICS_TOKEN="a long word")
    away = {"REMOTE_ADDR": "192.0.2.1"}
    assert client.get("/metrics", environ_overrides=away).status_code == 404
    wrong = {"Authorization": "Bearer a long wörd"}
    assert client.get("/metrics", environ_overrides=away, headers=wrong).status_code == 404
    right = {"Authorization": "Bearer a long word"}
    assert client.get("/metrics", environ_overrides=away, headers=right).status_code == 200


def test_it_names_nobody(app, client, mailer):
    app.config["METRICS"] = True
    frozen_campaign(2)
    drain(mailer, now=lambda: NOON + timedelta(seconds=1))
    assert "@example.org" not in client.get("/metrics").text
