"""A WSGI application that answers with the bytes of one file: what no page can be faster than."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BODY = Path(os.environ.get("BARE_BODY", os.devnull)).read_bytes()
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"),
    ("Content-Length", str(len(BODY))), ("Cache-Control", "no-store"),
]  # fmt: skip


def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """The same bytes to everyone, after what was sent has been read."""
    environ["wsgi.input"].read()
    start("200 OK", HEADERS)
    return (BODY,)
