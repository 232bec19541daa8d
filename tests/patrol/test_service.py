"""Walking, on real PostGIS: scopes, repeated requests, clean texts."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from streetchief.accounts.policy import grant
from streetchief.actors import Actor
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.patrol import service
from streetchief.patrol.model import Answer, Handled, Patrol
from streetchief.storage.engine import transaction
from tests.patrol.village import (
    ANALYST,
    DIRECTOR,
    EAST,
    HEAD,
    MONDAY,
    OFFICER,
    PLAN,
    SUPERVISOR,
    TOWN_DIRECTOR,
    WALKER,
    ZONE,
    at,
    draft,
    walk,
)  # fmt: skip

NINE = at(MONDAY)


def start(engine: Engine, by: Actor = WALKER, street: str = "main", **given: object) -> Patrol:
    return service.start(engine, street=street, zone=ZONE, by=by, now=NINE, **given)  # type: ignore[arg-type]


def test_a_whole_walk(village: Engine) -> None:
    patrol = start(village)
    assert (patrol.tier, patrol.walked_on, patrol.ended_at) == (2, MONDAY, None)
    assert patrol.ground.segments == ("main-1", "main-2"), "the street's segments in his community, not the third"
    assert patrol.ground.areas == ("T", "W")
    service.find(village, patrol.id, draft(), plan=PLAN, by=WALKER, now=NINE + timedelta(minutes=5))
    ended = service.end(
        village, patrol.id, {"order": Answer.GOOD}, plan=PLAN, by=WALKER, now=NINE + timedelta(minutes=40)
    )
    assert ended.answers == {"order": Answer.GOOD, "waste": Answer.PROBLEM}
    assert [f.draft for f in ended.findings] == [draft()]
    assert ended == service.load(village, patrol.id, by=WALKER)


@pytest.mark.parametrize(
    ("by", "street", "segments", "code"),
    [
        (WALKER, "nowhere", None, "no_patrol_ground"),
        (WALKER, "side", None, "no_patrol_ground"),  # there, but out of his scope: the same answer word for word
        (WALKER, "main", ["main-1", "main-3"], "no_patrol_ground"),  # one of them lies in the other community
        (WALKER, "main", ["side-1"], "no_patrol_ground"),  # of another street
        (WALKER, "main", [], "no_patrol_ground"),
        (OFFICER, "main", None, "forbidden"),
        (SUPERVISOR, "main", None, "forbidden"),  # may check, not walk
        (Actor("nobody"), "main", None, "forbidden"),
    ],
)
def test_who_may_walk_where(village: Engine, by: Actor, street: str, segments: list[str] | None, code: str) -> None:
    with pytest.raises((NotFound, Forbidden)) as refused:
        start(village, by, street, segments=segments)
    assert refused.value.code == code


def test_without_a_register_there_is_no_street(database_engine: Engine) -> None:
    with pytest.raises(NotFound, match="no_patrol_ground"):
        start(database_engine)


def test_a_chief_of_two_tiers_says_as_which(village: Engine) -> None:
    by = Actor("x", (grant("chief", tier=1, area="T"), grant("chief", tier=2, street="main")))
    assert start(village, by, tier=1).tier == 1
    with pytest.raises(Forbidden):
        start(village, WALKER, tier=1)


def test_a_repeated_request_is_a_no_op(village: Engine) -> None:
    first = start(village, key="k1")
    assert start(village, key="k1") == first
    with pytest.raises(Conflict, match="patrol_open"):
        start(village, key="k2")
    notes = [service.find(village, first.id, draft(), plan=PLAN, by=WALKER, now=NINE, key="f1") for _ in range(2)]
    assert notes[0] == notes[1]
    ended = [service.end(village, first.id, {}, plan=PLAN, by=WALKER, now=NINE, key="e1") for _ in range(2)]
    assert ended[0] == ended[1] and len(ended[0].findings) == 1
    again = service.find(village, first.id, draft(), plan=PLAN, by=WALKER, now=NINE, key="f1")
    assert again == notes[0], "a replay that comes after the end"
    with pytest.raises(Conflict, match="patrol_ended"):
        service.end(village, first.id, {}, plan=PLAN, by=WALKER, now=NINE, key="e2")
    with pytest.raises(Conflict, match="patrol_ended"):
        service.find(village, first.id, draft(), plan=PLAN, by=WALKER, now=NINE)
    assert start(village, by=EAST, key="k1").id != first.id, "keys are each chief's own"


def test_the_same_request_from_twelve_at_once_begins_one_patrol(village: Engine) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(start(village, key="k").id)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12 and len(set(found)) == 1
    with transaction(village) as session:
        assert session.scalar(text("select count(*) from patrols")) == 1


def test_texts_are_clean(village: Engine) -> None:
    patrol = start(village)
    words = "王某 13800000000 身份证 11010519491231002X 在 30.00123,103.04567 乱倒"
    found = service.find(village, patrol.id, draft(opinion=words), plan=PLAN, by=WALKER, now=NINE)
    for private in ("13800000000", "11010519491231002X", "30.00", "103.04"):
        assert private not in found.draft.opinion
    assert "乱倒" in found.draft.opinion


def test_only_the_walker_writes(village: Engine) -> None:
    patrol = start(village)
    for by, refusal in (
        (HEAD, Forbidden),  # sees it, did not walk it
        (SUPERVISOR, Forbidden),
        (EAST, NotFound),  # does not see it at all
        (ANALYST, NotFound),
        (Actor("jia"), NotFound),  # the walker, whose grant was revoked meanwhile
    ):
        with pytest.raises(refusal):
            service.find(village, patrol.id, draft(), plan=PLAN, by=by, now=NINE)
        with pytest.raises(refusal):
            service.end(village, patrol.id, {}, plan=PLAN, by=by, now=NINE)
    with pytest.raises(BadInput, match="before_patrol"):
        service.end(village, patrol.id, {}, plan=PLAN, by=WALKER, now=NINE - timedelta(minutes=1))
    with pytest.raises(BadInput, match="naive"):
        service.end(village, patrol.id, {}, plan=PLAN, by=WALKER, now=NINE.replace(tzinfo=None))


def test_a_walk_past_midnight_belongs_to_the_day_on_which_it_began(village: Engine) -> None:
    patrol = walk(village, WALKER, MONDAY, hour=23)
    assert patrol.walked_on == MONDAY  # 23:00 in the village is 21:00 UTC
    before_dawn = walk(village, EAST, date(2026, 3, 4), hour=1)  # 23:00 UTC of the day before
    assert before_dawn.walked_on == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("by", "chiefs"),
    [
        (WALKER, ["jia", "zong"]),  # the head's walk touches his community
        (EAST, ["yi", "zong"]),
        (HEAD, ["jia", "yi", "zong"]),
        (DIRECTOR, ["jia", "yi", "zong"]),
        (SUPERVISOR, ["jia", "yi", "zong"]),
        (TOWN_DIRECTOR, ["yi", "zong"]),
    ],
)
def test_the_list_shows_what_is_in_scope(village: Engine, by: Actor, chiefs: list[str]) -> None:
    for walker in (WALKER, EAST, HEAD):
        walk(village, walker, MONDAY, findings=[draft(segment="main-3" if walker is EAST else "main-1")])
    found = service.listed(village, from_on=MONDAY, to_on=MONDAY + timedelta(days=1), by=by)
    assert sorted(p.chief for p in found) == chiefs
    assert all(len(p.findings) == 1 for p in found)
    assert service.listed(village, from_on=MONDAY + timedelta(days=1), to_on=date(2027, 1, 1), by=by) == []


def test_who_has_nothing_to_do_with_patrols_sees_none(village: Engine) -> None:
    patrol = walk(village, WALKER, MONDAY)
    for by in (OFFICER, ANALYST, Actor("nobody")):
        with pytest.raises(Forbidden):
            service.listed(village, from_on=MONDAY, to_on=date(2027, 1, 1), by=by)
        with pytest.raises(NotFound):
            service.load(village, patrol.id, by=by)


def test_a_finding_handed_over_waits_for_its_case(village: Engine) -> None:
    over = draft(handled=Handled.HANDED_OVER, photo=None)
    patrol = walk(village, WALKER, MONDAY, findings=[over, draft()])
    assert [f.case for f in patrol.findings] == [None, None]
