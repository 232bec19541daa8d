"""The command says the limit, the due instant, the bucket, the calendar and which days counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streetchief.cli.main import main

SCHEME = "GB/T 30428.2-2013"
STANDING_RUBBISH = ["--scheme", SCHEME, "--kind", "event", "--code", "0111"]  # 5天


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(["deadline", *arguments])
    except SystemExit as done:  # Typer ends the program itself
        code = int(done.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def asked_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    code, out, _ = ask(capsys, *arguments, "--json")
    assert code == 0
    found: dict[str, object] = json.loads(out)
    return found


def test_it_shows_the_working_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (*STANDING_RUBBISH, "--from", "2026-09-30T17:00", "--at", "2026-10-01T09:00")
    code, out, _ = ask(capsys, *arguments)
    assert code == 0
    chinese, english = out.split("\n\n")
    assert "时限：5 工作日" in chinese
    assert "到期：2026-10-13 17:00:00 +0800" in chinese
    assert "状态：正常" in chinese
    assert "2026-10-10 周六  8:00  调休上班" in chinese
    assert "2026-10-03 Sat  0:00  holiday" in english
    assert "example: handling limits of 运城 (another city)" in english, "never shown as the city's own"
    assert "the work slots are an example" in english
    assert "settled" in english


def test_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked_json(capsys, *STANDING_RUBBISH, "--from", "2026-09-30T09:00Z", "--at", "2026-10-13T09:01Z")
    assert (found["due_at"], found["bucket"], found["provisional"]) == ("2026-10-13T09:00:00+00:00", "overdue", False)


def test_a_year_without_a_notice_is_said_to_be_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, *STANDING_RUBBISH, "--from", "2028-09-29T17:00")
    assert code == 0
    assert "暂定" in out
    assert "provisional" in out
    assert "no notice yet" in out


def test_pauses_and_extensions_move_it(capsys: pytest.CaptureFixture[str]) -> None:
    begin = (*STANDING_RUBBISH, "--from", "2026-03-02T08:00")
    pause = ("--pause", "2026-03-02T09:00/2026-03-03T09:00")
    longer = asked_json(capsys, *begin, *pause, "--extensions", "1")
    # 80 hours: Mon 1; Tue 3 7 (8); Wed–Fri (32); 9–13 (72); Mon 16 8
    assert longer["due_at"] == "2026-03-16T10:00:00+00:00"
    still = asked_json(capsys, *begin, "--pause", "2026-03-02T09:00/")
    assert (still["due_at"], still["bucket"]) == (None, "paused")
    code, out, _ = ask(capsys, *begin, "--pause", "2026-03-02T09:00/", "--at", "2026-03-04T09:00")
    assert code == 0
    assert "39:00" in out, "5 working days less one hour are left"


def test_no_limit_is_said_and_none_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    cover = ("--scheme", SCHEME, "--kind", "component", "--code", "0101", "--from", "2026-09-30T17:00")
    code, out, _ = ask(capsys, *cover)
    assert code == 0
    assert "2紧急工作时|4小时|2天|5天" in out, "what the source says, for a person to decide"
    assert asked_json(capsys, *cover)["reason"] == "needs_condition"
    assert asked_json(capsys, *cover, "--step", "verify") == {"limit": None, "reason": "unknown", "text": None}
    assert asked_json(capsys, *cover, "--condition", "缺失")["due_at"] == "2026-09-30T11:00:00+00:00"


def test_the_kind_may_be_left_out_where_only_one_has_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    limit = asked_json(capsys, "--scheme", SCHEME, "--code", "0191", "--from", "2026-09-30T17:00")["limit"]
    assert isinstance(limit, dict)
    assert (limit["kind"], limit["unit"]) == ("event", "work_hour")


REFUSED = [
    ("a code of both kinds", ("--scheme", SCHEME, "--code", "0101", "--from", "2026-09-30T17:00"), "--kind"),
    ("a word that is no kind", (*STANDING_RUBBISH, "--kind", "thing", "--from", "2026-09-30T17:00"), "--kind"),
    ("a time that is none", (*STANDING_RUBBISH, "--from", "yesterday"), "yesterday"),
    ("three extensions", (*STANDING_RUBBISH, "--from", "2026-09-30T17:00", "--extensions", "3"), "3"),
]


@pytest.mark.parametrize(("why", "arguments", "said"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refused_in_one_sentence_a_language(
    capsys: pytest.CaptureFixture[str], why: str, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = ask(capsys, *arguments)
    assert code == 2, why
    assert len(err.splitlines()) == 2
    assert said in err


def test_a_city_without_work_hours_and_a_table_with_a_fault_are_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    head = '[city]\ncode = "village"\nname = { zh = "村", en = "V" }\nzone = "Asia/Shanghai"\nmetric_srid = 4543\nbounds = [103.0, 29.9, 103.1, 30.1]\n'
    hours = '[calendar]\n[[calendar.hours]]\nslots = ["09:00-17:00"]\n[seed]\nlimits = "limits.csv"\n'
    (tmp_path / "limits.csv").write_text("scheme,kind,code,limit\nS,thing,01,1天\n", "utf-8")
    city = tmp_path / "city.toml"
    arguments = ("--scheme", "S", "--kind", "event", "--code", "01", "--from", "2026-03-02T09:00", "--city", str(city))
    city.write_text(head, "utf-8")
    code, _, err = ask(capsys, *arguments)
    assert (code, "[calendar]" in err) == (2, True)
    city.write_text(head + hours, "utf-8")
    code, _, err = ask(capsys, *arguments)
    assert (code, "limits.csv:2" in err) == (2, True)
    (tmp_path / "limits.csv").write_text("scheme,kind,code,limit\nS,event,*,1天\n", "utf-8")
    assert ask(capsys, *arguments)[0] == 0
