"""Links and images in a letter's Markdown: where they lead, and which of them may stand there.

A letter links to https, to a mail address or, with a path ("/conference/…"), to a page of this
house, whose address is put before it from the settings alone. Images are this house's own: one from
elsewhere would tell its owner who reads what, and when.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

IMAGE = re.compile(r"!\[([^\]]*)\]\(\s*<?([^)\s>]*)")
LINK = re.compile(
    r"\]\(\s*<?([^)\s>]*)"  # [words](address)
    r"|<([A-Za-z][A-Za-z0-9+.-]*:[^>\s]*)>"  # <address>
    r"|(?<![(<\w])([A-Za-z][A-Za-z0-9+.-]*://[^\s)>\]]+)"  # an address that mail programs link
    r"|^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)",  # [name]: address
    re.MULTILINE,
)
_FIELD = re.compile(r"\{[a-z_]+\}")


def links_in(body: str) -> list[str]:
    """Every address that a letter leads to, images left out, each once, in their order."""
    text = IMAGE.sub("", body)
    found = (
        next(group for group in match.groups() if group is not None)
        for match in LINK.finditer(text)
    )
    return list(dict.fromkeys(found))


def images_in(body: str) -> list[tuple[str, str]]:
    """(what it shows in words, its address) of every image."""
    return [(match[1].strip(), match[2]) for match in IMAGE.finditer(body)]


def hosts_in(body: str) -> list[str]:
    """The hosts that a letter's own links lead to, each once: what an approver looks at."""
    hosts = (urlsplit(link).hostname for link in links_in(body) if link.startswith("https://"))
    return sorted({host for host in hosts if host})


def is_of_this_house(address: str) -> bool:
    """Whether an address is a path of ours: "/conference", never "//elsewhere.example"."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def link_problems(body: str) -> Iterator[str]:
    """Links that must not be sent, as sentences."""
    for link in links_in(body):
        if _FIELD.fullmatch(link) or is_of_this_house(link):
            continue
        if link.lower().startswith("mailto:") or _is_https(link):
            continue
        yield (
            f"The link “{link[:80]}” cannot stand in a letter. Links begin with https:// or "
            "mailto:, or with a slash for a page of this house."
        )


def image_problems(body: str) -> Iterator[str]:
    """Images that must not be sent, as sentences."""
    for words, address in images_in(body):
        if not words:
            yield (
                f"The image “{address[:80]}” says nothing to those who do not see it. Write what "
                "it shows between the brackets."
            )
        if not is_of_this_house(address):
            yield (
                f"The image “{address[:80]}” lies elsewhere, and its owner would learn who opens "
                "the letter. Add it to the pictures (Campaigns → Templates → Pictures) and "
                "copy its line."
            )


def parameters_of(campaign: str, campaign_id: int) -> str:
    """What a campaign's links say of it: `utm_campaign` is its name in plain letters and its id."""
    letters = "".join(one if one.isascii() and one.isalnum() else "-" for one in campaign.lower())
    name = "-".join(part for part in letters.split("-") if part)[:60]
    return f"utm_source=outreach&utm_medium=email&utm_campaign={name or 'mail'}-{campaign_id}"


def with_parameters(link: str, parameters: str) -> str:
    """The link with parameters of a campaign, unless it says such things already.

    parameters  "utm_source=…&utm_campaign=…"; none leaves the link as it is
    """
    if not parameters or "utm_" in link:
        return link
    before, hash_, fragment = link.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{parameters}{hash_}{fragment}"


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme.lower() == "https" and bool(parts.hostname) and "@" not in parts.netloc
