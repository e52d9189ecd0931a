"""The script `swap`, as two people type it. Both legs are on one chain here, won for dollars; across two
chains: tests/journeys/test_row_atomic_swap.py."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from largesse.amounts import AmountError
from largesse.arguments import ArgumentError
from largesse.clients.swaps import CLAIMED, LOCKED, REFUNDED, SwapError, Ticket
from scripts import swap
from tests.fixtures.desk import Desk
from tests.support.clock import later

HOUR = 3_600
WON, THEIRS = ("currency=KRWT", "amount=26000"), ("their_amount=20", "their_currency=USDC")


@pytest.fixture
def agreed(desk: Desk, tickets: Path) -> tuple[str, str]:
    """20 dollars of the agent's for 26,000 won of the holder's, both locked."""
    swap.propose("currency=USDC", "amount=20", "to=holder", "name=mine", "from=agent")
    mine = str(tickets / "mine.json")
    swap.answer(
        f"ticket={mine}", f"other={desk.session.node.url}", *THEIRS, *WON, "to=agent", "name=answer",
        "from=holder",
    )  # fmt: skip
    assert swap.read(desk.session, "answer") == Ticket.read(tickets / "answer.json")
    return mine, str(tickets / "answer.json")


def test_two_people_swap(desk: Desk, tickets: Path, agreed: tuple[str, str]) -> None:
    mine, theirs = agreed
    assert stat.S_IMODE((tickets / "mine.secret").stat().st_mode) == 0o600
    dollars = desk.session.swaps("USDC").token
    won, has = desk.won.balance(desk.address("agent")), dollars.balance(desk.address("holder"))
    assert [swap.show(f"ticket={one}") for one in agreed] == [LOCKED, LOCKED]
    with pytest.raises(SwapError, match="no secret was shown"):
        swap.claim(f"ticket={mine}", f"mine={theirs}", f"other={desk.session.node.url}", "from=holder")
    assert swap.claim(f"ticket={theirs}", "name=mine", *WON, "from=agent") == 26_000
    assert swap.claim(f"ticket={mine}", f"mine={theirs}", f"other={desk.session.node.url}", "from=holder")
    assert [swap.show(f"ticket={one}") for one in agreed] == [CLAIMED, CLAIMED]
    assert desk.won.balance(desk.address("agent")) == won + 26_000
    assert dollars.balance(desk.address("holder")) == has + 20_000_000


def test_two_people_give_up(agreed: tuple[str, str]) -> None:
    for ticket in agreed:
        with pytest.raises(SwapError, match="it can be paid back from"):
            swap.refund(f"ticket={ticket}")
    later(48 * HOUR)
    assert [swap.refund(f"ticket={one}", "from=relayer") for one in agreed] == [20_000_000, 26_000]
    assert [swap.show(f"ticket={one}") for one in agreed] == [REFUNDED, REFUNDED]


def test_bad_input_locks_nothing(desk: Desk, tickets: Path) -> None:
    block = desk.block()
    offer = ("amount=20", "to=holder", "name=mine", "from=agent")
    with pytest.raises(ArgumentError, match="one of them"):
        swap.propose(*offer)
    with pytest.raises(AmountError, match="has 7 decimals"):
        swap.propose("currency=USDC", "amount=0.0000001", *offer[1:])
    with pytest.raises(ArgumentError, match="hours"):
        swap.propose("currency=USDC", *offer, "hours=0")
    broken = tickets / "broken.json"
    broken.write_text('{"format": "largesse/swap"}')
    for path in (broken, tickets / "none.json"):
        with pytest.raises(SwapError, match="is no ticket"):
            swap.show(f"ticket={path}")
    assert desk.block() == block
    swap.propose("currency=USDC", *offer, "hours=6")
    with pytest.raises(ArgumentError, match="is there already"):
        swap.propose("currency=USDC", *offer)
    answer = ("currency=KRWT", "amount=26000", "to=agent", "name=answer", "from=holder")
    theirs = (f"ticket={tickets / 'mine.json'}", f"other={desk.session.node.url}", *THEIRS)
    with pytest.raises(SwapError, match="less than 21,600 s are left"):
        swap.answer(*theirs, *answer)
    with pytest.raises(SwapError, match="locked for"):
        swap.answer(*theirs, "gap=1", *answer[:-1], "from=merchant")
    with pytest.raises(ArgumentError, match="no secret"):
        swap.claim(theirs[0], "name=answer", "currency=USDC", "amount=20", "from=holder")
    with pytest.raises(ArgumentError, match="amount=… is not given"):
        swap.claim(theirs[0], "name=mine", "currency=USDC", "from=holder")
    ticket = Ticket.read(tickets / "mine.json")
    elsewhere = tickets / "elsewhere.json"
    Ticket(1, ticket.contract, ticket.symbol, ticket.lock).write(elsewhere)
    with pytest.raises(SwapError, match="the ticket is for chain 1"):
        swap.show(f"ticket={elsewhere}")
