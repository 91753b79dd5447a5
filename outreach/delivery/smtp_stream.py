"""Mails over sessions, one behind the other, and what each reply means for each mail.

One thread serves all sessions of a call: a leg runs until it has to wait, and while it does the
others run. The one fact that must never be lost: whether a mail's final dot has left us. Before
it, a broken connection means that the mail did not go out; after it, nobody knows.
"""

from collections.abc import Generator, Iterator, Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from smtplib import SMTPException
from typing import NamedTuple

from outreach.delivery.mailer import Accepted, Busy, Outcome, Refused, Silent
from outreach.delivery.smtp_session import Reply, Session, judge
from outreach.delivery.transport import Clock

Steps = Generator[int, None, None]
"""Goes on until it must wait, and says for what: that there is something to read, or room to write.
An error that is thrown in where it waits ends it."""

_STEPS = ("MAIL", "RCPT", "DATA")
_WANTED = ((250,), (250, 251, 252), (354,))
_USUAL = [b"250 ", b"250 ", b"250 ", b"354 ", b""]
"""How the four replies begin by which one mail is accepted and the next one may come."""


class Mail(NamedTuple):
    """One mail with its envelope; content ends with CRLF, and no line of it begins with a dot."""

    public_id: str
    to: str
    content: bytes


class Mails:
    """The mails to come; it can say whether there are more."""

    def __init__(self, source: Iterator[Mail]) -> None:
        self._source = source
        self._held: Mail | None = None

    def has_more(self) -> bool:
        """Whether `take` will give one."""
        if self._held is None:
            self._held = next(self._source, None)
        return self._held is not None

    def take(self) -> Mail:
        """The next one; `has_more` was asked before."""
        mail, self._held = self._held, None
        assert mail is not None
        return mail


def run_together(legs: Sequence["Leg"], clock: Clock) -> Outcome | None:
    """Deliver over all of them at once until the mails, the sessions or the time are at an end.

    Returns what is to become of the mails that are left, or None when other sessions may carry
    on with them: these brought some further before they ended, or had rested too long.
    """
    with DefaultSelector() as selector:
        for leg in legs:
            steps = leg.steps()
            if (wanted := next(steps, 0)) != 0:
                selector.register(leg.socket, wanted, (leg, steps))
        while waiting := selector.get_map():
            try:
                ready = selector.select(clock.left())
            except TimeoutError as error:
                for key in list(waiting.values()):
                    key.data[0].end(key.data[1], error)
                break
            for key, _ in ready:
                if (wanted := next(key.data[1], 0)) == 0:
                    selector.unregister(key.fileobj)
                elif wanted != key.events:
                    selector.modify(key.fileobj, wanted, key.data)
    return next((leg.fault for leg in legs if leg.fault is not None), None)


class Leg:
    """The part of a stream of mails that runs over one session.

    fault  what is to become of the mails that no session has seen; None where another may go on
    """

    def __init__(
        self, session: Session, sender: str, mails: Mails, outcomes: dict[str, Outcome]
    ) -> None:
        self.fault: Outcome | None = None
        self.session = session
        self.socket = session.without_waiting()
        self._mails = mails
        self._outcomes = outcomes
        self._before = f"MAIL FROM:<{sender}>\r\nRCPT TO:<".encode()
        self._accepted = 0
        self._ending: Mail | None = None
        """Whose DATA was answered with 354; its content is still to go, or has just gone."""
        self._content = b""
        self._begun: Mail | None = None
        """Whose envelope is on its way."""
        self._must_reset = False
        self._left = 0
        """Bytes of the last write that the system took over."""

    def steps(self) -> Steps:
        """Deliver until all is done or the session ends. Raises nothing."""
        session = self.session
        try:
            while self.fault is None and session.is_usable and self._mails.has_more():
                yield from self._deliver(self._mails.take())
            yield from self._finish()
        except (OSError, SMTPException) as error:
            session.is_usable = False
            self._break_off(error)
        if not session.is_usable:
            session.close()
            if self.fault is None and not (self._accepted or session.has_carried):
                self.fault = Busy("The mail server ended the connection.", is_provider_down=True)

    def end(self, steps: Steps, error: OSError) -> None:
        """Break it off where it waits."""
        try:
            steps.throw(error)
        except StopIteration:
            return
        raise AssertionError("A leg goes on after its end.")

    def _deliver(self, mail: Mail) -> Steps:
        """End the mail before, begin this one. Raises OSError, SMTPException when it breaks."""
        self._begun = mail
        commands = self._before + mail.to.encode() + b">\r\nDATA\r\n"
        replies: list[Reply] = []
        if self.session.can_pipeline:
            yield from self._send(self._content, b"RSET\r\n" * self._must_reset + commands)
            if self._ending is not None:
                yield EVENT_READ
                self.session.receive()
                if self._all_is_well(self._ending, mail):
                    return
            yield from self._end()
            if self._must_reset and self.session.is_usable:
                yield from self._reply([])
            while self.session.is_usable and len(replies) < len(_STEPS):
                yield from self._reply(replies)
        else:
            yield from self._finish()
            yield from self._one_by_one(commands.splitlines(keepends=True), replies)
        self._must_reset = False
        if replies:
            self._take(mail, replies)
        else:
            self._settle(Busy("The mail server closed the connection before this mail."))

    def _all_is_well(self, ending: Mail, mail: Mail) -> bool:
        """The usual four replies, read in one piece; whatever else came is left for the others."""
        lines = self.session.lines()
        if [line[:4] for line in lines] != _USUAL:
            return False
        self.session.forget()
        self._outcomes.setdefault(ending.public_id, judge(250, lines[0][4:], step="end"))
        self._accepted += 1
        self._begun, self._ending, self._content = None, mail, mail.content + b".\r\n"
        return True

    def _finish(self) -> Steps:
        """Send the last content and read its reply."""
        if self._ending is not None:
            yield from self._send(self._content, b"")
            yield from self._end()

    def _break_off(self, error: Exception) -> None:
        """The connection broke: note what that means for those who are on their way."""
        words = f"The connection to the mail server broke ({type(error).__name__}: {error})"[:250]
        if self._ending is not None:
            has_left = self._left >= len(self._content)
            unknown = Silent(f"{words} after the whole mail was sent.")
            incomplete = Busy(f"{words} before the mail was complete.")
            self._outcomes.setdefault(self._ending.public_id, unknown if has_left else incomplete)
        if self._begun is not None:
            self._settle(Busy(f"{words} before this mail."))
        if isinstance(error, TimeoutError):
            self.fault = Busy("There was no time left for the mail server.")

    def _send(self, content: bytes, commands: bytes) -> Steps:
        self._left = 0
        block = content + commands
        self._left = self.session.push(block)
        while self._left < len(block):
            yield EVENT_WRITE
            self._left += self.session.push(memoryview(block)[self._left :])

    def _reply(self, replies: list[Reply]) -> Steps:
        """Append the next reply."""
        while (reply := self.session.next_reply()) is None:
            yield EVENT_READ
            self.session.receive()
        if reply[0] in (421, -1):
            self.session.is_usable = False
        replies.append(reply)

    def _one_by_one(self, lines: list[bytes], replies: list[Reply]) -> Steps:
        """Each command after the reply to the one before; stops at the first that fails."""
        if self._must_reset and self.session.is_usable:
            yield from self._send(b"", b"RSET\r\n")
            yield from self._reply([])
        for line in lines:
            if not self.session.is_usable:
                break
            yield from self._send(b"", line)
            yield from self._reply(replies)
            if replies[-1][0] not in (250, 251, 252, 354):
                break

    def _end(self) -> Steps:
        """Read the reply to the final dot of the mail before, if there is one."""
        if self._ending is None:
            return
        replies: list[Reply] = []
        yield from self._reply(replies)
        outcome = judge(*replies[0], step="end")
        self._accepted += isinstance(outcome, Accepted)
        # An empty mail was only the way out of a DATA that should not have been accepted.
        self._outcomes.setdefault(self._ending.public_id, outcome)
        self._ending, self._content = None, b""
        if isinstance(outcome, Refused) and outcome.is_configuration:
            self.fault = outcome

    def _take(self, mail: Mail, replies: list[Reply]) -> None:
        """Judge MAIL, RCPT and DATA; where all were taken, the content goes out next."""
        for step, (code, text), good in zip(_STEPS, replies, _WANTED, strict=False):
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
            self._content = b".\r\n" if refused else mail.content + b".\r\n"
        else:
            self._must_reset = True

    def _settle(self, outcome: Outcome) -> None:
        assert self._begun is not None
        self._outcomes[self._begun.public_id] = outcome
        self._begun = None
