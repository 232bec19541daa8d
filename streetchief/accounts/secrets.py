"""Passwords and tokens: hashed by argon2id, compared without a hint, drawn from the system's random source."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from streetchief.errors import BadInput, TooMany

LEAST_CHARACTERS, MOST_CHARACTERS = 10, 200
HASHES_AT_ONCE = 2  # 64 MiB and four threads each: without a bound, signing in is a way to use up all memory
PATIENCE_S = 8.0
SESSION_PREFIX, TOKEN_PREFIX = "scs_", "sct_"
_TOKEN_BYTES = 32
_HASHER = PasswordHash.recommended()
_ROOM = BoundedSemaphore(HASHES_AT_ONCE)


def check_password(password: str, login: str) -> None:
    """Raise BadInput for a password that is too short, too long or the login itself; nothing else is asked.

    Length is what resists guessing; rules about digits and signs only make people write passwords down.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise BadInput("password_length", least=LEAST_CHARACTERS, most=MOST_CHARACTERS)
    if password.casefold() == login.casefold():
        raise BadInput("password_is_login")


def hash_password(password: str) -> str:
    """The argon2id hash to store.  Raises TooMany when no room to hash is free within some seconds."""
    with _room():
        return _HASHER.hash(_same_form(password))


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash.

    None (no such account, no password, disabled) costs the same work and is False.  Raises TooMany as `hash_password`.
    """
    decoy = _decoy()
    usable = stored is not None and len(password) <= MOST_CHARACTERS
    with _room():
        fits = _HASHER.verify(_same_form(password[:MOST_CHARACTERS]), stored if stored is not None else decoy)
    return fits and usable


def new_token(prefix: str) -> str:
    """256 random bits behind a prefix that says what the token is for."""
    return prefix + secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token; plain SHA-256 is enough, because nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def form_token(session_token: str) -> str:
    """The token that a write must carry beside the session's cookie; says nothing about the session's own token."""
    return hmac.new(session_token.encode("utf-8", "replace"), b"streetchief form", hashlib.sha256).hexdigest()


def is_form_token(given: str, session_token: str) -> bool:
    """Whether a write carries the token of its session."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), form_token(session_token).encode())


@cache
def _decoy() -> str:
    """The hash against which a password without an account is compared."""
    with _room():
        return _HASHER.hash(secrets.token_urlsafe(_TOKEN_BYTES))


def _same_form(password: str) -> bytes:
    """One form of what keyboards type in several (é as one character or two); no byte that UTF-8 refuses."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


@contextmanager
def _room() -> Iterator[None]:
    """A place among those who may hash now."""
    if not _ROOM.acquire(timeout=PATIENCE_S):
        raise TooMany("hashing_busy", wait_s=int(PATIENCE_S))
    try:
        yield
    finally:
        _ROOM.release()
