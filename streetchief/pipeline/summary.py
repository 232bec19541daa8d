"""What became of the records of one run; the sums hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from streetchief.matching.result import Verdict

PLACED_VERDICTS = tuple(v.word for v in Verdict if v is not Verdict.REJECTED)


@dataclass
class Summary:
    """Counts of one intake run.

    received = redelivered + rejected + Σ by_verdict, and Σ by_department + triage = Σ by_verdict.
    by_reason counts the rejections, by_placing_reason the verdicts that are not plainly matched.
    """

    started_at: datetime
    versions: dict[str, Any]
    synthetic: bool = False
    received: int = 0
    redelivered: int = 0
    repeats: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    placing_reasons: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)
    triage_reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self, finished_at: datetime) -> dict[str, Any]:
        """The summary as CONTRACTS fixes it, keys in a stable order.  Raises AssertionError if a sum does not hold."""
        rejected, placed = self.reasons.total(), self.verdicts.total()
        assert self.received == self.redelivered + rejected + placed, "a record was lost or counted twice"
        assert placed == self.departments.total() + self.triage_reasons.total(), "a complaint went nowhere"
        return {
            "received": self.received,
            "redelivered": self.redelivered,
            "rejected": rejected,
            "by_verdict": {word: self.verdicts[word] for word in PLACED_VERDICTS},
            "by_reason": dict(sorted(self.reasons.items())),
            "by_placing_reason": dict(sorted(self.placing_reasons.items())),
            "by_department": dict(sorted(self.departments.items())),
            "triage": self.triage_reasons.total(),
            "by_triage_reason": dict(sorted(self.triage_reasons.items())),
            "repeats": self.repeats,
            "synthetic": self.synthetic,
            "started_at": self.started_at.isoformat(),
            "finished_at": finished_at.isoformat(),
            "versions": self.versions,
        }
