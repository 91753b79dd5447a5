"""What a page of ours hid in its form, for a test that sends it back."""

import html
import re

from flask.testing import FlaskClient


def opened(client: FlaskClient, url: str) -> dict[str, str]:
    """The fields by which a form knows what it was filled with."""
    return hidden(client.get(url).text)


def hidden(page: str) -> dict[str, str]:
    """As `opened`, of a page that is there already."""
    return {
        name: html.unescape(re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page)[0])
        for name in ("version", "seen")
    }
