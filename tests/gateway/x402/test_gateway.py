"""A gateway put together: one price, three ways to pay, and what was paid is kept as long as it says."""

import secrets
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from largesse.chain import Node, Wallet
from largesse.gateway.settler import Policy
from largesse.gateway.spending import Spending
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Prepaid
from tests.support.waiting import until
from tests.support.x402_payments import authorized, decoded, header
from tests.support.x402_world import place_contracts


@pytest.fixture(autouse=True)
def isolation(fn_isolation: None) -> Iterator[None]:
    """Here it is Brownie's chain."""
    yield


@pytest.fixture
def served(prepaid: Prepaid, make_gateway: Callable[..., Served], node_url: str) -> Served:
    place_contracts(Node.at(node_url))
    return make_gateway(prepaid, schemes=lambda gateway: [gateway.vouchers, gateway.exact(), gateway.batch()])


def test_an_authorisation_pays_the_seller(served: Served, node_url: str) -> None:
    desk, url, gateway = served.desk, f"{served.url}/articles/1", served.gateway
    asked = decoded(httpx.get(url).headers["PAYMENT-REQUIRED"])["accepts"]
    assert [one["scheme"] for one in asked][1:] == ["exact", "batch-settlement"]
    payer = Wallet.from_key("payer", secrets.token_bytes(32))
    desk.token.mint(payer.address, ARTICLE)
    domain = {"name": asked[1]["extra"]["name"], "version": asked[1]["extra"]["version"]}
    token: Any = SimpleNamespace(domain=lambda: {**domain, "verifyingContract": asked[1]["asset"]})
    world: Any = SimpleNamespace(usdc=token, node=Node.at(node_url), pay_to=asked[1]["payTo"])
    signed = header(authorized(world, payer, value=ARTICLE).payload(), asked[1])
    before = desk.token.balanceOf(served.seller.address)
    key = {"Idempotency-Key": secrets.token_hex(16)}
    answers = [httpx.get(url, headers={**signed, **key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert desk.token.balanceOf(served.seller.address) - before == ARTICLE
    # Its schemes spend by one book, which looks at the price of gas in the background.
    assert gateway.exact().gas is gateway.batch().gas is gateway.gas
    assert (gateway.gas.spending, gateway.gas.unit) == (Spending(), gateway.prepaid.unit)
    gateway.gas.price = None
    until(lambda: gateway.gas.price is not None)
    # What was kept is dropped in its time; the authorisation stays used, on the chain.
    assert gateway.calls.keep_seconds == gateway.keeping.answers
    assert gateway.calls.forget() == 0
    with gateway.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE gateway_paid_calls SET until = 0")
    assert gateway.calls.forget() == 1
    assert httpx.get(url, headers={**signed, **key}).json()["error"] == "invalid_exact_evm_nonce_already_used"


def test_what_a_coin_costs_is_told_once(prepaid: Prepaid, make_gateway: Callable[..., Served]) -> None:
    for policy, spending, found in (
        (None, None, None),
        (Policy(7, 1), None, 7),
        (Policy(0, 1), Spending(None), None),
    ):
        served = make_gateway(prepaid, policy=policy, spending=spending)
        assert served.gateway.gas.spending == Spending(found)
        served.stop()
