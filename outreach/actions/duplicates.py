"""Duplicates: everyone compared with everyone who may be alike; what the team says of a pair."""

from datetime import datetime
from time import monotonic

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from outreach.advice.duplicates import Pair, likely_duplicates
from outreach.db import transaction
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.duplicate import Duplicate, DuplicateSearch, DuplicateState
from outreach.queries.duplicates import people_to_compare


def find_duplicates(*, at: datetime) -> int:
    """Compare everyone; says how many pairs were not known before.

    What the team decided of a pair stays. A pair that is alike no more, since someone corrected
    one of the two, goes. The comparison itself holds no transaction that others would wait for.
    """
    began = monotonic()
    people = list(people_to_compare())
    pairs = {(pair.first_id, pair.second_id): pair for pair in likely_duplicates(people)}
    with transaction() as session:
        found = _write(session, pairs, at)
        session.add(
            DuplicateSearch(
                at=at, people_count=len(people), found_count=found, seconds=monotonic() - began
            )
        )
    return found


def set_apart(duplicate_id: int, is_duplicate: bool, *, by: Actor, at: datetime) -> None:
    """Remember that two are two people, or look at the pair again after all."""
    with transaction() as session:
        pair = session.get(Duplicate, duplicate_id, with_for_update=True)
        if pair is None or pair.state is DuplicateState.MERGED:
            raise NotFound("pair; it may have been merged already")
        state = DuplicateState.FOUND if is_duplicate else DuplicateState.NOT_A_DUPLICATE
        if pair.state is state:
            return
        pair.decide(state, by.account_id, at)
        verb = "maybe_a_duplicate" if is_duplicate else "not_a_duplicate"
        for one, other in ((pair.first_id, pair.second_id), (pair.second_id, pair.first_id)):
            session.add(Activity.of(verb, by, at, stakeholder_id=one, other_id=other))


def _write(session: Session, pairs: dict[tuple[int, int], Pair], at: datetime) -> int:
    """Bring the table in line with what was found; says how many pairs are new."""
    gone = []
    for row in session.scalars(select(Duplicate).execution_options(yield_per=1_000)):
        pair = pairs.pop((row.first_id, row.second_id), None)
        if row.state is not DuplicateState.FOUND:
            continue
        if pair is None:
            gone.append(row.id)
        elif (row.score, row.reasons) != (pair.score, pair.reasons):
            row.score, row.reasons, row.is_lookalike = pair.score, pair.reasons, pair.is_lookalike
    session.flush()
    for start in range(0, len(gone), 500):
        chunk = gone[start : start + 500]
        session.execute(delete(Duplicate).where(Duplicate.id.in_(chunk)))
    state = {"state": DuplicateState.FOUND, "found_at": at}
    if pairs:
        session.execute(insert(Duplicate), [pair._asdict() | state for pair in pairs.values()])
    return len(pairs)
