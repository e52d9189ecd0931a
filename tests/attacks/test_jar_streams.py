"""A payer who wants more back than is left, or a creator's claim that falls: none of the ways works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from brownie import web3

from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    MIDNIGHT,
    NOON,
    TODAY,
    Flow,
    Jars,
    Key,
    claimable_scaled,
    earned_scaled,
)
from tests.support.outputs import returned
from tests.support.rehearsal import rehearsal

UNIT = 10**9


@contextmanager
def one_block(time: int) -> Iterator[None]:
    """What is sent within is mined in one block at `time`."""

    def request(method: str, *params: Any) -> None:
        answer = web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer

    request("evm_setAutomine", False)
    try:
        yield
    finally:
        at(time)
        request("evm_mine")
        request("evm_setAutomine", True)


def send(jars: Jars, method: Any, *args: Any, sender: Any) -> str:
    """Put a call into the pool; its hash."""
    request = {"from": sender.address, "to": jars.escrow.address, "data": method.encode_input(*args)}
    return web3.eth.send_transaction({**request, "gas": 300_000}).hex()


# twice, and too late


@pytest.mark.parametrize("seconds", [100, DAY])
def test_cancelling_twice_pays_once(jars: Jars, seconds: int) -> None:
    at(NOON)
    key = jars.open(UNIT, seconds)
    call = jars.escrow.cancel.encode_input(key, ITSELF)
    at(NOON + 37)
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 0):
        jars.deployed.multicall([call, call], {"from": jars.supporter})
    at(NOON + 37)
    jars.cancel(key)
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 0):
        jars.cancel(key)
    assert jars.held() == 37


def test_pausing_hides_nothing_from_cancelling(jars: Jars) -> None:
    """Every order of pausing, resuming and cancelling in one second gives back the same once."""
    at(NOON)
    escrow = jars.escrow
    for index, order in enumerate(
        (
            ["pause", "cancel"],
            ["pause", "resume", "cancel"],
            ["pause", "resume", "pause", "cancel"],
            ["changeRate", "pause", "resume", "cancel"],
        )
    ):
        at(NOON)
        key = jars.open(UNIT, DAY, index)
        calls = [
            escrow.changeRate.encode_input(key, UNIT, ITSELF)
            if name == "changeRate"
            else getattr(escrow, name).encode_input(key, ITSELF)
            for name in order
        ]
        before = jars.balance(jars.supporter)
        at(NOON)
        jars.deployed.multicall(calls, {"from": jars.supporter})
        assert jars.balance(jars.supporter) - before == DAY
    assert jars.held() == jars.due() == 0
    assert jars.stored() == (0, TODAY, 0, 0, 0)


@pytest.mark.parametrize("act", ["cancel", "pause", "topUp", "changeRate"])
def test_nothing_comes_back_of_an_ended_stream(jars: Jars, act: str) -> None:
    at(NOON)
    key = jars.open(UNIT, DAY)
    for time in (NOON + DAY, NOON + DAY + 1, NOON + 400 * DAY):
        at(time)
        arguments = {"topUp": (jars.supporter, 10), "changeRate": (UNIT,)}.get(act, ())
        with reverts("Jar_StreamNotRunning", jars.id_of(key), NOON + DAY):
            getattr(jars.escrow, act)(key, *arguments, ITSELF, {"from": jars.supporter})
    jars.collect()
    assert jars.balance(jars.creator) == DAY


# one second, one block


def test_opening_and_cancelling_in_one_block_leaves_nothing(jars: Jars) -> None:
    """In one transaction, and in two of one block, with a collection between them."""
    keys = [jars.key(i) for i in range(4)]
    amounts = (100, DAY, 100, DAY)
    before = jars.balance(jars.supporter)
    for key, amount in zip(keys[:2], amounts, strict=False):
        calls = [
            jars.escrow.open.encode_input(key, UNIT, amount, ITSELF),
            jars.escrow.cancel.encode_input(key, ITSELF),
        ]
        at(NOON)
        jars.deployed.multicall(calls, {"from": jars.supporter})
    with one_block(NOON):
        hashes = []
        for key, amount in zip(keys[2:], amounts[2:], strict=True):
            hashes.append(send(jars, jars.escrow.open, key, UNIT, amount, ITSELF, sender=jars.supporter))
        hashes.append(send(jars, jars.escrow.collect, jars.jar, 0, sender=jars.supporter))
        for key in keys[2:]:
            hashes.append(send(jars, jars.escrow.cancel, key, ITSELF, sender=jars.supporter))
    receipts = [web3.eth.get_transaction_receipt(h) for h in hashes]
    assert {r["status"] for r in receipts} == {1}
    assert len({r["blockNumber"] for r in receipts}) == 1
    assert jars.balance(jars.supporter) == before
    assert jars.held() == jars.due() == 0
    assert jars.stored()[0] == 0


def test_a_block_of_two_payers_and_a_collector_is_exact(jars: Jars) -> None:
    """Whatever the order within a second, everybody has what the second gives."""
    at(NOON)
    mine = jars.open(UNIT, DAY)
    other = jars.open(UNIT, DAY, payer=jars.giver)
    purses = [jars.balance(p) for p in (jars.supporter, jars.giver)]
    with one_block(NOON + 100):
        send(jars, jars.escrow.cancel, mine, ITSELF, sender=jars.supporter)
        send(jars, jars.escrow.collect, jars.jar, 9, sender=jars.stranger)
        send(jars, jars.escrow.cancel, other, ITSELF, sender=jars.giver)
    got = [jars.balance(p) - b for p, b in zip((jars.supporter, jars.giver), purses, strict=True)]
    assert got == [DAY - 100, DAY - 100]
    assert jars.balance(jars.creator) * UNIT + jars.due() == 200 * UNIT


# what is claimable never falls


def test_a_tip_that_ends_today_and_is_reopened(jars: Jars) -> None:
    """Again and again on one day, to the last second and across midnight: what is due only grows."""
    flows: list[Flow] = []
    shown, now = 0, NOON
    for seconds in (1, 37, 1, DAY // 4, 59):
        at(now)
        jars.open(3 * UNIT, 3 * seconds)
        flows.append(Flow(3 * UNIT, now, now + seconds))
        assert shown <= jars.due() == claimable_scaled(flows, now)
        now += seconds
    for time in (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1):
        mine_at(time)
        assert shown <= jars.due() == claimable_scaled(flows, time)
        shown = jars.due()
    assert shown == earned_scaled(flows, MIDNIGHT)


@pytest.mark.parametrize("start", [NOON, MIDNIGHT - 2, MIDNIGHT - 1, MIDNIGHT])
def test_a_one_second_stream_freezes_no_jar(jars: Jars, start: int) -> None:
    """Beside a steady stream: neither its second nor the end of its day makes the claim fall, and collecting
    through all of it loses nothing. (On the straight line such a stream would be under-counted thousandfold.)
    """
    at(NOON - 100)
    jars.open(UNIT, 10 * DAY, 7)
    flows = [Flow(UNIT, NOON - 100, NOON - 100 + 10 * DAY), Flow(10**6 * UNIT, start, start + 1)]
    at(start)
    jars.open(10**6 * UNIT, 10**6, 8)
    total = 0
    times = {start, start + 1, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + DAY - 1, MIDNIGHT + DAY}
    for time in sorted(time for time in times if time >= start):
        mine_at(time)
        assert total * UNIT + jars.due() == claimable_scaled(flows, time)
        jars.collect()
        assert jars.balance(jars.creator) >= total
        total = jars.balance(jars.creator)
    assert total == 10**6 + MIDNIGHT + DAY - (NOON - 100)


ACTS: dict[str, Callable[[Jars, Key], Any]] = {
    "top up, same day": lambda jars, key: top_up(jars, key, 5),
    "top up, another day": lambda jars, key: top_up(jars, key, 2 * DAY),
    "cancel": lambda jars, key: jars.cancel(key),
    "pause": lambda jars, key: jars.escrow.pause(key, ITSELF, {"from": jars.supporter}),
    "faster": lambda jars, key: change(jars, key, 7 * UNIT),
    "slower": lambda jars, key: change(jars, key, UNIT // 1_000),
}


def top_up(jars: Jars, key: Key, amount: int) -> None:
    jars.escrow.topUp(key, jars.stranger, amount, ITSELF, {"from": jars.stranger})


def change(jars: Jars, key: Key, rate: int) -> None:
    jars.escrow.changeRate(key, rate, ITSELF, {"from": jars.supporter})


@pytest.mark.parametrize("act", ACTS)
def test_no_act_of_a_payer_lowers_what_is_claimable(jars: Jars, act: str) -> None:
    """Of streams that began today or before and end today, tomorrow or later; just collected or not."""
    at(NOON)
    shapes = [200, 4_000, DAY // 2, DAY // 2 + 2_000, DAY, 3 * DAY]
    keys = [jars.open(3 * UNIT, 3 * seconds, i) for i, seconds in enumerate(shapes)]
    for time, collects in ((NOON, False), (NOON + 99, True), (MIDNIGHT + 500, False), (MIDNIGHT + 999, True)):
        at(time)
        if collects:
            jars.collect()
        else:
            mine_at(time)
        with rehearsal():
            for key, seconds in zip(keys, shapes, strict=True):
                if time < NOON + seconds:
                    before = jars.due()
                    ACTS[act](jars, key)
                    assert jars.due() >= before
                    assert jars.held() * UNIT >= jars.due()


def test_a_strangers_top_up_is_a_present(jars: Jars) -> None:
    """It can neither shorten a stream nor take its money back; the payer stops it and has the rest."""
    at(NOON)
    key = jars.open(UNIT, 100)
    thief = jars.balance(jars.stranger)
    purse = jars.balance(jars.supporter)
    at(NOON + 50)
    top_up(jars, key, 10 * DAY)
    with reverts("Custody_NotItself", jars.supporter, jars.stranger):
        jars.cancel(key, jars.stranger)
    own = jars.key(payer=jars.stranger)
    with reverts("Jar_StreamNotRunning", jars.id_of(own), 0):
        jars.cancel(own, jars.stranger)
    at(NOON + 60)
    assert returned(jars.cancel(key)) == 10 * DAY + 40
    assert jars.balance(jars.supporter) - purse == 10 * DAY + 40
    assert thief - jars.balance(jars.stranger) == 10 * DAY


def test_a_strangers_dust_does_not_add_up_to_a_theft(jars: Jars) -> None:
    """A hundred top-ups of a second and a bit: each bit is the creator's, none the payer's."""
    rate = 2 * UNIT
    at(NOON)
    key = jars.open(rate, 2 * DAY)
    calls = [jars.escrow.topUp.encode_input(key, jars.stranger, 3, ITSELF)] * 50
    jars.deployed.multicall(calls, {"from": jars.stranger, "gas_limit": 10_000_000})
    assert jars.escrow.stream(key)[2] == NOON + DAY + 50
    assert returned(jars.cancel(key)) == 2 * (DAY + 50)
    mine_at(MIDNIGHT + DAY)
    assert jars.due() == 50 * UNIT == jars.held() * UNIT


# time


@pytest.mark.parametrize("years", [1, 100])
def test_a_jump_of_years(jars: Jars, years: int) -> None:
    """Nobody comes for years: everything that ended is there, and streams go on as if nothing had been."""
    at(NOON)
    jars.open(UNIT, 10 * DAY)
    jars.open(UNIT, 100, 1)
    key = jars.open(UNIT, 2_000 * 365 * DAY, 2)
    later = NOON + years * 365 * DAY
    mine_at(later)
    assert jars.due() == (10 * DAY + 100 + later - NOON) * UNIT
    at(later)
    jars.open(UNIT, DAY, 3)
    at(later)
    jars.collect()
    assert jars.balance(jars.creator) == 10 * DAY + 100 + later - NOON
    at(later + 50)
    assert returned(jars.cancel(key)) == 2_000 * 365 * DAY - years * 365 * DAY - 50
    at(later + 3 * DAY)
    jars.collect()
    assert jars.held() == 0
