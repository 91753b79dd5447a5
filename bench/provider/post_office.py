"""The SMTP side of the stand-in: EHLO, PIPELINING, AUTH, and replies as it is told.

Its ledger knows a mail by the part of the Message-ID before the @. TLS is spoken from the first
byte where a certificate is given; STARTTLS is then offered on the plain port.
"""

import asyncio
import re
import ssl
from base64 import b64decode

from bench.provider.behaviour import Behaviour
from bench.provider.events import Postman
from bench.provider.ledger import Ledger

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")
_END = b"\r\n.\r\n"
_LONGEST = 35_000_000


class Cut(Exception):
    """The connection is to be cut."""


class PostOffice:
    """Takes mail from any number of connections.

    password  what AUTH PLAIN must bring, with any name; "" wants no sign-in
    """

    def __init__(
        self,
        behaviour: Behaviour,
        ledger: Ledger,
        postman: Postman,
        password: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.behaviour = behaviour
        self.ledger = ledger
        self.postman = postman
        self.password = password
        self.context = context
        self.number = ledger.request_count

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        try:
            await _Visit(self, reader, writer).run()
        except Cut:
            writer.transport.abort()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, ValueError):
            pass
        finally:
            writer.close()


class _Visit:
    """One connection and how far it has come."""

    def __init__(
        self, office: PostOffice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._office = office
        self._reader = reader
        self._writer = writer
        self._is_signed_in = not office.password
        self._has_sender = False
        self._to = b""

    async def run(self) -> None:
        """Greet, then answer line by line."""
        if code := self._wish("greeting", b""):
            await self._say(f"{code} not now")
            return
        await self._say("220 stand-in ESMTP")
        while True:
            line = (await self._reader.readuntil(b"\r\n"))[:-2]
            verb = line.split(b" ")[0].split(b":")[0].upper()
            if verb == b"QUIT":
                await self._say("221 bye")
                return
            if verb == b"DATA":
                await self._take()
            elif verb == b"STARTTLS" and self._office.context is not None:
                await self._say("220 go ahead")
                await self._writer.start_tls(self._office.context)
            else:
                await self._say(self._reply(verb.decode("latin-1"), line))

    def _reply(self, verb: str, line: bytes) -> str:
        if verb == "EHLO":
            return self._features()
        if verb in ("NOOP", "RSET"):
            self._has_sender, self._to = False, b""
            return "250 OK"
        if verb == "AUTH":
            given = b64decode(line.split(b" ")[-1]).split(b"\0")[-1].decode()
            self._is_signed_in = given == self._office.password
            return "235 welcome" if self._is_signed_in else "535 wrong name or password"
        if verb not in ("MAIL", "RCPT"):
            return "502 not known"
        if not self._is_signed_in:
            return "530 sign in first"
        found = _ADDRESS.search(line)
        address = found[1] if found else b""
        if verb == "RCPT" and not self._has_sender:
            return "503 MAIL first"
        if verb == "MAIL" and self._has_sender:
            return "503 one at a time"
        if code := self._wish(verb, address):
            return f"{code} as it was told"
        if verb == "MAIL":
            self._has_sender, self._to = True, b""
        else:
            self._to = address
        return "250 OK"

    def _features(self) -> str:
        features = ["stand-in", "8BITMIME", "SIZE 35000000"]
        features += ["PIPELINING"] if self._office.behaviour.pipelining else []
        features += ["AUTH PLAIN"] if self._office.password else []
        is_plain = self._writer.get_extra_info("ssl_object") is None
        features += ["STARTTLS"] if self._office.context is not None and is_plain else []
        return "\r\n".join([*(f"250-{one}" for one in features[:-1]), f"250 {features[-1]}"])

    async def _take(self) -> None:
        """DATA: the mail itself, the ledger, the reply."""
        if not self._to:
            self._has_sender = False
            await self._say("503 no recipient")
            return
        if code := self._wish("DATA", self._to):
            await self._say(f"{code} as it was told")
            return
        if self._office.behaviour.smtp_cut == "envelope":
            raise Cut
        await self._say("354 go ahead")
        if self._office.behaviour.smtp_cut == "before":
            raise Cut
        content = await self._content()
        to, self._to, self._has_sender = self._to, b"", False
        if code := self._wish("end", to):
            await self._say(f"{code} as it was told")
            return
        office = self._office
        office.number += 1
        found = _MESSAGE_ID.search(content)
        accepted = [((found[1] if found else b"").decode("latin-1"), to.decode("latin-1"))]
        office.ledger.accept(office.number, "smtp", accepted)
        if office.behaviour.smtp_cut == "after":
            raise Cut
        office.postman.tell(accepted)
        await self._say(f"250 OK queued as standin-{office.number}")

    async def _content(self) -> bytes:
        """Up to the final dot, unstuffed."""
        first = await self._reader.readexactly(3)
        if first == b".\r\n":
            return b""
        content = first + await self._reader.readuntil(_END)
        content = content[: -len(_END) + 2].replace(b"\r\n..", b"\r\n.")
        return content[1:] if content.startswith(b".") else content

    def _wish(self, step: str, address: bytes) -> int:
        """The code that is to be answered at this step, or 0."""
        behaviour = self._office.behaviour
        if behaviour.smtp_step != step:
            return 0
        if behaviour.smtp_to and behaviour.smtp_to.encode() != address:
            return 0
        return behaviour.smtp_code

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()
        if reply.startswith("421"):
            raise asyncio.IncompleteReadError(b"", None)
