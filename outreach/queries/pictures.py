"""Pictures that letters may show: which there are, how large, and one with its content."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from outreach.advice.hyperlinks import images_in, is_of_this_house
from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.picture import Picture
from outreach.queries.keyset import Page, page

FOLDER = "/pictures/"
EMBLEM: tuple[ColumnElement[Any], ...] = (
    Picture.name.label("emblem"),
    Picture.words.label("emblem_words"),
    Picture.width.label("emblem_width"),
    Picture.height.label("emblem_height"),
)
"""Of the conference's emblem, in statements that join it."""


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A picture in the list."""

    name: str
    words: str
    width: int
    height: int
    bytes_count: int
    is_emblem: bool


_LINE: tuple[Any, ...] = (
    Picture.name, Picture.words, Picture.width, Picture.height, Picture.bytes_count,
)  # fmt: skip


def pictures(after: str | None = None) -> Page[PictureLine]:
    """The emblem, then the others, the latest first; without their content. Two SELECTs."""
    emblems = select(Conference.emblem_id).where(Conference.emblem_id.is_not(None))
    first = () if after else reading().execute(select(*_LINE).where(Picture.id.in_(emblems)))
    latest: list[Any] = [Picture.id]
    others = select(*_LINE).where(Picture.id.not_in(emblems))
    rows, following = page(others, latest, after, falling=True)
    lines: list[Any] = [(*row, True) for row in first] + [(*row[:-1], False) for row in rows]
    return Page([PictureLine(*line) for line in lines], following)


def picture_count() -> int:
    """How many there are. Some tens of rows."""
    return reading().scalar(select(func.count()).select_from(Picture)) or 0


def picture_content(name: str) -> tuple[str, bytes] | None:
    """(media type, content) of a picture. One row by key."""
    row = (
        reading()
        .execute(select(Picture.media_type, Picture.content).where(Picture.name == name))
        .one_or_none()
    )
    return (row[0], row[1]) if row else None


def sizes_of(names: Collection[str]) -> dict[str, int]:
    """{name: bytes} of those of these pictures that there are. By key."""
    rows = select(Picture.name, Picture.bytes_count).where(Picture.name.in_(names))
    return {line.name: line.bytes_count for line in reading().execute(rows)}


def widths_in(body: str) -> tuple[tuple[str, int], ...]:
    """(address, width in pixels) of the pictures in a letter. Nothing is asked where none are."""
    ours = {one.removeprefix(FOLDER) for _, one in images_in(body) if one.startswith(FOLDER)}
    if not ours:
        return ()
    rows = select(Picture.name, Picture.width).where(Picture.name.in_(ours)).order_by(Picture.name)
    return tuple((FOLDER + name, width) for name, width in reading().execute(rows))


def unknown_in(body: str) -> list[str]:
    """Images of this house in a letter that nobody has put there, as sentences. By key."""
    ours = [one for _, one in images_in(body) if is_of_this_house(one)]
    names = {one.removeprefix(FOLDER) for one in ours}
    known = sizes_of(names) if names else {}
    return [
        f"The image “{one[:80]}” is not among the pictures (Campaigns → Templates → Pictures). "
        "Copy its line from there."
        for one in ours
        if not one.startswith(FOLDER) or one.removeprefix(FOLDER) not in known
    ]
