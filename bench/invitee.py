"""An invitee's page and answer: the web process as in the Procfile, beside a bare WSGI answer of
the same bytes on the same server. The load comes from a process of its own on the same cores."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from flask import current_app
from sqlalchemy import select

from bench._ground import application, databases, freeze, is_quick, prepare
from bench._load import Load, get, load, post
from bench.floor import Row
from outreach.db import reading
from outreach.models.invitation import Invitation
from outreach.serving import WORKERS
from outreach.start import WEB
from outreach.tokens import personal_token
from outreach.web.invitee.nonce import form_nonce

BARE = [
    str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--workers", str(WORKERS),
    "--blocking-threads", "1", "--no-ws", "--log-level", "warning", "bench._bare:app",
]  # fmt: skip


def rows() -> Iterator[Row]:
    """Page views and answers a second, on each database."""
    people, seconds = (300, 2.0) if is_quick() else (4_000, 8.0)
    for kind in databases():
        with application(kind) as app:
            prepare(people)
            freeze()
            keys = list(reading().scalars(select(Invitation.link_key)))
            reading().rollback()
            paths = [f"/i/{personal_token('answer', key)}" for key in keys]
            body = app.test_client().get(paths[0], headers={"Accept-Encoding": "gzip"}).data
            views = [get(path) for path in paths]
            answers = [
                post(f"{path}/answer", urlencode(_form(key)))
                for path, key in zip(paths, keys, strict=True)
            ]
            yield Row(f"invitee's page, gzip ({kind})", len(body), "bytes")
            with _bare(body) as port:
                floor = _warm(port, views, seconds)
                floor_of_answers = load(port, answers, seconds=0)
            with _ours() as port:
                found = _warm(port, views, seconds)
                given = load(port, answers, seconds=0)
                after = _warm(port, views, seconds)
        yield from _rows(kind, found, floor, given, floor_of_answers)
        yield Row(f"the same once they answered ({kind})", after.per_second, "a second")


def _rows(kind: str, found: Load, floor: Load, given: Load, least: Load) -> Iterator[Row]:
    assert set(found.statuses) == {"200"}, found.statuses
    assert set(given.statuses) == {"303"}, given.statuses
    yield Row(f"invitee's page views ({kind})", found.per_second, "a second", floor.per_second)
    yield Row(f"invitee's page, median ({kind})", found.median_ms, "ms", floor.median_ms)
    yield Row(f"invitee's page, p99 ({kind})", found.p99_ms, "ms", floor.p99_ms)
    yield Row(f"answers ({kind})", given.per_second, "a second", least.per_second)
    yield Row(f"answers, p99 ({kind})", given.p99_ms, "ms", least.p99_ms)


def _form(key: str) -> dict[str, str]:
    return {"answer": "accepted", "note": "", "nonce": form_nonce("answer", key, 0)}


def _warm(port: int, views: list[str], seconds: float) -> Load:
    load(port, views, seconds=1)
    return load(port, views, seconds=seconds)


@contextmanager
def _ours() -> Iterator[int]:
    """The product as it is run, on the database of this measurement."""
    config = current_app.config
    settings = {
        "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"], "SECRET_KEY": config["SECRET_KEY"],
        "INSTANCE_DIR": config["INSTANCE_DIR"], "PUBLIC_URL": config["PUBLIC_URL"],
    }  # fmt: skip
    with _served(WEB, settings) as port:
        yield port


@contextmanager
def _bare(body: bytes) -> Iterator[int]:
    path = Path(current_app.config["INSTANCE_DIR"]) / "body"
    path.write_bytes(body)
    with _served(BARE, {"BARE_BODY": str(path)}) as port:
        yield port


@contextmanager
def _served(command: list[str], settings: dict[str, str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    place = {"HOST": "127.0.0.1", "PORT": str(port)}
    place |= {f"GRANIAN_{name}": value for name, value in place.items()}
    server = subprocess.Popen(
        command, env=os.environ | settings | place, cwd=Path(__file__).parent.parent
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int) -> None:
    until = time.perf_counter() + 120
    while True:
        try:
            load(port, [get("/i/none")], connections=1, seconds=0)
            return
        except subprocess.CalledProcessError:
            if time.perf_counter() > until:
                raise
            time.sleep(0.2)
