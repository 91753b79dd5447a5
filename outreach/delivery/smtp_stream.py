"""Mails over a session, one behind the other, and what each reply means for each mail.

The one fact that must never be lost: whether a mail's final dot has left us. Before it, a broken
connection means that the mail did not go out; after it, nobody knows.
"""

from dataclasses import dataclass
from smtplib import SMTPException
from typing import Protocol

from outreach.delivery.mailer import Accepted, Busy, Outcome, Refused, Silent
from outreach.delivery.smtp_session import Session, judge

_STEPS = ("MAIL", "RCPT", "DATA")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail with its envelope; content ends with CRLF and is not dot-stuffed."""

    public_id: str
    to: str
    content: bytes


class Mails(Protocol):
    """The mails to come."""

    def __next__(self) -> Mail: ...

    def has_more(self) -> bool:
        """Whether next() will give one."""
        ...


class Stream:
    """Feeds mails to one session after another and notes the outcomes."""

    def __init__(self, sender: str, mails: Mails, outcomes: dict[str, Outcome]) -> None:
        self._sender = sender
        self._mails = mails
        self._outcomes = outcomes

    def has_more(self) -> bool:
        """Whether mails are left that no session has seen."""
        return self._mails.has_more()

    def run(self, session: Session) -> Outcome | None:
        """Deliver until all is done or the session ends.

        Returns what is to become of the mails that are left, or None when another session may
        carry on with them: this one brought some further before it ended, or had rested too long.
        """
        was_resting = session.has_carried
        leg = _Leg(session, self._sender, self._outcomes)
        try:
            while leg.fault is None and session.is_usable and self._mails.has_more():
                leg.deliver(next(self._mails))
            leg.finish()
        except (OSError, SMTPException) as error:
            session.is_usable = False
            leg.break_off(error)
        if not session.is_usable:
            session.close()
        if leg.fault is None and not session.is_usable and not (leg.accepted or was_resting):
            leg.fault = Busy("The mail server ended the connection.", is_provider_down=True)
        return leg.fault


class _Leg:
    """The part of a stream that runs over one session."""

    def __init__(self, session: Session, sender: str, outcomes: dict[str, Outcome]) -> None:
        self.fault: Outcome | None = None
        self.accepted = 0
        self._session = session
        self._sender = sender
        self._outcomes = outcomes
        self._ending: Mail | None = None
        """Whose DATA was answered with 354; its content is still to go, or has just gone."""
        self._content = b""
        self._begun: Mail | None = None
        """Whose envelope is on its way."""
        self._must_reset = False
        self._left = 0
        """Bytes of the last write that the system took over."""

    def deliver(self, mail: Mail) -> None:
        """End the mail before, begin this one. Raises OSError, SMTPException when it breaks."""
        self._begun = mail
        lines = [f"MAIL FROM:<{self._sender}>", f"RCPT TO:<{mail.to}>", "DATA"]
        if self._session.can_pipeline:
            reset = "RSET\r\n" if self._must_reset else ""
            self._send(self._content, (reset + "\r\n".join(lines) + "\r\n").encode())
            self._end()
            if self._must_reset and self._session.is_usable:
                self._reply()
            replies = self._replies(len(lines))
        else:
            self.finish()
            self._begun = mail
            replies = self._one_by_one(lines)
        self._must_reset = False
        if not replies:
            self._settle(Busy("The mail server closed the connection before this mail."))
            return
        self._take(mail, replies)

    def finish(self) -> None:
        """Send the last content and read its reply."""
        if self._ending is not None:
            self._send(self._content, b"")
            self._end()

    def break_off(self, error: Exception) -> None:
        """The connection broke: note what that means for those who are on their way."""
        words = f"The connection to the mail server broke ({type(error).__name__}: {error})"[:250]
        if self._ending is not None:
            has_left = self._left >= len(self._content)
            unknown = Silent(f"{words} after the whole mail was sent.")
            incomplete = Busy(f"{words} before the mail was complete.")
            self._outcomes.setdefault(self._ending.public_id, unknown if has_left else incomplete)
        if self._begun is not None:
            self._settle(Busy(f"{words} before this mail."))
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            self.fault = Busy("There was no time left for the mail server.")

    def _send(self, content: bytes, commands: bytes) -> None:
        self._left = 0
        timed = self._session.timed
        try:
            timed.sendall(content + commands)
        finally:
            self._left = timed.sent

    def _reply(self) -> tuple[int, bytes]:
        code, text = self._session.getreply()
        if code in (421, -1):
            self._session.is_usable = False
        return code, text

    def _replies(self, count: int) -> list[tuple[int, bytes]]:
        """The next replies; fewer when the server says good-bye, for then no more will come."""
        replies: list[tuple[int, bytes]] = []
        while self._session.is_usable and len(replies) < count:
            replies.append(self._reply())
        return replies

    def _one_by_one(self, lines: list[str]) -> list[tuple[int, bytes]]:
        """Each command after the reply to the one before; stops at the first that fails."""
        replies: list[tuple[int, bytes]] = []
        if not self._session.is_usable:
            return replies
        if self._must_reset:
            self._session.docmd("RSET")
        for line in lines:
            self._send(b"", f"{line}\r\n".encode())
            replies.append(self._reply())
            if replies[-1][0] not in (250, 251, 252, 354):
                break
        return replies

    def _end(self) -> None:
        """Read the reply to the final dot of the mail before, if there is one."""
        if self._ending is None:
            return
        code, text = self._reply()
        outcome = judge(code, text, step="end")
        self.accepted += isinstance(outcome, Accepted)
        # An empty mail was only the way out of a DATA that should not have been accepted.
        self._outcomes.setdefault(self._ending.public_id, outcome)
        self._ending, self._content = None, b""
        if isinstance(outcome, Refused) and outcome.is_configuration:
            self.fault = outcome

    def _take(self, mail: Mail, replies: list[tuple[int, bytes]]) -> None:
        """Judge MAIL, RCPT and DATA; where all were taken, the content goes out next."""
        wanted = ((250,), (250, 251, 252), (354,))
        for step, (code, text), good in zip(_STEPS, replies, wanted, strict=False):
            if code not in good:
                outcome = judge(code, text, step=step)
                self._settle(outcome)
                if isinstance(outcome, Refused) and outcome.is_configuration:
                    self.fault = outcome
                break
        self._begun = None
        if replies[-1][0] == 354 and len(replies) == len(_STEPS):
            refused = mail.public_id in self._outcomes
            self._ending = mail
            self._content = b".\r\n" if refused else _stuffed(mail.content)
        else:
            self._must_reset = True

    def _settle(self, outcome: Outcome) -> None:
        assert self._begun is not None
        self._outcomes[self._begun.public_id] = outcome
        self._begun = None


def _stuffed(content: bytes) -> bytes:
    """A second dot where a line begins with one, and the final dot. Source: RFC 5321, 4.5.2."""
    content = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + content + b".\r\n"
