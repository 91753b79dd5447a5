"""/metrics in Prometheus' format: nowhere by default, to strangers only with a token."""

import hmac
from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import ip_address

from flask import Response, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outreach.queries.operations import Operations, operations
from outreach.web.public.door import blueprint

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures of the outbox, the clock and the provider; 404 for whoever may not see them."""
    if not (_brings_the_token() or _is_on_this_machine()):
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(operations(g.at)))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _brings_the_token() -> bool:
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_on_this_machine() -> bool:
    """Asked for by this machine and by no proxy on it, which would pass on anyone's request."""
    if not current_app.config["METRICS"] or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Figures(Collector):
    """What Prometheus is told; every name begins with outreach_."""

    def __init__(self, ops: Operations) -> None:
        self._ops = ops

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        ops, at = self._ops, g.at
        oldest = at - ops.oldest_due_at if ops.oldest_due_at else timedelta(0)
        yield _one("outbox_units_due", "Units that could leave now", ops.due_units)
        yield _one("outbox_units_waiting", "Units waiting, paused ones too", ops.waiting_units)
        yield _one(
            "outbox_oldest_due_seconds", "How long the oldest is due", oldest.total_seconds()
        )
        yield _one("outbox_messages_per_second", "Over the last ten minutes", ops.per_second)
        yield _many("messages", "Messages of campaigns", ["state"], ops.states.items())
        yield _one("held_messages", "Wait for a person, single mails too", ops.held_count)
        yield _one("unknown_messages", "Nobody knows whether they left", ops.unknown_count)
        yield _many(
            "clock_tick_age_seconds",
            "Since the last tick of a job",
            ["job"],
            ((one.name, (at - one.ticked_at).total_seconds()) for one in ops.ticks),
        )
        yield _many(
            "clock_job_failed",
            "1 where the last tick of a job ended in an error",
            ["job"],
            ((one.name, int(bool(one.error))) for one in ops.ticks),
        )
        yield _many(
            "breaker_open",
            "1 while a provider is taken for down",
            ["mailer"],
            ((one.name, int(one.state == "open")) for one in ops.breakers),
        )
        answers = GaugeMetricFamily(
            "outreach_provider_calls", "Calls of the last 24 hours", labels=["mailer", "answer"]
        )
        for mailer, result, calls, _ in ops.answers:
            answers.add_metric([mailer, result], calls)
        yield answers
        if ops.audit is not None:
            broken = sum(one["broken"] for one in ops.audit.report["findings"])
            yield _one("audit_broken", "Rows that break a promise, last audit", broken)
            age = (at - ops.audit.at).total_seconds()
            yield _one("audit_age_seconds", "Since the last audit", age)


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"outreach_{name}", about, value=value)


def _many(
    name: str, about: str, labels: list[str], values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"outreach_{name}", about, labels=labels)
    for label, value in values:
        family.add_metric([label], value)
    return family
