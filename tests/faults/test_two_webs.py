"""Two web processes on one database (A58): who presses on both at once has one history."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import clock
from outreach.db import db
from outreach.links import answer_url
from outreach.models.invitation import Answer, Invitation
from tests.factories import make_invitation
from tests.faults.campaigns import assert_the_ledger_is_sound, until

pytestmark = pytest.mark.faults


@pytest.mark.trial
def test_answers_that_reach_two_web_processes_at_once_have_one_history(
    app: Flask, database_url: str
) -> None:
    """A58, P4: forty that contradict each other; the last of the history is what is shown."""
    invitation = make_invitation(reply_by=clock.now() + timedelta(days=30))
    path = urllib.parse.urlsplit(answer_url(invitation.link_key)).path
    with two_webs(database_url) as places, ThreadPoolExecutor(8) as pool:
        replies = ("accepted", "declined")
        presses = [(places[n % 2] + path, replies[n // 2 % 2]) for n in range(40)]
        statuses = set(pool.map(lambda one: press(*one), presses))
    db.session.remove()
    assert statuses <= {200, 400, 409, 422}, statuses
    assert 200 in statuses
    given = db.session.scalars(select(Answer.reply).order_by(Answer.id)).all()
    assert all(one is not other for one, other in pairwise(given))
    assert db.session.scalar(select(Invitation.state)) == given[-1]
    assert db.session.scalar(select(func.count()).select_from(Answer)) == len(given) > 0
    assert_the_ledger_is_sound()


@contextmanager
def two_webs(url: str) -> Iterator[list[str]]:
    """The addresses of two that answer."""
    ports = [free_port() for _ in range(2)]
    webs = [
        subprocess.Popen(
            [sys.executable, "-m", "outreach.serving"],
            env=os.environ | {
                "DATABASE_URL": url, "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]  # fmt: skip
    places = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for place in places:
            until(lambda at=place: is_up(at), within=60, what="the web answers")
        yield places
    finally:
        for web in webs:
            web.terminate()
        for web in webs:
            web.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def is_up(place: str) -> bool:
    try:
        urllib.request.urlopen(f"{place}/healthz", timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def press(address: str, reply: str) -> int:
    """Open the page, choose, press; the status of the answer."""
    for _ in range(3):
        with urllib.request.urlopen(address, timeout=30) as page:
            (nonce, *_) = re.findall(r'name="nonce"[^>]*value="([^"]+)"', page.read().decode())
        said = urllib.parse.urlencode({"nonce": nonce, "answer": reply}).encode()
        try:
            with urllib.request.urlopen(f"{address}/answer", said, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            status = refused.code
            time.sleep(0.02)
    return status
