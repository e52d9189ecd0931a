"""The secret that a claim had shown was searched for from block 0 on: thousands of requests on a live chain,
while the time of whoever needs it runs. Now from the last block back, and no further than the deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from largesse.chainlogs import read_logs
from largesse.clients import swaps as module
from largesse.clients.swaps import SwapError
from scripts import swap
from tests.fixtures.desk import Desk

Range = tuple[int, int]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Range]:
    """The ranges of blocks that a node is asked for, in their order."""
    ranges: list[Range] = []

    def asking(node: Any, address: str, first: int, last: int, **how: Any) -> Iterator[Any]:
        ranges.append((first, last))
        return read_logs(node, address, first, last, **how)

    monkeypatch.setattr(module, "read_logs", asking)
    return ranges


@pytest.fixture
def deployed(desk: Desk, tickets: Path) -> int:
    """The block of the deployment; the first one has claimed 26,000 won for 20 dollars."""
    assert not list(tickets.iterdir())
    won = ("currency=KRWT", "amount=26000")
    swap.propose("currency=USDC", "amount=20", "to=holder", "name=mine", "from=agent")
    swap.answer(
        "ticket=mine", "their_amount=20", "their_currency=USDC", *won, "to=agent", "name=answer",
        "from=holder",
    )  # fmt: skip
    swap.claim("ticket=answer", "name=mine", *won, "from=agent")
    return desk.session.deployment().currency("KRWT").block


@pytest.mark.parametrize("other", [False, True])
def test_the_script_searches_from_the_deployment_on(
    desk: Desk, deployed: int, asked: list[Range], other: bool
) -> None:
    last = desk.block()
    there = (f"other={desk.session.node.url}",) if other else ()
    assert swap.claim("ticket=mine", "mine=answer", *there, "from=holder") == 20_000_000
    assert asked == [(deployed, last)]
    assert deployed > 0


def test_the_last_blocks_are_searched_first(
    desk: Desk, deployed: int, asked: list[Range], monkeypatch: pytest.MonkeyPatch, tickets: Path
) -> None:
    """A claim of 16 blocks ago is in the third range of 8."""
    monkeypatch.setattr(module, "DEFAULT_RANGE", 8)
    lock, swaps = swap.read(desk.session, "answer").lock, desk.session.swaps("KRWT")
    claimed = desk.block()
    assert deployed < claimed - 8
    desk.session.node.develop("anvil_mine", [hex(16)])
    assert swaps.preimage(lock) == bytes.fromhex((tickets / "mine.secret").read_text().strip()[2:])
    assert asked == [(claimed + 9, claimed + 16), (claimed + 1, claimed + 8), (claimed - 7, claimed)]


def test_each_block_from_the_deployment_on_is_searched_once(
    desk: Desk, deployed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a node that gives no log."""
    searched: list[int] = []

    def nothing(_node: Any, _address: str, first: int, last: int, **_: Any) -> Iterator[Any]:
        searched.extend(range(first, last + 1))
        return iter(())

    monkeypatch.setattr(module, "read_logs", nothing)
    monkeypatch.setattr(module, "DEFAULT_RANGE", 7)
    with pytest.raises(SwapError, match="the node has no log of it"):
        desk.session.swaps("KRWT").preimage(swap.read(desk.session, "answer").lock)
    assert sorted(searched) == list(range(deployed, desk.block() + 1))
