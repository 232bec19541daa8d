"""The table of roles: every permission is somebody's, scopes that make no sense are refused, the docs say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streetchief.accounts.policy import CLI, PERMISSIONS, ROLES, WORKER, grant, held_grant
from streetchief.actors import Permission, Subject, allowed
from streetchief.errors import BadInput
from streetchief.words import group

DOCS = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text("utf-8")

REFUSED = [
    ("king", {}, "unknown_role"),
    ("chief", {"street": "E"}, "scope_missing"),  # a chief without tier
    ("chief", {"tier": 1}, "scope_one_of"),  # of nothing: would be chief of the whole town
    ("chief", {"tier": 0, "street": "E"}, "bad_tier"),
    ("chief", {"tier": 1, "street": "E", "department": "waste"}, "scope_without_meaning"),
    ("chief", {"tier": 1, "street": ""}, "scope_missing"),  # an empty word is no scope, and never "everything"
    ("officer", {}, "scope_missing"),
    ("officer", {"department": "waste", "tier": 1}, "scope_without_meaning"),
    ("officer", {"area": "A"}, "scope_missing"),
    ("dispatcher", {"street": "E"}, "scope_without_meaning"),
    ("admin", {"area": "A"}, "scope_without_meaning"),  # accounts lie in no area
    ("feed", {"department": "waste"}, "scope_without_meaning"),
]


@pytest.mark.parametrize(("role", "scope", "code"), REFUSED)
def test_scopes_that_make_no_sense(role: str, scope: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        grant(role, **scope)  # type: ignore[arg-type]
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("chief", {"tier": 3, "street": "E"}),
        ("chief", {"tier": 2, "area": "A"}),
        ("chief", {"tier": 2, "street": "E", "area": "A"}),  # the stretch of a street inside one community
        ("officer", {"department": "waste"}),
        ("dispatcher", {}),
        ("director", {"area": "A"}),
        ("admin", {}),
    ],
)
def test_scopes_that_do(role: str, scope: dict[str, object]) -> None:
    given = grant(role, **scope)  # type: ignore[arg-type]
    assert given.permissions == PERMISSIONS[role]
    assert {k: v for k, v in scope.items() if getattr(given, k) != v} == {}


def test_every_permission_belongs_to_some_role() -> None:
    assert set().union(*PERMISSIONS.values()) == set(Permission)


def test_nobody_judges_his_own_work() -> None:
    """One role, one side: who handles neither verifies nor closes; who keeps accounts reads no case and no person."""
    for role in ("officer", "chief"):
        assert not PERMISSIONS[role] & {Permission.VERIFY, Permission.CLOSE, Permission.CHECK_REPORT}
    assert not PERMISSIONS["supervisor"] & {Permission.HANDLE, Permission.ANSWER}
    assert not PERMISSIONS["admin"] & {Permission.READ_CASE, Permission.READ_PERSON}
    assert [role for role, held in PERMISSIONS.items() if Permission.READ_PERSON in held] == ["dispatcher"]


def test_who_reads_persons_reads_the_case_too() -> None:
    """The policy on `complaint_private` looks through the one on `complaints`."""
    for held in PERMISSIONS.values():
        assert Permission.READ_PERSON not in held or Permission.READ_CASE in held


def test_a_role_that_the_table_forgot_allows_nothing() -> None:
    assert held_grant("viceroy", None, None, None, None).permissions == frozenset()


def test_our_own_programs() -> None:
    assert allowed(CLI, Permission.MANAGE_ACCOUNTS, Subject())
    assert not allowed(CLI, Permission.READ_CASE, Subject())
    assert allowed(WORKER, Permission.ESCALATE, Subject("E", frozenset({"A"}), frozenset({"waste"})))


def test_the_docs_show_this_table() -> None:
    rows = dict(re.findall(r"^\| `([a-z.]+_?[a-z_]*)` \| ([^|]*) \|$", DOCS.split("## Permissions")[1], re.MULTILINE))
    shown = {permission: set(re.findall(r"`([a-z]+)`", roles)) for permission, roles in rows.items()}
    assert shown == {p.value: {role for role, held in PERMISSIONS.items() if p in held} for p in Permission}


def test_every_role_has_its_words_and_its_reason() -> None:
    assert set(group("account_role")) == set(ROLES)
    for name, role in ROLES.items():
        assert len(role.why) > 40
        assert f"| `{name}` | {group('account_role')[name]['zh']} |" in DOCS
