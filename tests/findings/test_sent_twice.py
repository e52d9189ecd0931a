"""What was done again because nobody could tell that it had been done.

A node that took a transaction and then answered an error, or nothing: "not sent", said the script. `give
many` was started again while what a killed run had sent was in no block yet: the same links were paid for
twice; and so was whatever else was typed again. And a list of recipients that was changed after its run broke
off was another list: its first rows got theirs twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.exceptions import ReadTimeout
from web3.exceptions import Web3RPCError

from largesse.chain import ChainError, Node
from largesse.errors import JournalError
from largesse.issuing import issue_list
from largesse.recipients import load_recipients
from scripts import give, transfer
from tests.fixtures.desk import KR, Desk
from tests.support.clock import no_mining

LINKS = (f"series={KR}", "amount=1000", "count=3", "name=waits")
HEAD = "name,address,amount,message,external_id\n"


def failing(node: Node, error: Exception, *, takes: bool) -> Callable[[bytes], Any]:
    """eth_sendRawTransaction of a node that fails, whether it takes the transaction or not."""
    real = node.web3.eth.send_raw_transaction

    def send(raw: bytes) -> None:
        if takes:
            real(raw)
        raise error

    return send


@pytest.mark.parametrize("error", [Web3RPCError("internal error"), ReadTimeout("timed out")], ids=repr)
def test_a_node_that_fails_after_it_took_the_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    node, block = desk.session.node, desk.block()
    call = desk.won.contract.functions.approve(desk.address("stranger"), 5)
    with monkeypatch.context() as patch:
        patch.setattr(node.web3.eth, "send_raw_transaction", failing(node, error, takes=True))
        assert node.send(call, desk.wallet("issuer"))["status"] == 1
    assert desk.won.allowance(desk.address("issuer"), desk.address("stranger")) == 5
    assert desk.block() == block + 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Web3RPCError("insufficient funds"), "not_sent"), (ReadTimeout("timed out"), "unclear")],
    ids=["refused", "silent"],
)
def test_a_node_that_does_not_have_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    node = desk.session.node
    call = desk.won.contract.functions.approve(desk.address("stranger"), 5)
    monkeypatch.setattr(node.web3.eth, "send_raw_transaction", failing(node, error, takes=False))
    with pytest.raises(ChainError) as told:
        node.send(call, desk.wallet("issuer"))
    assert told.value.reason == reason
    assert reason == "not_sent" or "0x" in str(told.value)


@pytest.fixture
def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """`give many`, killed while its transaction waits for a block."""

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    desk.issue("giver", "50000")
    node = desk.session.node
    node.develop("evm_setAutomine", [False])
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Node, "wait", cut)
            with pytest.raises(KeyboardInterrupt):
                give.many(*LINKS)
        yield node
    finally:
        node.develop("evm_setAutomine", [True])


def test_links_whose_transaction_is_in_no_block_yet(desk: Desk, waiting: Node) -> None:
    before = desk.krw.account(1, desk.address("giver")).balance
    with pytest.raises(ChainError) as error:
        give.many(*LINKS)
    assert error.value.reason == "waiting"
    waiting.develop("evm_mine", [])
    links = give.many(*LINKS)
    assert links is not None
    assert desk.krw.account(1, desk.address("giver")).balance == before - 3_000


def test_what_is_typed_again_while_it_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise EOFError("killed")

    node = desk.session.node
    desk.issue("giver", "50000")
    typed = (f"series={KR}", "to=holder", "amount=1000", "from=giver")
    with no_mining(), monkeypatch.context() as patch:
        patch.setattr(Node, "wait", cut)
        with pytest.raises(EOFError):
            transfer.main(*typed)
        for _ in range(2):
            with pytest.raises(ChainError) as error:
                transfer.main(*typed)
            assert error.value.reason == "waiting"
            assert "1 of giver's transactions" in str(error.value)
        node.develop("evm_mine", [])
    assert desk.krw.account(1, desk.address("holder")).balance == 1_000


def test_what_one_node_sends_waits_for_nothing(desk: Desk) -> None:
    """Steps of one command follow each other, also where a node that is asked is behind another one."""
    node, wallet = desk.session.node, desk.wallet("issuer")
    call = desk.won.contract.functions.approve(desk.address("stranger"), 5)
    data = bytes.fromhex(call._encode_transaction_data()[2:])
    real, heights = node.web3.eth.get_transaction_count, []

    def behind(account: Any, block: Any = None) -> int:
        count = int(real(account, block))
        heights.append(count)
        return count - 1 if block == "latest" and len(heights) > 2 else count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node.web3.eth, "get_transaction_count", behind)
        for _ in range(2):
            assert node.send_raw_call(wallet, desk.won.address, data)["status"] == 1


def test_a_list_that_was_changed_after_its_run_broke_off(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(name: str, *rows: str) -> Any:
        path = tmp_path / name
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return load_recipients(path, decimals=0, denomination=50_000)

    def issue(recipients: Any, series: int = 1) -> int:
        done = issue_list(desk.krw, desk.wallet("issuer"), series, recipients, tmp_path, batch_size=1)
        return done.rows_now

    anna, ben = desk.address("holder"), desk.address("reader")
    first = listed("a.csv", f"Anna,{anna},50000,,1", f"Ben,{ben},50000,,2")
    real, sent = Node.broadcast, []

    def once(node: Node, raw: bytes) -> None:
        sent.append(raw)
        if len(sent) == 3:  # the approval and the first row are through
            raise KeyboardInterrupt
        real(node, raw)

    with monkeypatch.context() as patch:
        patch.setattr(Node, "broadcast", once)
        with pytest.raises(KeyboardInterrupt):
            issue(first)
    assert desk.krw.account(1, anna).balance == 50_000
    changed = listed("b.csv", f"Anna,{anna},50000,,1", f"Benjamin,{ben},50000,,2")
    with pytest.raises(JournalError) as error:
        issue(changed)
    assert error.value.reason == "unfinished_run"
    assert desk.krw.account(1, anna).balance == 50_000
    assert issue(first) == 1
    # What is finished is in no other list's way.
    assert issue(changed) == 2
