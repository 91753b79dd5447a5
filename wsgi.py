"""The web process: `granian --interface wsgi wsgi:app`, and `flask --app wsgi …`."""

from config import Config
from outreach.app import create_app

app = create_app(Config)
