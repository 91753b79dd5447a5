"""A picture for letters: what it is and how large, by its content, whatever it is called."""

from typing import NamedTuple

from outreach.errors import Refusal

LARGEST = 60_000
"""In bytes: a letter with its pictures is to stay under 100 KB."""
WIDEST = 1200
"""In pixels: twice the width of a letter, for screens that show two in place of one."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Of JPEG: the markers of segments that hold the size."""


class UnfitPicture(Refusal):
    """The picture cannot be kept; says why."""


class PictureFile(NamedTuple):
    """ending  of its name"""

    ending: str
    media_type: str
    width: int
    height: int


def read_picture(content: bytes) -> PictureFile:
    """What the file is. Raises UnfitPicture: a PNG or JPEG, not too large for a mail."""
    if len(content) > LARGEST:
        raise UnfitPicture(f"The picture is larger than {LARGEST // 1000} KB. Make it smaller.")
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) >= 33:
        sides = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
        found = PictureFile("png", "image/png", *sides)
    elif content.startswith(_JPEG):
        found = PictureFile("jpg", "image/jpeg", *_sides_of_jpeg(content))
    else:
        raise UnfitPicture("Only a PNG or a JPEG can stand in a letter, and this is neither.")
    if not 0 < found.width <= WIDEST or not 0 < found.height <= WIDEST:
        raise UnfitPicture(f"A picture is at most {WIDEST} pixels wide and high.")
    return found


def _sides_of_jpeg(content: bytes) -> tuple[int, int]:
    """(width, height). Source: ITU-T T.81, B.1.1 and B.2.2."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if marker in _FRAMES:
            height = int.from_bytes(content[place + 5 : place + 7])
            return int.from_bytes(content[place + 7 : place + 9]), height
        place += 2 + length
    raise UnfitPicture("This JPEG is damaged: it does not say how large it is.")
