"""Notes: what one of the team wrote down about a person or an organisation."""

from datetime import datetime

from outreach.db import transaction
from outreach.errors import NotFound, Refusal
from outreach.models.activity import Actor
from outreach.models.note import Note
from outreach.models.stakeholder import Organisation, Stakeholder

LONGEST = 10_000


def add_note(
    text: str,
    *,
    stakeholder_id: int | None = None,
    organisation_id: int | None = None,
    by: Actor,
    at: datetime,
) -> int:
    """Write a line of the time line of one of the two; gives its id."""
    text = text.replace("\0", "").strip()
    if not 0 < len(text) <= LONGEST:
        raise Refusal(f"A note has between 1 and {LONGEST:,} letters.")
    with transaction() as session:
        owners = ((Stakeholder, stakeholder_id), (Organisation, organisation_id))
        model, id_ = next((model, id_) for model, id_ in owners if id_ is not None)
        if session.get(model, id_) is None:
            raise NotFound("person or organisation")
        note = Note(
            stakeholder_id=stakeholder_id, organisation_id=organisation_id, text=text,
            written_at=at, written_by_id=by.account_id,
        )  # fmt: skip
        session.add(note)
        session.flush()
        return note.id
