"""How the database goes about a question: by which index, and how much it reads."""

from collections.abc import Iterator, Sequence
from typing import Any

from outreach.db import db, is_postgresql

Question = tuple[str, Any]
"""(statement, parameters)"""


def plan(statement: str, parameters: Any) -> str:
    """How SQLite goes about it; PostgreSQL where it may not read the whole table."""
    with db.engine.connect() as connection:
        if is_postgresql():
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_sort = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            return "\n".join(row[0] for row in rows)
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[-1] for row in rows)


def work(questions: Sequence[Question]) -> int:
    """What all of them cost: on SQLite the steps of its machine; on PostgreSQL the rows that it
    reads of people and targets, where it may neither read a whole table nor sort. (Of some dozen
    invitations it finds one by whatever index.)"""
    with db.engine.connect() as connection:
        if not is_postgresql():
            return sum(_steps(connection, *question) for question in questions)
        # Else it may go by what it learned when another test had left one person.
        connection.exec_driver_sql("ANALYZE stakeholders, targets, invitations, messages")
        connection.exec_driver_sql("SET enable_seqscan = off")
        connection.exec_driver_sql("SET enable_sort = off")
        count = 0
        for statement, parameters in questions:
            if "set_config" in statement:  # heeded by those after it
                connection.exec_driver_sql(statement, parameters)
                continue
            explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
            found = connection.exec_driver_sql(explained, parameters).scalar()
            count += sum(_read(node) for node in _nodes(found[0]["Plan"]))
        return count


def _steps(connection: Any, statement: str, parameters: Any) -> int:
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    raw = connection.connection.driver_connection
    raw.set_progress_handler(step, 1)
    connection.exec_driver_sql(statement, parameters).all()
    raw.set_progress_handler(None, 1)
    return count


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def _read(node: dict[str, Any]) -> int:
    if node.get("Relation Name") not in ("targets", "stakeholders"):
        return 0
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(rows * node["Actual Loops"])
