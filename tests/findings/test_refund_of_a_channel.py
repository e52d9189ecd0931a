"""A payer gets a channel's rest back from the gateway, in a transaction. Vouchers that came while it was
under way were served on the balance of before: nothing was left to claim for them. And once the channel was
empty its record went, and with it what its calls had cost: the next voucher paid for a call whatever was left
above what the contract had claimed, a base unit if the payer liked."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from largesse.chain import ChainError, RefusedError
from largesse.gateway import x402
from largesse.gateway.batch_vouchers import read_voucher
from tests.gateway.x402.conftest import isolation, shop, url, world  # noqa: F401 - fixtures
from tests.gateway.x402.test_batch import DEPOSIT, contract
from tests.gateway.x402.test_exact import get, no_mining
from tests.support.x402_payments import Payer, header, payer
from tests.support.x402_world import PRICE, Shop, X402World, serving

# ruff: noqa: F811


@pytest.fixture
def asked(shop: Shop) -> dict[str, Any]:
    return dict(shop.batch.requirements(PRICE))


@pytest.fixture
def opened(world: X402World, shop: Shop, url: str, asked: dict[str, Any]) -> Payer:
    """A payer with a channel of 200 calls, of which one is served."""
    client = payer(world, shop)
    assert get(url, header(client.deposit(DEPOSIT, PRICE), asked)).status_code == 200
    return client


def refund(who: Payer, charged: int = PRICE, **more: str) -> dict[str, Any]:
    return {**who.voucher(charged), "type": "refund", **more}


def claimed(world: X402World, who: Payer) -> int:
    """What the contract has paid of the channel."""
    return int(contract(world).functions.channels(who.channel).call()[1])


def test_nothing_is_served_while_a_refund_is_under_way(
    world: X402World, asked: dict[str, Any], tmp_path: Path
) -> None:
    """The chain takes longer than a reservation lasts, and then longer than the gateway waits."""
    shop = Shop(world, tmp_path / "gateway.db", lease_seconds=5)
    shop.sender.patience = 1.0
    client = payer(world, shop)
    with serving(shop.app()) as url:
        assert get(url, header(client.deposit(DEPOSIT, PRICE), asked)).status_code == 200
        answers = []
        with no_mining(world):
            asking = threading.Thread(target=lambda: answers.append(get(url, header(refund(client), asked))))
            asking.start()
            time.sleep(6)
            while asking.is_alive():
                answer = get(url, header(client.voucher(2 * PRICE), asked))
                assert (answer.status_code, answer.json()["error"]) == (409, "in_use")
                time.sleep(0.5)
            asking.join()
            assert (answers[0].status_code, answers[0].json()["error"]) == (503, "settlement_pending")
            time.sleep(6)
            answer = get(url, header(client.voucher(2 * PRICE), asked))
            assert (answer.status_code, answer.json()["error"]) == (409, "in_use")
        world.node.develop("evm_mine", [])
        # It is on the chain, and the channel is as the chain says.
        answer = get(url, header(client.voucher(2 * PRICE), asked))
        assert answer.status_code == 402
        assert get(url, header(client.deposit(DEPOSIT, 2 * PRICE), asked)).status_code == 200
    assert world.usdc.balance(client.wallet.address) == 1_000 * 10**6 - DEPOSIT - PRICE
    shop.batch.settle()
    assert claimed(world, client) == 2 * PRICE == shop.served * PRICE


@pytest.mark.parametrize("amount", [None, str(DEPOSIT - 2 * PRICE)])
def test_what_was_read_before_a_refund_is_not_believed_after_it(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any], amount: str | None
) -> None:
    """Of a flood of vouchers one is read before the refund ends and written after it."""
    scheme, done = shop.batch._scheme, []
    remember = scheme.merge_request_context

    def meanwhile(payment: Any, context: Any) -> None:
        remember(payment, context)
        if context.pending_id and payment.payload["type"] == "voucher" and not done:
            done.append(1)
            more = {} if amount is None else {"amount": amount}
            done.append(get(url, header(refund(opened, **more), asked)).status_code)

    scheme.merge_request_context = meanwhile  # type: ignore[method-assign]
    first = get(url, header(opened.voucher(2 * PRICE), asked)).status_code
    assert done == [1, 200]
    rest = [get(url, header(opened.voucher(n * PRICE), asked)).status_code for n in (2, 3, 4)]
    assert first == 503
    assert rest == ([402] * 3 if amount is None else [200, 402, 402])
    assert shop.batch.settle().refused == ()
    assert claimed(world, opened) == shop.served * PRICE


def test_a_refund_whose_process_died_is_found_on_the_chain(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any], tmp_path: Path
) -> None:
    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    shop.batch.channels.release = killed  # type: ignore[method-assign]
    shop.batch._scheme.clear_pending_request = lambda _payment: None  # type: ignore[method-assign]
    proof = read_voucher(*x402.models(refund(opened), asked), shop.batch.domain)
    with pytest.raises(KeyboardInterrupt):
        shop.batch._refund(proof[0])
    with serving(Shop(world, tmp_path / "gateway.db").app()) as again:
        assert get(again, header(opened.voucher(2 * PRICE), asked)).status_code == 402
        assert get(again, header(opened.deposit(DEPOSIT, 2 * PRICE), asked)).status_code == 200


def test_a_refund_that_was_refused_frees_the_channel(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise RefusedError("refused", "the node refused it")

    send, shop.sender.send = shop.sender.send, refused  # type: ignore[assignment,method-assign]
    assert get(url, header(refund(opened), asked)).status_code == 402
    shop.sender.send = send  # type: ignore[method-assign]
    assert get(url, header(opened.voucher(2 * PRICE), asked)).status_code == 200


def test_a_refund_that_is_mined_between_two_tries_is_seen(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    """The first is not heard of, the second fails, as the contract has made the first."""
    send = shop.sender.send

    def unheard(key: str, to: str, data: bytes, **_more: object) -> None:
        send(key, to, data)
        shop.sender.receipt = lambda _key: None  # type: ignore[method-assign]
        raise ChainError("unconfirmed", "it is in no block")

    receipt = shop.sender.receipt
    shop.sender.send = unheard  # type: ignore[assignment,method-assign]
    assert get(url, header(refund(opened), asked)).status_code in (402, 503)
    shop.sender.send, shop.sender.receipt = send, receipt  # type: ignore[method-assign]
    assert get(url, header(opened.voucher(2 * PRICE), asked)).status_code == 402
    assert shop.served == 1


@pytest.mark.parametrize("paid", [1, PRICE - 1])
def test_a_channel_that_was_emptied_pays_whole_prices_again(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any], paid: int
) -> None:
    assert get(url, header(refund(opened), asked)).status_code == 200
    answer = get(url, header(opened.deposit(DEPOSIT, PRICE + paid), asked))
    assert answer.status_code == 402
    assert get(url, header(opened.deposit(DEPOSIT, 2 * PRICE), asked)).status_code == 200
    shop.batch.settle()
    assert claimed(world, opened) == 2 * PRICE == shop.served * PRICE


@pytest.mark.parametrize("kind", ["voucher", "deposit"])
def test_a_gateway_that_lost_its_records_is_paid_whole_prices(
    world: X402World, shop: Shop, opened: Payer, asked: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    shop.batch.settle()
    other = Shop(world, tmp_path / "new.db")
    with serving(other.app()) as url:
        for amount in (PRICE + 1, 2 * PRICE - 1):
            payload = opened.voucher(amount) if kind == "voucher" else opened.deposit(DEPOSIT, amount)
            answer = get(url, header(payload, asked))
            assert (answer.status_code, answer.json()["error"]) == (
                402,
                "invalid_batch_settlement_evm_cumulative_below_claimed",
            )
        assert get(url, header(opened.voucher(2 * PRICE), asked)).status_code == 200
    assert (other.served, other.batch.owed()) == (1, PRICE)
