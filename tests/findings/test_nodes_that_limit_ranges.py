"""Public nodes give the logs of so many blocks at once and no more. A gateway that had been away for longer
than that was blind for good: each try asked for more. `create_series` and `deploy` asked for all that a chain
has in one question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from largesse.chain import Node
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.deploying import deploy, plan_deployment
from largesse.gateway.accounts import AccountBook
from tests.fixtures.desk import Desk
from tests.support.changed_node import node_with, refuse
from tests.support.prepaid import HOUR, Prepaid

MOST = 100


@pytest.fixture
def node(node_url: str) -> Iterator[Node]:
    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "eth_getLogs":
            (query,) = asked["params"]
            if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= MOST:
                return refuse(answer, f"block range is limited to {MOST}")
        return answer

    with node_with(node_url, change) as found:
        yield found


def grow(node: Node) -> None:
    """By more blocks than it gives the logs of."""
    node.develop("anvil_mine", [hex(3 * MOST)])


def test_a_gateway_that_was_away(prepaid: Prepaid, node: Node) -> None:
    key = prepaid.open(1_000_000, delay=HOUR)
    certificates = Certificates(node, prepaid.world.certificates.address)
    book = AccountBook(Client(certificates, prepaid.contract.address), str(prepaid.merchant))
    assert book.read(key[1]) is not None
    grow(node)
    prepaid.request_withdrawal(key)
    grow(node)
    assert book.refresh() == 1
    assert book.kept(key[1]) is None


def test_a_series_is_found_again(desk: Desk, node: Node) -> None:
    krw = desk.session.certificates("KRWT")
    certificates = Certificates(node, krw.address, krw.first_block)
    issuer, terms_hash = desk.address("issuer"), krw.terms(1).terms_hash
    grow(node)
    assert certificates.find_series(issuer, terms_hash) == 1
    assert certificates.find_series(issuer, bytes(32)) is None


def test_a_deployment_is_written_down(desk: Desk, node: Node) -> None:
    before = desk.session.deployment()
    grow(node)
    made = deploy(
        node, desk.wallet("deployer"), plan_deployment(node, [one.token for one in before.currencies])
    )
    assert made.currencies == before.currencies
