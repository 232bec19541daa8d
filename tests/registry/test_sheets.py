"""Rosters, rules and categories from CSV and Excel, as offices really save them."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from streetchief.errors import BadInput
from streetchief.registry import sheets
from streetchief.registry.model import Span
from streetchief.registry.sheets import read_categories, read_chiefs, read_rules, write_template

HEADER = "segment,tier,chief,post,from_on,to_on,public,placeholder"


def roster(path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding)
    return path


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, (date, datetime)):
                sheet.write_datetime(number, column, cell)
            else:
                sheet.write(number, column, cell)
    book.close()
    return path


def test_excel_roster_with_chinese_titles_and_real_dates(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["路段编码", "级别", "街长", "起始日", "卸任日", "可公开", "示例", "备注"],
            ["A1", 1, "示例 甲", date(2024, 1, 1), date(2025, 1, 1), "否", "是", "an own column is no matter"],
            ["", "", "", "", "", "", "", ""],
            ["A1", 1.0, "示例 乙", datetime.fromisoformat("2025-01-01T08:00"), "", "是", "否", ""],
        ],
    )
    chiefs, faults = read_chiefs(path)
    assert faults == ()
    assert [(c.tier, c.chief, c.on, c.public, c.placeholder) for c in chiefs] == [
        (1, "示例 甲", Span(date(2024, 1, 1), date(2025, 1, 1)), False, True),
        (1, "示例 乙", Span(date(2025, 1, 1)), True, False),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_chinese_excel(tmp_path: Path, encoding: str) -> None:
    """Chinese Excel saves CSV in GB 18030, newer ones in UTF-8 with a byte-order mark."""
    path = roster(tmp_path / "a.csv", "A1,1,示例 甲,,2024/1/1,,,", encoding=encoding)
    [chief], faults = read_chiefs(path)
    assert (chief.chief, chief.on.from_on, chief.public, faults) == ("示例 甲", date(2024, 1, 1), False, ())


LINES = [
    ("row_incomplete", "A1,1,,,,,,", "no name"),
    ("row_incomplete", "A1", "a half-written line"),
    ("bad_number", "A1,first,示例,,,,,", "a tier in words"),
    ("bad_number", "A1,-1,示例,,,,,", "a negative tier"),
    ("bad_number", "A1,²,示例,,,,,", "a digit that is no number"),
    ("bad_date", "A1,1,示例,,2024-13-01,,,", "month 13"),
    ("bad_date", "A1,1,示例,,soon,,,", "a word"),
    ("masked_name", "A1,1,张*,,,,,", "an export that hides names"),
]


@pytest.mark.parametrize(("code", "line", "why"), LINES, ids=[w for _, _, w in LINES])
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, code: str, line: str, why: str) -> None:
    chiefs, faults = read_chiefs(roster(tmp_path / "a.csv", line, "A1,2,示例 好,,,,,"))
    assert [(f.code, f.where) for f in faults] == [(code, "a.csv:2")], why
    assert [c.chief for c in chiefs] == ["示例 好"]


def test_rules_and_categories(tmp_path: Path) -> None:
    rules = tmp_path / "r.csv"
    rules.write_text(
        "order,scheme,kind,code,condition,street,area,handler,supervisor,co_departments\n"
        "20,S,event,01*,,,,a,b,\n10,S,event,0101,夜间,T1,,a,b,c；d\n",
        "utf-8",
    )
    found, faults = read_rules(rules)
    assert faults == ()
    assert [(r.order, r.code, r.condition, r.street, r.co_departments) for r in found] == [
        (10, "0101", "夜间", "T1", ("c", "d")),
        (20, "01*", None, None, ()),
    ]
    codes = tmp_path / "c.csv"
    codes.write_text(
        "scheme,kind,code,name,evidence,origin\nS,event,0101,one,attested,national\nS,event,0198,two,,\n"
        "S,event,0198,three,,\nS,component,0198,two,,\nS,component,0198,two,,\n",
        "utf-8",
    )
    categories, faults = read_categories(codes)
    assert [(c.kind, c.code, c.evidence) for c in categories] == [
        ("component", "0198", ""),  # the same line twice is one category
        ("event", "0101", "attested; national"),
    ]
    assert [(f.code, f.where, f.blocking) for f in faults] == [("category_ambiguous", "S event 0198", False)]


def test_codes_keep_their_leading_zero_in_excel(tmp_path: Path) -> None:
    path = workbook(tmp_path / "c.xlsx", [["scheme", "kind", "code", "name"], ["S", "event", "0101", "one"]])
    assert [c.code for c in read_categories(path)[0]] == ["0101"]


def test_template_never_holds_a_formula(tmp_path: Path) -> None:
    """A name that looks like a formula stays text, and the template is read back by the importer."""
    path = tmp_path / "t.xlsx"
    write_template(
        path, sheets.CHIEFS, [{"segment": "A1", "tier": 1, "chief": '=HYPERLINK("http://x")', "public": "是"}]
    )
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[0][:3] == ["路段编码", "级别", "街长"]
    [chief], faults = read_chiefs(path)
    assert (chief.chief, chief.tier, chief.public, faults) == ('=HYPERLINK("http://x")', 1, True, ())


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER.split(","), ["A1", 1, "示例 " * 2000]])
    monkeypatch.setattr(sheets, "MOST_BYTES", 1000)
    with pytest.raises(BadInput) as refused:
        read_chiefs(path)
    assert refused.value.code == "workbook_too_large"


FILES = [
    ("a.csv", b"segment,tier\nA1,1\n", "missing_properties"),
    ("a.csv", b"\xff\xfe\x00\x81", "unreadable_table"),
    ("a.csv", b'segment,tier,chief\n"A1,1,x\n', "unreadable_table"),
    ("a.csv", b"", "missing_properties"),
    ("a.csv", b"segment,tier,chief,tier\n", "columns_twice"),
    ("a.csv", "segment,tier,chief,级别\n".encode(), "columns_twice"),
    ("a.xlsx", b"PK\x03\x04 cut off", "not_a_workbook"),
    ("a.xlsx", b"", "not_a_workbook"),
]


@pytest.mark.parametrize(("name", "content", "code"), FILES)
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_chiefs(tmp_path / name)
    assert refused.value.code == code
