"""Two faults of transactions that were replaced at a higher price.

A service that was started again while a replacement waited in the node's pool sent what it had replaced, too:
the node refused that, and nothing that the service had accepted was done until somebody cleared the pool.

And a relayer, which accepts nothing while gas costs more than its limit, raised the price of what it had
accepted without any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from brownie import web3
from sqlalchemy import Engine

from largesse.chain import ChainError, Node, Wallet
from largesse.database import open_database
from largesse.relayer.limits import Limits
from largesse.relayer.service import Relayer
from largesse.sender import TABLES, Sender
from tests.support.clock import no_mining
from tests.support.prepaid import Prepaid
from tests.support.waiting import until


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    made = open_database(sqlite_url, TABLES)
    yield made
    made.dispose()


@pytest.fixture
def make_sender(engine: Engine, prepaid: Prepaid, node_url: str) -> Iterator[Callable[..., Sender]]:
    """Senders with little patience, on a chain that mines nothing."""
    wallet = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    prepaid.fund(prepaid.merchant)
    with no_mining():
        yield lambda **settings: Sender(Node.at(node_url), wallet, engine, patience=0.2, **settings)


def call(prepaid: Prepaid, amount: int = 1) -> tuple[str, bytes]:
    return prepaid.token.address, bytes.fromhex(
        prepaid.token.transfer.encode_input(prepaid.stranger, amount)[2:]
    )


def test_a_start_while_a_replacement_waits(make_sender: Callable[..., Sender], prepaid: Prepaid) -> None:
    before, sender = prepaid.balance(prepaid.stranger), make_sender()
    sending = threading.Thread(target=lambda: sender.send("a", *call(prepaid)))
    sending.start()
    until(lambda: len(sender.hashes("a")) == 2)
    resumed = make_sender().resume()
    web3.provider.make_request("evm_mine", [])
    sending.join()
    assert resumed == 1
    assert prepaid.balance(prepaid.stranger) == before + 1


def test_what_was_signed_is_sent_though_the_node_refuses_something_before_it(
    make_sender: Callable[..., Sender], prepaid: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make_sender()
    with monkeypatch.context() as patch:
        patch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
        for key in ("a", "b"):
            with pytest.raises(ZeroDivisionError):
                sender.send(key, *call(prepaid))
    sent: list[bytes] = []

    def refuse_first(raw: bytes) -> None:
        sent.append(raw)
        if len(sent) == 1:
            raise ChainError("not_sent", "insufficient funds")

    monkeypatch.setattr(sender.node, "broadcast", refuse_first)
    assert sender.resume() == len(sent) == 2


def test_no_replacement_costs_more_than_the_limit(
    make_sender: Callable[..., Sender], prepaid: Prepaid
) -> None:
    now = make_sender().node.fees().most
    limit = now * 3 // 2
    sender = make_sender(most_price=limit)
    with pytest.raises(ChainError) as error:
        sender.send("a", *call(prepaid))
    assert error.value.reason == "too_dear"
    prices = [web3.eth.get_transaction(one)["maxFeePerGas"] for one in sender.hashes("a")[-1:]]
    assert len(sender.hashes("a")) > 1
    assert now < prices[-1] <= limit


def test_nothing_is_signed_at_a_price_over_the_limit(
    make_sender: Callable[..., Sender], prepaid: Prepaid
) -> None:
    sender = make_sender(most_price=make_sender().node.fees().most - 1)
    with pytest.raises(ChainError) as error:
        sender.send("a", *call(prepaid))
    assert error.value.reason == "too_dear"
    assert sender.hashes("a") == []


def test_a_relayers_limit_is_its_senders(engine: Engine, node_url: str, prepaid: Prepaid) -> None:
    wallet = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    relayer = Relayer(Node.at(node_url), wallet, engine, {}, Limits(gas_price=7))
    assert relayer.sender.most_price == 7
    relayer.close()
