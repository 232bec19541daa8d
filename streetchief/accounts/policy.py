"""Who may what: one table from role to permissions, and the scope that a grant of each role must have.

The table is data: a role that needs one more permission gets it here and nowhere else.  ``docs/accounts.md`` shows it,
and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streetchief.actors import Actor, Grant, Permission
from streetchief.errors import BadInput

P = Permission


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may do and how far it reaches.

    permissions  what its holder may do inside the scope
    must         fields of the scope that have to be given
    one_of       at least one of these has to be given; () = no such rule
    may          further fields that may narrow the scope
    machine      never granted to a person's account: it belongs to our own programs
    why          the reason for exactly these permissions
    """

    permissions: frozenset[Permission]
    why: str
    must: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    machine: bool = False


ROLES: Mapping[str, Role] = {
    "chief": Role(
        frozenset(
            {
                P.READ_CASE,
                P.ANSWER,
                P.WHISTLE,
                P.CONFIRM_ARRIVAL,
                P.RATE,
                P.ESCALATE,
                P.PATROL,
                P.CHECK_PATROL,
                P.READ_FIGURES,
            }
        ),
        "A chief answers for a street: calls departments together, sees them arrive, rates them, reports upwards, "
        "walks, and checks the tier below. Reads no complainant's name: the desk speaks with the complainant.",
        must=("tier",),
        one_of=("street", "area"),
        may=("street", "area"),
    ),
    "officer": Role(
        frozenset({P.READ_CASE, P.HANDLE, P.REPORT_IN}),
        "A department's officer handles what the department was given and reports in when called; dispatching, "
        "verifying and closing belong to others, so that nobody judges his own work.",
        must=("department",),
        may=("area",),
    ),
    "dispatcher": Role(
        frozenset(
            {
                P.READ_CASE,
                P.REGISTER,
                P.PLACE,
                P.DISPATCH,
                P.CLOSE,
                P.CALL_BACK,
                P.READ_PERSON,
                P.MEND_FEED,
                P.READ_FIGURES,
            }
        ),
        "The desk takes a complaint in, places it, sends it out, calls the complainant back and closes; it is the one "
        "role that has to know whom to call. Mends dead letters only with the whole office as scope: a record "
        "without a place lies in nobody's area.",
        may=("area",),
    ),
    "supervisor": Role(
        frozenset({P.READ_CASE, P.CHECK_REPORT, P.VERIFY, P.CHECK_PATROL}),
        "A grid supervisor looks on the spot, before registering and before closing; holds no right to handle, so "
        "that handler and verifier differ.",
        may=("area",),
    ),
    "director": Role(
        frozenset({P.READ_CASE, P.APPROVE, P.URGE, P.CLOSE, P.REVIEW_PATROL, P.READ_FIGURES, P.READ_AUDIT}),
        "The head of the supervision centre approves extensions and suspensions, urges, voids and force-closes, and "
        "reads the audit log, so that the administrator is watched by somebody else.",
        may=("area",),
    ),
    "analyst": Role(
        frozenset({P.READ_FIGURES}),
        "Figures are aggregates; the text of a complaint is not needed for them.",
        may=("area",),
    ),
    "feed": Role(
        frozenset({P.PUSH_FEED}),
        "A machine that delivers complaints and reads nothing. Its login is the id of the one feed that it pushes.",
    ),
    "admin": Role(
        frozenset({P.MANAGE_ACCOUNTS, P.READ_AUDIT, P.EDIT_REGISTRY, P.REMATCH, P.MANAGE_NOTICES}),
        "Keeps accounts, the register and the notice channels running; reads no case and no person. Who needs both "
        "gets both roles, and the grant stands in the audit log.",
    ),
    "worker": Role(
        frozenset({P.READ_CASE, P.REGISTER, P.DISPATCH, P.ESCALATE, P.MANAGE_NOTICES}),
        "Our own programs: open a case for what came in, hand one that nobody dispatched in time to the chief of its "
        "street, escalate, send notices. No account ever holds it.",
        machine=True,
    ),
}
PERMISSIONS: Mapping[str, frozenset[Permission]] = {name: role.permissions for name, role in ROLES.items()}


def grant(
    role: str,
    *,
    tier: int | None = None,
    street: str | None = None,
    area: str | None = None,
    department: str | None = None,
) -> Grant:
    """A grant of a role within a scope; None in a field = it does not narrow.

    Raises BadInput for an unknown role and for a scope that makes no sense: a chief without tier or without a street
    or area, an officer without department, an administrator of one street.
    """
    rule = ROLES.get(role)
    if rule is None:
        raise BadInput("unknown_role", role=role, known=", ".join(ROLES))
    scope = {"tier": tier, "street": street, "area": area, "department": department}
    given = {name for name, value in scope.items() if value is not None}
    if tier is not None and tier < 1:
        raise BadInput("bad_tier", tier=tier)
    missing = [name for name in rule.must if name not in given]
    if missing:
        raise BadInput("scope_missing", role=role, fields=", ".join(missing))
    if rule.one_of and not given & set(rule.one_of):
        raise BadInput("scope_one_of", role=role, fields=", ".join(rule.one_of))
    if extra := sorted(given - {*rule.must, *rule.may}):
        raise BadInput("scope_without_meaning", role=role, fields=", ".join(extra))
    if "" in scope.values():
        raise BadInput("scope_missing", role=role, fields=", ".join(n for n, v in scope.items() if v == ""))
    return Grant(role, rule.permissions, tier, street, area, department)


def held_grant(role: str, tier: int | None, street: str | None, area: str | None, department: str | None) -> Grant:
    """A stored grant with the permissions of today; a role that the table no longer knows allows nothing."""
    return Grant(role, PERMISSIONS.get(role, frozenset()), tier, street, area, department)


CLI = Actor("system:cli", (grant("admin"),))
"""Who acts on the command line: whoever may run it owns the database, so it is no wall, but it is written down."""

WORKER = Actor("system:worker", (grant("worker"),))
"""Our own programs."""
