"""The code for the door as a picture in a mail."""

from io import BytesIO
from zlib import decompress

from outreach.delivery.codes import _code, check_in_png
from tests.factories import new_key


def test_the_picture_holds_dot_for_dot_what_the_library_would_draw(app):
    key, drawn = new_key(), BytesIO()
    _code(key).save(drawn, kind="png", scale=5, border=4)
    assert dots(check_in_png(key)) == dots(drawn.getvalue())


def dots(png: bytes) -> tuple[bytes, list[bytes]]:
    """(size and kind, lines) of a picture of one bit a dot, with or without its other chunks."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    begin, width = png.index(b"IDAT"), int.from_bytes(png[16:20], "big")
    size = int.from_bytes(png[begin - 4 : begin], "big")
    written = decompress(png[begin + 4 : begin + 4 + size])
    lines: list[bytes] = []
    long = 1 + -(-width // 8)
    for start in range(0, len(written), long):
        way, line = written[start], written[start + 1 : start + long]
        if way == 2:  # said as the difference from the line above
            line = bytes((a + b) % 256 for a, b in zip(line, lines[-1], strict=True))
        lines.append(line)
    return png[16:29], lines
