"""The application for a WSGI server (`outreach.serving`, granian), and for `flask --app wsgi …`."""

from config import Config
from outreach.app import create_app

app = create_app(Config)
