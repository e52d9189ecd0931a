"""A list that has grown since it was issued is another list: all that it had were issued to again, and nobody
was told, however much their external ids said that they were the same orders."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from largesse.errors import JournalError
from largesse.journal import issued_ids
from largesse.recipients import COLUMNS
from scripts import issue
from tests.fixtures.desk import KR, Desk


@pytest.fixture(autouse=True)
def fresh_journals(desk: Desk) -> Iterator[None]:
    yield
    for path in desk.session.journals.glob("*"):
        path.unlink()


def listed(path: Path, desk: Desk, *ids: str) -> str:
    with path.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(COLUMNS)
        rows.writerows(("Somebody", desk.address("holder"), "50000", "", one) for one in ids)
    return f"csv={path}"


def test_who_stood_on_another_list_is_named(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series, path = f"series={KR}", tmp_path / "list.csv"
    old = [f"order-{number}" for number in range(7)]
    issue.main(series, listed(path, desk, *old))
    issue.main(series, listed(path, desk, *old))
    assert "on another list" not in capsys.readouterr().out
    issue.main(series, listed(path, desk, *old, "order-7"))
    said = " ".join(capsys.readouterr().out.split())
    assert "note: 7 of 8 rows were on another list" in said
    assert "order-0, order-1, order-2, order-3, order-4, …" in said
    issue.main(series, listed(path, desk, *old, "order-7"))
    assert "on another list" not in capsys.readouterr().out
    issue.main(series, listed(path, desk, "order-8"))
    assert "on another list" not in capsys.readouterr().out


def test_what_is_in_no_block_is_of_nobody_yet(desk: Desk, tmp_path: Path) -> None:
    """A journal's rows are those of the batches that were sent; one of before has none, and one that is
    damaged is told of."""
    issue.main(f"series={KR}", listed(tmp_path / "list.csv", desk, "a", "b", "c"), "batch=2")
    (path,) = desk.session.journals.glob("*.json")
    text = path.read_text()
    assert issued_ids(path) == {"a", "b", "c"}
    path.write_text(text.replace('"mined"', '"dropped"', 1))
    assert issued_ids(path) == {"c"}
    path.write_text(text.replace('"ids"', '"else"'))
    assert issued_ids(path) == set()
    path.write_text(text[:-9])
    with pytest.raises(JournalError) as error:
        issued_ids(path)
    assert error.value.reason == "journal_corrupt"
