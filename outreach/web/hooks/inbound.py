"""SendGrid's Inbound Parse: the request goes to disk as it came, then 2xx; the clock reads it.

A 4xx would drop the mail for good, a 5xx has it tried again for 72 hours: whatever is wrong with a
mail is found when it is read, never here.
"""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from flask import Response, current_app, g, request

from outreach.actions.inbound import keep_inbound
from outreach.errors import Refusal
from outreach.intake.provider_events import check_signature
from outreach.web.hooks.door import CHECKS, blueprint
from outreach.web.hooks.sendgrid import SIGNATURE, TIMESTAMP

LARGEST_MAIL = 40 * 1024 * 1024
"""The provider takes mails of up to 30 MB; in base64 within its form they grow by a third."""
_CHUNK = 1024 * 1024


class NoSecret(Refusal):
    """The caller showed no secret at all."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Show the secret: as password, as ?secret=, or sign the request.")


class WrongSecret(Refusal):
    """The caller showed another secret."""

    status = 403

    def __init__(self) -> None:
        super().__init__("This is not the secret.")


def knows_secret() -> None:
    """Raises unless the caller knows INBOUND_SECRET or signed the request as the provider does."""
    request.max_content_length = LARGEST_MAIL
    if SIGNATURE in request.headers:
        check_signature(
            current_app.config["SENDGRID_EVENT_PUBLIC_KEY"], request.headers[SIGNATURE],
            request.headers.get(TIMESTAMP), request.get_data(), at=g.at,
        )  # fmt: skip
        return
    known: str = current_app.config["INBOUND_SECRET"]
    password = request.authorization.password if request.authorization else None
    shown = (request.view_args or {}).get("secret") or request.args.get("secret") or password
    if not shown:
        raise NoSecret
    if not known or not hmac.compare_digest(shown.encode(), known.encode()):
        raise WrongSecret


CHECKS["hooks.inbound"] = knows_secret


@blueprint.post("/sendgrid/inbound")
@blueprint.post("/sendgrid/inbound/<secret>")
def inbound(secret: str = "") -> Response:
    """Keep the request as it came."""
    folder = Path(current_app.config["INSTANCE_DIR"]) / "inbound"
    path, digest, size = store(folder)
    keep_inbound(path, digest, size, request.headers.get("Content-Type", "")[:500], at=g.at)
    return Response(status=204)


def _make_name_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store(folder: Path) -> tuple[Path, str, int]:
    """The body as a file of ours that survives a power cut; its SHA-256 and its size."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.http"
    digest, size = sha256(), 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            # A signed request was read already, to be checked; any other one goes straight to disk.
            whole = request.get_data(cache=True) if SIGNATURE in request.headers else b""
            while chunk := whole or request.stream.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                whole = b""
            file.flush()
            os.fsync(file.fileno())
        _make_name_durable(folder)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, digest.hexdigest(), size
