"""The nonce of an invitee's form: made for one link and for the answer that was shown.

`version.token`, where the token is that of `outreach.tokens` for a purpose which names the version.
It needs no cookie; who does not have the link cannot make one; it opens no page.
"""

from outreach.tokens import key_of, personal_token


def form_nonce(form: str, link_key: str, version: int) -> str:
    """The hidden field of a form.

    form     `answer`, `seat`, `unsubscribe`
    version  of the answer that the page shows; 0 where there is none
    """
    return f"{version}.{personal_token(_purpose(form, version), link_key)}"


def version_seen(form: str, link_key: str, nonce: str) -> int | None:
    """The version that this form's page showed; None for a nonce that is not ours, or another's."""
    version, _, token = nonce.partition(".")
    if not (version.isascii() and version.isdigit() and len(version) <= 20):
        return None
    made_for = key_of(_purpose(form, int(version)), token)
    return int(version) if made_for == link_key else None


def _purpose(form: str, version: int) -> str:
    return f"form {form} {version}"
