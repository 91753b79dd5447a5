"""One SMTP connection: greeting, TLS, sign-in by smtplib's commands over a socket with a deadline;
from then on nothing here waits: what is to be sent is pushed, what has come is received."""

import smtplib
import socket
from dataclasses import dataclass, field
from functools import cached_property
from ssl import SSLContext, SSLSocket, SSLWantReadError, SSLWantWriteError

from outreach.delivery.mailer import Accepted, Busy, Outcome, Refused, Silent
from outreach.delivery.transport import Clock, TimedSocket, connect

_BUSY = frozenset({421, 450, 451, 452, 454})
_LONGEST_REPLY = 65_536
_NOT_YET = (BlockingIOError, SSLWantReadError, SSLWantWriteError)
_SIGN_IN = frozenset({530, 534, 535, 538})


Reply = tuple[int, bytes]
"""Its code, and the words of its lines; a code of -1 stands for what is no reply."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is and how it is spoken to.

    tls  "tls" from the first byte, "starttls", or "none"
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)
    context: SSLContext | None = None


class NoSession(Exception):
    """No session came about; nothing was sent. `outcome` is what that means for everyone."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def judge(code: int, text: bytes, *, step: str) -> Outcome:
    """What a reply means for a message; step is the command answered, "end" for the final dot.

    Source: RFC 5321, section 4.2. A sign-in that is wanted or a
    sender that is refused concerns everyone: is_configuration.
    """
    words = text.decode("latin-1")
    if step == "end" and 200 <= code < 300:
        return Accepted(_queue_id(words), f"{code} {words[:200]}")
    reason = f"The mail server answered {code} to {step}: {words[:300]}"
    if code in _BUSY:
        return Busy(reason, is_provider_down=code == 421)
    if 400 <= code < 500:
        return Busy(reason, is_limited=True)
    if 500 <= code < 600:
        concerns_all = code in _SIGN_IN or (step == "MAIL" and code != 552)
        return Refused(reason, is_configuration=concerns_all or step in ("EHLO", "greeting"))
    return Silent(reason) if step == "end" else Busy(reason, is_limited=True)


def _queue_id(words: str) -> str | None:
    """The server's own number, as most of them end their reply: "… queued as 4F2A…"."""
    _, found, number = words.rpartition("queued as ")
    return number.split()[0][:100] if found and number.split() else None


class Session(smtplib.SMTP):
    """An open session.

    is_usable    false once it has broken or must not be used again
    has_carried  it served an earlier call and has rested since
    """

    def __init__(self, server: Server, clock: Clock) -> None:
        name = socket.gethostname()
        # Without a name smtplib asks the resolver, for as long as that may take.
        super().__init__(local_hostname=name if "." in name else "[127.0.0.1]")
        self.is_usable = True
        self.has_carried = False
        self._server = server
        self._clock = clock
        self._host = server.host
        self._unread, self._at = b"", 0
        """What has come, and how far it was read."""
        self._socket: socket.socket | None = None

    @classmethod
    def open(cls, server: Server, clock: Clock) -> "Session":
        """Connect, secure, sign in. Raises NoSession with what it means for everyone."""
        session = cls(server, clock)
        try:
            session._begin()
        except NoSession:
            session.close()
            raise
        except smtplib.SMTPResponseException as refusal:
            session.close()
            text = refusal.smtp_error
            reply = text if isinstance(text, bytes) else str(text).encode()
            raise NoSession(judge(refusal.smtp_code, reply, step="AUTH")) from refusal
        except smtplib.SMTPNotSupportedError as refusal:
            session.close()
            raise NoSession(Refused(f"{refusal}", is_configuration=True)) from refusal
        except (OSError, smtplib.SMTPException, ValueError) as error:
            session.close()
            reason = f"The mail server was not reached ({type(error).__name__}: {error})."
            raise NoSession(Busy(reason[:300], is_provider_down=True)) from error
        return session

    @cached_property
    def can_pipeline(self) -> bool:
        """Whether commands may be sent before the replies to earlier ones are read."""
        return self.has_extn("pipelining")

    @property
    def timed(self) -> TimedSocket:
        """The socket. Raises smtplib.SMTPServerDisconnected when it is closed."""
        sock: object = self.sock
        if not isinstance(sock, TimedSocket):
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        return sock

    def wake(self, clock: Clock) -> bool:
        """Use it for another call; false when the server has closed it meanwhile."""
        self._clock = clock
        self.has_carried = True
        try:
            self.timed.clock = clock
            return not self.timed.has_something_to_say()
        except (OSError, ValueError, smtplib.SMTPServerDisconnected):
            return False

    def getreply(self) -> Reply:
        """The next reply, waited for. Raises OSError, smtplib.SMTPException."""
        buffer = bytearray(_LONGEST_REPLY)
        while (reply := self.next_reply()) is None:
            size = self.timed.readinto(buffer)
            self._keep(bytes(buffer[:size]))
        return reply

    def next_reply(self) -> Reply | None:
        """A reply that has come already. Raises smtplib.SMTPServerDisconnected where none ends."""
        unread, at, words = self._unread, self._at, list[bytes]()
        while (end := unread.find(b"\n", at)) >= 0:
            line, at = unread[at:end], end + 1
            words.append(line[4:].strip())
            is_reply = line[:3].isdigit()
            if not is_reply or line[3:4] != b"-":
                self._at = at
                return int(line[:3]) if is_reply else -1, b"\n".join(words)
        if len(unread) - self._at > _LONGEST_REPLY:
            raise smtplib.SMTPServerDisconnected("A reply did not end.")
        return None

    def lines(self) -> list[bytes]:
        """What has come and was not read yet, as lines; behind the last whole one what follows."""
        return self._unread[self._at :].split(b"\r\n")

    def forget(self) -> None:
        """What has come counts as read."""
        self._unread, self._at = b"", 0

    def without_waiting(self) -> socket.socket:
        """The socket, for whoever waits for several; `receive` and `push` return at once now."""
        self._socket = self.timed.plain
        self._socket.setblocking(False)
        return self._socket

    def receive(self) -> None:
        """Take in what has come. Raises OSError, smtplib.SMTPException when nothing more will."""
        assert self._socket is not None
        try:
            self._keep(self._socket.recv(_LONGEST_REPLY))
            # What TLS has opened already, no socket announces again.
            while isinstance(self._socket, SSLSocket) and self._socket.pending():
                self._keep(self._socket.recv(_LONGEST_REPLY))
        except _NOT_YET:
            return

    def push(self, content: bytes | memoryview) -> int:
        """Send as much as the system takes now; says how much. Raises OSError."""
        assert self._socket is not None
        try:
            return self._socket.send(content)
        except _NOT_YET:
            return 0

    def _keep(self, came: bytes) -> None:
        if not came:
            self.close()
            raise smtplib.SMTPServerDisconnected("The connection ended.")
        self._unread, self._at = self._unread[self._at :] + came, 0

    def leave(self) -> None:
        """QUIT, without waiting long for the answer, and close."""
        try:
            self.timed.clock = Clock(1.0)
            self.docmd("QUIT")
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> TimedSocket:
        timed = connect(host, port, self._clock)
        if self._server.tls == "tls" and self._server.context is not None:
            timed.secure(self._server.context, host)
        return timed

    def _begin(self) -> None:
        """Everything before the first MAIL."""
        code, text = self.connect(self._server.host, self._server.port)
        if code != 220:
            raise NoSession(judge(code, text, step="greeting"))
        self._greet()
        if self._server.tls == "starttls" and self._server.context is not None:
            if not self.has_extn("starttls"):
                words = "The mail server offers no STARTTLS; mail is not sent in the clear."
                raise NoSession(Refused(words, is_configuration=True))
            code, text = self.docmd("STARTTLS")
            if code != 220:
                raise NoSession(judge(code, text, step="STARTTLS"))
            self.timed.secure(self._server.context, self._server.host)
            # What was said in the clear counts no more, also what stood in the read buffer.
            self.forget()
            self._greet()
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def _greet(self) -> None:
        self.esmtp_features = {}
        code, text = self.ehlo()
        if not 200 <= code < 300:
            raise NoSession(judge(code, text, step="EHLO"))
