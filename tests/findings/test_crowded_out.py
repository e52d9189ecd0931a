"""What somebody crowds with small change, or what a crowd does without meaning to.

`market fill` sent every good offer of the book along: with some three hundred of them the transaction was
larger than nodes take, and nothing could be bought. `tip attest` signed for all tips to a handle at once,
which no block takes once somebody has left thousands of a base unit each. `tip reclaim` sent a transaction
for each of them, at the gas of whoever wanted one tip back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from largesse.chain import Node
from largesse.clients import market as markets
from largesse.order_book import SignedOffer
from largesse.signed.market import Offer
from scripts import market, tip
from tests.fixtures.desk import KR, Desk
from tests.support.certificates import DAY
from tests.support.clock import later

MOST_BYTES = 128 << 10
"""Of a transaction, as geth takes it."""


@pytest.fixture
def book(desk: Desk) -> Iterator[Path]:
    path = desk.session.out("market") / "book.jsonl"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def offered(desk: Desk, path: Path, role: str, amounts: list[int], price: int) -> None:
    """Signed offers of so much face each, `price` for a hundred."""
    seller, first = desk.wallet(role), len(path.read_text().splitlines()) if path.exists() else 0
    where = desk.session.market(desk.krw)
    lines = []
    for place, amount in enumerate(amounts):
        offer = Offer(
            seller.address, 1, amount, amount * price // 100, 0, "0x" + "00" * 20, 0, first + place + 2, 0,
            desk.session.node.now() + 86_400,
        )  # fmt: skip
        signature = offer.sign(where.domain, seller.key)
        lines.append(SignedOffer(where.node.chain_id, where.address, offer, signature).line() + "\n")
    with path.open("a") as out:
        out.writelines(lines)


def test_a_book_of_many_offers_can_be_bought_from(
    desk: Desk, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.issue("giver", "50000")
    market.offer(f"series={KR}", "amount=100", "price=90", "from=giver")
    offered(desk, book, "giver", [100] * 300, 80)
    real, sizes = Node.broadcast, []

    def measured(node: Node, raw: bytes) -> None:
        sizes.append(len(raw))
        real(node, raw)

    monkeypatch.setattr(Node, "broadcast", measured)
    bought = market.fill(f"series={KR}", "amount=2000", "most=1700")
    assert bought is not None
    assert (bought.amount, bought.cost) == (2_000, 1_600)
    assert max(sizes) < MOST_BYTES


def test_the_large_offers_are_found_among_small_change(
    desk: Desk, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markets, "MOST_ROWS", 5)
    desk.issue("giver", "50000")
    desk.issue("supporter", "50000")
    market.offer(f"series={KR}", "amount=30000", "price=27000", "from=giver")
    market.offer(f"series={KR}", "amount=50000", "price=51000", "from=supporter")
    offered(desk, book, "supporter", [2] * 8, 50)
    bought = market.fill(f"series={KR}", "amount=20000", "most=18400")
    assert bought is not None
    assert bought.amount == 20_000
    assert bought.cost <= 18_000


def test_a_word_on_a_handle_is_about_as_many_tips_as_a_block_takes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tip, "MOST_TIPS", 2)
    to = ("currency=USDC", "handle=github:crowd", "attestor=operator", "reclaim=2040-01-01")
    for amount in ("0.000001", "5", "0.000001", "7"):
        tip.handle(*to, f"amount={amount}", "from=supporter")
    word = ("currency=USDC", "handle=github:crowd", "to=recipient", "from=operator")
    paths = []
    for name, more in (("first", "2 more wait"), ("second", "")):
        paths.append(tip.attest(*word, f"name={name}"))
        shown = capsys.readouterr().out
        assert more in shown
        assert ("more wait" in shown) == bool(more)
        amount = tip.claim(f"word={paths[-1]}")
        assert amount == (12_000_000 if more else 2)


def test_who_takes_a_tip_back_pays_for_no_others(desk: Desk) -> None:
    """Unless it is said whose are to return."""
    now = desk.session.node.now()
    date = datetime.fromtimestamp(now + 2 * DAY, UTC).date()
    to = ("currency=USDC", "handle=github:dust", "attestor=operator", f"reclaim={date}")
    tip.handle(*to, "amount=5", "from=supporter")
    for _ in range(3):
        tip.handle(*to, "amount=0.000001", "from=agent")
    later(3 * DAY)
    block, given = desk.block(), to[:2]
    assert tip.reclaim(*given, "from=supporter") == 1
    assert desk.block() == block + 1
    assert tip.reclaim(*given, "from=supporter") == 0
    assert tip.reclaim(*given, "payer=agent", "from=relayer") == 3
