"""What a rematch would change, as figures and as whole sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streetchief.errors import BadInput
from streetchief.words import say

_OF_CASES = (
    "change_street", "gain_street", "lose_street", "change_area", "change_department", "keep_department",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a commit is bound to: registry version, complaints and cases that change, and a digest of all of them."""

    registry: int
    complaints: int
    cases: int
    digest: str

    def __str__(self) -> str:
        return f"{self.registry}-{self.complaints}-{self.cases}-{self.digest}"

    @classmethod
    def read(cls, given: str) -> Fingerprint:
        """The fingerprint that a dry run printed.  Raises BadInput for anything else."""
        parts = given.strip().split("-")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts[:3]):
            raise BadInput("bad_rematch_fingerprint")
        registry, complaints, cases = map(int, parts[:3])
        return cls(registry, complaints, cases, parts[3])


@dataclass(frozen=True, slots=True)
class Outlook:
    """The figures of a rematch.

    seen        complaints that were placed anew
    ended       cases that have ended: they and their complaints are left alone
    complaints  changed (any column), moved (another segment), verdicts and departments (before, after, count),
                into_triage, out_of_triage, streets and areas (code → loses, gains; ``-`` = none)
    cases       the same of the open cases that get an event; keep_department = a department holds it and keeps it
    by_person   cases that stand elsewhere than the matcher says, because a person put them there
    sample      the first complaints that change verdict, segment or department, before and after
    """

    registry: int
    feeds: tuple[str, ...]
    seen: int
    ended: int
    complaints: dict[str, Any]
    cases: dict[str, Any]
    by_person: int
    sample: tuple[dict[str, Any], ...]
    digest: str

    @property
    def fingerprint(self) -> Fingerprint:
        """What binds a commit to this outlook."""
        return Fingerprint(self.registry, self.complaints["changed"], self.cases["changed"], self.digest)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not self.complaints["changed"] and not self.cases["changed"]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "registry": self.registry, "feeds": list(self.feeds), "seen": self.seen, "ended": self.ended,
            "by_person": self.by_person, "complaints": self.complaints, "cases": self.cases,
            "sample": list(self.sample), "fingerprint": str(self.fingerprint),
        }  # fmt: skip

    def sentences(self, language: str) -> list[str]:
        """What a person reads before saying yes."""
        cases, complaints = self.cases, self.complaints
        said = [say("rematch.seen", language, seen=self.seen, registry=self.registry)]
        if self.is_nothing:
            said.append(say("rematch.nothing", language))
        else:
            said += [
                say("rematch.cases", language, moved=cases["moved"], ambiguous=cases["become_ambiguous"],
                    lost=cases["lose_department"]),
                *(say(f"rematch.{name}", language, count=cases[name]) for name in _OF_CASES if cases[name]),
                say("rematch.complaints", language, changed=complaints["changed"], moved=complaints["moved"],
                    into=complaints["into_triage"], out=complaints["out_of_triage"]),
            ]  # fmt: skip
        kept = {"by_person": self.by_person, "ended": self.ended}
        return said + [say(f"rematch.{name}", language, count=count) for name, count in kept.items() if count]
