"""周查 on real PostGIS: drawn once, the same for everybody, judged by the tier above and never by the walker."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from streetchief.actors import Actor
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.patrol import checks, rules
from streetchief.patrol.model import Check
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from tests.patrol.village import ANALYST, EAST, HEAD, MONDAY, OFFICER, PLAN, SUPERVISOR, TIMER, WALKER, ZONE, at, walk

NEXT = MONDAY + timedelta(days=7)
NOON = at(NEXT, 12)


def draw(engine: Engine, by: Actor = TIMER) -> tuple[int, ...]:
    return checks.draw_week(engine, MONDAY, plan=PLAN, zone=ZONE, by=by, now=NOON)


def judge(engine: Engine, patrol: int, by: Actor = HEAD, *, agrees: bool = True, reason: str | None = None,
          key: str | None = None) -> Check:  # fmt: skip
    return checks.check(engine, patrol, agrees, reason, by=by, now=NOON, key=key)


@pytest.fixture
def week(village: Engine) -> list[int]:
    """Five walks of the second tier and one of the first; one more is not ended, one lies in the week after."""
    ids = [walk(village, WALKER, MONDAY + timedelta(days=n)).id for n in range(5)]
    walk(village, HEAD, MONDAY)
    walk(village, WALKER, NEXT)
    walk(village, EAST, MONDAY, is_ended=False)
    return ids


def test_the_sample_is_drawn_once_and_can_be_drawn_again_by_hand(village: Engine, week: list[int]) -> None:
    assert draw(village) == (2, 1)
    assert draw(village) == ()
    found = checks.sample(village, MONDAY, by=SUPERVISOR)
    second = [c.patrol for c in found if c.tier == 2]
    assert tuple(second) == rules.draw(MONDAY, 2, week, 3)
    assert [c.tier for c in found] == [1, 2, 2, 2]


def test_eight_draw_at_once(village: Engine, week: list[int]) -> None:
    drawn: list[tuple[int, ...]] = []
    threads = [threading.Thread(target=lambda: drawn.append(draw(village))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tier for one in drawn for tier in one) == [1, 2]
    assert len(checks.sample(village, MONDAY, by=SUPERVISOR)) == 4


@pytest.mark.parametrize(
    ("week_on", "now", "by", "refusal", "code"),
    [
        (MONDAY + timedelta(days=1), NOON, TIMER, BadInput, "not_a_monday"),
        (MONDAY, at(NEXT, 3, 59), TIMER, BadInput, "period_not_over"),  # Sunday's walk may still go on
        (MONDAY, NOON, OFFICER, Forbidden, "forbidden"),
        (MONDAY, NOON, ANALYST, Forbidden, "forbidden"),
    ],
)
def test_a_draw_is_refused(village: Engine, week_on: date, now: object, by: Actor, refusal: type, code: str) -> None:
    with pytest.raises(refusal) as refused:
        checks.draw_week(village, week_on, plan=PLAN, zone=ZONE, by=by, now=now)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_an_empty_week_is_drawn_too(village: Engine) -> None:
    assert draw(village) == (2, 1)
    walk(village, WALKER, MONDAY)  # entered too late
    assert draw(village) == ()
    assert checks.sample(village, MONDAY, by=SUPERVISOR) == []


def test_judging(village: Engine, week: list[int]) -> None:
    draw(village)
    one, two, three = rules.draw(MONDAY, 2, week, 3)
    assert judge(village, one, key="a").agrees is True
    words = "现场不符，联系 13800000000，30.00123 处"
    no = judge(village, two, SUPERVISOR, agrees=False, reason=words, key="b")
    assert no.reason is not None
    assert (no.agrees, no.checker, "138" in no.reason, "30.00" in no.reason) == (False, "grid", False, False)
    assert judge(village, two, SUPERVISOR, agrees=False, reason=words, key="b") == no, "a repeated click"
    with pytest.raises(Conflict, match="patrol_checked"):
        judge(village, two, SUPERVISOR, agrees=True)
    with pytest.raises(Conflict, match="patrol_checked"):
        judge(village, two, HEAD, agrees=True, key="b")  # another's key
    for reason in (None, "  "):
        with pytest.raises(BadInput, match="check_needs_reason"):
            judge(village, three, agrees=False, reason=reason)
    for by, refusal in ((WALKER, Forbidden), (EAST, NotFound), (OFFICER, NotFound), (Actor("x"), NotFound)):
        with pytest.raises(refusal):
            judge(village, three, by)
    with transaction(village) as session:
        acts = [(row.actor, row.subject, row.detail["agrees"]) for row in audit.entries(session, action="patrol.check")]
    assert acts == [("grid", f"patrol:{two}", False), ("zong", f"patrol:{one}", True)]


def test_only_what_was_drawn_is_judged(village: Engine, week: list[int]) -> None:
    draw(village)
    left = next(p for p in week if p not in rules.draw(MONDAY, 2, week, 3))
    with pytest.raises(Conflict, match="patrol_not_drawn"):
        judge(village, left)
    with pytest.raises(NotFound):
        judge(village, 10_000)


def test_two_judge_at_once_and_one_wins(village: Engine, week: list[int]) -> None:
    draw(village)
    first = rules.draw(MONDAY, 2, week, 3)[0]
    ended: list[str] = []

    def click(by: Actor, agrees: bool) -> None:
        try:
            judge(village, first, by, agrees=agrees, reason="看过")
            ended.append("done")
        except Conflict as refused:
            ended.append(refused.code)

    threads = [threading.Thread(target=click, args=(by, by is HEAD)) for by in (HEAD, SUPERVISOR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["done", "patrol_checked"]


def test_the_sample_in_scope(village: Engine, week: list[int]) -> None:
    draw(village)
    assert [c.tier for c in checks.sample(village, MONDAY, by=WALKER)] == [1, 2, 2, 2]
    assert [c.tier for c in checks.sample(village, MONDAY, by=EAST)] == [1], "the head's walk touched his community"
    with pytest.raises(Forbidden):
        checks.sample(village, MONDAY, by=OFFICER)
