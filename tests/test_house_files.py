"""The laws of the house for what is no Python: pages, what others made, what is committed."""

import re
from hashlib import sha256

import pytest

from tests.house import ROOT, committed, modules, templates, without_jinja


def others_made(path: str) -> bool:
    return path.startswith(("static/vendor/", "tests/browser/vendor/"))


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    # Written in two halves, so that this file does not name them either.
    halves = [
        ("pypi.", "org"), ("pythonhosted.", "org"), ("registry.", "npmjs"), ("npmjs.", "com"),
        ("unpkg.", "com"), ("jsdelivr.", "net"), ("cdnjs.", "cloudflare"), ("proxy.golang.", "org"),
        ("--index", "-url"), ("--find", "-links"), ("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/"),
    ]  # fmt: skip
    forbidden = re.compile("|".join(re.escape(a + b) for a, b in halves))
    wrong = []
    for path in committed():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_bytes().decode(errors="ignore")
        if not others_made(name) and (match := forbidden.search(text)):
            wrong.append(f"{name}: {match[0]}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later():
    marks = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    wrong = [
        module.path.name
        for module in modules("outreach", "config", "wsgi", "bench", "tests", "migrations")
        if marks.search(module.path.read_text())
    ]
    assert not wrong


@pytest.mark.parametrize("folder", ["static/vendor", "tests/browser/vendor"])
def test_everything_that_others_made_is_listed_with_its_sum(folder):
    listed = dict(
        re.findall(
            r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (ROOT / folder / "README.md").read_text()
        )
    )
    present = {
        path.relative_to(ROOT / folder).as_posix()
        for path in committed()
        if path.is_relative_to(ROOT / folder) and path.name != "README.md"
    }
    assert present == {name for name in listed if not name.startswith("../")}
    for name, digest in listed.items():
        assert sha256((ROOT / folder / name).read_bytes()).hexdigest() == digest, name


def test_pages_hold_no_script_or_style_of_their_own():
    """The content security policy refuses them; the invitee's page has a nonce for its style."""
    wrong = []
    for name, text in templates():
        markup = without_jinja(text)
        rules = {
            "an inline script": r"<script(?![^>]*\ssrc\s*=)[^>]*>",
            "a style attribute": r"<[^>]*\sstyle\s*=",
            "an event attribute": r"<[^>]*\s(on[a-z]+|hx-on[:a-z-]*)\s*=",
            "a javascript: address": r"javascript:",
            "an inline style": r"<style(?![^>]*\snonce\s*=)[^>]*>",
        }
        if not name.startswith("invitee/"):
            rules["an inline style"] = r"<style\b"
        for what, pattern in rules.items():
            if match := re.search(pattern, markup, re.IGNORECASE):
                line = markup[: match.start()].count("\n") + 1
                wrong.append(f"templates/{name}:{line} holds {what}")
    assert not wrong, "\n".join(wrong)


def test_pages_fetch_nothing_from_elsewhere():
    fetch = re.compile(
        r"<(script|link|img|iframe|source)\b[^>]*\b(src|href)\s*=\s*[\"']?(https?:)?//", re.I
    )
    assert not [name for name, text in templates() if fetch.search(without_jinja(text))]


def test_pages_never_switch_escaping_off():
    off = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert not [name for name, text in templates() if off.search(text)]


def test_every_form_that_changes_something_is_signed():
    """By the CSRF token; an invitee, who has no session, by the nonce of the page."""
    wrong = []
    for name, text in templates():
        for form in re.finditer(r"<form\b.*?</form>", text, re.DOTALL | re.IGNORECASE):
            opening = form[0][: form[0].find(">") + 1]
            posts = re.search(r"method\s*=\s*[\"']?post|hx-(post|put|patch|delete)", opening, re.I)
            signs = r"csrf|hidden_tag" + (r"|nonce" if name.startswith("invitee/") else "")
            if posts and not re.search(signs, form[0]):
                wrong.append(f"templates/{name}:{text[: form.start()].count(chr(10)) + 1}")
    assert not wrong, "\n".join(wrong)
