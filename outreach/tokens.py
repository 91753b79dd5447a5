"""Secrets that stand in links, and those that sign in.

A personal link carries `key || mac`, base64url, 43 characters: `key` is 16 random bytes that the
row keeps, `mac` AES-CMAC of it under a key of its own for each purpose, made of the secret. As a
key is just one block, those of a thousand are one call. The database holds no token and not the
secret, so a stolen database opens no page; the same row gives the same link again for a resend; a
new key revokes the old link.

One-time links of accounts are random and kept as a SHA-256 digest only.
Source: RFC 4493 (AES-CMAC), RFC 7693 (BLAKE2), RFC 4648 section 5 (base64url).
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2s, sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from flask import current_app

KEY_BYTES = 16
PREVIEW = timedelta(minutes=15)
"""How long a look at someone's page lasts at least; twice as long at most."""
TOKEN_LENGTH = 43

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


def token_maker(purpose: str, before: str = "") -> Callable[[Sequence[str]], list[str]]:
    """`personal_token` for a thousand keys at once: the settings are looked up once.

    before  what stands before each token: a link costs as much as its token
    """
    secret = current_app.config["SECRET_KEY"]

    def tokens(keys: Sequence[str]) -> list[str]:
        if any(map((2 * KEY_BYTES).__ne__, map(len, keys))):
            raise ValueError("A key is 32 hexadecimal digits.")
        raw = bytes.fromhex("".join(keys))
        text = _all_encoded(raw, _macs(secret, purpose, raw))
        starts = range(0, len(text), TOKEN_LENGTH + 1)
        return [before + text[start : start + TOKEN_LENGTH] for start in starts]

    return tokens


def _all_encoded(raw: bytes, macs: bytes) -> str:
    """The tokens of these keys and their MACs, with one letter behind each that says nothing.

    Place by place for all of them, which is 32 steps instead of two for each; a byte to make 33 of
    them ends each token where a group of four letters ends.
    """
    size = 2 * KEY_BYTES + 1
    parts = bytearray(len(raw) // KEY_BYTES * size)
    for place in range(KEY_BYTES):
        parts[place::size] = raw[place::KEY_BYTES]
        parts[place + KEY_BYTES :: size] = macs[place::KEY_BYTES]
    return b2a_base64(parts, newline=False).translate(_URL_SAFE).decode()


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


def preview_token(link_key: str, at: datetime) -> str:
    """For staff who look at someone's page: it opens nothing else, and soon nothing at all."""
    return personal_token(_preview(at), link_key)


def key_of_preview(token: str, at: datetime) -> str | None:
    """The link key of a page that staff may look at now; None for anything else."""
    return key_of(_preview(at), token) or key_of(_preview(at - PREVIEW), token)


def _preview(at: datetime) -> str:
    return f"preview {int(at.timestamp() // PREVIEW.total_seconds())}"


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
    mac = _begun(secret, purpose).copy()
    mac.update(key)
    return mac.finalize()


@lru_cache(64)
def _begun(secret: str, purpose: str) -> CMAC:
    """One that is only copied: that takes half as long as making the key ready each time."""
    return CMAC(algorithms.AES(_key_for(secret, purpose)))


def _macs(secret: str, purpose: str, keys: bytes) -> bytes:
    """`_mac` of each of these keys: of one whole block, AES of the block XOR the first subkey.

    Source: RFC 4493, sections 2.3 and 2.4.
    """
    encrypt = Cipher(algorithms.AES(_key_for(secret, purpose)), modes.ECB()).encryptor().update
    subkey = int.from_bytes(encrypt(bytes(KEY_BYTES)), "big") << 1
    if subkey >> 128:
        subkey ^= 1 << 128 | 0x87
    count = len(keys) // KEY_BYTES
    blocks = int.from_bytes(keys, "big") ^ int.from_bytes(subkey.to_bytes(16, "big") * count, "big")
    return encrypt(blocks.to_bytes(len(keys), "big"))


@lru_cache(64)
def _key_for(secret: str, purpose: str) -> bytes:
    return blake2s(purpose.encode(), key=sha256(secret.encode()).digest()).digest()


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
