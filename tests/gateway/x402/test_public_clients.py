"""The public x402 clients, as their packages have them, pay the gateway."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from x402 import x402Client, x402ClientSync
from x402.http.clients.httpx import wrapHttpxWithPayment
from x402.http.clients.requests import x402_requests
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact import ExactEvmClientScheme
from x402.mechanisms.evm.signers import EthAccountSignerWithRPC

from largesse.chain import Wallet
from tests.support.x402_world import PRICE, ROOT, Shop, X402World

CALLS = 100


def payer_of(world: X402World, number: int) -> Wallet:
    return world.fund(Wallet.from_key("payer", number.to_bytes(32, "big")))


def scheme_of(world: X402World, name: str, wallet: Wallet) -> Any:
    account = Account.from_key(wallet.key)
    if name == "exact":
        return ExactEvmClientScheme(account)
    return BatchSettlementEvmScheme(EthAccountSignerWithRPC(account, world.url))


def requests_calls(world: X402World, name: str, wallet: Wallet, url: str) -> list[int]:
    client = x402ClientSync().set_spend_controls(False)
    client.register(world.currency.network, scheme_of(world, name, wallet))
    session = x402_requests(client)
    answers = [session.get(f"{url}/count") for _ in range(CALLS)]
    assert {answer.status_code for answer in answers} == {200}, answers[0].text
    return [answer.json()["served"] for answer in answers]


def httpx_calls(world: X402World, name: str, wallet: Wallet, url: str) -> list[int]:
    async def calls() -> list[int]:
        client = x402Client().set_spend_controls(False)
        client.register(world.currency.network, scheme_of(world, name, wallet))
        async with wrapHttpxWithPayment(client, timeout=60) as session:
            answers = [await session.get(f"{url}/count") for _ in range(CALLS)]
        assert {answer.status_code for answer in answers} == {200}, answers[0].text
        return [answer.json()["served"] for answer in answers]

    return asyncio.run(calls())


def fetch_calls(world: X402World, name: str, wallet: Wallet, url: str) -> list[int]:
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("pay.mjs")), name, f"{url}/count", str(CALLS)],
        env={**os.environ, "PAYER_KEY": "0x" + wallet.key.hex(), "RPC_URL": world.url},
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    served: list[int] = json.loads(done.stdout)
    return served


CLIENTS = {"requests": requests_calls, "httpx": httpx_calls, "fetch": fetch_calls}


@pytest.mark.parametrize("client", CLIENTS)
def test_exact_pays_each_call_on_chain(world: X402World, shop: Shop, url: str, client: str) -> None:
    payer = payer_of(world, 101 + list(CLIENTS).index(client))
    before = world.earned()
    assert CLIENTS[client](world, "exact", payer, url) == list(range(1, CALLS + 1))
    assert world.earned() - before == CALLS * PRICE
    assert world.usdc.balance(payer.address) == 1_000 * 10**6 - CALLS * PRICE


@pytest.mark.parametrize("client", CLIENTS)
def test_batch_settlement_pays_all_calls_with_one_deposit_and_one_settlement(
    world: X402World, shop: Shop, url: str, client: str
) -> None:
    payer = payer_of(world, 201 + list(CLIENTS).index(client))
    before, sent = world.earned(), world.node.web3.eth.get_transaction_count(world.gateway.address)
    assert CLIENTS[client](world, "batch-settlement", payer, url) == list(range(1, CALLS + 1))
    assert world.earned() == before
    assert shop.batch.owed() == CALLS * PRICE
    claimed = shop.batch.settle()
    assert claimed.refused == () and len(claimed.transactions) == 2
    assert world.earned() - before == CALLS * PRICE
    assert shop.batch.owed() == 0
    # a deposit, a claim, a payout
    assert world.node.web3.eth.get_transaction_count(world.gateway.address) - sent == 3
