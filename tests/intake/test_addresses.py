"""Addresses: exactly the one shown, or refused in plain words."""

import unicodedata
from contextlib import suppress

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.intake.addresses import MalformedAddress, address_digest, read_address

ATOMS = "abcXYZ019.!#$%&'*+-/=?^_`{|}~"
DOMAINS = ["example.org", "EXAMPLE.com", "a.example.net", "exa_mple.org", "-x.org", "x..org",
           "x.org.", "localhost", "x.test", "пример.рф", "xn--e1afmkfd.xn--p1ai", "faß.example.org",
           "[127.0.0.1]", "", "a" * 63 + ".org", "a" * 64 + ".org", ".".join(["a" * 60] * 4),
           "x.123", "1.org", "example.org\n", "exa mple.org"]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "shown", "key"),
    [
        ("anna@example.org", "anna@example.org", "anna@example.org"),
        (" Anna.Weber@Example.NET\u00a0", "Anna.Weber@example.net", "anna.weber@example.net"),
        ("O'Brien+wtdc@example.com", "O'Brien+wtdc@example.com", "o'brien+wtdc@example.com"),
        ("INFO@example.org", "info@example.org", "info@example.org"),
        ("x@ПРИМЕР.рф", "x@пример.рф", "x@xn--e1afmkfd.xn--p1ai"),
        ("x@xn--e1afmkfd.xn--p1ai", "x@пример.рф", "x@xn--e1afmkfd.xn--p1ai"),
        ("张伟@example.org", "张伟@example.org", "张伟@example.org"),
        ("محمد@example.org", "محمد@example.org", "محمد@example.org"),
        ("José@example.org", "José@example.org", "josé@example.org"),
        ("-oX@example.org", "-oX@example.org", "-ox@example.org"),
        ("a@example.org", "a@example.org", "a@example.org"),
    ],
)
def test_an_address_is_shown_as_typed_and_known_by_one_key(typed, shown, key):
    address = read_address(typed)
    assert (address.email, address.key, address.is_lookalike) == (shown, key, False)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("alice@example.org<bob@evil.com>", "angle brackets"),
        ("Alice <alice@example.org>", "angle brackets"),
        ("mailto:alice@example.org", "mailto:"),
        ("a@b@c", "more than one @-sign"),
        ("x@y,z@w", "more than one @-sign"),
        ("a@example.org; b@example.org", "more than one @-sign"),
        ("a@example.org,", "one address only"),
        ("-oX@y", "period"),
        ("=?utf-8?q?alice=40example.org?=@evil.com", "code for mail headers"),
        ("a" * 300 + "@example.org", "longer than 254"),
        ("a" * 65 + "@example.org", "too long before"),
        ("", "no address"),
        ("n/a", "must have an @-sign"),
        ("alice", "must have an @-sign"),
        ("@example.org", "before the @-sign"),
        ("alice@", "after the @-sign"),
        ("al ice@example.org", "space"),
        ("a@example.org\r\nBcc:b", "line break"),
        ("a\0@example.org", "invalid characters"),
        ("a\u200b@example.org", "unsafe"),
        ("a\u202eb@example.org", "unsafe"),
        ('"a b"@example.org', "space"),
        ('"ab"@example.org', "Quoting"),
        ("a@[127.0.0.1]", "bracketed IP"),
        ("a@localhost", "period"),
        ("a@ｅxample.org", "read as others"),
        ("a@example。org", "read as others"),
        ("ﬁ@example.org", "read as others"),
        ("a＠example.org", "full-width"),
    ],
)
def test_crafted_and_mistyped_input_is_refused_in_plain_words(typed, reason):
    """A08"""
    with pytest.raises(MalformedAddress, match=reason):
        read_address(typed)


@pytest.mark.parametrize(
    ("typed", "looks_like"),
    [
        ("аlice@example.org", "alice@example.org"),  # a Cyrillic а
        ("сосо@example.org", "coco@example.org"),  # all Cyrillic
        ("pαul@example.org", "paul@example.org"),  # a Greek α
        ("İ@example.org", "i@example.org"),
        ("ı@example.org", "i@example.org"),
        ("x@аррӏе.com", "x@apple.com"),
        ("x@xn--80ak6aa92e.com", "x@apple.com"),
        ("x@exаmple.org", "x@example.org"),
    ],
)
def test_an_address_that_passes_for_another_is_marked_and_keeps_a_key_of_its_own(typed, looks_like):
    """A09"""
    address, other = read_address(typed), read_address(looks_like)
    assert address.is_lookalike
    assert address.key != other.key
    assert address.skeleton == other.skeleton
    assert not other.is_lookalike


def test_the_composed_and_the_decomposed_spelling_are_one_mailbox():
    """A09"""
    nfc = "josé@example.org"
    assert read_address(unicodedata.normalize("NFD", nfc)) == read_address(nfc)


def test_letters_that_fold_together_but_are_other_mailboxes_have_other_keys():
    """A09"""
    assert read_address("straße@example.org").key != read_address("strasse@example.org").key
    assert read_address("ΟΔΟΣ@example.org").key == read_address("οδος@example.org").key


def test_the_names_of_many_scripts_are_no_look_alikes():
    for typed in (
        "анна@example.org",
        "安娜anna@example.org",
        "さくら花@example.jp",
        "ελένη@example.gr",
    ):
        assert not read_address(typed).is_lookalike


@given(st.text(ATOMS, min_size=1, max_size=66), st.sampled_from(DOMAINS))
@example("a" * 64, "example.org")
@example("a" * 60, ".".join(["b" * 60] * 3) + ".example.org")
def test_the_verdict_on_plain_addresses_is_the_validators(local, domain):
    typed = f"{local}@{domain}"
    try:
        verdict = validate_email(typed.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError:
        with pytest.raises(MalformedAddress):
            read_address(typed)
        return
    if typed.startswith("=?"):
        return
    address = read_address(typed)
    assert address.email == verdict.normalized
    assert address.key == f"{verdict.local_part.lower()}@{verdict.ascii_domain}"


@given(st.text(max_size=40), st.sampled_from(["example.org", "пример.рф"]))
def test_no_text_is_read_as_another_address_than_it_shows(local, domain):
    """A08"""
    typed = f"{local}@{domain}"
    try:
        address = read_address(typed)
    except MalformedAddress:
        return
    shown = unicodedata.normalize("NFC", typed.strip())
    assert address.email.casefold() == shown.casefold()
    assert read_address(address.email) == address
    assert read_address(address.key).key == address.key


@given(st.text())
def test_any_text_at_all_gives_an_address_or_a_refusal(text):
    """A08"""
    with suppress(MalformedAddress):
        assert "@" in read_address(text).email


def test_the_digest_is_keyed_and_the_same_for_every_spelling():
    """A46"""
    one, other = read_address("Anna@Example.org").key, read_address("anna@example.org").key
    assert address_digest(one, "secret") == address_digest(other, b"secret")
    assert address_digest(one, "secret") != address_digest(one, "another")
    assert len(address_digest(one, "secret")) == 64
    assert "anna" not in address_digest(one, "secret")
