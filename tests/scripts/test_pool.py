"""The script of rewards, as people type it: sponsor, attester, reader, author, and whoever sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import Node, RefusedError
from largesse.clients.rewards import RewardError, Rewards
from largesse.clients.service import ServiceError
from largesse.errors import LargesseError
from largesse.holdings import SignedPartError
from largesse.pool_files import PoolFileError
from largesse.session import SessionError
from largesse.signed.attested_reads import AttestedRead
from scripts import pool, solvency
from tests.fixtures.desk import Desk
from tests.support.certificates import DAY
from tests.support.clock import later

DOLLAR = 10**6


@pytest.fixture
def folders(desk: Desk) -> Iterator[tuple[Path, Path]]:
    """Where pools and reads are; what a test writes there is forgotten with the chain's state."""
    found = desk.session.out("pools"), desk.session.out("reads")
    yield found
    for folder in found:
        for path in folder.glob("*.json"):
            path.unlink()


@pytest.fixture
def blog(folders: tuple[Path, Path]) -> bytes:
    """50 dollars; 1 for a reader and 10 in all a day; 10 % to 90 % are the reader's; two days' notice."""
    return pool.open(
        *("currency=USDC", "name=blog", "attester=operator", "amount=50", "reader_cap=1", "pool_cap=10"),
        *("least=10", "most=90", "notice=2", "from=supporter"),
    )


def attest(number: int, amount: str = "0.50", reader: str = "reader") -> Path:
    return pool.attest(
        *("pool=blog", f"read={number}", f"reader={reader}", "author=creator", f"amount={amount}"),
        "from=operator",
    )


def rewards_of(desk: Desk) -> Rewards:
    return desk.session.rewards("USDC")


def balance(desk: Desk, role: str) -> int:
    return rewards_of(desk).token.balance(desk.address(role))


def test_a_pool_from_opening_to_closing(desk: Desk, blog: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    before = {role: balance(desk, role) for role in ("supporter", "reader", "creator")}
    assert pool.fund("pool=blog", "amount=2.5", "from=supporter") == 52_500_000
    assert pool.show("pool=blog") == 52_500_000
    for number in (1, 2, 3):
        attest(number)
    assert pool.choose("pool=blog", "reads=1,2,3", "share=33.33", "from=reader") == 3
    payment = pool.pay("pool=blog", "reads=1,2,3", "from=relayer")
    assert (payment.amount, [row.read_id for row in payment.rows]) == (DOLLAR, [1, 2])
    assert "read 3 was skipped: the reader's cap of the day" in capsys.readouterr().out
    assert pool.collect("pool=blog", "to=reader") == 2 * 166_650
    assert pool.collect("pool=blog", "to=creator") == DOLLAR - 2 * 166_650
    assert balance(desk, "reader") - before["reader"] == 333_300
    assert balance(desk, "creator") - before["creator"] == 666_700
    assert pool.close("pool=blog", "from=supporter") == 0
    with pytest.raises(ArgumentError, match="can be had from") as caught:
        pool.close("pool=blog", "from=supporter")
    assert caught.value.reason == "not_yet"
    assert pool.show("pool=blog") == 51_500_000
    assert "closes" in capsys.readouterr().out
    later(DAY)
    assert pool.pay("pool=blog", "reads=3").amount == DOLLAR // 2
    later(DAY)
    assert pool.close("pool=blog", "from=supporter") == 51 * DOLLAR
    assert balance(desk, "supporter") - before["supporter"] == 51 * DOLLAR - 2_500_000
    solvency.main("currency=USDC")


def test_a_reader_submits_its_own_reads_without_signing(desk: Desk, blog: bytes) -> None:
    attest(1)
    payment = pool.pay("pool=blog", "reads=1", "share=90", "from=reader")
    assert payment.rows[0].to_reader == 450_000
    with pytest.raises(ArgumentError) as caught:
        pool.pay("pool=blog", "reads=1", "share=90", "from=reader")
    assert caught.value.reason == "nothing_paid"


def test_another_attester_after_its_notice(desk: Desk, blog: bytes, capsys: Any) -> None:
    attest(1)
    pool.attester("pool=blog", "to=agent", "from=supporter")
    pool.attester("pool=blog", "to=none", "from=supporter")
    pool.attester("pool=blog", "to=agent", "from=supporter")
    pool.show("pool=blog")
    assert "next attester" in capsys.readouterr().out
    later(2 * DAY)
    with pytest.raises(ArgumentError):
        pool.pay("pool=blog", "reads=1", "share=50", "from=reader")
    assert "the attester has not signed it" in capsys.readouterr().out
    with pytest.raises(RewardError) as caught:
        attest(2)
    assert caught.value.reason == "not_the_attester"
    assert rewards_of(desk).pool(blog).attester == desk.address("agent")


def test_a_closing_that_is_taken_back(desk: Desk, blog: bytes) -> None:
    pool.close("pool=blog", "from=supporter")
    pool.keep("pool=blog", "from=supporter")
    assert rewards_of(desk).pool(blog).closes_at == 0


BAD: list[tuple[Any, list[str], str]] = [
    (pool.show, ["pool=nowhere"], "no_such_pool"),
    (pool.show, ["pool=../blog"], "bad_name"),
    (pool.fund, ["pool=blog", "amount=0.0000001"], "too_many_decimals"),
    (pool.fund, ["pool=blog", "amount=999999999"], "not_enough_money"),
    (pool.choose, ["pool=blog", "reads=1", "share=95", "from=reader"], "out_of_bounds"),
    (pool.choose, ["pool=blog", "reads=1", "share=33.333", "from=reader"], "bad_share"),
    (pool.choose, ["pool=blog", "reads=1", "share=101", "from=reader"], "bad_share"),
    (pool.choose, ["pool=blog", "reads=1", "share=NaN", "from=reader"], "bad_share"),
    (pool.choose, ["pool=blog", "reads=1", "share=50", "from=giver"], "not_the_reader"),
    (pool.pay, ["pool=blog", "reads=1"], "missing_argument"),
    (pool.pay, ["pool=blog", "reads=1", "share=50", "from=relayer"], "not_the_reader"),
    (pool.pay, ["pool=blog", "reads=1,x"], "bad_number"),
    (pool.pay, ["pool=blog", "reads=7"], "no_such_read"),
    (pool.collect, ["pool=blog", "to=stranger"], "Pools_NothingToCollect"),
    (pool.close, ["pool=blog", "from=giver"], "Custody_NotItself"),
    (pool.keep, ["pool=blog", "from=supporter"], "Pools_NotClosing"),
    (pool.attester, ["pool=blog", "to=0x12"], "bad_address"),
]


def test_what_is_wrong_is_told_and_nothing_is_sent(desk: Desk, blog: bytes) -> None:
    attest(1)
    block = desk.block()
    for function, given, reason in BAD:
        with pytest.raises(LargesseError) as caught:
            function(*given)
        assert caught.value.reason == reason, given
    assert desk.block() == block


def test_what_is_there_is_not_written_over(desk: Desk, blog: bytes) -> None:
    path = attest(1)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        attest(1, "0.10")
    assert (caught.value.reason, path.read_text(encoding="utf-8")) == ("exists", before)
    with pytest.raises(ArgumentError) as caught:
        pool.open(
            *("currency=USDC", "name=blog", "attester=operator", "amount=1", "reader_cap=1", "pool_cap=1")
        )
    assert caught.value.reason == "exists"
    with pytest.raises(RefusedError) as refused:
        pool.open(
            *("currency=USDC", "name=bad", "attester=operator", "amount=1", "reader_cap=2", "pool_cap=1")
        )
    assert refused.value.reason == "Pools_CapBounds"
    assert not (desk.session.out("pools") / "bad.json").exists()


def test_files_that_were_tampered_with(desk: Desk, blog: bytes, folders: tuple[Path, Path]) -> None:
    """A read of another pool, a number that does not fit, another contract's pool."""
    path = attest(1)
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"pool": "0x" + "11" * 32}), encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        pool.pay("pool=blog", "reads=1")
    assert caught.value.reason == "other_pool"
    for change in (
        {"amount": str(2**96)},
        {"reader": "0x12"},
        {"attested": "11"},
        {"read": 1},
        {"chosen": None},
    ):
        path.write_text(json.dumps(content | change), encoding="utf-8")
        with pytest.raises(SignedPartError):
            pool.pay("pool=blog", "reads=1")
    kept = folders[0] / "blog.json"
    there = json.loads(kept.read_text(encoding="utf-8"))
    for change, reason in (({"contract": desk.won.address}, "elsewhere"), ({"pool": "0x11"}, "malformed")):
        kept.write_text(json.dumps(there | change), encoding="utf-8")
        with pytest.raises(PoolFileError) as wrong:
            pool.show("pool=blog")
        assert wrong.value.reason == reason


def test_an_attested_read_as_a_text(desk: Desk, blog: bytes) -> None:
    pool_read = attest(1).read_text(encoding="utf-8")
    symbol, read = AttestedRead.from_json(pool_read)
    assert (symbol, read.to_json(symbol)) == ("USDC", pool_read)


def test_money_on_a_live_chain_asks_first(desk: Desk, blog: bytes, live: Any) -> None:
    asked = live("no", mine=desk.wallet("supporter"))
    block = desk.block()
    with pytest.raises(SessionError) as caught:
        pool.fund("pool=blog", "amount=1", "from=mine")
    assert (caught.value.reason, len(asked), desk.block()) == ("not_confirmed", 1, block)


def test_a_pool_that_was_killed_is_not_opened_again(
    desk: Desk, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = (
        *("currency=USDC", "name=blog", "attester=operator", "amount=50", "reader_cap=1", "pool_cap=10"),
        "from=supporter",
    )
    wait = Node.wait

    def cut(node: Node, tx_hash: str) -> object:
        receipt = wait(node, tx_hash)
        if receipt and any(log["address"] == rewards_of(desk).address for log in receipt["logs"]):
            raise EOFError("killed")
        return receipt

    before = balance(desk, "supporter")
    with monkeypatch.context() as patch:
        patch.setattr(Node, "wait", cut)
        with pytest.raises(EOFError):
            pool.open(*given)
    with pytest.raises(ArgumentError) as error:
        pool.open(*given)
    assert error.value.reason == "exists"
    assert before - balance(desk, "supporter") == 50 * DOLLAR
    assert pool.show("pool=blog") == 50 * DOLLAR
    with pytest.raises(ServiceError):
        pool.open(*given[:1], "name=other", *given[2:3], "amount=5000000000", *given[4:])
    assert [path.name for path in folders[0].iterdir()] == ["blog.json"]
