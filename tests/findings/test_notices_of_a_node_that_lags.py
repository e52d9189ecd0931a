"""Of several nodes behind one address one lags: of blocks that another one had told of it said that there
were no logs in them, and was not asked again. A tip, a redemption and a settlement in them were never told
of; a gift that was in a block counted as not made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from largesse.artifacts import artifact
from largesse.chain import LAG_SECONDS, Node
from largesse.chainlogs import LogError, read_logs, read_ranges
from largesse.clients.accounts import Opening
from largesse.clients.certificates import Certificates
from largesse.database import open_database
from largesse.gift_batches import draft_links, find_given, give_many
from largesse.indexer.source import ChainSource
from largesse.notices.outbox import NOTICES, TABLES, Outbox
from largesse.notices.receivers import Receiver, Receivers
from largesse.notices.watcher import Watcher
from largesse.signed.accounts import Voucher
from largesse.vouchers import SignedVoucher, rows
from tests.fixtures.desk import Desk
from tests.support.changed_node import node_with, refuse
from tests.support.clock import later, still


class Nodes:
    """Several behind one address. The next `lagging` questions for logs come to one that has no blocks after
    `has`: in a range it says that there is nothing in those."""

    def __init__(self) -> None:
        self.has, self.lagging, self.asked = 0, 0, list[str]()

    def change(self, asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] != "eth_getLogs":
            return answer
        by_hash = "blockHash" in asked["params"][0]
        self.asked.append("hash" if by_hash else "range")
        if self.lagging == 0:
            return answer
        self.lagging -= 1
        known = [log for log in answer["result"] if int(log["blockNumber"], 16) <= self.has]
        return refuse(answer, "unknown block") if by_hash else {**answer, "result": known}


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture
def node(desk: Desk, nodes: Nodes) -> Iterator[Node]:
    """Of a live chain, where two confirmations are enough."""
    with node_with(desk.session.node.url, nodes.change) as one:
        yield one.again(confirmations=2)


class Notified:
    """A watcher of everybody's notices, and what it entered."""

    def __init__(self, desk: Desk, node: Node, path: Path) -> None:
        everybody = frozenset(desk.address(one) for one in ("holder", "creator", "merchant"))
        receiver = Receiver("hook", "https://hook.example", everybody, frozenset(), (bytes(32),))
        deployment = desk.session.deployment()
        self.engine = open_database(f"sqlite:///{path}", TABLES)
        self.watcher = Watcher(
            deployment, lambda: ChainSource(node, deployment), node.block_time,
            Outbox(self.engine, give_up_seconds=60), Receivers((receiver,)), confirmations=node.confirmations,
        )  # fmt: skip

    def kinds(self) -> list[str]:
        with self.engine.connect() as connection:
            return sorted(connection.execute(select(NOTICES.c.kind)).scalars())


@pytest.fixture
def notified(desk: Desk, node: Node, tmp_path: Path) -> Iterator[Notified]:
    found = Notified(desk, node, tmp_path / "notices.db")
    found.watcher.step()
    yield found
    found.engine.dispose()


def money(desk: Desk, role: str, amount: int) -> None:
    node = desk.session.node
    token = node.web3.eth.contract(address=desk.won.address, abi=artifact("TestToken").abi)
    node.send(token.functions.mint(desk.address(role), amount), desk.wallet("deployer"))


def tip(desk: Desk) -> None:
    tips, supporter = desk.session.tips("KRWT"), desk.wallet("supporter")
    money(desk, "supporter", 700)
    tips.token.approve(supporter, tips.address, 700)
    tips.tip(supporter, int(desk.address("creator"), 16), 700, "")


def redeem(desk: Desk) -> None:
    desk.issue("holder", "50000")
    desk.krw.redeem(desk.wallet("holder"), 1, 31_000, desk.address("bookshop"))


def settle(desk: Desk) -> None:
    money(desk, "agent", 5_000)
    prepaid, shop, key = desk.session.prepaid("KRWT"), desk.address("merchant"), desk.wallet("stranger")
    index = prepaid.open(desk.wallet("agent"), Opening(shop, key.address), 5_000)
    signature = Voucher(shop, desk.won.address, index, 1_200).sign(prepaid.domain, key.key)
    prepaid.settle(desk.wallet("relayer"), shop, rows([SignedVoucher(index, 1_200, signature)]))


def test_it_costs_no_notice(desk: Desk, nodes: Nodes, notified: Notified) -> None:
    nodes.has = desk.block()
    for act in (tip, redeem, settle):
        act(desk)
    later(1)
    nodes.lagging = 3 * len(desk.session.deployment().currencies)
    notified.watcher.step()
    notified.watcher.step()
    assert notified.kinds() == ["account.settled", "certificate.redeemed", "jar.tipped"]


def test_one_that_lags_for_longer_delays_them(
    desk: Desk, nodes: Nodes, notified: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("largesse.chain.LAG_SECONDS", 1.5)
    nodes.has = desk.block()
    with still():
        tip(desk)
        later(1)
    nodes.lagging = 1_000
    with pytest.raises(LogError, match=r"the node gives no logs.*unknown block") as error:
        notified.watcher.step()
    assert (error.value.reason, notified.kinds()) == ("unreadable", [])
    nodes.lagging = 0
    notified.watcher.step()
    assert notified.kinds() == ["jar.tipped"]


def test_links_that_were_given_are_found(desk: Desk, nodes: Nodes, node: Node) -> None:
    """Nobody gives them again."""
    desk.issue("giver", "50000")
    nodes.has = desk.block()
    drafts = draft_links(desk.krw, desk.address("giver"), 1, [1_000, 2_000])
    links = give_many(desk.krw, desk.wallet("giver"), drafts)
    nodes.lagging = 1
    assert find_given(Certificates(node, desk.krw.address), drafts) == links


def test_what_every_node_has_is_asked_for_at_once(desk: Desk, nodes: Nodes, node: Node) -> None:
    """Of the blocks of the last minute each by itself: all that there is comes, in its order."""
    for _ in range(2):
        tip(desk)
        later(10)
    first, last = desk.krw.first_block, desk.block()
    place = desk.won.address, first, last
    expected = list(read_ranges(node, *place))
    counts = list[int]()
    for passed, ways in ((0, {"hash"}), (LAG_SECONDS - 5, {"range", "hash"}), (LAG_SECONDS, {"range"})):
        later(int(passed) or 1)
        nodes.asked.clear()
        counts.clear()
        assert list(read_logs(node, *place, progress=counts.append)) == expected
        assert (ways - set(nodes.asked), sum(counts)) == (set(), last - first + 1)
    assert nodes.asked == ["range"]
    nodes.asked.clear()
    assert list(read_logs(node.again(confirmations=1), *place)) == expected
    assert nodes.asked == ["range"]
