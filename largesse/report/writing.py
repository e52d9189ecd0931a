"""A report's files: one HTML, one JSON, one CSV for each table; each whole or not there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from largesse.errors import ReportError
from largesse.files import replace_file
from largesse.report.html import to_html
from largesse.report.making import Report
from largesse.report.model import Cell, Column, Kind
from largesse.report.scope import iso_time
from largesse.report.showing import PLACES, cells, decimal

FORMAT: Final = "largesse/report"
VERSION: Final = 1
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write every file; their paths. All is made before anything is written. Raises ReportError
    not_writable."""
    contents = {f"{table.group.name}.csv": table_csv(report, table.group.name) for table in report.tables}
    contents["report.json"] = to_json(report)
    contents["report.html"] = to_html(report)
    return write_files(folder, contents)


def write_files(folder: Path, contents: dict[str, str]) -> list[Path]:
    """Put files in place, each in one step. Raises ReportError not_writable."""
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            replace_file(folder / name, content.encode("utf-8"))
            paths.append(folder / name)
    except OSError as error:
        raise ReportError("not_writable", f"{folder}: can't be written to: {error.strerror}") from error
    return paths


def table_csv(report: Report, name: str) -> str:
    """A table as CSV (RFC 4180): decimal amounts, ISO dates, plain digits."""
    table = report.table(name)
    rows = (cells(report, table, row, people=False) for row in table.rows)
    return to_csv([column.name for column in table.columns], rows)


def to_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV whose texts no spreadsheet takes for formulas: symbols and orders come from the chain."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(map(_harmless, row))
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def to_json(report: Report) -> str:
    """Everything, for programs: amounts as texts of base (or scaled) units, times in Unix seconds and ratios
    as decimal texts, null for nothing."""
    scope = report.scope
    document = {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": report.chain_id,
        "block": scope.block,
        "block_hash": scope.block_hash,
        "time": iso_time(scope.time),
        "from": scope.first_day,
        "to": scope.last_day,
        "issuer": scope.issuer or None,
        "currencies": {
            symbol: {"decimals": decimals, "scaled_decimals": report.scaled_decimals(symbol)}
            for symbol, decimals in report.decimals.items()
        },
        "differences": list(report.differences),
        "tables": {
            table.group.name: {
                "title": table.group.title,
                "definition": table.group.definition,
                "columns": [{"name": one.name, "kind": one.kind.value} for one in table.columns],
                "rows": [
                    [_json(column, cell) for column, cell in zip(table.columns, row, strict=True)]
                    for row in table.rows
                ],
            }
            for table in report.tables
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _json(column: Column, cell: Cell) -> Any:
    if isinstance(cell, Fraction):
        return decimal(cell, PLACES)
    if isinstance(cell, int) and column.kind in (Kind.AMOUNT, Kind.SCALED):
        return str(cell)
    return str(cell) if column.kind is Kind.RATIO and cell is not None else cell
