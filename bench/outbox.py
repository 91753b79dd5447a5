"""The ledger alone: claim, recheck, attempt, record, with a mailer that accepts at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from bench._ground import application, databases, freeze, is_quick, prepare
from bench.floor import Row, rate
from bench.sendgrid import drain_seconds
from outreach.db import db
from outreach.delivery.mailer import Accepted, Letter, Outcome, Recipient
from outreach.delivery.render import render_unit
from outreach.models.message import Unit

PEOPLE = 200_000


class Yes:
    """A mailer that costs nothing."""

    name = "yes"

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        """All accepted."""
        accepted = Accepted()
        return {recipient.public_id: accepted for recipient in recipients}

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        """Unknown."""
        return dict.fromkeys(public_ids)

    def close(self) -> None:
        """Nothing is kept open."""


def rows() -> Iterator[Row]:
    """Messages a second through the ledger; the floor is rendering alone, nothing written."""
    people = 20_000 if is_quick() else PEOPLE
    for kind in databases():
        with application(kind):
            prepare(people)
            freeze()
            floor = _render_rate()
            took = drain_seconds(Yes(), lanes=1)
            yield Row(f"ledger alone, {kind}", people / took, "/s", floor)


def _render_rate() -> float:
    unit_id = db.session.query(Unit.id).order_by(Unit.id).limit(1).scalar()
    count = len(render_unit(unit_id).recipients)
    found = rate(count * 10, lambda: [render_unit(unit_id) for _ in range(10)])
    db.session.remove()
    return found
