"""Passwords and tokens."""

from __future__ import annotations

import threading
import time

import pytest

from streetchief.accounts import secrets
from streetchief.errors import BadInput, TooMany

PASSWORDS = [
    ("short", "li.na", "password_length"),
    ("ninechars", "li.na", "password_length"),
    ("x" * 201, "li.na", "password_length"),  # hashing a novel is a way to keep us busy
    ("li.na.li.na", "Li.Na.Li.Na", "password_is_login"),
    ("十个汉字也是一句话啊", "li.na", None),
    ("aaaaaaaaaaaa", "li.na", None),  # no composition theatre
    ("correct horse battery", "li.na", None),
]


@pytest.mark.parametrize(("password", "login", "code"), PASSWORDS)
def test_what_a_password_must_be(password: str, login: str, code: str | None) -> None:
    if code is None:
        return secrets.check_password(password, login)
    with pytest.raises(BadInput) as refusal:
        secrets.check_password(password, login)
    return None if refusal.value.code == code else pytest.fail(refusal.value.code)


def test_a_password_fits_its_hash_only() -> None:
    stored = secrets.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$") and "correct" not in stored
    assert stored != secrets.hash_password("correct horse battery")
    assert secrets.is_password("correct horse battery", stored)
    assert not secrets.is_password("correct horse batterz", stored)
    assert not secrets.is_password("correct horse battery" + "x" * 400, stored)
    assert not secrets.is_password("", stored)


def test_one_word_typed_in_two_ways_is_one_password() -> None:
    assert secrets.is_password("cafe\u0301 cafe\u0301 cafe\u0301", secrets.hash_password("café café café"))


def test_a_text_that_utf8_refuses_is_wrong_and_no_crash() -> None:
    assert not secrets.is_password("\ud800" * 12, secrets.hash_password("correct horse battery"))


def test_no_account_costs_the_work_of_one() -> None:
    """Median of five, within a factor of two: an unknown login must not answer at once."""
    stored = secrets.hash_password("correct horse battery")
    secrets.is_password("warm up the decoy", None)

    def median(of: str | None) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            secrets.is_password("wrong horse battery", of)
            times.append(time.perf_counter() - start)
        return sorted(times)[2]

    known, unknown = median(stored), median(None)
    assert known / 2 < unknown < known * 2, (known, unknown)


def test_at_most_two_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, guard = 0, 0, threading.Lock()

    class Slow:
        def hash(self, _password: bytes) -> str:
            nonlocal running, most
            with guard:
                running += 1
                most = max(most, running)
            time.sleep(0.05)
            with guard:
                running -= 1
            return ""

    monkeypatch.setattr(secrets, "_HASHER", Slow())
    threads = [threading.Thread(target=secrets.hash_password, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == secrets.HASHES_AT_ONCE == 2


def test_who_waits_too_long_for_room_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "PATIENCE_S", 0.01)
    with secrets._room(), secrets._room(), pytest.raises(TooMany, match="hashing_busy"):
        secrets.hash_password("x")


def test_tokens() -> None:
    tokens = {secrets.new_token(secrets.SESSION_PREFIX) for _ in range(1000)}
    assert len(tokens) == 1000 and all(len(t) >= 4 + 43 for t in tokens)
    one = tokens.pop()
    assert len(secrets.token_hash(one)) == 32
    assert secrets.is_form_token(secrets.form_token(one), one)
    assert not secrets.is_form_token(secrets.form_token(tokens.pop()), one)
    assert not secrets.is_form_token("", one)
    assert one not in secrets.form_token(one)
