"""The report as one HTML file: tables, their definitions, plots inside; nothing is fetched."""

from __future__ import annotations

from html import escape
from typing import Final

from largesse.report.making import Report
from largesse.report.model import Kind, Table
from largesse.report.plots import plots
from largesse.report.scope import iso_time
from largesse.report.showing import cells

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
table { border-collapse: collapse; font-size: .85rem; } .wide { overflow-x: auto; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #dde3ea; text-align: left; vertical-align: top; }
th { background: #f2f5f8; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
p.d { color: #55616e; font-size: .85rem; max-width: 60rem; margin: .2rem 0 .6rem; }
.bad { background: #fdecea; border-left: 4px solid #b0413e; padding: .6rem 1rem; white-space: pre-wrap; }
.good { background: #edf6ec; border-left: 4px solid #5b8c5a; padding: .6rem 1rem; }
svg { max-width: 100%; height: auto; }
"""


def to_html(report: Report) -> str:
    """The whole page. What it shows is escaped: names of currencies come from the chain."""
    scope = report.scope
    whose = f"issuer {scope.issuer}" if scope.issuer else "all issuers"
    when = iso_time(scope.time)
    heading = f"Largesse report, {scope.first_day} to {scope.last_day}"
    about = f"Chain {report.chain_id}, as of block {scope.block} ({scope.block_hash}), {when}; {whose}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(heading)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(heading)}</h1>",
        f"<p>{escape(about)}. Days and times are UTC. Every figure is recomputed from events.</p>",
        _agreement(report),
    ]
    parts += [f"<h2>{escape(title)}</h2>{drawn}" for title, drawn in plots(report)]
    parts += [_table(report, table) for table in report.tables]
    return "\n".join([*parts, "</body></html>", ""])


def _agreement(report: Report) -> str:
    if not report.differences:
        return (
            '<p class="good">Compared with the contracts at this block (face, balances, debts, reserves, '
            "accounts, jars): no difference.</p>"
        )
    listed = escape("\n".join(report.differences))
    return f'<p class="bad">{len(report.differences)} difference(s) from the contracts:\n{listed}</p>'


def _table(report: Report, table: Table) -> str:
    marks = ["" if column.kind in (Kind.TEXT, Kind.TIME) else ' class="n"' for column in table.columns]
    head = "".join(
        f"<th{mark}>{escape(column.name)}</th>" for mark, column in zip(marks, table.columns, strict=True)
    )
    rows = [
        "<tr>" + "".join(
            f"<td{mark}>{escape(cell)}</td>"
            for mark, cell in zip(marks, cells(report, table, row, people=True), strict=True)
        ) + "</tr>"
        for row in table.rows
    ]  # fmt: skip
    body = "\n".join(rows) or f'<tr><td colspan="{len(marks)}">none</td></tr>'
    return (
        f'<h2 id="{table.group.name}">{escape(table.group.title)}</h2>'
        f'<p class="d">{escape(table.group.definition)}</p>'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )
