"""Another worker process: drains a database by way of SendGrid, or SMTP, once it is told to.

python -m bench._drain DATABASE_URL SINK_URL (http://… or smtp://…) LANES: says "ready", waits for
a line, says how many they were and how many megabytes it held at most.
"""

import sys

from bench._ground import peak_megabytes
from config import Config
from outreach import clock
from outreach.app import create_app
from outreach.clockwork import settle_memory
from outreach.db import db
from outreach.delivery.lanes import drain_in_lanes
from outreach.delivery.rate import Rates
from outreach.delivery.render import render_unit
from outreach.delivery.sendgrid import SendGridMailer
from outreach.delivery.smtp import SmtpMailer
from outreach.models.message import Unit

LANES = 3


def main(database: str, url: str, lanes: str) -> None:
    """Drain until nothing is due, as a process that has been at work before."""
    settings = {"SQLALCHEMY_DATABASE_URI": database, "PUBLIC_URL": "https://outreach.example.org"}
    app = create_app(type("BenchConfig", (Config,), settings))
    with app.app_context():
        render_unit(db.session.query(Unit.id).order_by(Unit.id).limit(1).scalar())
        db.session.remove()
        settle_memory()  # as the clock and the engine do when they start
        print("ready", flush=True)
        sys.stdin.readline()
        is_smtp = url.startswith("smtp")
        mailer = SmtpMailer(url) if is_smtp else SendGridMailer("SG.stand-in", url)
        drained = drain_in_lanes(
            mailer, Rates(), lanes=int(lanes), now=clock.now,
            keeps_going=lambda: True,
        )  # fmt: skip
    print(drained.messages, round(peak_megabytes()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
