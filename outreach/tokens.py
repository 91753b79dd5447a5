"""Secrets that stand in links, and those that sign in.

A personal link carries `key || mac`, base64url, 43 characters: `key` is 16 random bytes that the
row keeps, `mac` the first 16 bytes of HMAC-SHA256 over the purpose and the key. The database
holds no token and not the secret, so a stolen database opens no page; the same row gives the
same link again for a resend; a new key revokes the old link.

One-time links of accounts are random and kept as a SHA-256 digest only.
Source: RFC 2104 (HMAC), RFC 4648 section 5 (base64url).
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from hashlib import sha256

from flask import current_app

KEY_BYTES = 16
TOKEN_LENGTH = 43

_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def new_key() -> str:
    """A fresh link key: 16 random bytes as 32 lower-case hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


def personal_token(purpose: str, key: str) -> str:
    """The token of a link.

    purpose  what the link is for (`answer`, `seat`, `unsubscribe`, `feed`): one purpose each
    key      32 hexadecimal digits, from `new_key` or a message's public id
    Returns 43 characters of the base64url alphabet.
    """
    raw = bytes.fromhex(key)
    return _encode(raw + _mac(current_app.config["SECRET_KEY"], purpose, raw))


def token_maker(purpose: str) -> Callable[[str], str]:
    """`personal_token` for a thousand keys at once: the settings are looked up once."""
    # HMAC begun once (RFC 2104, section 4): what is the same for all keys is digested already.
    secret = current_app.config["SECRET_KEY"].encode()
    padded = (secret if len(secret) <= _BLOCK else sha256(secret).digest()).ljust(_BLOCK, b"\0")
    inner = sha256(padded.translate(_INNER) + purpose.encode() + b"\0")
    outer = sha256(padded.translate(_OUTER))

    def token(key: str) -> str:
        raw = bytes.fromhex(key)
        first, second = inner.copy(), outer.copy()
        first.update(raw)
        second.update(first.digest())
        whole = b2a_base64(raw + second.digest()[:KEY_BYTES], newline=False)
        return whole.translate(_URL_SAFE)[:TOKEN_LENGTH].decode()

    return token


def key_of(purpose: str, token: str) -> str | None:
    """The key that a genuine token of this purpose carries; None for anything else.

    Needs no database, compares in constant time, and takes one spelling only: a token whose
    unused trailing bits were changed is not ours.
    """
    raw = _decode(token)
    if raw is None:
        return None
    key, mac = raw[:KEY_BYTES], raw[KEY_BYTES:]
    matches = [hmac.compare_digest(mac, _mac(secret, purpose, key)) for secret in _secrets()]
    return key.hex() if any(matches) else None


def new_one_time_secret() -> tuple[str, str]:
    """A secret for a one-time link, and the digest that is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, digest(secret)


def digest(secret: str) -> str:
    """SHA-256 of a high-entropy secret, as hexadecimal digits."""
    return sha256(secret.encode()).hexdigest()


def _secrets() -> Iterator[str]:
    yield current_app.config["SECRET_KEY"]
    yield from current_app.config.get("SECRET_KEY_FALLBACKS") or ()


def _mac(secret: str, purpose: str, key: bytes) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode() + b"\0" + key, sha256)[:KEY_BYTES]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes | None:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token + "=")
    except (Base64Error, ValueError):
        return None
    return raw if _encode(raw) == token else None
