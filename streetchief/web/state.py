"""What is in the database, in a few counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from streetchief.storage.engine import transaction

VERDICTS = ("matched", "ambiguous", "too_far", "suspect")
_COUNTS = text(
    "select (select max(version) from registry_versions) as registry_version, "
    "(select count(*) from segments where version = (select max(version) from registry_versions)) as segments, "
    "(select count(*) from streets where version = (select max(version) from registry_versions)) as streets, "
    "exists (select from segments where version = (select max(version) from registry_versions) "
    "and geometry_source = 'schematic') as schematic, "
    "(select count(*) from dead_letters where status = 'open') as dead_letters, "
    "(select max(finished_at) from intake_runs) as last_intake_at, "
    "exists (select from complaints where synthetic) as synthetic"
)
_BY_VERDICT = text("select verdict, count(*) as n from complaints group by verdict")


@dataclass(frozen=True, slots=True)
class State:
    """Counts of one moment.  `registry_version` and `last_intake_at` (UTC) are None before the first of each."""

    registry_version: int | None
    streets: int
    segments: int
    schematic: bool
    by_verdict: dict[str, int]
    dead_letters: int
    last_intake_at: datetime | None
    synthetic: bool

    @property
    def complaints(self) -> int:
        """All complaints."""
        return sum(self.by_verdict.values())


def state_of(engine: Engine) -> State:
    """Count.  All verdicts are named, also those that nobody got."""
    with transaction(engine) as session:
        counts = session.execute(_COUNTS).mappings().one()
        found: dict[str, int] = {row.verdict: row.n for row in session.execute(_BY_VERDICT)}
    return State(by_verdict={verdict: found.get(verdict, 0) for verdict in VERDICTS}, **counts)
