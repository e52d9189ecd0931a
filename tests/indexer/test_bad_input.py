"""What can be wrong with a node or a database: said in words, exit code not 0, nothing lost."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from largesse import deployment as deployments
from largesse.chain import Node
from largesse.database import DatabaseError, open_database
from largesse.indexer.__main__ import main
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower
from largesse.indexer.source import ChainSource
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES
from tests.support.changed_node import node_with, refuse
from tests.support.followed import Followed, everything, on_chain


def reason_of(chain: Followed, node: Node, url: str, **options: int) -> tuple[str, str]:
    with pytest.raises(IndexerError) as error:
        Follower(node, chain.deployment, url, **options).catch_up()
    return error.value.reason, str(error.value)


def test_a_node_that_refuses_long_ranges_is_asked_for_shorter_ones(chain: Followed, sqlite_url: str) -> None:
    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        place = asked["params"][0] if asked["method"] == "eth_getLogs" else {}
        if "fromBlock" in place and int(place["toBlock"], 16) - int(place["fromBlock"], 16) >= 20:
            return refuse(answer, "block range is too wide")
        return answer

    chain.happen(random.Random(1), 10)
    with node_with(chain.url, change) as node:
        Follower(node, chain.deployment, sqlite_url, window=2).catch_up()
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == on_chain(chain)


@pytest.mark.parametrize("told", ({}, {"blockTimestamp": None}, {"blockTimestamp": "0x0"}))
def test_a_node_without_block_times_in_its_logs_is_asked_for_them(
    chain: Followed, sqlite_url: str, told: dict[str, Any]
) -> None:
    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        for log in answer["result"] if asked["method"] == "eth_getLogs" else ():
            log.pop("blockTimestamp", None)
            log |= told
        return answer

    with node_with(chain.url, change) as node:
        Follower(node, chain.deployment, sqlite_url, window=2).catch_up()
    source = StoredSource(open_database(sqlite_url, TABLES))
    for event in source.events("", "factory"):
        assert source.time(event.block) == chain.node.block_time(event.block)


def test_a_node_that_takes_no_batches_is_asked_one_by_one(chain: Followed, sqlite_url: str) -> None:
    node = Node.at(chain.url)
    provider: Any = node.web3.provider
    provider.make_batch_request = lambda calls: refuse({"id": 1}, "no batches")
    Follower(node, chain.deployment, sqlite_url, window=5).catch_up()
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == on_chain(chain)


def test_a_currency_that_writes_what_is_no_transfer_stops_nothing(chain: Followed, sqlite_url: str) -> None:
    """Four topics as ERC-721 has them, an account with dirt before it, and too much data."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        if asked["method"] != "eth_getLogs" or "topics" not in asked["params"][0]:
            return answer
        odd = []
        for log in answer["result"]:
            topics, index = log["topics"], int(log["logIndex"], 16)
            odd += [
                log | {"logIndex": hex(index + 1_000), "topics": [*topics, "0x" + "00" * 32], "data": "0x"},
                log | {"logIndex": hex(index + 2_000), "topics": [topics[0], "0x" + "ff" * 32, topics[2]]},
                log | {"logIndex": hex(index + 3_000), "data": log["data"] + "00" * 32},
            ]
        return answer | {"result": answer["result"] + odd}

    chain.happen(random.Random(3), 12)
    expected = on_chain(chain)
    assert expected["ONE", "token"]
    with node_with(chain.url, change) as node:
        Follower(node, chain.deployment, sqlite_url, window=5).catch_up()
        assert everything(ChainSource(node, chain.deployment), chain.deployment) == expected
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == expected


@pytest.mark.parametrize("window", [2, 10_000])
@pytest.mark.parametrize("way", ["missing trie node", "empty"])
def test_a_pruned_node(chain: Followed, sqlite_url: str, way: str, window: int) -> None:
    """It refuses old blocks, or says that they have no logs."""
    created = chain.deployment.currency("TWO").block
    numbers = {chain.web3.eth.get_block(one)["hash"].to_0x_hex(): one for one in range(created + 1)}

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        if asked["method"] != "eth_getLogs":
            return answer
        place = asked["params"][0]
        first = (
            numbers.get(place["blockHash"], created + 1)
            if "blockHash" in place
            else int(place["fromBlock"], 16)
        )
        if first > created:
            return answer
        if way != "empty":
            return refuse(answer, way)
        return answer | {"result": [log for log in answer["result"] if int(log["blockNumber"], 16) > created]}

    with node_with(chain.url, change) as node:
        reason, said = reason_of(chain, node, sqlite_url, window=window)
    assert reason == "logs_missing"
    assert ("pruned" if way == "empty" else way) in said
    # Nothing is lost: with a whole node it goes on.
    Follower(chain.node, chain.deployment, sqlite_url).catch_up()
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == on_chain(chain)


@pytest.mark.parametrize("what", ["chain id", "genesis"])
def test_a_chain_that_changed_behind_its_address(chain: Followed, sqlite_url: str, what: str) -> None:
    changed = False

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        if changed and what == "chain id" and asked["method"] == "eth_chainId":
            return answer | {"result": "0x1"}
        if changed and what == "genesis" and asked["params"][:1] == ["0x0"]:
            return answer | {"result": answer["result"] | {"hash": "0x" + "12" * 32}}
        return answer

    with node_with(chain.url, change) as node:
        follower = Follower(node, chain.deployment, sqlite_url)
        follower.catch_up()
        before = on_chain(chain)
        changed = True
        with pytest.raises(IndexerError) as error:
            follower.catch_up()
    assert error.value.reason == "other_chain"
    assert everything(StoredSource(open_database(sqlite_url, TABLES)), chain.deployment) == before


def test_a_database_of_another_chain_or_deployment(chain: Followed, database_url: str) -> None:
    Follower(chain.node, chain.deployment, database_url).catch_up()
    before = on_chain(chain)
    other = replace(chain.deployment, factory="0x" + "11" * 20)
    with pytest.raises(IndexerError) as error:
        Follower(chain.node, other, database_url)
    assert error.value.reason == "other_deployment"
    genesis = "0x" + "12" * 32

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> Any:
        is_first = asked["params"][:1] == ["0x0"]
        return answer | {"result": answer["result"] | {"hash": genesis}} if is_first else answer

    with node_with(chain.url, change) as node:
        with pytest.raises(IndexerError) as error:
            Follower(node, replace(chain.deployment, genesis=genesis), database_url)
        assert error.value.reason == "other_chain"
        assert "give it a database of its own" in str(error.value)
    assert everything(StoredSource(open_database(database_url, TABLES)), chain.deployment) == before


@pytest.mark.parametrize("damage", ["half", "head", "middle"])
def test_a_half_written_database(chain: Followed, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "events.db"
    url = f"sqlite:///{path}"
    chain.happen(random.Random(1), 10)
    follower = Follower(chain.node, chain.deployment, url)
    follower.catch_up()
    follower.close()
    whole = path.read_bytes()
    broken = {
        "half": whole[: len(whole) // 2],
        "head": b"\0" * 100 + whole[100:],
        "middle": whole[:4096] + b"\xff" * (len(whole) - 8192) + whole[-4096:],
    }[damage]
    path.write_bytes(broken)
    with pytest.raises((IndexerError, DatabaseError)) as error:
        Follower(chain.node, chain.deployment, url).catch_up()
    assert error.value.reason in ("damaged", "unreachable")
    assert "events.db" in str(error.value)
    assert path.read_bytes() == broken


def test_the_command_says_what_is_wrong(
    chain: Followed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployments.save(tmp_path, chain.deployment)
    database = f"sqlite:///{tmp_path / 'events.db'}"

    def run(node: str, *more: str) -> tuple[int, str]:
        code = main(["--node", node, "--database", database, "--records", str(tmp_path), *more])
        return code, capsys.readouterr().err

    code, said = run("http://127.0.0.1:9")
    assert code == 1 and "[unreachable]" in said
    with node_with(chain.url, lambda asked, answer: ["no", "node"]) as wrong:
        code, said = run(wrong.url)
    assert code == 1 and "[not_a_node]" in said
    code, said = run(chain.url, "--records", str(tmp_path / "nowhere"))
    assert code == 1 and "[not_deployed]" in said
    record = deployments.record_path(tmp_path, chain.node.chain_id)
    text = record.read_bytes()
    record.write_bytes(text[: len(text) // 2])
    code, said = run(chain.url)
    assert code == 1 and "[bad_record]" in said
    record.write_bytes(text)
    with pytest.raises(SystemExit) as ended:
        run(chain.url, "--range", "0")
    assert ended.value.code == 2
    assert "'0' is no whole number from 1 on" in capsys.readouterr().err
    assert run(chain.url) == (0, "")
    assert everything(StoredSource(open_database(database, TABLES)), chain.deployment) == on_chain(chain)
