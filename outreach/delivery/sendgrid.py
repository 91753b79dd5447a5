"""The SendGrid mailer: up to 1,000 people a request, and no answer believed that is not plain.

Only 202 means accepted. Whatever is certain not to have gone out is Busy or Refused; everything
else is Silent, because the API knows no idempotency key and a second try may be a second mail.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from time import monotonic

import orjson

from outreach.clock import now
from outreach.delivery.fit import check_letter
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import (
    Accepted,
    Busy,
    Letter,
    Outcome,
    Recipient,
    Refused,
    Silent,
    Unfit,
)
from outreach.delivery.maillog import MailLog
from outreach.delivery.personalizations import MOST_BYTES, Request, groups, requests
from outreach.delivery.sendgrid_client import sendgrid_client
from outreach.delivery.transport import Answer, KeepAlive, Lost, NotReached

_MOST_SPLITS = 64
"""How often one call may split a refused request; one culprit among 1,000 takes 10."""

_LEAST_SECONDS = 0.05
_LONGEST_WAIT = timedelta(hours=1)
_SHARED_FIELDS = ("from", "reply_to", "subject", "content", "attachments", "tracking_settings")


class SendGridMailer:
    """Hands letters to SendGrid's v3 API, or to a stand-in at another host.

    host          "https://api.sendgrid.com", "https://api.eu.sendgrid.com" or a stand-in
    has_mail_log  the account can ask `GET /v3/messages` (a paid extra) for evidence
    context       for tests with a certificate of their own
    Raises ValueError when the host is not https (http only for this machine).
    """

    name = "sendgrid"

    def __init__(
        self,
        api_key: str,
        host: str = "https://api.sendgrid.com",
        *,
        has_mail_log: bool = False,
        context: SSLContext | None = None,
    ) -> None:
        self._transport = KeepAlive(host, context=context)
        self._client = sendgrid_client(api_key, host.rstrip("/"), self._transport)
        self.has_mail_log = has_mail_log
        self._mail_log = MailLog(self._client) if has_mail_log else None

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        """One request for each 1,000; `key` is not used, the API has no place for it."""
        ends = monotonic() + timeout.total_seconds()
        try:
            check_letter(letter)
        except UnfitLetter as reason:
            unfit = Unfit(str(reason))
            return {recipient.public_id: unfit for recipient in recipients}
        call = _Call(self, ends)
        for group in groups(letter, recipients):
            found, nobodys = requests(letter, group)
            call.outcomes |= {public_id: Unfit(str(why)) for public_id, why in nobodys.items()}
            for request in found:
                call.send(request)
        return call.outcomes

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        """What the provider's mail log says; None for all where the account has none."""
        if self._mail_log is None:
            return dict.fromkeys(public_ids)
        return self._mail_log.find(list(public_ids))

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def post(self, body: bytes, seconds: float) -> tuple[Outcome, Answer | None]:
        """One `mail/send`; returns what it means for all in it, and the answer if there was one."""
        try:
            answer = self._client.mail.send.post(request_body=body, timeout=seconds)
        except NotReached as error:
            return Busy(f"SendGrid was not reached ({error}).", is_provider_down=True), None
        except Lost as error:
            return Silent(f"SendGrid did not answer ({error})."), None
        return judge(answer), answer


class _Call:
    """One hand-over in progress: what is known so far, and what is left of time and patience."""

    def __init__(self, mailer: SendGridMailer, ends: float) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._mailer = mailer
        self._ends = ends
        self._splits = _MOST_SPLITS
        self._stopped: Outcome | None = None

    def send(self, request: Request) -> None:
        """Send it, and again in parts while one address spoils it for the others."""
        waiting = [request]
        while waiting:
            one = waiting.pop()
            left = self._ends - monotonic()
            if self._stopped is None and left < _LEAST_SECONDS:
                self._stopped = Busy("There was no time left to call SendGrid.")
            if self._stopped is not None:
                self._settle(one, self._stopped)
                continue
            body = one.body()
            if len(body) > MOST_BYTES and len(one.public_ids) > 1:
                waiting += _halves(one)
                continue
            outcome, answer = self._mailer.post(body, left)
            if isinstance(outcome, Refused) and not outcome.is_configuration and answer is not None:
                waiting += self._without_the_culprit(one, outcome, answer)
                continue
            self._settle(one, outcome)
            if not isinstance(outcome, Accepted):
                self._stopped = _for_the_rest(outcome)

    def _without_the_culprit(
        self, request: Request, outcome: Refused, answer: Answer
    ) -> list[Request]:
        """The parts to send after a 400 or 413, the culprit alone where the answer names it."""
        count = len(request.public_ids)
        if count == 1:
            self._settle(request, outcome)
            return []
        field = _named_field(answer)
        if field and field.partition(".")[0] in _SHARED_FIELDS:
            self._settle(request, Refused(outcome.reason, is_configuration=True))
            self._stopped = Busy("The letter itself was refused.")
            return []
        if self._splits == 0:
            self._settle(request, Busy("Too many addresses were refused at once.", is_limited=True))
            return []
        self._splits -= 1
        culprit = _culprit(field, count)
        if culprit is None:
            return _halves(request)
        others = [index for index in range(count) if index != culprit]
        return [request.part([culprit]), request.part(others)]

    def _settle(self, request: Request, outcome: Outcome) -> None:
        self.outcomes |= dict.fromkeys(request.public_ids, outcome)


def judge(answer: Answer) -> Outcome:
    """What an answer of `mail/send` means for everyone in the request.

    Source: SendGrid's page "Errors" of the v3 API. Anything else is Silent when something may
    have been sent, and a fault of our configuration when it is certain that nothing was.
    """
    status = answer.status_code
    reason = f"SendGrid answered {status}{_first_error(answer)}"
    if status == 202:
        return Accepted(answer.headers.get("X-Message-Id"), "202")
    if status in (400, 413):
        return Refused(reason)
    if status == 429:
        return Busy(reason, retry_after=_reset(answer))
    if status == 408:
        return Busy(reason, is_limited=True)
    if status in (500, 503):
        return Busy(reason, retry_after=_reset(answer), is_provider_down=True)
    if 400 <= status < 500:
        return Refused(reason, is_configuration=True)
    return Silent(reason)


def _for_the_rest(outcome: Outcome) -> Outcome:
    """What becomes of those who were not even tried after this: nothing went out for them."""
    if isinstance(outcome, Silent):
        return Busy(f"Not tried: {outcome.reason}")
    return outcome


def _halves(request: Request) -> list[Request]:
    indexes = range(len(request.public_ids))
    middle = len(indexes) // 2
    return [request.part(indexes[:middle]), request.part(indexes[middle:])]


def _errors(answer: Answer) -> list[dict[str, object]]:
    try:
        errors = orjson.loads(answer.body)["errors"]
        return [error for error in errors if isinstance(error, dict)]
    except (ValueError, KeyError, TypeError):
        return []


def _first_error(answer: Answer) -> str:
    messages = [str(error.get("message", "")) for error in _errors(answer)]
    return f": {messages[0][:300]}" if messages and messages[0] else "."


def _named_field(answer: Answer) -> str | None:
    """The field of the only error, if there is only one and it names one."""
    fields = {error.get("field") for error in _errors(answer)}
    field = fields.pop() if len(fields) == 1 else None
    return field if isinstance(field, str) else None


def _culprit(field: str | None, count: int) -> int | None:
    """17 out of "personalizations.17.to.0.email": a hint only, the culprit is still tried alone."""
    parts = (field or "").split(".")
    if parts[0] != "personalizations" or len(parts) < 2 or not parts[1].isdecimal():
        return None
    index = int(parts[1])
    return index if index < count else None


def _reset(answer: Answer) -> timedelta | None:
    """How long to wait: Retry-After in seconds, or X-RateLimit-Reset as a time of their clock."""
    wait = answer.headers.get("Retry-After", "")
    if wait.isdecimal():
        return min(timedelta(seconds=int(wait[:9])), _LONGEST_WAIT)
    reset = answer.headers.get("X-RateLimit-Reset", "")
    if not reset.isdecimal() or len(reset) > 11:
        return None
    # Their own Date beside it makes our clock's error harmless.
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        theirs = now()
    span = datetime.fromtimestamp(int(reset), UTC) - theirs.astimezone(UTC)
    return min(max(span, timedelta(seconds=1)), _LONGEST_WAIT)
