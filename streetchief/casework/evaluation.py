"""The figures by which work on cases is judged: each a numerator, a denominator and what both mean.

Two denominators are in real use for closing (立案 filed, 应结案 due: DOMAIN §2), so both are given and named.  办结 by
a department is not 结案: only a closed case counts as closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from streetchief.errors import BadInput
from streetchief.words import entry


class Figure(StrEnum):
    """What is judged."""

    CLOSED_OF_FILED = "closed_of_filed"  # 结案率, 雅安
    CLOSED_OF_DUE = "closed_of_due"  # 结案率, 天门
    IN_TIME_OF_FILED = "in_time_of_filed"  # 按期结案率
    IN_TIME_OF_DUE = "in_time_of_due"
    RESPONSE = "response"  # 响应率
    SOLUTION = "solution"  # 解决率
    SATISFACTION = "satisfaction"  # 满意率
    REWORK = "rework"  # 返工率


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that says what it is a share of.  Raises BadInput unless 0 ≤ numerator ≤ denominator."""

    figure: Figure
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if not 0 <= self.numerator <= self.denominator:
            raise BadInput("bad_rate", numerator=self.numerator, denominator=self.denominator)

    def percent(self, places: int = 2) -> Decimal | None:
        """In per cent, halves rounded up as published figures are; None where there is nothing to divide by."""
        if not self.denominator:
            return None
        return (Decimal(100 * self.numerator) / self.denominator).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

    def definition(self, language: str) -> tuple[str, str, str]:
        """(name, what the numerator counts, what the denominator counts)."""
        name, above, below = (entry(f"evaluation.{self.figure}.{part}")[language] for part in _PARTS)
        return name, above, below


_PARTS = ("name", "numerator", "denominator")


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What the figures ask of one case: a row of the view ``case_facts``.

    registered_at  立案; finished_at  办结, the first time; closed_at  结案, None while it is not closed
    due_at         end of the end-to-end limit; None = no limit is configured
    is_no_case     void, declined, or merged into another: not a case of its own
    called_back    complaints whose complainant was called; answered, solved, satisfied  of these
    """

    registered_at: datetime | None
    finished_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    is_no_case: bool
    reworks: int
    called_back_at: datetime | None
    called_back: int
    answered: int
    solved: int
    satisfied: int


def rates(facts: Iterable[CaseFact], begin: datetime, end: datetime) -> tuple[Rate, ...]:
    """Every figure of the cases for a period, `begin` included and `end` not (aware), as known at `end`.

    Filed in the period by 立案, due in it by the end-to-end limit, finished in it by the first 办结, called back
    in it by the last call-back.  What has no limit is never due and never in time.
    """
    cases = [fact for fact in facts if not fact.is_no_case and fact.registered_at is not None]

    def within(at: datetime | None) -> bool:
        return at is not None and begin <= at < end

    filed = [fact for fact in cases if within(fact.registered_at)]
    due = [fact for fact in cases if within(fact.due_at)]
    finished = [fact for fact in cases if within(fact.finished_at)]
    called = [fact for fact in cases if within(fact.called_back_at)]
    answered = sum(fact.answered for fact in called)
    return (
        Rate(Figure.CLOSED_OF_FILED, sum(_is_closed(fact, end) for fact in filed), len(filed)),
        Rate(Figure.CLOSED_OF_DUE, sum(_is_closed(fact, end) for fact in due), len(due)),
        Rate(Figure.IN_TIME_OF_FILED, sum(_is_in_time(fact, end) for fact in filed), len(filed)),
        Rate(Figure.IN_TIME_OF_DUE, sum(_is_in_time(fact, end) for fact in due), len(due)),
        Rate(Figure.RESPONSE, answered, sum(fact.called_back for fact in called)),
        Rate(Figure.SOLUTION, sum(fact.solved for fact in called), answered),
        Rate(Figure.SATISFACTION, sum(fact.satisfied for fact in called), answered),
        Rate(Figure.REWORK, sum(fact.reworks > 0 for fact in finished), len(finished)),
    )


def _is_closed(fact: CaseFact, end: datetime) -> bool:
    return fact.closed_at is not None and fact.closed_at < end


def _is_in_time(fact: CaseFact, end: datetime) -> bool:
    return _is_closed(fact, end) and fact.due_at is not None and fact.closed_at is not None and (
        fact.closed_at <= fact.due_at
    )  # fmt: skip
