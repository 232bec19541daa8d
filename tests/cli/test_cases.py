"""``streetchief cases`` and ``plaque`` as a person runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer import Typer
from typer.testing import CliRunner

from streetchief.accounts.policy import WORKER
from streetchief.casework.actions import Action, Given
from streetchief.cli import audit, cases, plaque
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.caselimits import tell_limits
from streetchief.storage.engine import transaction
from tests.pipeline.caseworld import SEGMENT, STREET, make_world, who

SHIPPED = Path(__file__).parents[2] / "data"
Run = Callable[..., Result]
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def flow(database_engine: Engine, tmp_path: Path) -> CaseFlow:
    return make_world(database_engine, tmp_path, 3)[0]


@pytest.fixture
def run(flow: CaseFlow, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on a database with three complaints; whatever it raises is raised here."""
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    monkeypatch.setenv("STREETCHIEF_CITY", str(SHIPPED / "qingjiang.toml"))

    def run(app: Typer, *arguments: str) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def test_open_list_and_show(run: Run, flow: CaseFlow) -> None:
    number = run(cases.app, "open", "--complaint", "1").stdout.strip()
    assert "cases opened: 2" in run(cases.app, "open", "--all").stdout
    assert "cases opened: 0" in run(cases.app, "open", "--run", "1").stdout
    assert run(cases.app, "list", "--numbers").stdout.split()[-1] == number
    table = run(cases.app, "list", "--street", STREET).stdout
    assert table.count("已受理 / received") == 3
    for nothing in (
        ("--state", "closed"),
        ("--department", "greening"),
        ("--street", "X"),
        ("--segment", "X"),
        ("--bucket", "overdue"),
    ):
        assert run(cases.app, "list", "--numbers", *nothing).stdout == "", nothing
    assert len(run(cases.app, "list", "--numbers", "--most", "2").stdout.split()) == 2
    page = run(cases.app, "show", number).stdout
    for said in (number, "已受理 / received", STREET, SEGMENT, "sanitation", "rec-1", "system:worker", "建案 / open"):
        assert said in page, said
    assert page == run(cases.app, "show", "1").stdout, "the id says the same as the number"
    with pytest.raises(NotFound):
        run(cases.app, "show", "99")
    with pytest.raises(BadInput, match="which_to_open"):
        run(cases.app, "open", "--all", "--run", "1")


def test_buckets_are_listed_when_the_worker_has_marked_them(run: Run, flow: CaseFlow) -> None:
    case = flow.open_case(1, by=WORKER, now=YESTERDAY - timedelta(days=30))
    other = flow.open_case(2, by=WORKER, now=datetime.now(UTC))
    assert run(cases.app, "list", "--numbers", "--bucket", "overdue").stdout.split() == [case.number]
    tell_limits(flow, flow.engine, datetime.now(UTC))
    assert run(cases.app, "list", "--numbers", "--bucket", "severely_overdue").stdout.split() == [case.number]
    assert run(cases.app, "list", "--numbers", "--bucket", "normal").stdout.split() == [other.number]


def test_a_step_says_the_version_and_an_old_one_is_refused(run: Run, flow: CaseFlow) -> None:
    number = flow.open_case(1, by=WORKER, now=YESTERDAY).number
    done = run(cases.app, "act", number, "check_report", "--as", "supervisor", "--true", "--opinion", "属实").stdout
    assert "(version 1 → 2)" in done
    with pytest.raises(Conflict, match="stale_case"):
        run(cases.app, "act", number, "register", "--as", "dispatcher", "--version", "1")
    registered = ("act", number, "register", "--as", "dispatcher", "--version", "2", "--key", "k1")
    assert "已立案 / registered" in run(cases.app, *registered).stdout
    assert "(version 2 → 3)" in run(cases.app, *registered).stdout, "the same key again: no second step"


def test_what_an_account_may_not_is_refused_and_written_down(run: Run, flow: CaseFlow) -> None:
    number = flow.open_case(1, by=WORKER, now=YESTERDAY).number
    with pytest.raises(Forbidden):
        run(cases.app, "act", number, "register", "--as", "supervisor")
    with pytest.raises(NotFound):  # another department's
        run(cases.app, "act", number, "start", "--as", "police")
    with pytest.raises(NotFound, match="no_account"):
        run(cases.app, "close", number, "--as", "nobody")
    refused = run(audit.app, "list", "--refused").stdout
    assert "case.register" in refused
    assert "case.start" in refused


def test_what_is_missing_is_named(run: Run, flow: CaseFlow) -> None:
    number = flow.open_case(1, by=WORKER, now=YESTERDAY).number
    with pytest.raises(BadInput, match="missing_need"):
        run(cases.app, "act", number, "check_report", "--as", "supervisor", "--true")
    with pytest.raises(BadInput, match="one_proof"):
        run(cases.app, "report-in", number, "--as", "sanitation", "--plaque", "x", "--metres", "3")
    assert run(cases.app, "act", number, "dance", "--as", "supervisor").exit_code == 2


def test_the_plaque_of_a_segment(run: Run) -> None:
    code = run(plaque.app, SEGMENT).stdout.strip()
    assert code.startswith(f"{SEGMENT}.") and code == run(plaque.app, SEGMENT).stdout.strip()
    with pytest.raises(NotFound, match="no_segment"):
        run(plaque.app, "nowhere")


def test_a_tampered_event_is_found(run: Run, flow: CaseFlow) -> None:
    case = flow.open_case(1, by=WORKER, now=YESTERDAY)
    flow.act(
        case.id,
        Action.CHECK_REPORT,
        by=who(flow, "supervisor"),
        now=YESTERDAY,
        version=1,
        given=Given(result=True, opinion="是"),
    )
    sound = run(audit.app, "verify")
    assert "the records of the cases hold: 1" in sound.stderr
    assert len(sound.stdout.splitlines()) == 1, "the anchor alone goes to stdout"
    with transaction(flow.engine) as session:
        session.execute(text("alter table case_events disable trigger all"))
        session.execute(text("update case_events set payload = replace(payload::text, '是', '否')::json where seq = 2"))
        session.execute(text("alter table case_events enable trigger all"))
    with pytest.raises(Conflict, match="case_broken") as found:
        run(audit.app, "verify")
    assert found.value.values == {"case": case.id, "seq": 2}


def test_repeats_are_proposed_and_merged(run: Run, flow: CaseFlow) -> None:
    old, new = (flow.open_case(complaint, by=WORKER, now=YESTERDAY) for complaint in (1, 2))
    assert run(cases.app, "repeats", "--as", "dispatcher").stdout.startswith(f"{new.number} {old.number} 0 m")
    with pytest.raises(Forbidden):
        run(cases.app, "merge", new.number, old.number, "--as", "supervisor")
    assert "case.merge" in run(audit.app, "list", "--refused").stdout
    lines = run(cases.app, "merge", new.number, old.number, "--as", "dispatcher").stdout.splitlines()
    assert [line.split("：")[0] for line in lines] == [new.number, old.number]
    assert run(cases.app, "list", "--numbers", "--state", "merged").stdout.split() == [new.number]
    assert run(cases.app, "repeats", "--as", "dispatcher").stdout == ""


def test_a_chief_is_replaced(run: Run, flow: CaseFlow) -> None:
    number = flow.open_case(1, by=WORKER, now=YESTERDAY).number
    run(cases.app, "act", number, "check_report", "--as", "supervisor", "--true", "--opinion", "属实")
    run(cases.app, "act", number, "register", "--as", "dispatcher")
    run(cases.app, "act", number, "hand_to_chief", "--as", "dispatcher")
    names = ("--leaver", "chief3", "--successor", "chief2", "--street", STREET)
    assert "cases handed over: 0" in run(cases.app, "hand-over", *names, "--tier", "1", "--as", "dispatcher").stdout
    assert "cases handed over: 1" in run(cases.app, "hand-over", *names, "--tier", "3", "--as", "dispatcher").stdout
