"""The morning's digest to each of the team who wants it: what is due, once a day at the most.

It is no message of a campaign, so the ledger knows nothing of it: a row is committed before the
call, and a call whose end nobody knows is not tried again. Missing one morning's list harms
nobody, being told twice annoys.
"""

from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.exc import IntegrityError

from outreach.db import transaction
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import Accepted, Address, Letter, Mailer, Recipient, Silent
from outreach.delivery.wording import wording_of
from outreach.links import absolute
from outreach.models.digest import Digest
from outreach.models.message import CALL_TIMEOUT
from outreach.queries.conferences import ConferenceLine, current_conference
from outreach.queries.digests import Part, Reader, digest_of_day, readers

HOURS = range(7, 12)
"""Of the conference's own zone: a clock that was down sends it until noon, and not later."""

LONGEST_LINE = 300
MOST_LINES = 40


def send_digests(mailer: Mailer, *, at: datetime) -> int:
    """Tell everyone who wants it what is due today; says how many mails were handed over."""
    conference = current_conference()
    if conference is None:
        return 0
    local = at.astimezone(ZoneInfo(conference.time_zone))
    if local.hour not in HOURS:
        return 0
    return sum(_send(mailer, one, conference, local.date(), at) for one in readers(local.date()))


def _send(
    mailer: Mailer, reader: Reader, conference: ConferenceLine, day: date, at: datetime
) -> int:
    parts = digest_of_day(reader, at, day)
    if not parts:
        return 0
    digest_id, public_id = _written(reader, day, at)
    if digest_id is None:
        return 0
    try:
        letter, values = letter_of(reader, parts, conference, day)
    except UnfitLetter as problem:
        _note(digest_id, f"could not be written: {problem}")
        return 0
    domain = letter.sender.email.rpartition("@")[2]
    recipient = Recipient(
        public_id, f"<{public_id}@{domain}>", Address(reader.name, reader.email), values
    )
    outcome = mailer.hand_over(letter, [recipient], key=public_id, timeout=CALL_TIMEOUT)[public_id]
    if isinstance(outcome, Accepted):
        _note(digest_id, "accepted")
    else:
        word = "unknown" if isinstance(outcome, Silent) else "not sent"
        _note(digest_id, f"{word}: {outcome.reason}"[:500])
    return 1


def _written(reader: Reader, day: date, at: datetime) -> tuple[int | None, str]:
    """The row of this morning; no id where another worker was first."""
    public_id = uuid4().hex
    digest = Digest(account_id=reader.id, day=day, public_id=public_id, written_at=at)
    try:
        with transaction() as session:
            session.add(digest)
            session.flush()
            return digest.id, public_id
    except IntegrityError:
        return None, public_id


def _note(digest_id: int, outcome: str) -> None:
    with transaction() as session:
        session.get_one(Digest, digest_id).outcome = outcome


def letter_of(
    reader: Reader, parts: list[Part], conference: ConferenceLine, day: date
) -> tuple[Letter, dict[str, str]]:
    """The letter and what stands in its fields. Raises UnfitLetter.

    What people typed goes into fields, so that nothing in it can be read as Markdown or as a link.
    """
    values = {"reader": reader.name or reader.email, "host": conference.host}
    body = ["Good morning {reader},", "this is due for you:"]
    count = 0
    for part in parts:
        lines = []
        for line in part.lines[:MOST_LINES]:
            values[f"line_{count}"] = " ".join(line.split())[:LONGEST_LINE]
            lines.append(f"- {{line_{count}}}")
            count += 1
        if len(part.lines) > MOST_LINES:
            lines.append(f"- and {len(part.lines) - MOST_LINES} more")
        body += [f"**{part.title}**", "\n".join(lines)]
    body.append(f"[Open your day]({absolute('/staff/today')})")
    switch = absolute("/staff/today#morning-mail")
    body.append(f"You can switch this mail off [on the same page]({switch}).")
    total = sum(len(part.lines) for part in parts)
    things = "1 thing is" if total == 1 else f"{total} things are"
    wording = wording_of(
        f"{things} due for you: {day:%-d %B %Y}", "\n\n".join(body), "en",
        f"{conference.name} · {conference.reply_to}", False, own_fields=frozenset(values),
    )  # fmt: skip
    sender = Address(conference.host, current_app.config["MAIL_FROM"])
    letter = Letter(
        sender=sender, subject=wording.subject, text=wording.text, html=wording.html,
        reply_to=Address(conference.host, conference.reply_to),
        headers={"Auto-Submitted": "auto-generated"}, is_personal=True,
    )  # fmt: skip
    return letter, values
