"""Two faults of transactions that no block took.

A price was raised seven times and then never again, whatever gas cost by then: the transaction stayed where
it was, and with it all later ones of its account.

And of a transaction whose caller had given up nobody raised the price any more: those behind it were raised
in its place, which helped none of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from brownie import web3
from web3.exceptions import TransactionNotFound

from largesse.chain import ChainError, Fees, Node, Wallet
from largesse.database import open_database
from largesse.sender import TABLES, Sender
from tests.support.clock import no_mining
from tests.support.prepaid import Prepaid
from tests.support.waiting import until

from .test_replacements import call


@pytest.fixture
def make_sender(sqlite_url: str, prepaid: Prepaid, node_url: str) -> Iterator[Callable[..., Sender]]:
    """Senders with hardly any patience, on a chain that mines nothing."""
    engine = open_database(sqlite_url, TABLES)
    wallet = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    prepaid.fund(prepaid.merchant)
    with no_mining():
        yield lambda **more: Sender(Node.at(node_url), wallet, engine, **{"patience": 0.05, **more})
    engine.dispose()


@pytest.fixture
def stuck(make_sender: Callable[..., Sender], prepaid: Prepaid) -> Sender:
    """Under "a" is what was given up."""
    sender = make_sender()
    assert failed(sender, "a", prepaid) == "unconfirmed"
    assert len(sender.hashes("a")) == 8
    return sender


def failed(sender: Sender, key: str, prepaid: Prepaid) -> str:
    with pytest.raises(ChainError) as error:
        sender.send(key, *call(prepaid))
    return error.value.reason


def price(sender: Sender, key: str) -> int:
    """What its last attempt offers for a unit of gas. It is written down before the node gets it."""
    last = sender.hashes(key)[-1]

    def known() -> Any:
        with suppress(TransactionNotFound):
            return web3.eth.get_transaction(last)

    return int(until(known)["maxFeePerGas"])


def costs(sender: Sender, wei: int) -> None:
    sender.node.fees = lambda: Fees(wei, min(wei, 10**9))  # type: ignore[method-assign]


def test_asked_again_it_follows_the_price_of_gas(stuck: Sender, prepaid: Prepaid) -> None:
    dear = 3 * price(stuck, "a")
    costs(stuck, dear)
    assert failed(stuck, "a", prepaid) == "unconfirmed"
    assert dear <= price(stuck, "a") <= dear * 5 // 4
    # One by one, as gas grows dearer: not seven times for each time it is asked.
    assert len(stuck.hashes("a")) == 9
    costs(stuck, 2 * dear)
    assert failed(stuck, "a", prepaid) == "unconfirmed"
    assert 2 * dear <= price(stuck, "a") <= 2 * dear * 5 // 4


def test_it_follows_no_further_than_gas_costs(stuck: Sender, prepaid: Prepaid) -> None:
    """A node that loses transactions would make the price grow for ever."""
    before = stuck.hashes("a")
    for cost in (1, price(stuck, "a"), price(stuck, "a") * 109 // 100):
        costs(stuck, cost)
        assert failed(stuck, "a", prepaid) == "unconfirmed"
    assert stuck.hashes("a") == before


def test_it_follows_no_further_than_the_operator_lets_it(
    make_sender: Callable[..., Sender], stuck: Sender, prepaid: Prepaid
) -> None:
    now = price(stuck, "a")
    bound = make_sender(most_price=2 * now)
    costs(bound, 5 * now)
    assert failed(bound, "a", prepaid) == "too_dear"
    assert price(bound, "a") == 2 * now


def test_where_gas_is_free_it_is_replaced_all_the_same(
    make_sender: Callable[..., Sender], prepaid: Prepaid
) -> None:
    sender = make_sender()
    costs(sender, 0)
    assert failed(sender, "a", prepaid) == "unconfirmed"
    assert len(set(sender.hashes("a"))) == 8


def test_who_waits_behind_what_was_given_up_raises_it(
    make_sender: Callable[..., Sender], stuck: Sender, prepaid: Prepaid
) -> None:
    before, dear = prepaid.balance(prepaid.stranger), 3 * price(stuck, "a")
    later, done = make_sender(patience=1.0), []
    costs(later, dear)
    sending = threading.Thread(target=lambda: done.append(later.send("b", *call(prepaid))))
    sending.start()
    until(lambda: len(later.hashes("a")) > 8 or not sending.is_alive())
    assert dear <= price(later, "a") and len(later.hashes("b")) == 1
    web3.provider.make_request("evm_mine", [])
    sending.join()
    assert done[0]["status"] == 1 and prepaid.balance(prepaid.stranger) == before + 2


def test_many_who_wait_raise_it_once(
    make_sender: Callable[..., Sender], prepaid: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make_sender()
    monkeypatch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sender.send("a", *call(prepaid))
    threads = [
        threading.Thread(target=make_sender(patience=2.0).send, args=(f"b{number}", *call(prepaid)))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(sender.hashes("a")) > 1)
    time.sleep(1.0)
    assert len(sender.hashes("a")) == 2
    web3.provider.make_request("evm_mine", [])
    for thread in threads:
        thread.join()
