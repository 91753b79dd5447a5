"""Sockets with one deadline for the whole call, and HTTP over connections that are kept.

A time-out for each read lets a server that sends one byte a second hold a worker past its lease;
here every read, write, look-up and handshake draws on the same remaining time.
"""

import io
import queue
import select
import socket
import ssl
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

_IDLE_SECONDS = 20.0
"""A connection that rested longer is not used again: the other side may be about to close it."""

_LONGEST_ANSWER = 4_000_000
_CHUNK = 262_144


class NotReached(Exception):
    """No connection could be made: nothing was sent, so nothing can have happened."""


class Lost(Exception):
    """The connection broke or fell silent after something was sent: nobody knows."""


class Clock:
    """The time that a call has left."""

    def __init__(self, seconds: float) -> None:
        self.ends = monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self.ends - monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        return left


class TimedSocket:
    """A connected socket on which every wait ends with the call's clock.

    sent  bytes of the last `sendall` that the system took over, also when it failed
    """

    def __init__(self, plain: socket.socket, clock: Clock) -> None:
        self.plain = plain
        self.clock = clock
        self.sent = 0

    def readinto(self, buffer: Any) -> int:
        """Read what is there, waiting no longer than the clock allows. Raises OSError."""
        self.plain.settimeout(self.clock.left())
        return self.plain.recv_into(buffer)

    def sendall(self, content: bytes) -> None:
        """Send all of it, or raise OSError with `sent` saying how much went."""
        self.sent = 0
        view = memoryview(content)
        while self.sent < len(content):
            self.plain.settimeout(self.clock.left())
            self.sent += self.plain.send(view[self.sent : self.sent + _CHUNK])

    def makefile(self, mode: str = "rb", *_: object) -> io.BufferedReader:
        """A buffered reader, as http.client and smtplib want one."""
        return io.BufferedReader(_Reader(self), 65_536)

    def settimeout(self, _: float | None) -> None:
        """The clock decides."""

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on; the certificate must be for the host. Raises OSError."""
        self.plain.settimeout(self.clock.left())
        self.plain = context.wrap_socket(
            self.plain, server_hostname=host, do_handshake_on_connect=False
        )
        self.plain.settimeout(self.clock.left())
        self.plain.do_handshake()

    def has_something_to_say(self) -> bool:
        """Whether a resting connection was closed by the other side, or speaks out of turn."""
        if not select.select([self.plain], [], [], 0)[0]:
            return False
        if isinstance(self.plain, ssl.SSLSocket):
            try:
                self.plain.settimeout(0)
                self.plain.recv(1)
            except ssl.SSLWantReadError:
                return False  # a session ticket, not an answer
            except OSError:
                return True
        return True

    def close(self) -> None:
        """Close the connection."""
        self.plain.close()


class _Reader(io.RawIOBase):
    """Reads from a TimedSocket without closing it when the buffer above is closed."""

    def __init__(self, timed: TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.readinto(buffer)


def connect(host: str, port: int, clock: Clock) -> TimedSocket:
    """Connect to the first address that answers. Raises OSError."""
    error: OSError = ConnectionError(f"{host} has no address")
    for family, kind, protocol, _, address in _addresses(host, port, clock):
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(clock.left())
            plain.connect(address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return TimedSocket(plain, clock)
        except OSError as refusal:
            plain.close()
            error = refusal
    raise error


def _addresses(host: str, port: int, clock: Clock) -> list[Any]:
    """Look the name up in a thread of its own: the system's resolver knows no time-out."""
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = answers.get(timeout=clock.left())
    except queue.Empty:
        raise TimeoutError(f"looking up {host} took too long") from None
    if isinstance(found, OSError):
        raise found
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP server said; also what the sendgrid client gives back."""

    status_code: int
    headers: HTTPMessage
    body: bytes


class _Connection(HTTPConnection):
    """An HTTP connection over a TimedSocket; once closed it stays closed."""

    auto_open = 0

    def __init__(self, timed: TimedSocket, host: str, port: int) -> None:
        super().__init__(host, port)
        self.sock: Any = timed
        self.rested_at = monotonic()


class KeepAlive:
    """HTTP to one host over connections that are kept; safe for several threads.

    base     "https://api.example.com", or http:// for this machine only: the key travels along
    context  for tests with a certificate of their own
    Raises ValueError when the base is no such address.
    """

    def __init__(self, base: str, *, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(base)
        self.host = parts.hostname or ""
        self._is_secure = parts.scheme == "https"
        is_here = self.host in ("127.0.0.1", "::1", "localhost")
        if not self.host or (not self._is_secure and not (parts.scheme == "http" and is_here)):
            raise ValueError(f"{base!r} is not an https address.")
        self.port = parts.port or (443 if self._is_secure else 80)
        self._context = context or (ssl.create_default_context() if self._is_secure else None)
        self._resting: queue.LifoQueue[_Connection] = queue.LifoQueue()

    def exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> Answer:
        """One request and its answer, whatever the status: redirects are not followed.

        Raises NotReached when nothing was sent, Lost when it was and no whole answer came; after
        `seconds` one of the two is certain. It never sends twice.
        """
        clock = Clock(seconds)
        connection = self._take(clock)
        try:
            answer = _ask(connection, method, path, headers, body)
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise Lost(_words(error)) from error
        if connection.sock is None or "close" in answer.headers.get("Connection", "").lower():
            connection.close()
        else:
            connection.rested_at = monotonic()
            self._resting.put(connection)
        return answer

    def close(self) -> None:
        """Close what rests."""
        while True:
            try:
                self._resting.get_nowait().close()
            except queue.Empty:
                return

    def _take(self, clock: Clock) -> _Connection:
        """A connection that is alive as far as anyone can see, or a new one."""
        while True:
            try:
                connection = self._resting.get_nowait()
            except queue.Empty:
                return self._open(clock)
            is_fresh = monotonic() - connection.rested_at < _IDLE_SECONDS
            if is_fresh and not connection.sock.has_something_to_say():
                connection.sock.clock = clock
                return connection
            connection.close()

    def _open(self, clock: Clock) -> _Connection:
        timed: TimedSocket | None = None
        try:
            timed = connect(self.host, self.port, clock)
            if self._context is not None:
                timed.secure(self._context, self.host)
        except (OSError, ValueError) as error:
            if timed is not None:
                timed.close()
            raise NotReached(_words(error)) from error
        return _Connection(timed, self.host, self.port)


def _ask(
    connection: _Connection, method: str, path: str, headers: dict[str, str], body: bytes | None
) -> Answer:
    """Send and read. Raises OSError, HTTPException."""
    is_broken = False
    try:
        connection.request(method, path, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses a body early answers and closes: its answer may still be there.
        is_broken = True
    response = connection.getresponse()
    content = response.read(_LONGEST_ANSWER + 1)
    if len(content) > _LONGEST_ANSWER or is_broken:
        connection.close()
    if len(content) > _LONGEST_ANSWER:
        raise HTTPException("the answer is too long")
    return Answer(response.status, response.headers, content)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
