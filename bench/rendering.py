"""What one message costs to render: from the rows of a unit to what a mailer is given, and filled.

Microseconds a message. The floor is joining the same literals and values with nothing checked.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import process_time

from sqlalchemy import select, update

from bench._ground import application, freeze, is_quick, prepare
from bench.floor import Row
from outreach.db import db, transaction
from outreach.delivery.mailer import Letter, Recipient
from outreach.delivery.render import render_unit
from outreach.models.message import Unit
from outreach.models.template import TemplateText

DEFAULTS = "{title|colleague} {office|of your house}"
SECTIONS = "{if star}\nA car will meet you.\n{else}\nTake the shuttle.\n{end}\n\n"
TIMES = 20


def rows() -> Iterator[Row]:
    """A plain letter, one with words that stand in for fields, one with a conditional section."""
    people = 2_000 if is_quick() else 20_000
    for name, more in (("plain", ""), ("with defaults", DEFAULTS), ("with a section", SECTIONS)):
        with application("SQLite"):
            with transaction() as session:
                session.execute(update(TemplateText).values(body=more + TemplateText.body))
            prepare(people)
            freeze()
            unit_id = db.session.scalar(select(Unit.id).order_by(Unit.id).limit(1)) or 0
            rendered = render_unit(unit_id)
            count = len(rendered.recipients)
            took = _microseconds(partial(render_unit, unit_id), count)
            yield Row(f"rendering a message, {name}", took, "µs")
            parts = rendered.letter, list(rendered.recipients)
            took, floor = (_microseconds(partial(work, *parts), count) for work in (_fill, _join))
            yield Row(f"filling text and HTML, {name}", took, "µs", floor)
            db.session.rollback()


def _fill(letter: Letter, recipients: Sequence[Recipient]) -> None:
    for recipient in recipients:
        letter.text.fill(recipient.values)
        letter.html.fill(recipient.values)


def _join(letter: Letter, recipients: Sequence[Recipient]) -> None:
    for part in (letter.text, letter.html):
        pieces = [""] * (len(part.literals) + len(part.fields))
        pieces[::2] = part.literals
        for recipient in recipients:
            pieces[1::2] = [recipient.values[name] for name in part.fields]
            "".join(pieces)


def _microseconds(work: Callable[[], object], count: int) -> float:
    """Of this processor, whatever else the machine does: of the fastest of several runs."""
    found = []
    for _ in range(TIMES):
        start = process_time()
        work()
        found.append(process_time() - start)
    return min(found) / count * 1e6
