"""What the organisations of a file become part of: known ones, or others of the same file."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.models.imports import Rule
from outreach.models.stakeholder import Organisation
from outreach.queries.organisation_lines import OrganisationLine

MOST_ABOVE = 20
"""How many organisations may stand one above the other."""

Node = int | str
"""The id of a known organisation; the key of a new one's name."""


def find_parents(lines: Sequence[OrganisationLine], rules: Mapping[str, Rule]) -> None:
    """Note for each line what it becomes part of, or why it does not.

    Cost: the organisations that are part of another, once; one SELECT by index for the names.
    """
    rule = rules.get("parent", Rule.FILL)
    wanted = [line for line in lines if line.said.parent]
    if not wanted:
        return
    nodes = _named(wanted)
    nodes |= {line.name_key: _node(line) for line in lines if line.name_key}
    above = _above()
    for line in wanted:
        name = line.said.parent
        parent = nodes.get(fold(name) or name.casefold())
        if parent is None:
            line.remark(f"“{name[:60]}” is no organisation that is known or in this file.")
        elif rule.allows(line.part_of_before, line.part_of_before, parent):
            if _would_turn(_node(line), parent, above):
                line.remark(
                    f"It cannot be part of “{name[:60]}”: that would stand above itself, or more "
                    f"than {MOST_ABOVE} one above the other."
                )
                continue
            above[_node(line)] = line.part_of = parent
            line.fields.append("part of")


def _node(line: OrganisationLine) -> Node:
    return line.name_key if line.organisation_id is None else line.organisation_id


def _named(lines: Sequence[OrganisationLine]) -> dict[str, Node]:
    keys = {fold(line.said.parent) or line.said.parent.casefold() for line in lines}
    rows = reading().execute(
        select(Organisation.name_key, Organisation.id).where(among(Organisation.name_key, keys))
    )
    return {row.name_key: row.id for row in rows}


def _above() -> dict[Node, Node]:
    """{known organisation: what it is part of}"""
    rows = reading().execute(
        select(Organisation.id, Organisation.parent_id).where(Organisation.parent_id.is_not(None))
    )
    return {id_: parent for id_, parent in rows if parent is not None}


def _would_turn(node: Node, parent: Node, above: Mapping[Node, Node]) -> bool:
    """Whether an organisation would stand above itself, or too many above it."""
    current: Node | None = parent
    for _ in range(MOST_ABOVE):
        if current is None:
            return False
        if current == node:
            return True
        current = above.get(current)
    return True
