"""The SMTP mailer: connections that are kept, verified TLS, pipelined envelopes, replies by code.

One round trip a message where PIPELINING is offered: the end of one mail, the next one's MAIL,
RCPT and DATA go out together (RFC 2920, section 3.1); four where it is not.
"""

import queue
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ssl import SSLContext, create_default_context
from time import monotonic
from urllib.parse import parse_qs, unquote, urlsplit

from outreach.clock import now
from outreach.delivery.fit import mailbox
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import Busy, Letter, Outcome, Recipient, Unfit
from outreach.delivery.mime import Press
from outreach.delivery.recipients import Recipients, with_shared
from outreach.delivery.smtp_session import NoSession, Server, Session
from outreach.delivery.smtp_stream import Leg, Mail, Mails, run_together
from outreach.delivery.transport import Clock

_IDLE_SECONDS = 60.0
_FEWEST_EACH = 8
"""A further connection is not worth its handshakes for fewer mails than this."""


def server_at(url: str, context: SSLContext | None = None) -> tuple[Server, int]:
    """Read SMTP_URL: smtp://name:password@host:587?tls=starttls&connections=4, or smtps://….

    tls          starttls (the default) or none; none is the default on this machine only
    connections  how many at once, 1 to 16
    Returns the server and the number of connections. Raises ValueError.
    """
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtp://name:password@host:587 or smtps://….")
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    tls = options.get("tls", "none" if is_here else "starttls")
    if parts.scheme == "smtps":
        tls = "tls"
    if tls not in ("tls", "starttls", "none"):
        raise ValueError("`tls` in SMTP_URL is starttls or none.")
    if tls == "none" and parts.username and not is_here:
        raise ValueError("SMTP_URL would send the password in the clear: use tls=starttls.")
    connections = options.get("connections", "1")
    if not connections.isdecimal() or not 1 <= int(connections) <= 16:
        raise ValueError("`connections` in SMTP_URL is a number from 1 to 16.")
    server = Server(
        host=parts.hostname,
        port=parts.port or (465 if tls == "tls" else 587 if parts.username else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        context=None if tls == "none" else context or create_default_context(),
    )
    return server, int(connections)


class SmtpMailer:
    """Hands letters to a mail server.

    url      see `server_at`; raises ValueError when it makes no sense
    context  for tests with a certificate of their own
    """

    name = "smtp"

    def __init__(self, url: str, *, context: SSLContext | None = None) -> None:
        self._server, self._connections = server_at(url, context)
        self._resting: queue.LifoQueue[tuple[Session, float]] = queue.LifoQueue()

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        """One mail for each recipient; `key` is not used, SMTP has no place for it."""
        clock = Clock(timeout.total_seconds())
        try:
            press = Press(with_shared(letter, recipients), now())
        except UnfitLetter as reason:
            return {recipient.public_id: Unfit(str(reason)) for recipient in recipients}
        outcomes: dict[str, Outcome] = {}
        mails = Mails(_mails(press, recipients, outcomes))
        fault = self._deliver(mailbox(letter.sender), mails, len(recipients), outcomes, clock)
        if len(outcomes) < len(recipients):
            for public_id in Recipients.of(recipients).public_ids:
                outcomes.setdefault(public_id, fault or Busy("It was not tried."))
        return outcomes

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        """A mail server keeps no log for us: None for all."""
        return dict.fromkeys(public_ids)

    def close(self) -> None:
        """Say QUIT on every resting connection and close it."""
        while True:
            try:
                session, _ = self._resting.get_nowait()
            except queue.Empty:
                return
            session.leave()

    def _deliver(
        self, sender: str, mails: Mails, count: int, outcomes: dict[str, Outcome], clock: Clock
    ) -> Outcome | None:
        """Deliver over what connections there are, and over new ones as long as that brings some
        further. Returns what is to become of those who have no outcome."""
        wanted = max(1, min(self._connections, count // _FEWEST_EACH))
        fault: Outcome | None = None
        while fault is None and mails.has_more():
            try:
                sessions = self._sessions(wanted, clock)
                legs = [Leg(session, sender, mails, outcomes) for session in sessions]
                fault = run_together(legs, clock)
            except NoSession as refusal:
                return refusal.outcome
            for session in sessions:
                if session.is_usable:
                    self._resting.put((session, monotonic()))
        return fault

    def _sessions(self, wanted: int, clock: Clock) -> list[Session]:
        """At most so many: one at least, the others where they open in half of the time that is
        left. Raises NoSession."""
        sessions = [self._take(clock)]
        while len(sessions) < wanted and (session := self._rested(clock)):
            sessions.append(session)
        missing = wanted - len(sessions)
        if missing:
            half = Clock((clock.ends - monotonic()) / 2)
            with ThreadPoolExecutor(missing) as pool:
                sessions += filter(None, pool.map(self._try_open, [half] * missing))
        return sessions

    def _try_open(self, clock: Clock) -> Session | None:
        try:
            return Session.open(self._server, clock)
        except NoSession:
            return None

    def _take(self, clock: Clock) -> Session:
        """A session that is alive as far as anyone can see, or a new one. Raises NoSession."""
        return self._rested(clock) or Session.open(self._server, clock)

    def _rested(self, clock: Clock) -> Session | None:
        while True:
            try:
                session, rested_at = self._resting.get_nowait()
            except queue.Empty:
                return None
            if monotonic() - rested_at < _IDLE_SECONDS and session.wake(clock):
                return session
            session.close()


def _mails(
    press: Press, recipients: Sequence[Recipient], outcomes: dict[str, Outcome]
) -> Iterator[Mail]:
    """The mails in turn; who cannot be written to gets their outcome on the way."""
    for public_id, address, copy in press.copies(recipients):
        if isinstance(copy, UnfitLetter):
            outcomes[public_id] = Unfit(str(copy))
        else:
            yield Mail(public_id, address, copy)
