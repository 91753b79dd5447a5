"""Pairs for the team to look at: people who just came in and may be someone known before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.bulk import Bulk
from outreach.models.duplicate import Duplicate, DuplicateState
from outreach.queries.recognised import Recognised
from outreach.queries.suggestions import likely_known


def suggest(
    session: Session, bulk: Bulk, lines: Sequence[tuple[int, Recognised]], at: datetime
) -> int:
    """Note the pairs, as the nightly search would find them; says how many. Nothing is merged.

    lines  (stakeholder's id, row) of those who are new
    """
    pairs = {(pair.first_id, pair.second_id): pair for pair, _, _ in likely_known(lines, at)}
    if not pairs:
        return 0
    found_at = bulk.bound(Duplicate, "found_at", at)
    reasons = {key: bulk.bound(Duplicate, "reasons", pair.reasons) for key, pair in pairs.items()}
    bulk.add(
        Duplicate,
        "first_id second_id score reasons is_lookalike state found_at",
        [
            (
                pair.first_id, pair.second_id, pair.score, reasons[key], pair.is_lookalike,
                DuplicateState.FOUND.value, found_at,
            )
            for key, pair in pairs.items()
        ],
    )  # fmt: skip
    return len(pairs)
