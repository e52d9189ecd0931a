"""Public nodes give the logs of so many blocks at once and no more. A gateway that had been away for longer
than that was blind for good: each try asked for more. `create_series` and `deploy` asked for all that a chain
has in one question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from requests.exceptions import HTTPError
from web3.exceptions import Web3RPCError

from largesse.chain import Node
from largesse.chainlogs import read_logs, read_ranges
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.deploying import deploy, plan_deployment
from largesse.gateway.accounts import AccountBook
from largesse.indexer.follow import Follower
from tests.fixtures.desk import Desk
from tests.support.changed_node import node_with, refuse
from tests.support.prepaid import HOUR, Prepaid

MOST = 100
PATIENCE = 0.5


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


@pytest.mark.parametrize("status", (400, 413, "too slow"))
def test_a_node_that_refuses_over_http(desk: Desk, node_url: str, status: int | str) -> None:
    """As those do that many people share: the length is refused with a status, or not answered in time."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        if asked["method"] == "eth_getLogs":
            (query,) = asked["params"]
            if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= MOST:
                if isinstance(status, int):
                    return status
                time.sleep(2 * PATIENCE)
        return answer

    krw = desk.session.certificates("KRWT")
    grow(krw.node)
    place = krw.address, 0, desk.block()
    expected = list(read_logs(krw.node, *place))
    assert expected
    with node_with(node_url, change) as node:
        provider: Any = node.web3.provider
        provider._request_kwargs["timeout"] = PATIENCE
        provider.exception_retry_configuration = None
        assert list(read_logs(node, *place)) == expected


def test_a_node_that_is_away_is_not_asked_for_less(node_url: str) -> None:
    with node_with(node_url, lambda asked, answer: None) as node:
        provider: Any = node.web3.provider
        provider.exception_retry_configuration = None
        with pytest.raises(HTTPError):
            list(read_logs(node, "0x" + "11" * 20, 0, 100))


def test_what_is_refused_is_seldom_asked_for_again() -> None:
    """Every second range was refused: of a node that says so by HTTP that cost seconds each."""
    asked = []

    def get_logs(query: Any) -> list[Any]:
        asked.append(query["toBlock"] - query["fromBlock"] < 1_000)
        if not asked[-1]:
            raise Web3RPCError("range is limited to 1000")
        return []

    node = cast(Node, SimpleNamespace(web3=SimpleNamespace(eth=SimpleNamespace(get_logs=get_logs))))
    assert list(read_ranges(node, "0x" + "11" * 20, 0, 99_999)) == []
    given, refused = asked.count(True), asked.count(False)
    assert given < 150
    assert refused < given // 4


def test_a_follower_seldom_asks_again_too() -> None:
    follower = object.__new__(Follower)
    follower._size, follower._most, follower._was_refused = 1_000, 10_000, False
    follower._fit(0, 1_000)
    assert follower._size == 2_000
    follower._shrink(2_000)
    follower._fit(0, 1_000)
    assert follower._size == 1_126
