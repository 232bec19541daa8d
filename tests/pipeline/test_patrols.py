"""Patrols among the other rooms: findings become cases, missed patrols become notices, on the shipped city."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from streetchief.actors import Permission
from streetchief.casework.actions import Action, Given
from streetchief.casework.states import State
from streetchief.city import Title
from streetchief.cityfile import read_city
from streetchief.errors import BadInput, Conflict, Forbidden
from streetchief.patrol import service
from streetchief.patrol.model import Draft, Finding, Handled
from streetchief.pipeline import patrols
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.timers import run_timer
from streetchief.storage.acting import acting
from streetchief.storage.engine import make_engine, transaction
from streetchief.storage.migrate import migrate
from tests.pipeline.caseworld import MORNING, SEGMENT, STREET, make_world, who

SCHEME = "GB/T 30428.2-2013"
OVER = Draft("cleanliness", SEGMENT, Handled.HANDED_OVER, "路面破损 13800000000", kind="event", code="0113")


@pytest.fixture
def flow(database_engine: Engine, tmp_path: Path) -> CaseFlow:
    return make_world(database_engine, tmp_path, 0)[0]


def begin(flow: CaseFlow, now: datetime = MORNING) -> int:
    return service.start(flow.engine, street=STREET, zone=flow.city.zone, by=who(flow, "chief3"), now=now).id


def report(flow: CaseFlow, patrol: int, draft: Draft = OVER, key: str | None = "k") -> Finding:
    now = MORNING + timedelta(minutes=10)
    return patrols.report(flow, patrol, draft, by=who(flow, "chief3"), now=now, key=key)


def one(flow: CaseFlow, statement: str) -> object:
    with transaction(flow.engine) as session:
        return session.execute(text(statement)).one()


def test_a_finding_handed_over_is_a_case_at_once(flow: CaseFlow) -> None:
    found = report(flow, begin(flow))
    assert found.case is not None and found.complaint is not None
    with transaction(flow.engine) as session:
        row = session.execute(text("select * from cases where id = :id"), {"id": found.case}).mappings().one()
        complaint = session.execute(
            text("select * from complaints where id = :id"), {"id": found.complaint}
        ).mappings().one()  # fmt: skip
        events = session.execute(
            text("select actor, action from case_events where case_id = :id order by seq"), {"id": found.case}
        ).all()
    assert (row["street_code"], row["segment_code"], row["scheme"], row["code"]) == (STREET, SEGMENT, SCHEME, "0113")
    assert row["state"] == State.RECEIVED
    assert row["department"] == complaint["department"] is not None
    assert (complaint["feed"], complaint["external_id"]) == ("patrol", f"finding-{found.id}")
    assert "13800000000" not in complaint["text"]
    assert [tuple(event) for event in events] == [("system:patrol", "open"), ("chief3", "place")]


def test_no_check_on_site_is_asked_for_what_a_chief_saw(flow: CaseFlow) -> None:
    found = report(flow, begin(flow))
    assert found.case is not None
    with acting(flow.engine, who(flow, "director"), Permission.READ_CASE) as session:
        payload = session.scalar(
            text("select payload ->> 'needs_check' from case_events where case_id = :id and seq = 1"),
            {"id": found.case},
        )
    assert payload == "false"


def test_a_fix_on_the_spot_is_no_case(flow: CaseFlow) -> None:
    patrol = begin(flow)
    found = report(flow, patrol, replace(OVER, handled=Handled.FIXED_ON_SPOT, photo="p/1"))
    assert (found.case, found.complaint) == (None, None)
    assert tuple(one(flow, "select (select count(*) from complaints), (select count(*) from cases)")) == (0, 0)  # type: ignore[call-overload]


def test_a_finding_without_a_category_goes_to_a_person(flow: CaseFlow) -> None:
    found = report(flow, begin(flow), replace(OVER, kind=None, code=None))
    row = one(flow, "select department, triage_reason is not null from complaints")
    assert tuple(row) == (None, True)  # type: ignore[call-overload]
    assert found.case is not None


def test_the_chiefs_choice_holds_where_the_matcher_would_choose_otherwise(flow: CaseFlow) -> None:
    """On every segment of his street: the case lies where the chief said, whatever the matcher made of the middle."""
    patrol = service.start(flow.engine, street=STREET, zone=flow.city.zone, by=who(flow, "chief3"), now=MORNING)
    for n, segment in enumerate(patrol.ground.segments):
        found = report(flow, patrol.id, replace(OVER, segment=segment), key=f"k{n}")
        with transaction(flow.engine) as session:
            at = session.scalar(text("select segment_code from cases where id = :id"), {"id": found.case})
        assert at == segment


@pytest.mark.parametrize("stop", ["_complaint", "_case", "_placed", "note"])
def test_a_kill_anywhere_is_made_good(flow: CaseFlow, monkeypatch: pytest.MonkeyPatch, stop: str) -> None:
    """Killed before, between or after the parts: the timer ends with one complaint, one case, one placing."""

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    patrol = begin(flow)
    with monkeypatch.context() as patch:
        target = (patrols.store, "note_case") if stop == "note" else (patrols, stop)
        patch.setattr(*target, killed)
        with pytest.raises(Killed):
            report(flow, patrol)
    assert patrols.hand_over_pending(flow, MORNING + timedelta(hours=1)) == 1
    assert patrols.hand_over_pending(flow, MORNING + timedelta(hours=1)) == 0
    counts = (
        "select (select count(*) from complaints), (select count(*) from cases), "
        "(select count(*) from case_events where action = 'place'), "
        "(select count(*) from patrol_findings where case_id is not null)"
    )
    assert tuple(one(flow, counts)) == (1, 1, 1, 1)  # type: ignore[call-overload]
    assert report(flow, patrol).case is not None, "the repeated click sees what became of it"


def test_what_cannot_be_taken_holds_up_nothing_else(flow: CaseFlow) -> None:
    """A finding whose segment left the register, and one behind it that is in order."""
    patrol = begin(flow)
    first, second = (
        service.find(flow.engine, patrol, OVER, plan=patrols.plan_of(flow.city), by=who(flow, "chief3"), now=MORNING)
        for _ in range(2)
    )
    with transaction(flow.engine) as session:
        session.execute(text("update patrol_findings set segment_code = 'gone' where id = :id"), {"id": first.id})
    assert patrols.hand_over_pending(flow, MORNING) == 1
    with transaction(flow.engine) as session:
        cases = session.execute(text("select id, case_id is not null from patrol_findings order by id")).all()
    assert [tuple(row) for row in cases] == [(first.id, False), (second.id, True)]


def test_a_case_that_was_ended_meanwhile_is_noted_all_the_same(flow: CaseFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    patrol = begin(flow)
    with monkeypatch.context() as patch:
        patch.setattr(patrols, "_placed", killed)
        with pytest.raises(Killed):
            report(flow, patrol)
    case, version = one(flow, "select id, version from cases")  # type: ignore[misc]
    void = Given(reason="误立")
    flow.act(case, Action.VOID, by=who(flow, "director"), now=MORNING + timedelta(hours=1), version=version, given=void)
    assert patrols.hand_over_pending(flow, MORNING + timedelta(hours=2)) == 1
    assert report(flow, patrol).case == case


def test_the_same_finding_from_eight_at_once_is_one_case(flow: CaseFlow) -> None:
    patrol = begin(flow)
    ended: list[object] = []

    def click() -> None:
        try:
            ended.append(report(flow, patrol).case)
        except Conflict as refused:  # the version moved under a placing: the other one did it
            ended.append(refused.code)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 8
    patrols.hand_over_pending(flow, MORNING + timedelta(hours=1))
    counts = "select (select count(*) from complaints), (select count(*) from cases)"
    assert tuple(one(flow, counts)) == (1, 1)  # type: ignore[call-overload]
    assert set(ended) == {report(flow, patrol).case}


def test_another_may_not_report_on_a_patrol(flow: CaseFlow) -> None:
    patrol = begin(flow)
    with pytest.raises(Forbidden):
        patrols.report(flow, patrol, OVER, by=who(flow, "chief2"), now=MORNING)
    assert tuple(one(flow, "select count(*) from complaints")) == (0,)  # type: ignore[call-overload]


TUESDAY = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)  # 04:30 in the city: Monday is over


def test_missed_patrols_are_told_to_the_post_and_the_tier_above(flow: CaseFlow) -> None:
    patrol = begin(flow)
    service.end(flow.engine, patrol, {}, plan=patrols.plan_of(flow.city), by=who(flow, "chief3"), now=MORNING)
    (timer, *_) = patrols.timers_of(flow)
    did = run_timer(flow.engine, timer, tick=TUESDAY, now=TUESDAY)
    assert did and did > 5, "one post of the third tier a segment, in the sample register"
    assert run_timer(flow.engine, timer, tick=TUESDAY + timedelta(minutes=10), now=TUESDAY) == 0
    row = one(
        flow, "select count(*), count(*) filter (where street_code = 'QJ-HPNL') from patrol_rounds where done < due"
    )
    assert tuple(row) == (did, 0), "his own street was walked: every segment of it"  # type: ignore[call-overload]
    assert tuple(one(flow, "select count(*) from outbox")) == (0,), "nobody holds the other streets"  # type: ignore[call-overload]


def test_whom_a_missed_patrol_is_told(flow: CaseFlow) -> None:
    """Nobody walked: chief3 owes four posts of his street (one a segment); chief2 is told as the tier above."""
    patrols.settle(flow, flow.engine, TUESDAY)
    patrols.settle(flow, flow.engine, TUESDAY)
    with transaction(flow.engine) as session:
        told = session.execute(text("select distinct recipient, topic from outbox order by recipient")).all()
        posts = session.scalar(text("select count(*) from patrol_rounds where street_code = :s"), {"s": STREET})
        notices = session.scalar(text("select count(distinct notice) from outbox"))
        words = session.scalar(text("select string_agg(items::text, ' ') from outbox"))
    assert [tuple(row) for row in told] == [
        ("user:chief2", "missed_patrol.above"), ("user:chief3", "missed_patrol.chief"),
    ]  # fmt: skip
    assert notices == posts == 4
    assert "示例" not in words and "和平南路" in words, "the street is named, no person is"


def test_eight_timers_tell_once(flow: CaseFlow) -> None:
    did: list[int] = []
    threads = [
        threading.Thread(target=lambda: did.append(patrols.settle(flow, flow.engine, TUESDAY))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(did)[:7] == [0] * 7 and did and max(did) > 0
    with transaction(flow.engine) as session:
        rounds = session.scalar(text("select count(*) from patrol_rounds where done < due"))
        outbox = session.scalar(text("select count(*) from outbox"))
    assert rounds == max(did)
    assert outbox == 8, "four posts of the one street that has accounts, told to two"


def test_a_holiday_owes_nothing(flow: CaseFlow) -> None:
    new_year = datetime(2026, 2, 17, 20, 30, tzinfo=UTC)  # the 17th is Spring Festival of 2026, a Tuesday
    assert patrols.settle(flow, flow.engine, new_year) == 0
    make_up = datetime(2026, 2, 14, 20, 30, tzinfo=UTC)  # a Saturday that is worked
    assert patrols.working_day(flow, make_up.date()).is_working
    assert not patrols.working_day(flow, datetime(2028, 3, 6, tzinfo=UTC).date()).is_known


def test_before_the_first_publication_the_timers_find_nothing(flow: CaseFlow, empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    try:
        migrate(engine)
        for timer in patrols.timers_of(CaseFlow(engine, flow.city, flow.times)):
            assert timer.run(engine, TUESDAY) == 0, timer.name
    finally:
        engine.dispose()


def test_a_city_without_a_calendar_or_a_plan_misses_nothing(flow: CaseFlow) -> None:
    bare = CaseFlow(flow.engine, flow.city, replace(flow.times, calendar=None))
    assert patrols.settle(bare, flow.engine, TUESDAY) == 0
    none = CaseFlow(flow.engine, replace(flow.city, patrol=None), flow.times)
    assert patrols.timers_of(none) == ()
    with pytest.raises(BadInput, match="no_patrol_plan"):
        patrols.plan_of(none.city)


def test_the_timer_draws_last_week_once(flow: CaseFlow) -> None:
    next_monday = MORNING + timedelta(days=7)
    assert patrols.draw_last_week(flow, flow.engine, next_monday) == 2
    assert patrols.draw_last_week(flow, flow.engine, next_monday) == 0


def test_the_feed_of_findings_is_our_own(flow: CaseFlow, tmp_path: Path) -> None:
    feed = flow.city.feed("patrol")
    assert (feed.scheme, feed.datum, feed.name) == (SCHEME, "wgs84", Title("街长巡查", "street chiefs' patrols"))
    with pytest.raises(BadInput, match="unknown_feed"):
        replace(flow.city, patrol=None).feed("patrol")
    plain = (Path(__file__).parents[2] / "tests/data/toytown.toml").read_text("utf-8").replace('"toyline"', '"patrol"')
    for name in ("streets.geojson", "areas.geojson", "chiefs.csv", "categories.csv", "rules.csv"):
        (tmp_path / f"toytown_{name}").write_text("", "utf-8")
    (tmp_path / "city.toml").write_text(plain, "utf-8")
    with pytest.raises(BadInput, match="kept for findings"):
        read_city(tmp_path / "city.toml")
