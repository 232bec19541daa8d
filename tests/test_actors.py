"""A grant allows what it names, where it reaches, and nothing else."""

from __future__ import annotations

import pytest

from streetchief.actors import Actor, Grant, Permission, Subject, allowed, grants_for

HERE = Subject("s1", frozenset({"community", "subdistrict"}), frozenset({"drains"}))
READ = frozenset({Permission.READ_CASE})

CASES = [
    ("anywhere", Grant("dispatcher", READ), True),
    ("own street", Grant("chief", READ, tier=3, street="s1"), True),
    ("another street", Grant("chief", READ, tier=3, street="s2"), False),
    ("area above", Grant("director", READ, area="subdistrict"), True),
    ("another area", Grant("director", READ, area="other"), False),
    ("called department", Grant("officer", READ, department="drains"), True),
    ("another department", Grant("officer", READ, department="parks"), False),
    ("own street, but another area", Grant("chief", READ, street="s1", area="other"), False),
    ("another permission", Grant("officer", frozenset({Permission.HANDLE})), False),
]


@pytest.mark.parametrize(("why", "grant", "expected"), CASES, ids=[case[0] for case in CASES])
def test_scope(why: str, grant: Grant, expected: bool) -> None:
    actor = Actor("who", (grant,))
    assert allowed(actor, Permission.READ_CASE, HERE) is expected, why
    assert grants_for(actor, Permission.READ_CASE, HERE) == ((grant,) if expected else ())


def test_what_has_no_street_is_on_nobodys_street() -> None:
    chief = Actor("chief", (Grant("chief", READ, tier=3, street="s1"),))
    assert not allowed(chief, Permission.READ_CASE, Subject(None, frozenset(), frozenset()))


def test_nobody_may_do_nothing() -> None:
    assert not allowed(Actor("nobody"), Permission.READ_CASE, HERE)
