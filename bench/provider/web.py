"""The HTTP side of the stand-in: mail/send, the mail log, the controls."""

import asyncio
import os
import re
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from bench.provider.behaviour import Behaviour
from bench.provider.events import Postman, Signer
from bench.provider.ledger import Ledger
from bench.provider.rules import MOST_BYTES, arriving, faults

_QUERY = re.compile(r"\(unique_args\['m'\]=\"([0-9a-f]*)\"\)")
_FOR_EVER = 3600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; `pace` is the pause between its bytes, 0 for all at once."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    pace: float = 0.0


class Cut(Exception):
    """The connection is to be reset instead of answered."""


def _json(status: int, thing: Any, *headers: tuple[str, str]) -> Told:
    return Told(status, orjson.dumps(thing), (("Content-Type", "application/json"), *headers))


def _refusal(status: int, message: str, field: str | None = None) -> Told:
    return _json(status, {"errors": [{"message": message, "field": field, "help": None}]})


class Web:
    """Answers requests by the book, unless the behaviour says otherwise."""

    def __init__(
        self, behaviour: Behaviour, ledger: Ledger, signer: Signer, postman: Postman, key: str
    ) -> None:
        self.behaviour = behaviour
        self._ledger = ledger
        self._signer = signer
        self._postman = postman
        self._key = key
        self._number = ledger.request_count
        self._statuses: Counter[str] = Counter()
        self._kept: deque[dict[str, Any]] = deque()

    async def answer(self, asked: Asked) -> Told:
        """What to tell. Raises Cut where the connection is to be reset."""
        path = urlsplit(asked.path).path
        if path in ("/control", "/control/mails"):
            return self._control(asked, path)
        if asked.headers.get("authorization") != f"Bearer {self._key}":
            return _refusal(401, "The provided authorization grant is invalid, expired, or revoked")
        if asked.method == "POST" and path == "/v3/mail/send":
            return await self._send(asked)
        if asked.method == "GET" and path == "/v3/messages":
            return self._messages(asked)
        if path == "/elsewhere":
            return _json(200, {"message": "a redirect was followed"})
        return _refusal(404, "not found")

    def _control(self, asked: Asked, path: str) -> Told:
        if path == "/control/mails":
            return _json(200, list(self._kept))
        if asked.method == "POST":
            try:
                self.behaviour.change(orjson.loads(asked.body))
            except ValueError as error:
                return _refusal(400, str(error))
        about = {"requests": self._number, "answers": self._statuses}
        about |= {"accepted": sum(map(len, self._ledger.by_id.values()))}
        about |= {"event_public_key": self._signer.public_key, "behaviour": asdict(self.behaviour)}
        about |= {"events": {str(status): n for status, n in self._postman.answers.items()}}
        return _json(200, about)

    async def _send(self, asked: Asked) -> Told:
        """One mail/send, with whatever is to go wrong."""
        self._number += 1
        number, mode = self._number, self.behaviour.next_mode(self._number)
        if self.behaviour.delay:
            await asyncio.sleep(self.behaviour.delay)
        if mode == "ok":
            return self._count(self._accept(asked, number), "ok")
        if self.behaviour.accept:
            self._accept(asked, number)
        return self._count(await self._wrong(mode), mode)

    def _count(self, told: Told, mode: str) -> Told:
        self._statuses[f"{mode} {told.status}"] += 1
        return told

    async def _wrong(self, mode: str) -> Told:
        """What goes wrong in this mode."""
        if mode == "die":
            os._exit(9)
        if mode == "reset":
            raise Cut
        if mode == "silent":
            await asyncio.sleep(_FOR_EVER)
            raise Cut
        if mode == "drip":
            return Told(202, headers=(("X-Slow", "yes"),), pace=1.0)
        if mode == "html":
            return Told(200, b"<html><h1>Welcome</h1></html>", (("Content-Type", "text/html"),))
        if mode == "redirect":
            return Told(302, headers=(("Location", "/elsewhere"),))
        told = _refusal(self.behaviour.status, "as it was told")
        if self.behaviour.status == 429:
            reset = str(int(time.time()) + self.behaviour.reset_in)
            limits = (("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0"))
            told = Told(429, told.body, (*told.headers, *limits, ("X-RateLimit-Reset", reset)))
        return told

    def _accept(self, asked: Asked, number: int) -> Told:
        """Check by the book, write the ledger, then say 202."""
        if len(asked.body) > MOST_BYTES:
            return _refusal(413, "The request is larger than 30 MB.")
        try:
            mail = orjson.loads(asked.body)
        except ValueError:
            return _refusal(400, "Bad Request")
        found = [{"message": text, "field": field, "help": None} for text, field in faults(mail)]
        if found:
            return _json(400, {"errors": found})
        accepted = list[tuple[str, str]]()
        for index, entry in enumerate(mail["personalizations"]):
            to = entry["to"][0]["email"]
            if to in self.behaviour.refuse:
                field = (
                    f"personalizations.{index}.to.0.email" if self.behaviour.names_field else None
                )
                return _refusal(400, "This address is refused.", field)
            accepted.append((entry.get("custom_args", {}).get("m", ""), to))
        self._ledger.accept(number, "http", accepted)
        if self.behaviour.keep:
            self._kept.extend(arriving(mail))
            while len(self._kept) > self.behaviour.keep:
                self._kept.popleft()
        self._postman.tell(accepted)
        return Told(202, headers=(("X-Message-Id", f"standin-{number}"),))

    def _messages(self, asked: Asked) -> Told:
        """The mail log: by our own argument only, and as late as it is told to be."""
        if self.behaviour.log_lag < 0:
            return _refusal(403, "access forbidden")
        asked_for = parse_qs(urlsplit(asked.path).query)
        newest = time.time() - self.behaviour.log_lag
        limit = int(asked_for.get("limit", ["10"])[0])
        rows = [
            {"msg_id": f"standin-{row['request']}", "to_email": row["to"], "status": "processed"}
            for m in _QUERY.findall(asked_for.get("query", [""])[0])
            for row in self._ledger.by_id.get(m, ())
            if row["at"] <= newest
        ]
        return _json(200, {"messages": rows[:limit]})

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request, until either side ends it."""
        try:
            while True:
                asked = await _read(reader, writer)
                await _write(writer, await self.answer(asked))
        except Cut:
            # Linger of zero: the other side sees a reset, not an orderly end.
            writer.transport.abort()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = dict[str, str]()
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    return Asked(method, path, headers, await reader.readexactly(length) if length else b"")


async def _write(writer: asyncio.StreamWriter, told: Told) -> None:
    head = [f"HTTP/1.1 {told.status} Told", f"Date: {formatdate(usegmt=True)}"]
    head += [f"{name}: {value}" for name, value in told.headers]
    head.append(f"Content-Length: {len(told.body)}")
    block = "\r\n".join([*head, "", ""]).encode() + told.body
    if told.pace:
        for byte in block:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(told.pace)
        return
    writer.write(block)
    await writer.drain()
