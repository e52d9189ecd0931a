"""On a live chain, what gives something away is shown first and goes on only with the typed word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from largesse.session import SessionError
from scripts import give, redeem, restore, transfer
from tests.fixtures.desk import KR, Desk

Live = Callable[..., list[str]]


def signed_restoration(desk: Desk) -> Path:
    redeem.main(f"series={KR}", "amount=5000", "merchant=bookshop", "from=giver")
    path = restore.sign(f"series={KR}", "amount=5000", "merchant=bookshop", "from=giver")
    assert path is not None
    return path


def gifts(state_folder: Path) -> set[Path]:
    return set(state_folder.glob("out/gifts/*"))


PAGE = "page=https://shop.example/card"  # which a live chain wants to be told
# Command, what it is given, whose account sends, what it waits for, and what the person reads before that.
GIVING: tuple[tuple[Any, tuple[str, ...], str, str, str], ...] = (
    (give.main, ("amount=1000", "name=fair", PAGE), "giver", "give", "1,000 KRWT of {kr} for {who}."),
    (
        give.main,
        ("amount=1000", "to={to}", "name=anna", PAGE),
        "giver",
        "give",
        "1,000 KRWT of {kr} for {to}.",
    ),
    (transfer.main, ("amount=1000", "to={to}"), "giver", "transfer", "1,000 KRWT of {kr} to {to}."),
    (redeem.main, ("amount=1000", "merchant={shop}"), "giver", "pay", "1,000 KRWT of {kr} to {shop}."),
)


@pytest.mark.parametrize(("command", "given", "role", "word", "question"), GIVING)
def test_a_card_leaves_its_holder_with_the_typed_word_only(
    desk: Desk, live: Live, state_folder: Path,
    command: Any, given: tuple[str, ...], role: str, word: str, question: str,
) -> None:  # fmt: skip
    desk.issue("giver", "50000")
    names = {"to": desk.address("recipient"), "shop": desk.address("bookshop"), "kr": KR}
    names["who"] = "whoever has the link"
    arguments = (f"series={KR}", *(one.format(**names) for one in given), "from=me")
    asked, block, files = live("yes", me=desk.wallet(role)), desk.block(), gifts(state_folder)
    with pytest.raises(SessionError) as error:
        command(*arguments)
    assert error.value.reason == "not_confirmed"
    assert asked == [f"{question.format(**names)} Type “{word}” to go on: "]
    assert desk.block() == block
    assert desk.krw.account(1, desk.address("giver")).balance == 50_000
    assert gifts(state_folder) == files, "no key is left of a gift that was not made"
    live(word, me=desk.wallet(role))
    command(*arguments)
    assert desk.krw.account(1, desk.address("giver")).balance == 49_000


def test_a_merchant_pays_back_with_the_typed_word_only(desk: Desk, live: Live) -> None:
    desk.issue("giver", "50000")
    path = signed_restoration(desk)
    asked, block = live("no", till=desk.wallet("bookshop")), desk.block()
    with pytest.raises(SessionError) as error:
        restore.main(f"signed={path}", "from=till")
    assert error.value.reason == "not_confirmed"
    assert asked == [f"5,000 KRWT of {KR} back on the card of {desk.address('giver')}. Type “pay” to go on: "]
    assert desk.block() == block
    live("pay", till=desk.wallet("bookshop"))
    assert restore.main(f"signed={path}", "from=till") == 5_000
    assert desk.krw.account(1, desk.address("giver")).balance == 50_000
