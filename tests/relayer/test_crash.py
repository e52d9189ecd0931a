"""Relayers that are killed, and two that are asked at once: what was accepted is sent, and once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from brownie import web3

from largesse.chain import Node
from largesse.relayer.actions import Kind
from tests.support.jars import Jars
from tests.support.processes import Server, start
from tests.support.relaying import call_of
from tools.own_node import free_port

KILLS = 6
ACTIONS = 12


def tip(jars: Jars, nonce: int) -> tuple[str, str]:
    """One of many tips of the supporter's, each of its own amount. By the currency's signature, so that no
    tip waits for another."""
    consent = jars.consent("Tip", str(jars.supporter), jars.jar, nonce, "", nonce=nonce, moves=nonce)
    return call_of(jars.escrow, "tip", jars.supporter, jars.jar, nonce, "", consent)


@pytest.fixture
def settings(node_url: str, database_url: str, contracts: Mapping[str, Kind]) -> dict[str, Any]:
    kinds = {address: kind.value for address, kind in contracts.items()}
    return {"node": node_url, "database": database_url, "contracts": kinds}


@pytest.fixture
def relayers(settings: dict[str, Any], tmp_path: Path) -> Iterator[Any]:
    """Starts relayers in processes of their own; those that still run at the end are killed."""
    started: list[Server] = []

    def run(port: int = 0) -> Server:
        server = start("tests.support.relayer_process", port or free_port(), tmp_path / "log", **settings)
        started.append(server)
        return server

    yield run
    for server in started:
        if server.is_alive():
            server.kill()


def post(server: Server, call: tuple[str, str]) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"chain": "31337", "contract": call[0], "data": call[1]}).encode()
    status, answer = server.request("POST", "/relay", body, {"content-type": "application/json"})
    return status, json.loads(answer)


def settled(server: Server, ids: set[str]) -> dict[str, dict[str, Any]]:
    """All of these actions once they are mined."""
    end, found = time.monotonic() + 60, {}
    while time.monotonic() < end and len(found) < len(ids):
        for one in ids - found.keys():
            state = json.loads(server.request("GET", f"/actions/{one}")[1])
            if state["state"] != "accepted":
                found[one] = state
        time.sleep(0.05)
    return found


def tips_of(jars: Jars) -> list[int]:
    """Amounts of all tips to the creator, from the logs."""
    topic = web3.keccak(text="Tipped(address,uint256,uint256,string)")
    logs = web3.eth.get_logs({"address": jars.escrow.address, "fromBlock": 0, "topics": [topic.to_0x_hex()]})
    return sorted(int.from_bytes(log["data"][:32], "big") for log in logs)


def test_killed_at_any_moment_it_sends_what_it_accepted_once(relayers: Any, jars: Jars) -> None:
    """Each action is posted until it is taken; the relayer is killed again and again meanwhile."""
    moments = random.Random(7)
    before, calls = tips_of(jars), {nonce: tip(jars, nonce) for nonce in range(1, ACTIONS + 1)}
    port = free_port()
    taken: dict[int, str] = {}
    server = relayers(port)
    for _ in range(KILLS):
        killer = threading.Timer(moments.uniform(0.0, 0.3), server.kill)
        killer.start()
        while server.is_alive():
            for nonce in sorted(calls.keys() - taken.keys())[:3] or [1]:
                try:
                    status, answer = post(server, calls[nonce])
                except OSError:
                    break
                assert status in (200, 202), answer
                taken[nonce] = answer["id"]
        killer.join()
        server = relayers(port)
    for nonce in calls:
        status, answer = post(server, calls[nonce])
        assert status in (200, 202), answer
        assert taken.setdefault(nonce, answer["id"]) == answer["id"]
    states = settled(server, set(taken.values()))
    assert [one["state"] for one in states.values()] == ["done"] * ACTIONS
    assert tips_of(jars) == sorted([*before, *calls])


def test_two_processes_that_get_the_same_action_send_it_once(
    relayers: Any, jars: Jars, node_url: str
) -> None:
    node = Node.at(node_url)
    sent = node.web3.eth.get_transaction_count(str(jars.relayer))
    servers, before = [relayers(), relayers()], tips_of(jars)
    calls = [tip(jars, nonce) for nonce in range(1, ACTIONS + 1)]
    answers: list[tuple[int, dict[str, Any]]] = []

    def ask(server: Server) -> None:
        for call in calls:
            answers.append(post(server, call))

    askers = [threading.Thread(target=ask, args=(server,)) for server in servers]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert {status for status, _ in answers} <= {200, 202}
    ids = {answer["id"] for _, answer in answers}
    assert len(ids) == ACTIONS
    states = settled(servers[0], ids)
    assert [one["state"] for one in states.values()] == ["done"] * ACTIONS
    assert tips_of(jars) == sorted([*before, *range(1, ACTIONS + 1)])
    assert node.web3.eth.get_transaction_count(str(jars.relayer)) == sent + ACTIONS
