"""Rematch on a real PostGIS: the dry run tells the truth, the commit is what one by one would be, ends stay."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geoalchemy2.shape import to_shape
from shapely import box
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from streetchief.actors import Actor, Grant
from streetchief.casework import store
from streetchief.casework.actions import Action as A
from streetchief.casework.actions import Given
from streetchief.casework.chain import chain_on
from streetchief.casework.decide import decide
from streetchief.casework.events import verify_chain
from streetchief.casework.fold import apply, fold
from streetchief.casework.rematched import Aim, is_placed_by_person, rematch_event
from streetchief.casework.service import open_case, verify_cases
from streetchief.casework.tables import CaseEventRow, CaseRow
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.geo.crs import to_xy
from streetchief.intake import store as intake
from streetchief.intake.feeds.read import read_file
from streetchief.intake.rematch_tables import FormerPlacingRow, RematchRow
from streetchief.intake.tables import ComplaintRow
from streetchief.matching.model import PlacingModel
from streetchief.pipeline.context import context_of
from streetchief.pipeline.outlook import Fingerprint, Outlook
from streetchief.pipeline.receive import receive, receive_file
from streetchief.pipeline.rematch import commit, look_ahead
from streetchief.registry import service
from streetchief.registry.model import Area
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from tests.casework.ledger import OFFICE, times_of
from tests.pipeline.redrawn import (
    ADMIN,
    AFTER,
    ANYBODY,
    BEFORE,
    LATER,
    LIVES,
    NOW,
    PLACING,
    REGISTERED,
    ROWS,
    TOWN,
    WORKER,
    case_of,
    facts_of,
    live,
    placings,
    village,
)
from tests.pipeline.squares import FEED, on_paper, row, write_feed

ENDED, BY_PERSON = ("b6", "b7"), "b8"


@pytest.fixture
def redrawn(database_engine: Engine, tmp_path: Path) -> Engine:
    village(database_engine, tmp_path)
    return database_engine


def looked(engine: Engine, **changes: Any) -> Outlook:
    return look_ahead(engine, TOWN, by=ADMIN, **changes)


def done(engine: Engine, **changes: Any) -> Outlook:
    return commit(engine, TOWN, str(looked(engine, **changes).fingerprint), by=ADMIN, now=LATER, **changes).outlook


def dump(engine: Engine) -> list[Any]:
    """All that a rematch may write."""
    tables = ("complaints", "cases", "case_events", "rematches", "former_placings", "audit_log")
    with transaction(engine) as session:
        return [list(session.scalars(text(f"select t::text from {name} t order by 1"))) for name in tables]


def test_the_dry_run_writes_nothing_and_its_figures_are_the_outcome(redrawn: Engine) -> None:
    before, whole, rows = dump(redrawn), placings(redrawn), case_rows(redrawn)
    outlook = looked(redrawn)
    assert dump(redrawn) == before
    assert commit(redrawn, TOWN, str(outlook.fingerprint), by=ADMIN, now=LATER).outlook == outlook
    after, new_rows = placings(redrawn), case_rows(redrawn)
    moved = [n for n in whole if whole[n] != after[n]]
    assert outlook.complaints["changed"] == len(moved) > 10
    assert outlook.complaints["moved"] == sum(segment(whole[n]) != segment(after[n]) for n in whole)
    cases = outlook.cases
    assert cases["changed"] == sum(rows[n].version != new_rows[n].version for n in rows)
    for figure, column in (("moved", "segment_code"), ("change_street", "street_code"), ("change_area", "areas")):
        assert cases[figure] == sum(getattr(rows[n], column) != getattr(new_rows[n], column) for n in rows), figure
    assert cases["lose_department"] == 3  # r0, r2, r3; the roads department holds r1
    assert cases["become_ambiguous"] == 3
    assert (outlook.by_person, outlook.ended) == (1, 2)
    for figure, lost in (("lose_street", True), ("gain_street", False)):
        ways = ((rows[n].street_code, new_rows[n].street_code) for n in rows)
        assert cases[figure] == sum((a is not None, b is not None) == (lost, not lost) for a, b in ways), figure


def segment(placing: tuple[object, ...]) -> object:
    found = dict(zip(PLACING, placing, strict=True))
    return found["segment_code"] if found["verdict"] == "matched" else None


def case_rows(engine: Engine) -> dict[int, CaseRow]:
    with transaction(engine) as session:
        found = {row.id: row for row in session.scalars(select(CaseRow))}
        session.expunge_all()
        return found


@pytest.mark.parametrize("rows", [3, 65_536])
def test_every_complaint_stands_where_matching_it_afresh_puts_it(
    redrawn: Engine, fresh_engine: Engine, tmp_path: Path, rows: int
) -> None:
    before = placings(redrawn)
    done(redrawn, rows=rows)
    with transaction(redrawn) as session:
        model = PlacingModel.from_json(intake.load_model(session, FEED.id) or {})
    service.publish(fresh_engine, TOWN, AFTER, "redrawn")
    context = context_of(TOWN, FEED, service.load(fresh_engine), model)
    batches = read_file(write_feed(tmp_path / "again.csv", ROWS), FEED)
    receive(fresh_engine, context, batches, source="again", clock=lambda: NOW, progress=lambda n: None)
    afresh, after = placings(fresh_engine), placings(redrawn)
    left = {*ENDED, BY_PERSON}
    assert {n: p for n, p in after.items() if n not in left} == {n: p for n, p in afresh.items() if n not in left}
    assert {n: after[n] for n in left} == {n: before[n] for n in left} != {n: afresh[n] for n in left}


def test_each_event_is_the_one_that_casework_would_write(redrawn: Engine) -> None:
    before = placings(redrawn)
    with transaction(redrawn) as session:
        ids = session.scalars(select(CaseRow.id).order_by(CaseRow.id)).all()
        histories = {n: store.load_events(session, n) for n in ids}
    done(redrawn)
    after, written = placings(redrawn), 0
    with transaction(redrawn) as session:
        rematch = session.scalars(select(RematchRow.id)).one()
        assert verify_cases(session) is None
        for case_id, events in histories.items():
            case, now = fold(events), store.load_events(session, case_id)
            name = session.get_one(ComplaintRow, case.complaints[0]).external_id
            event = None
            if case.closed_at is None and not is_placed_by_person(events):
                aim = aimed(dict(zip(PLACING, before[name], strict=True)), dict(zip(PLACING, after[name], strict=True)))
                event = rematch_event(
                    case, aim, rematch=rematch, chain=lambda s: chain_on(AFTER, s, LATER.date()), now=LATER
                )
            assert now == (*events, *([event] if event else [])), name
            assert verify_chain(now) is None
            row, values = session.get_one(CaseRow, case_id), store.case_values(fold(now))
            assert {column: getattr(row, column) for column in values} == values
            written += event is not None
    assert written > 10


def aimed(before: dict[str, Any], after: dict[str, Any]) -> Aim:
    is_matched = after["verdict"] == "matched"
    return Aim(
        after["verdict"], after["segment_code"] if is_matched else None, after["street_code"] if is_matched else None,
        () if after["area_code"] is None else (after["area_code"],), after["department"], after["supervisor"], 2,
        (before["department"], before["supervisor"]) != (after["department"], after["supervisor"]),
    )  # fmt: skip


def test_who_holds_a_case_keeps_it_and_the_rest_follows(redrawn: Engine) -> None:
    before = {name: case_of(redrawn, name) for name in (*LIVES, "r0", "r3", "b0")}
    done(redrawn)
    after = {name: case_of(redrawn, name) for name in before}
    assert {name: c.state for name, c in after.items()} == {name: c.state for name, c in before.items()}
    assert {after[n] == before[n] for n in (*ENDED, BY_PERSON)} == {True}
    assert {after[f"b{n}"].street for n in (0, 1, 2, 3, 4, 5, 9)} == {"W"}
    assert (after["b2"].tier, before["b2"].tier) == (1, 2)  # nobody is warden of the new street
    assert (after["a1"].tier, after["a1"].street) == (None, None)
    assert (after["r0"].department, after["r2"].department, after["r1"].department) == (None, None, "roads")
    assert after["b5"].department is None  # sent back: the rules name the department that it had been sent back by
    with transaction(redrawn) as session:
        last = {name: store.load_events(session, after[name].id)[-1].payload for name in ("r1", "b2", "b3")}
    assert last["r1"]["named"] == {"department": None, "supervisor": None} and "department" not in last["r1"]
    assert (last["b2"]["stand_in"], last["b2"]["empty_tiers"]) == (True, [2])
    assert last["b3"]["from"]["segment"] == "E-2" and last["b3"]["because"] == "rematch"


def test_a_second_time_nothing_moves(redrawn: Engine) -> None:
    done(redrawn)
    before = dump(redrawn)
    outlook = looked(redrawn)
    assert outlook.is_nothing and outlook.by_person == 1
    again = commit(redrawn, TOWN, str(outlook.fingerprint), by=ADMIN, now=LATER)
    assert again.rematch is None and dump(redrawn) == before
    assert "没有要移动的。" in outlook.sentences("zh")


def test_back_to_the_old_registry_everything_stands_as_before(redrawn: Engine) -> None:
    before = placings(redrawn)
    done(redrawn)
    done(redrawn, registry=1)
    assert placings(redrawn) == before
    with transaction(redrawn) as session:
        assert verify_cases(session) is None


def test_where_a_complaint_had_stood_is_kept(redrawn: Engine) -> None:
    before = placings(redrawn)
    done(redrawn)
    after = placings(redrawn)
    with transaction(redrawn) as session:
        kept = {
            name: tuple(getattr(row, column) for column in PLACING)
            for name, row in session.execute(
                select(ComplaintRow.external_id, FormerPlacingRow).join(
                    FormerPlacingRow, FormerPlacingRow.complaint_id == ComplaintRow.id
                )
            )
        }
        assert set(session.scalars(select(FormerPlacingRow.registry_version))) == {1}
        newer = select(ComplaintRow.external_id).where(ComplaintRow.registry_version == 2)
        assert set(session.scalars(newer)) == set(kept)
    assert kept == {name: before[name] for name in before if before[name] != after[name]}


def test_a_commit_is_bound_to_what_was_seen(redrawn: Engine) -> None:
    seen = str(looked(redrawn).fingerprint)
    live(redrawn, "b0", ((A.PLACE, Given(segment="N-1")),))
    with pytest.raises(Conflict) as refused:
        commit(redrawn, TOWN, seen, by=ADMIN, now=LATER)
    told = refused.value.values
    assert (refused.value.code, told["cases"]) == ("rematch_changed", int(str(told["cases_now"])) + 1)
    seen = str(looked(redrawn).fingerprint)
    service.publish(redrawn, TOWN, replace(AFTER, appointments=()), "no chiefs")
    before = dump(redrawn)
    with pytest.raises(Conflict) as refused:
        commit(redrawn, TOWN, seen, by=ADMIN, now=LATER)
    assert (refused.value.values["registry"], refused.value.values["registry_now"]) == (2, 3)
    assert dump(redrawn) == before


def test_what_has_nothing_to_do_with_it_does_not_stop_a_commit(redrawn: Engine, tmp_path: Path) -> None:
    seen = str(looked(redrawn).fingerprint)
    receive_file(
        redrawn, TOWN, FEED, write_feed(tmp_path / "new.csv", [row("new", 150, 8)]), clock=lambda: NOW,
        progress=lambda n: None,
    )  # fmt: skip
    assert commit(redrawn, TOWN, seen, by=ADMIN, now=LATER).rematch is not None


def test_it_is_written_down_who_did_it(redrawn: Engine) -> None:
    outlook = done(redrawn)
    with transaction(redrawn) as session:
        (entry,) = audit.entries(session, action="registry.rematch")
        row = session.scalars(select(RematchRow)).one()
        assert (entry.actor, row.actor, row.fingerprint) == (ADMIN.id, ADMIN.id, str(outlook.fingerprint))
        assert row.figures == outlook.as_dict() and entry.detail["cases"] == outlook.cases["changed"]
        assert audit.verify(session) is None
        actors = select(CaseEventRow.actor).where(CaseEventRow.at == LATER).distinct()
        assert session.scalars(actors).all() == ["system:rematch"]


def test_who_may_not_is_refused(redrawn: Engine) -> None:
    in_part = Actor("part", tuple(replace(g, area="A") for g in ADMIN.grants))
    without = Actor("nobody", (Grant("admin", frozenset()),))
    for who in (in_part, without):
        with pytest.raises(Forbidden):
            look_ahead(redrawn, TOWN, by=who)
        with pytest.raises(Forbidden):
            commit(redrawn, TOWN, "2-1-1-x", by=who, now=LATER)


def test_odd_requests_are_refused_with_a_reason(redrawn: Engine, database_engine: Engine) -> None:
    with pytest.raises(BadInput):
        commit(redrawn, TOWN, "2-1-x", by=ADMIN, now=LATER)
    with pytest.raises(BadInput):
        commit(redrawn, TOWN, "2-1-1-x", by=ADMIN, now=LATER.replace(tzinfo=None))
    with pytest.raises(BadInput):
        looked(redrawn, feed="nowhere")
    with pytest.raises(NotFound):
        looked(redrawn, registry=99)
    assert Fingerprint.read(" 2-10-3-abc ") == Fingerprint(2, 10, 3, "abc")


def test_nothing_was_ever_taken_in(database_engine: Engine) -> None:
    with pytest.raises(NotFound):
        looked(database_engine)
    service.publish(database_engine, TOWN, BEFORE, "as it was")
    with pytest.raises(NotFound):
        looked(database_engine)


def test_killed_before_the_end_nothing_has_happened(redrawn: Engine) -> None:
    before, seen = dump(redrawn), str(looked(redrawn).fingerprint)
    with redrawn.begin() as connection:
        connection.execute(text(
            "create function die() returns trigger language plpgsql as $$ begin "
            "perform pg_terminate_backend(pg_backend_pid()); return new; end $$"
        ))  # fmt: skip
        connection.execute(text("create trigger die before insert on audit_log for each row execute function die()"))
    with pytest.raises(DBAPIError):
        commit(redrawn, TOWN, seen, by=ADMIN, now=LATER)
    with redrawn.begin() as connection:
        connection.execute(text("drop trigger die on audit_log"))
    assert dump(redrawn) == before
    assert commit(redrawn, TOWN, seen, by=ADMIN, now=LATER).rematch is not None


def test_a_higher_area_that_changes_reaches_the_cases_on_it(database_engine: Engine, tmp_path: Path) -> None:
    village(database_engine, tmp_path)
    done(database_engine)
    town = Area("T", "town", "subdistrict", None, on_paper(box(-400, -200, 900, 800)))
    above = replace(AFTER, areas=(town, *(replace(area, parent="T") for area in AFTER.areas)))
    service.publish(database_engine, TOWN, above, "a town above")
    outlook = done(database_engine)
    assert outlook.complaints["changed"] == 0 and outlook.cases["change_area"] > 10
    assert case_of(database_engine, "b0").areas == ("B", "T") and case_of(database_engine, "b7").areas == ("A",)
    assert looked(database_engine).is_nothing


def test_a_place_that_is_not_believed_any_more_repeats_nothing(redrawn: Engine) -> None:
    """As when a later look over the feed finds a default point: the newest model of the feed places."""
    done(redrawn)
    with transaction(redrawn) as session:
        named = select(ComplaintRow.repeat_of).where(ComplaintRow.external_id == "b1")
        assert session.scalars(named).one() is not None  # b0 stands 20 m away
        row = intake.complaint(session, FEED.id, "b0")
        assert row is not None
        model = PlacingModel.from_json(intake.load_model(session, FEED.id) or {})
        place = to_shape(row.geom)
        doubted = model.with_default_points(to_xy(np.array([[place.x, place.y]]), TOWN.metric_srid))
        intake.save_model(session, FEED.id, doubted.version, doubted.to_json(), LATER)
    outlook = done(redrawn)
    assert {"before": "matched", "after": "suspect", "count": 1} in outlook.complaints["verdicts"]
    with transaction(redrawn) as session:
        left = select(ComplaintRow.repeat_of).where(ComplaintRow.external_id.in_(("b0", "b1")))
        assert session.scalars(left).all() == [None, None]  # b1 is now the earliest that is believed


def test_no_case_is_opened_under_its_feet(redrawn: Engine) -> None:
    """A commit waits for the case that is being opened, and then sees that there is one more to move."""
    seen = str(looked(redrawn).fingerprint)
    with transaction(redrawn) as session:
        complaint = intake.complaint(session, FEED.id, "alone")
        assert complaint is not None
        waiting = complaint.id
    refused: list[Conflict] = []
    racer = threading.Thread(target=commit_and_note, args=(redrawn, seen, refused))
    with transaction(redrawn) as session:
        open_case(session, waiting, office=OFFICE, by=WORKER, now=NOW, times_of=times_of)
        racer.start()
        racer.join(0.5)
        assert racer.is_alive()
    racer.join(30)
    assert [error.code for error in refused] == ["rematch_changed"]
    done(redrawn)
    assert case_of(redrawn, "alone").street == "W"


def commit_and_note(engine: Engine, seen: str, refused: list[Conflict]) -> None:
    try:
        commit(engine, TOWN, seen, by=ADMIN, now=LATER)
    except Conflict as error:
        refused.append(error)


def test_a_step_that_is_being_taken_is_waited_for(redrawn: Engine) -> None:
    """Whoever has the case at this moment finishes; the commit then sees that the case is another."""
    seen, refused = str(looked(redrawn).fingerprint), list[Conflict]()
    case = case_of(redrawn, "b1")
    racer = threading.Thread(target=commit_and_note, args=(redrawn, seen, refused))
    with transaction(redrawn) as session:
        store.lock_case(session, case.id)
        racer.start()
        racer.join(0.8)
        assert racer.is_alive()
        given = Given(department="waste")
        (event,) = decide(case, A.DISPATCH, by=ANYBODY, now=LATER, facts=facts_of(session, case, LATER), given=given)
        store.append_events(session, [event])
        store.save_case(session, case, apply(case, event))
    racer.join(30)
    assert [error.code for error in refused] == ["rematch_changed"]
    done(redrawn)
    assert (case_of(redrawn, "b1").street, case_of(redrawn, "b1").version) == ("W", case.version + 2)


def test_two_commits_of_one_outlook_are_one(redrawn: Engine) -> None:
    seen, refused = str(looked(redrawn).fingerprint), list[Conflict]()
    both = [threading.Thread(target=commit_and_note, args=(redrawn, seen, refused)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [error.code for error in refused] == ["rematch_changed"]
    with transaction(redrawn) as session:
        assert len(session.scalars(select(RematchRow)).all()) == 1 and verify_cases(session) is None


def test_clocks_that_differ_do_not_turn_the_chain_back(redrawn: Engine) -> None:
    ahead = LATER.replace(year=2027)
    live(redrawn, "b0", REGISTERED, ahead)
    done(redrawn)
    assert case_of(redrawn, "b0").last_at == ahead + timedelta(minutes=2)
    assert case_of(redrawn, "b0").street == "W"
