"""A node that answers is not a node that knows. Of several behind one address one lags: an account was
read as it had been before the withdrawal that another one had told of, and was not looked at again. Of blocks
that one had told of another one gave no logs, and was not asked again: an account was served whose withdrawal
had been asked for in them. A node that has come to a halt was taken for one at the chain's end. And one that
answered an error was answered for by 500. One question that was left open kept the gateway from following the
chain: it was blind for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from largesse.chain import Node
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.gateway.accounts import LAG_SECONDS, AccountBook, BlindError, Standing
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.changed_node import node_with, refuse
from tests.support.clock import later
from tests.support.prepaid import HOUR, Prepaid


def book_of(desk: Prepaid, node: Node, **other: Any) -> AccountBook:
    certificates = Certificates(node, desk.world.certificates.address)
    return AccountBook(Client(certificates, desk.contract.address), str(desk.merchant), **other)


def test_an_account_is_not_read_before_what_was_seen(prepaid: Prepaid, node_url: str) -> None:
    lag = 0

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_blockNumber":
            return {**answer, "result": hex(int(answer["result"], 16) - lag)}
        return answer

    key = prepaid.open(1_000_000, delay=HOUR)
    with node_with(node_url, change) as node:
        book = book_of(prepaid, node)
        prepaid.request_withdrawal(key)
        book.refresh()
        lag = 1
        standing = book.read(key[1])
        assert standing is not None
        assert standing.account.withdrawable_at > 0
        lag = 0
        book.refresh()
        kept = book.kept(key[1])
        assert kept is None or kept.account.withdrawable_at > 0


@pytest.mark.parametrize("method", ["eth_call", "eth_getCode", "eth_blockNumber"])
def test_a_node_that_answers_an_error(
    make_gateway: Callable[..., Served], prepaid: Prepaid, node_url: str, method: str
) -> None:
    served, key, fails = make_gateway(prepaid), prepaid.open(1_000_000), True
    payment = served.payment(key, ARTICLE)

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return refuse(answer, "header not found") if fails and asked["method"] == method else answer

    with node_with(node_url, change) as node:
        served.prepaid.node.web3.provider = node.web3.provider
        answer = httpx.get(served.url + "/articles/1", headers=payment, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (503, "blind")
        fails = False
        assert httpx.get(served.url + "/articles/1", headers=payment, timeout=30).status_code == 200


def test_a_contract_wallet_and_a_node_that_answers_an_error(
    make_gateway: Callable[..., Served], prepaid: Prepaid, project: Any, node_url: str
) -> None:
    """It may well have signed: that nobody can tell is no reason to say that it has not."""
    served, fails = make_gateway(prepaid), False
    wallet = project.Wallet1271.deploy(prepaid.stranger, {"from": prepaid.deployer})
    key = prepaid.open(1_000_000, signer=wallet)
    signed = prepaid.voucher(key, ARTICLE, private_key=prepaid.world.key(prepaid.stranger)).signature
    payment = served.payment(key, ARTICLE, signature=signed)
    assert served.gateway.book.read(key[1]) is not None

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return refuse(answer, "header not found") if fails and asked["method"] == "eth_call" else answer

    with node_with(node_url, change) as node:
        served.prepaid.node.web3.provider = node.web3.provider
        fails = True
        answer = httpx.get(served.url + "/articles/1", headers=payment, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (503, "blind")
        fails = False
        assert httpx.get(served.url + "/articles/1", headers=payment, timeout=30).status_code == 200


def test_logs_of_a_node_that_has_not_these_blocks_yet(prepaid: Prepaid, node_url: str) -> None:
    """As many nodes do, it says that there are none, though the one before it told of the blocks."""
    lags, now = False, [0.0]

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "result": []} if lags and asked["method"] == "eth_getLogs" else answer

    key = prepaid.open(1_000_000, delay=HOUR)
    later(1)
    with node_with(node_url, change) as one:
        book = book_of(prepaid, one.again(confirmations=2), clock=lambda: now[0])
        assert book.read(key[1]) is not None
        prepaid.request_withdrawal(key)
        later(1)
        lags = True
        assert (book.refresh(), book.kept(key[1]) is None) == (0, False)
        lags = False
        now[0] += 2
        assert (book.refresh(), book.kept(key[1])) == (1, None)
        now[0] += one.again(confirmations=2).lag_seconds
        assert book.refresh() == 0


def test_a_node_that_has_come_to_a_halt(prepaid: Prepaid, node_url: str) -> None:
    """Its latest block grows old, and it answers all the same."""
    age = 0.0

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_getBlockByNumber" and asked["params"][0] == "latest":
            return {**answer, "result": answer["result"] | {"timestamp": hex(int(time.time() - age))}}
        return answer

    now = [0.0]
    with node_with(node_url, change) as node:
        book = book_of(prepaid, node, most_lag=LAG_SECONDS, clock=lambda: now[0])
        age = LAG_SECONDS - 5
        book.refresh()
        now[0] += 61
        age = LAG_SECONDS + 5
        with pytest.raises(BlindError, match=r"the node's latest block is 90. s old") as error:
            book.refresh()
        assert error.value.reason == "stalled"
        with pytest.raises(BlindError):
            book.kept(1)
        age = 0.0
        book.refresh()
        assert book.kept(1) is None
        book.most_lag, age = None, 10 * LAG_SECONDS
        book.refresh()


def test_a_question_that_is_left_open_keeps_nobody_from_following(prepaid: Prepaid, node_url: str) -> None:
    """And what was asked before the chain went on is not kept."""
    asked, over = threading.Event(), threading.Event()

    def change(question: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if question["method"] == "eth_call" and not asked.is_set():
            asked.set()
            over.wait(20)
        return answer

    key, found = prepaid.open(1_000_000, delay=HOUR), list[Standing | None]()
    with node_with(node_url, change) as node:
        book = book_of(prepaid, node)
        reading = threading.Thread(target=lambda: found.append(book.read(key[1])))
        reading.start()
        assert asked.wait(10)
        prepaid.request_withdrawal(key)
        began = time.monotonic()
        assert book.refresh() == 1
        assert time.monotonic() - began < 5
        over.set()
        reading.join()
        assert found[0] is not None and found[0].account.withdrawable_at == 0
        assert book.kept(key[1]) is None
        later = book.read(key[1])
        assert later is not None and later.account.withdrawable_at > 0
        assert book.kept(key[1]) == later
