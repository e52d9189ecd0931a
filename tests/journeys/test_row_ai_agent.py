"""Row ai_agent: an agent pays fractions of a cent per API call in USDC. The public x402 client pays our
server; replay and over-budget are refused; 10,000 calls settle in one transaction.

The public clients make their hundreds of calls in tests/gateway/x402, and journey 8 makes 10,000 over HTTP;
here are 10,000 of a hundred agents, each checked as the gateway checks it, and one settlement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from x402 import x402ClientSync
from x402.client_base import NoMatchingRequirementsError
from x402.http.clients.requests import PaymentError, x402_requests
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact import ExactEvmClientScheme

from largesse.gateway.schemes import Answer, Call, Proof
from largesse.gateway.settler import Policy, Settler
from tests.fixtures.gateways import WORDS, Served
from tests.support.x402_payments import authorized, header, payer
from tests.support.x402_world import PRICE, Shop, X402World, serving, x402_world

AGENTS, CALLS_EACH = 100, 100


@pytest.fixture(scope="module")
def world() -> Iterator[X402World]:
    with x402_world() as found:
        yield found


def test_the_public_client_pays_in_real_usdc(world: X402World, tmp_path: Path) -> None:
    shop = Shop(world, tmp_path / "gateway.db")
    with serving(shop.app()) as url:
        client = x402ClientSync().set_spend_controls(False)
        client.register(world.currency.network, ExactEvmClientScheme(Account.from_key(world.payer.key)))
        session, before = x402_requests(client), world.earned()
        answers = [session.get(f"{url}/count") for _ in range(5)]
        assert [answer.json()["served"] for answer in answers] == [1, 2, 3, 4, 5]
        assert world.earned() - before == 5 * PRICE
        # Replay: one authorisation pays one call.
        payment = authorized(world)
        paid = header(payment.payload(), shop.exact.requirements(PRICE))
        first, again = (httpx.get(f"{url}/count", headers=paid, timeout=30) for _ in range(2))
        assert first.status_code == 200
        assert again.status_code in (402, 409), again.text
        assert world.earned() - before == 6 * PRICE


def agent(world: X402World, scheme: Any, budget: int) -> Any:
    """A session that pays at most `budget` base units of USDC a call."""
    client = x402ClientSync().register(world.currency.network, scheme)
    asset = {
        "network": world.currency.network,
        "asset": world.usdc.address,
        "max_amount_per_payment": str(budget),
    }
    return x402_requests(client.set_spend_controls({"allowed_assets": [asset]}))  # type: ignore[list-item]


def test_a_deposit_pays_many_calls_and_one_claim_brings_them_in(world: X402World, tmp_path: Path) -> None:
    shop = Shop(world, tmp_path / "gateway.db")
    client, before = payer(world, shop), world.earned()
    with serving(shop.app()) as url:
        session = agent(world, BatchSettlementEvmScheme(Account.from_key(client.wallet.key)), 50 * PRICE)
        blocks = world.node.block_number()
        for _ in range(20):
            assert session.get(f"{url}/count").status_code == 200
        assert world.node.block_number() - blocks == 1  # the deposit
    assert len(shop.batch.settle().transactions) == 2  # the claim, and the payout
    assert world.earned() - before == 20 * PRICE


def test_over_budget_is_refused_on_both_sides(world: X402World, tmp_path: Path) -> None:
    shop = Shop(world, tmp_path / "gateway.db")
    client = payer(world, shop)
    with serving(shop.app()) as url:
        stingy = agent(world, ExactEvmClientScheme(Account.from_key(client.wallet.key)), PRICE - 1)
        with pytest.raises((PaymentError, NoMatchingRequirementsError)):
            stingy.get(f"{url}/count")
        poor = agent(world, ExactEvmClientScheme(Account.create()), PRICE)
        answer = poor.get(f"{url}/count")
        assert (answer.status_code, answer.json()["error"]) == (402, "invalid_exact_evm_insufficient_balance")
    assert (shop.served, world.usdc.balance(client.wallet.address)) == (0, 1_000 * 10**6)


def test_ten_thousand_calls_settle_in_one_transaction(served: Served) -> None:
    desk, scheme = served.desk, served.gateway.vouchers
    keys = [desk.open(CALLS_EACH * WORDS, salt) for salt in range(AGENTS)]
    purses = [served.purse(key, budget=CALLS_EACH * WORDS) for key in keys]
    wanted = dict(scheme.requirements(WORDS))
    answer = Answer(200, (), b"{}")

    async def call(agent: int, number: int) -> None:
        payment = purses[agent].pay(wanted)
        signed = desk.voucher(keys[agent], payment.amount).signature
        payload = {
            "index": str(keys[agent][1]), "amount": str(payment.amount), "signature": "0x" + signed.hex(),
        }  # fmt: skip
        proof = await scheme.verify(payload, wanted, Call("POST", "/words", number.to_bytes(32, "big")))
        assert isinstance(proof, Proof)
        await scheme.reserve(proof)
        await scheme.commit(proof, answer)
        purses[agent].charge(payment)

    async def calls() -> None:
        for number in range(CALLS_EACH):
            await asyncio.gather(*(call(agent, number) for agent in range(AGENTS)))

    asyncio.run(calls())
    assert all(served.line(key) == (CALLS_EACH * WORDS,) * 2 for key in keys)
    assert all(purse.left == 0 for purse in purses)
    blocks, held = desk.chain.height, desk.balance(desk.merchant)
    settler = Settler(served.gateway.book, served.gateway.ledger, served.gateway.sender, Policy(0, 1))
    _, (settlement,) = settler.run()
    assert desk.chain.height == blocks + 1
    assert len(settlement.rows) == AGENTS
    assert settlement.payout == AGENTS * CALLS_EACH * WORDS == desk.balance(desk.merchant) - held
    assert settlement.gas / (AGENTS * CALLS_EACH) < 120
    desk.check_books()
