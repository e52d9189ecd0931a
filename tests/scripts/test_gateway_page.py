"""docs/GATEWAY.md: its two pieces of Python run as they stand, and the errors of its table are the code's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from largesse.files import CHECKOUT
from scripts import prepaid
from tests.fixtures.desk import Desk
from tests.support.served import Server

PAGE = (CHECKOUT / "docs" / "GATEWAY.md").read_text(encoding="utf-8")
SELLING, PAYING = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def session(desk: Desk) -> Iterator[None]:
    """The session that the page's payer reads; its files are forgotten with the chain's state."""
    prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=crawler", "from=agent")
    yield
    for path in desk.session.out("sessions").glob("crawler.*"):
        path.unlink()


@pytest.mark.usefixtures("session")
def test_a_call_is_sold_and_paid(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: dict[str, Any] = {"prepaid": desk.session.prepaid("USDC"), "seller": desk.wallet("merchant")}
    exec(SELLING.replace("gateway.db", f"{tmp_path}/gateway.db"), named)

    @named["app"].get("/articles/{number}")
    def article(number: int) -> dict[str, int]:
        return {"number": number}

    server = Server(named["paid"])
    monkeypatch.chdir(desk.session.state)
    try:
        paying: dict[str, Any] = {}
        exec(PAYING.replace("http://127.0.0.1:8402", server.url), paying)
        assert paying["answer"].json() == {"number": 1}
        unpaid = paying["httpx"].get(f"{server.url}/articles/1")
    finally:
        server.stop()
    assert unpaid.status_code == 402
    assert [one["scheme"] for one in unpaid.json()["accepts"]] == ["largesse-voucher", "exact"]
    assert paying["purse"].charged == 10_000
    assert named["gateway"].settler is not None


def test_each_error_of_the_table_is_one_of_the_code() -> None:
    folders = ("gateway", "web")
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in (CHECKOUT / "largesse" / folder).glob("*.py")
    )
    rows = PAGE.partition("| status | error | |\n")[2].partition("\n\n")[0].splitlines()[1:]
    errors = [name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[1])]
    assert len(errors) > 20
    composed = {"wrong_chain", "wrong_asset", "wrong_pay_to", "wrong_amount"}  # wrong_ and what differs
    assert {name for name in errors if f'"{name}"' not in sources} == composed
