"""Workbooks of strangers: what would end the process is refused before it is opened."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from streetchief.errors import BadInput
from streetchief.intake.feeds.excel import read_excel
from streetchief.registry.sheets import read_chiefs
from streetchief.registry.workbook import sheet_rows

ENOUGH = 1 << 26


def workbook(path: Path, *cells: tuple[int, int]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["segment", "tier", "chief"])
        for row, column in cells:
            sheet.write_string(row, column, "x")
    return path


def with_sheet(path: Path, rows: str) -> Path:
    """A workbook whose sheet is written by hand."""
    with zipfile.ZipFile(workbook(path.with_suffix(".0.xlsx"))) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith("sheet1.xml"):
                head, _, rest = content.decode().partition("<sheetData>")
                content = f"{head}<sheetData>{rows}</sheetData>{rest.partition('</sheetData>')[2]}".encode()
            new.writestr(item.filename, content)
    return path


@pytest.mark.parametrize("cell", [(1_048_575, 16_383), (20_000_000 // 16_384, 16_383), (1_048_575, 19)])
def test_one_cell_far_out_is_refused_in_both_rooms(tmp_path: Path, cell: tuple[int, int]) -> None:
    path = workbook(tmp_path / "far.xlsx", cell)
    for read in (read_chiefs, lambda file: list(read_excel(file, {"segment"}))):
        with pytest.raises(BadInput) as refused:
            read(path)
        assert refused.value.code == "workbook_too_wide"


FAR = [
    ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "as Excel writes it"),
    ("<row r='1048576'><c r = 'xfd1048576'><v>1</v></c></row>", "as others may"),
    ('<row r="1048576">' + "<c><v>1</v></c>" * 40 + "</row>", "cells without reference"),
    ('<row r="1"><c r="XEZ1"/>' + "<c><v>1</v></c>" * 9 + '</row><row r="9999"><c><v>1</v></c></row>', "both"),
]


@pytest.mark.parametrize(("rows", "why"), FAR)
def test_a_far_cell_is_found_however_it_is_written(tmp_path: Path, rows: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        sheet_rows(with_sheet(tmp_path / "far.xlsx", rows), ENOUGH)
    assert refused.value.code == "workbook_too_wide", why


def test_a_long_sheet_and_one_without_references_are_read(tmp_path: Path) -> None:
    assert len(list(sheet_rows(workbook(tmp_path / "a.xlsx", (99_999, 20)), ENOUGH))) == 100_000
    bare = "<row><c><v>1</v></c><c><v>2</v></c></row>" * 5000
    rows = list(sheet_rows(with_sheet(tmp_path / "b.xlsx", bare), ENOUGH))
    assert (len(rows), rows[-1]) == (5000, [1.0, 2.0])


def open_document(path: Path, table: str) -> Path:
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = f'<table:table table:name="a">{table}</table:table>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return path


VALUE = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
MANY = ' table:number-columns-repeated="16383"'


def test_repeated_cells_of_an_open_document_count(tmp_path: Path) -> None:
    filler = f"<table:table-cell{MANY}/>"
    usual = f'<table:table-row>{VALUE.format("")}{filler}</table:table-row><table:table-row table:number-rows-repeated="1048575">{filler}</table:table-row>'
    assert list(sheet_rows(open_document(tmp_path / "a.ods", usual), ENOUGH)) == [["x"]]
    for row in (VALUE.format(MANY), f"{filler}{VALUE.format('')}"):
        hostile = f'<table:table-row table:number-rows-repeated="1048576">{row}</table:table-row>'
        with pytest.raises(BadInput) as refused:
            sheet_rows(open_document(tmp_path / "b.ods", hostile), ENOUGH)
        assert refused.value.code == "workbook_too_wide"


def test_a_binary_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as file:
        file.writestr("xl/workbook.bin", b"\x83\x01\x00")
    with pytest.raises(BadInput) as refused:
        sheet_rows(tmp_path / "a.xlsx", ENOUGH)
    assert refused.value.code == "not_a_workbook"
