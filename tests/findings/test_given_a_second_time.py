"""How `give`, typed again after it had ended well, told people to give a second time.

"fair.txt is there already: another name=…, please", it said, and whoever took another name gave another gift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from largesse.arguments import ArgumentError
from scripts import claim, gift_subs, give, prepaid, subscribe
from tests.fixtures.desk import KR, Desk

ONE = (f"series={KR}", "amount=3000", "name=fair", "message=Read!")
LATER = (*ONE, "deliver=2031-06-01", "reclaim=2031-09-01")
MANY = (f"series={KR}", "amount=1000", "count=3", "name=fair")
WAYS = (
    (give.main, ONE, "its link is"),
    (give.main, LATER, "its link is"),
    (give.many, MANY, "its 3 links are"),
)
each = pytest.mark.parametrize(("command", "given", "what"), WAYS, ids=["one", "later", "many"])


@pytest.fixture
def gifts(desk: Desk) -> Iterator[Path]:
    """The folder of links; the giver has 50,000."""
    desk.issue("giver", "50000")
    folder = desk.session.out("gifts")
    yield folder
    for path in folder.iterdir():
        path.unlink()


def refused(desk: Desk, command: Callable[..., Any], *given: str) -> str:
    """What is said instead of sending anything."""
    block = desk.block()
    with pytest.raises(ArgumentError) as error:
        command(*given)
    assert desk.block() == block
    return str(error.value)


@each
def test_what_was_given_is_not_called_a_name_that_is_taken(
    desk: Desk, gifts: Path, command: Callable[..., Any], given: tuple[str, ...], what: str
) -> None:
    command(*given)
    said = f"this gift was made already, and {what} in out/gifts/fair.txt; another name=… makes another gift"
    assert refused(desk, command, *given) == said
    if "deliver=2031-06-01" not in given:
        claim.main(f"link={(gifts / 'fair.txt').read_text().split()[0]}", "to=recipient")
        assert refused(desk, command, *given) == said


@each
def test_something_else_of_that_name_is_told_apart(
    desk: Desk, gifts: Path, command: Callable[..., Any], given: tuple[str, ...], what: str
) -> None:
    command(*given)
    other = tuple("amount=7" if one.startswith("amount=") else one for one in given)
    said = "out/gifts/fair.txt is there already and holds something else: another name=…, please"
    assert refused(desk, command, *other) == said
    (gifts / "fair.txt").write_text("no link")
    assert refused(desk, command, *given) == said


@each
def test_a_gift_of_a_chain_that_is_gone_was_not_made_here(
    desk: Desk, gifts: Path, command: Callable[..., Any], given: tuple[str, ...], what: str
) -> None:
    """Development chains have one id, and the contracts one address on all of them."""
    before = desk.session.node.develop("evm_snapshot", [])
    command(*given)
    desk.session.node.develop("evm_revert", [before])
    assert refused(desk, command, *given) == (
        "out/gifts/fair.txt is of a chain that is gone: move it away, or take another name=…"
    )


def test_memberships_and_accounts_say_what_is_there(desk: Desk) -> None:
    subscribe.tier("currency=USDC", "tier=1", "price=5", "from=creator")
    raid = ("currency=USDC", "to=creator", "tier=1", "count=2", "reclaim=2040-01-01", "name=raid")
    gift_subs.main(*raid)
    assert refused(desk, gift_subs.main, *raid) == (
        "out/gift_subs/raid.txt is there already, of a run before this one, which paid for what it holds if "
        "it was not stopped; another name=… pays for others"
    )
    crawler = ("currency=USDC", "to=merchant", "amount=5", "session=crawler")
    prepaid.open(*crawler)
    assert refused(desk, prepaid.open, *crawler) == (
        "out/sessions/crawler.json is there already, with the key of another account: `prepaid show "
        "session=crawler` tells of it; another session=… opens another account"
    )
