"""Whether someone in a file is someone we know."""

from collections.abc import Sequence

from outreach.advice.folding import words_in_order


def known_as(name_key: str, known: Sequence[tuple[int, str]], *, is_shared: bool) -> int | None:
    """Which of the people at an address a row means; None for someone new.

    name_key   of the row, folded; empty when the row has no name
    known      (id, folded name) of everyone whom we know at the row's address
    is_shared  the file has several people at this address: an office

    One name is the same whichever word comes first. One person at an address of one's own is that
    person, however the file spells the name; at a shared address only the name tells.
    """
    if name_key:
        words = words_in_order(name_key)
        for id_, other in known:
            if words_in_order(other) == words:
                return id_
    if len(known) == 1 and (not is_shared or not name_key):
        return known[0][0]
    return None
