"""Transactions of a service's account: each once, whatever dies, whoever races, however long it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from brownie import web3
from hexbytes import HexBytes
from sqlalchemy import Engine

from largesse.chain import ChainError, Node, RefusedError, Wallet
from largesse.database import open_database
from largesse.sender import TABLES, Sender
from tests.support.prepaid import Prepaid
from tests.support.waiting import until


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = open_database(database_url, TABLES)
    yield made
    made.dispose()


@pytest.fixture
def wallet(prepaid: Prepaid) -> Wallet:
    return Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))


@pytest.fixture
def sender(engine: Engine, wallet: Wallet, node_url: str) -> Sender:
    return Sender(Node.at(node_url), wallet, engine, patience=1.0)


def call(prepaid: Prepaid, amount: int = 1) -> tuple[str, bytes]:
    """A transfer of currency to the stranger."""
    data = prepaid.token.transfer.encode_input(prepaid.stranger, amount)
    return prepaid.token.address, bytes.fromhex(data[2:])


@pytest.fixture
def rich(prepaid: Prepaid) -> Prepaid:
    prepaid.fund(prepaid.merchant)
    return prepaid


def test_one_key_is_one_transaction(sender: Sender, rich: Prepaid) -> None:
    before = rich.balance(rich.stranger)
    receipts = [sender.send("a", *call(rich)) for _ in range(3)]
    assert len({bytes(one["transactionHash"]) for one in receipts}) == 1
    assert rich.balance(rich.stranger) == before + 1
    assert sender.receipt("a") is not None
    assert sender.receipt("b") is None
    sender.send("b", *call(rich))
    assert rich.balance(rich.stranger) == before + 2


def test_a_key_belongs_to_its_call(sender: Sender, rich: Prepaid) -> None:
    sender.send("a", *call(rich))
    with pytest.raises(ChainError) as error:
        sender.send("a", *call(rich, 2))
    assert error.value.reason == "other_transaction"


def test_what_would_be_refused_is_not_sent_and_its_key_stays_free(sender: Sender, rich: Prepaid) -> None:
    nonce = web3.eth.get_transaction_count(sender.wallet.address)
    target, data = call(rich, 2**200)
    with pytest.raises(RefusedError):
        sender.send("a", target, data)
    assert web3.eth.get_transaction_count(sender.wallet.address) == nonce
    assert sender.hashes("a") == []
    sender.send("a", *call(rich))


def test_where_the_node_fails_nothing_is_set_aside(
    sender: Sender, rich: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`allow` sets aside what the transaction may cost: it is asked once nothing but the database is left."""
    asked: list[int] = []

    def allow(gas: int, _: object) -> None:
        asked.append(gas)

    with monkeypatch.context() as patch:
        patch.setattr(type(sender.node.web3.eth), "get_transaction_count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.send("a", *call(rich), allow=allow)
    assert asked == []
    sender.send("a", *call(rich), allow=allow)
    assert len(asked) == 1


def test_a_crash_before_it_was_sent(sender: Sender, rich: Prepaid, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was signed and written down; the next start sends the same bytes."""
    before = rich.balance(rich.stranger)
    with monkeypatch.context() as patch:
        patch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.send("a", *call(rich))
    (signed,) = sender.hashes("a")
    assert rich.balance(rich.stranger) == before
    assert sender.resume() == 1
    web3.eth.wait_for_transaction_receipt(HexBytes(signed))
    assert rich.balance(rich.stranger) == before + 1
    receipt = sender.send("a", *call(rich))
    assert receipt["transactionHash"].to_0x_hex() == signed
    assert rich.balance(rich.stranger) == before + 1
    assert sender.resume() == 0


def test_the_nonce_of_what_was_not_sent_is_not_given_away(
    sender: Sender, rich: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.send("a", *call(rich))
    before = rich.balance(rich.stranger)
    later = threading.Thread(target=lambda: sender.send("b", *call(rich)))
    later.start()
    sender.send("a", *call(rich))
    later.join()
    assert rich.balance(rich.stranger) == before + 2


def test_what_no_block_takes_is_replaced_at_a_higher_price(
    engine: Engine, wallet: Wallet, node_url: str, rich: Prepaid
) -> None:
    """Of all attempts one is mined."""
    hasty = Sender(Node.at(node_url), wallet, engine, patience=0.2)
    before = rich.balance(rich.stranger)
    web3.provider.make_request("evm_setAutomine", [False])
    try:
        done: list[Any] = []
        sending = threading.Thread(target=lambda: done.append(hasty.send("a", *call(rich))))
        sending.start()
        until(lambda: len(hasty.hashes("a")) >= 3)
        web3.provider.make_request("evm_mine", [])
        sending.join()
    finally:
        web3.provider.make_request("evm_setAutomine", [True])
    assert done[0]["status"] == 1
    assert rich.balance(rich.stranger) == before + 1
    assert len(set(hasty.hashes("a"))) >= 3


def test_an_account_that_others_use_too(
    sender: Sender, rich: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nonce went to another transaction: that is said, and nothing is sent twice."""
    with monkeypatch.context() as patch:
        patch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.send("a", *call(rich))
    rich.token.transfer(rich.stranger, 5, {"from": rich.merchant})
    with pytest.raises(ChainError) as error:
        sender.send("a", *call(rich))
    assert error.value.reason == "nonce_taken"


def test_two_processes_over_one_account(
    database_url: str, wallet: Wallet, node_url: str, rich: Prepaid, engine: Engine
) -> None:
    """The same keys in both: each is sent once, with a nonce of its own."""
    engines = [open_database(database_url, TABLES) for _ in range(2)]
    senders = [Sender(Node.at(node_url), wallet, one, patience=20.0) for one in engines]
    before, problems = rich.balance(rich.stranger), []

    def work(one: Sender) -> None:
        try:
            for number in range(10):
                one.send(f"key {number}", *call(rich))
        except Exception as error:  # noqa: BLE001 - told below
            problems.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in engines:
        one.dispose()
    assert problems == []
    assert rich.balance(rich.stranger) == before + 10
