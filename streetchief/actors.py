"""Who is asking, and what they may do to what.  Values only: who holds which role is kept by ``accounts``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One thing that may be allowed.  Roles are sets of these (``accounts.policy``)."""

    READ_CASE = "case.read"
    CHECK_REPORT = "case.check_report"
    REGISTER = "case.register"
    PLACE = "case.place"
    DISPATCH = "case.dispatch"
    ANSWER = "case.answer"
    HANDLE = "case.handle"
    WHISTLE = "case.whistle"
    REPORT_IN = "case.report_in"
    CONFIRM_ARRIVAL = "case.confirm_arrival"
    RATE = "case.rate"
    VERIFY = "case.verify"
    CLOSE = "case.close"
    APPROVE = "case.approve"
    URGE = "case.urge"
    CALL_BACK = "case.call_back"
    ESCALATE = "case.escalate"
    READ_PERSON = "person.read"
    PATROL = "patrol.walk"
    CHECK_PATROL = "patrol.check"
    REVIEW_PATROL = "patrol.review"
    PUSH_FEED = "feed.push"
    MEND_FEED = "feed.mend"
    EDIT_REGISTRY = "registry.edit"
    REMATCH = "registry.rematch"
    READ_FIGURES = "figures.read"
    MANAGE_NOTICES = "notices.manage"
    MANAGE_ACCOUNTS = "accounts.manage"
    READ_AUDIT = "audit.read"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted upon, as far as scopes go.

    street       code of its street, None while it has none
    areas        codes of its area and of every area above it
    departments  codes of the departments that have to do with it: handler, supervisor, called by whistle
    """

    street: str | None = None
    areas: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """Permissions within a scope; None in a field = it does not narrow the scope.

    tier   of a chief, 1 is the highest; None for other roles.  It does not narrow what may be seen.
    """

    role: str
    permissions: frozenset[Permission]
    tier: int | None = None
    street: str | None = None
    area: str | None = None
    department: str | None = None

    def covers(self, subject: Subject) -> bool:
        """Whether the subject lies in the scope; what has no street is on nobody's street."""
        return (
            (self.street is None or self.street == subject.street)
            and (self.area is None or self.area in subject.areas)
            and (self.department is None or self.department in subject.departments)
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program that acts.

    id   the account's login; ``system:<name>`` for our own programs
    """

    id: str
    grants: tuple[Grant, ...] = ()


def allowed(actor: Actor, permission: Permission, subject: Subject) -> bool:
    """Whether one of the actor's grants holds the permission and covers the subject.  No grant, nothing allowed."""
    return any(permission in grant.permissions and grant.covers(subject) for grant in actor.grants)


def grants_for(actor: Actor, permission: Permission, subject: Subject) -> tuple[Grant, ...]:
    """The grants by which the actor is allowed, in the order in which the actor has them."""
    return tuple(g for g in actor.grants if permission in g.permissions and g.covers(subject))
