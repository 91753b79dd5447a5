"""The code that an invitee shows at the door: a QR code of an opaque token, and nothing else.

The token has a purpose of its own, so it opens no page; a new link key revokes it with the link.
Source: ISO/IEC 18004; error correction M reads with a thumb over a corner.
"""

from io import BytesIO

import segno

from outreach.tokens import personal_token


def check_in_token(link_key: str) -> str:
    """What the code holds."""
    return personal_token("check_in", link_key)


def check_in_svg(link_key: str) -> str:
    """As an image for a page: a data URI, black on white whatever the theme."""
    return str(_code(link_key).svg_data_uri(scale=4, border=4, light="#fff", dark="#000"))


def check_in_png(link_key: str) -> bytes:
    """As a file for a mail."""
    file = BytesIO()
    _code(link_key).save(file, kind="png", scale=5, border=4)
    return file.getvalue()


def _code(link_key: str) -> segno.QRCode:
    # Any of the eight masks is valid; weighing them all costs ten times as much as the code itself.
    return segno.make(check_in_token(link_key), error="m", micro=False, mask=2)
