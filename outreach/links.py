"""Every absolute URL that leaves the house, built on PUBLIC_URL and never on a request's Host."""

from collections.abc import Callable, Sequence

from flask import current_app

from outreach.tokens import personal_token, token_maker


def absolute(path: str) -> str:
    """The public address of a path that begins with a slash."""
    return f"{current_app.config['PUBLIC_URL']}{path}"


def answer_url(link_key: str) -> str:
    """An invitee's own page."""
    return absolute(f"/i/{personal_token('answer', link_key)}")


def seat_url(link_key: str) -> str:
    """The page of the person who is asked to take a seat."""
    return absolute(f"/s/{personal_token('seat', link_key)}")


def delegation_url(link_key: str) -> str:
    """The page on which a focal point names a delegation."""
    return absolute(f"/d/{personal_token('delegation', link_key)}")


def feed_url(feed_key: str) -> str:
    """A person's own calendar feed."""
    return absolute(f"/f/{personal_token('feed', feed_key)}.ics")


def unsubscribe_url(public_id: str) -> str:
    """The unsubscribe page of the person to whom this message goes."""
    return absolute(f"/u/{personal_token('unsubscribe', public_id)}")


def sign_in_url(secret: str) -> str:
    """A one-time link for someone with an account."""
    return absolute(f"/account/link/{secret}")


def link_maker(purpose: str, path: str) -> Callable[[Sequence[str]], list[str]]:
    """The links of a whole unit: link_maker("answer", "/i/")([key]) is [answer_url(key)]."""
    return token_maker(purpose, absolute(path))
