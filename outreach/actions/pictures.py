"""Pictures of letters: kept under a name that their content gives; one becomes the emblem."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import is_postgresql, touched, transaction
from outreach.errors import NotFound
from outreach.intake.pictures import UnfitPicture, read_picture
from outreach.models.activity import Activity, Actor
from outreach.models.conference import Conference
from outreach.models.picture import Picture

LONGEST_WORDS = 200
_PLAIN = str.maketrans("{}[]", "()()")
"""What means something in a letter means nothing in the words of a picture."""


def put_picture(content: bytes, words: str, *, by: Actor, at: datetime) -> str:
    """Keep a picture; says its name. The same picture again keeps its name and its words.

    words  what it shows, for those who do not see it
    Raises UnfitPicture.
    """
    words = " ".join(words.translate(_PLAIN).split())
    if not words or len(words) > LONGEST_WORDS:
        raise UnfitPicture(f"Say in up to {LONGEST_WORDS} characters what the picture shows.")
    file = read_picture(content)
    name = f"{sha256(content).hexdigest()[:20]}.{file.ending}"
    with transaction() as session:
        # Not looked for first: of two who put it at the same moment, neither would see the other's.
        is_new = touched(
            session,
            (postgresql if is_postgresql() else sqlite)
            .insert(Picture)
            .values(
                name=name, words=words, media_type=file.media_type, width=file.width,
                height=file.height, bytes_count=len(content), content=content,
                account_id=by.account_id, made_at=at,
            )
            .on_conflict_do_nothing(index_elements=["name"]),
        )  # fmt: skip
        if is_new:
            session.add(Activity.of("added_picture", by, at, picture=name, words=words))
    return name


def choose_emblem(conference_id: int, name: str | None, *, by: Actor, at: datetime) -> None:
    """Let a picture head every letter of the conference; None for no picture.

    What was approved with another emblem, or none, is approved anew. Raises NotFound.
    """
    with transaction() as session:
        conference = session.get_one(Conference, conference_id, with_for_update=True)
        picture_id = None
        if name is not None:
            picture_id = session.scalar(select(Picture.id).where(Picture.name == name))
            if picture_id is None:
                raise NotFound("picture")
        conference.emblem_id = picture_id
        session.add(Activity.of("chose_emblem", by, at, picture=name or ""))
