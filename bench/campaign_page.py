"""What a page asks that shows a campaign's counts: the same at 1,000 and at 1,000,000 people."""

from collections.abc import Iterator

from bench._ground import application, databases, freeze, is_quick, prepare
from bench.floor import Row, seconds
from outreach.db import db
from outreach.queries.campaigns import campaign_summary

SMALL, LARGE = 1_000, 1_000_000
TIMES = 50


def rows() -> Iterator[Row]:
    """Milliseconds at the large size; the floor is the small one on the same database."""
    large = 20_000 if is_quick() else LARGE
    for kind in databases():
        took = {}
        for people in (SMALL, large):
            with application(kind):
                campaign_id = prepare(people).campaign_id
                freeze()
                took[people] = _milliseconds(campaign_id)
        yield Row(f"a campaign's counts at {large:,}, {kind}", took[large], "ms", took[SMALL])


def _milliseconds(campaign_id: int) -> float:
    def ask() -> None:
        for _ in range(TIMES):
            campaign_summary(campaign_id)
            db.session.remove()

    return seconds(ask) / TIMES * 1_000
