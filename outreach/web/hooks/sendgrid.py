"""SendGrid's event webhook: events are kept at once and answered; the clock applies them."""

from flask import Response, current_app, g, request

from outreach.actions.receipts import keep_receipts
from outreach.intake.provider_events import check_signature, read_events
from outreach.web.hooks.door import CHECKS, blueprint

LARGEST_BATCH = 8 * 1024 * 1024
"""The provider sends up to some 1,000 events at a time, under 1 MB."""
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def is_sendgrid() -> None:
    """Raises NotSigned unless the provider signed these very bytes."""
    request.max_content_length = LARGEST_BATCH
    check_signature(
        current_app.config["SENDGRID_EVENT_PUBLIC_KEY"],
        request.headers.get(SIGNATURE),
        request.headers.get(TIMESTAMP),
        request.get_data(),
        at=g.at,
    )


CHECKS["hooks.sendgrid_events"] = is_sendgrid


@blueprint.post("/sendgrid/events")
def sendgrid_events() -> Response:
    """Keep what is told; 2xx, or the provider tells it again for 24 hours."""
    keep_receipts(read_events(request.get_data(), at=g.at), at=g.at)
    return Response(status=204)
