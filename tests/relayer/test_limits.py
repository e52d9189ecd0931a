"""Limits: of a signer, of a client's address, of a day's gas; on both databases, with several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import cycle

import pytest

from largesse.database import open_database, transaction
from largesse.relayer.actions import Kind, RelayAction
from largesse.relayer.limits import DAY, GAS, HOUR, LimitError, Limits
from largesse.relayer.store import ACCEPTED, DONE, FAILED, MOST_ATTEMPTS, Outcome, Store, TakenError
from largesse.sender import TABLES
from largesse.web.limits import client_network
from tests.support.certificates import World
from tests.support.relay_racer import NOON, PLACE, ROOM, action
from tests.support.relaying import Desk

from .test_relay import claim

ONE_CLIENT = {"signer_share": 100, "client_share": 100, "block_share": 100}


def both(*numbers: int) -> RelayAction:
    calls = tuple(action(number).calls[0] for number in numbers)
    return RelayAction(31337, PLACE, Kind.JARS, b"data", calls)


def used(store: Store, day: int = NOON // DAY) -> int:
    with transaction(store.engine) as connection:
        return int(connection.execute(GAS.select().where(GAS.c.day == day)).one().used)


@pytest.fixture
def make_store(database_url: str) -> Callable[..., Store]:
    return lambda **limits: Store(open_database(database_url, TABLES), Limits(**limits))


def test_a_signer_has_so_many_actions_an_hour(make_store: Callable[..., Store]) -> None:
    store = make_store(per_subject=3)
    for number in range(3):
        store.accept(action(number), "10.0.0.1", 100, NOON + 10)
    with pytest.raises(LimitError) as caught:
        store.accept(action(3), "10.0.0.2", 100, NOON + 20)
    assert (caught.value.reason, caught.value.seconds) == ("too_many_of_signer", HOUR - 20)
    assert store.find("0x" + action(3).identity.hex()) is None
    assert used(store) == 300
    # another signer's, and the same in the next hour
    store.accept(action(4, "0xbert"), "10.0.0.2", 100, NOON + 20)
    store.accept(action(3), "10.0.0.2", 100, NOON + HOUR)


def test_calls_of_a_multicall_count_each(make_store: Callable[..., Store]) -> None:
    store = make_store(per_subject=3)
    with pytest.raises(LimitError):
        store.accept(both(1, 2, 3, 4), "10.0.0.1", 100, NOON)
    store.accept(both(1, 2, 3), "10.0.0.1", 100, NOON)
    with pytest.raises(LimitError):
        store.accept(action(5), "10.0.0.1", 100, NOON)


def test_a_client_has_so_many_actions_an_hour(make_store: Callable[..., Store]) -> None:
    store = make_store(per_client=2)
    store.accept(action(0, "0xa"), "2001:db8::1", 1, NOON)
    store.accept(action(1, "0xb"), "2001:db8::2", 1, NOON)
    with pytest.raises(LimitError) as caught:
        store.accept(action(2, "0xc"), "2001:db8::ffff:3", 1, NOON)
    assert caught.value.reason == "too_many_of_client"
    store.accept(action(2, "0xc"), "2001:db8:0:1::1", 1, NOON)


def test_a_clients_network() -> None:
    assert client_network("10.0.0.1") == "10.0.0.1"
    assert client_network("::ffff:10.0.0.1") == "10.0.0.1"
    assert client_network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert client_network("a name") == "a name"


def test_a_day_has_so_much_gas(make_store: Callable[..., Store]) -> None:
    store = make_store(daily_gas=1_000, **ONE_CLIENT)
    record, _ = store.accept(action(0), "10.0.0.1", 600, NOON)
    with pytest.raises(LimitError) as caught:
        store.accept(action(1), "10.0.0.1", 401, NOON)
    assert (caught.value.reason, caught.value.seconds) == ("gas_budget_used", DAY // 2)
    # what was set aside and not used is there again, once
    for _ in range(2):
        store.settle(record, Outcome(DONE, "0x1", 5, 250), NOON + DAY)
    assert used(store) == 250
    store.accept(action(1), "10.0.0.1", 750, NOON)
    with pytest.raises(LimitError):
        store.accept(action(2), "10.0.0.1", 1, NOON)
    store.accept(action(2), "10.0.0.1", 1_000, NOON + DAY)


def spent(store: Store, clients: Iterable[str], subject: Callable[[int], str]) -> int:
    """Of a day's 10,000 gas, what somebody gets who comes from these addresses until nothing is relayed."""
    reasons = set()
    for number, client in zip(range(230), clients, strict=False):
        try:
            store.accept(action(number, subject(number)), client, 100, NOON + number // 20 * HOUR)
        except LimitError as error:
            reasons.add(error.reason)
    assert reasons <= {"gas_of_client_used", "gas_of_signer_used"}
    return used(store)


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        (["203.0.113.9"], 1_000),
        ([f"203.0.113.{last}" for last in range(256)], 2_500),
        (["2001:db8:0:1::1"], 1_000),
        ([f"2001:db8:0:1::{last:x}" for last in range(256)], 1_000),
        ([f"2001:db8:0:{net:x}::1" for net in range(256)], 2_500),
    ],
    ids=["an address", "its block of 256", "an IPv6 address", "its household", "its network"],
)
def test_a_thief_with_fresh_keys_leaves_the_others_their_gas(
    make_store: Callable[..., Store], addresses: list[str], most: int
) -> None:
    store = make_store(daily_gas=10_000, per_client=1_000)
    assert spent(store, cycle(addresses), lambda number: f"0x{number:040x}") == most
    record, _ = store.accept(action(5_000, "0xothers"), "198.51.100.7", 1_000, NOON)
    assert record.state == ACCEPTED
    store.accept(action(5_001, "0xothers"), "198.51.100.7", 1, NOON + DAY)  # and tomorrow


def test_a_thief_with_one_key_leaves_the_others_their_gas(make_store: Callable[..., Store]) -> None:
    store = make_store(daily_gas=10_000)
    assert spent(store, (f"203.0.{one}.9" for one in range(256)), lambda _number: "0xthief") == 1_000
    store.accept(action(5_000, "0xothers"), "203.0.113.9", 1_000, NOON)


def test_a_share_that_is_used_up_is_there_again_tomorrow(make_store: Callable[..., Store]) -> None:
    store = make_store(daily_gas=10_000)
    store.accept(action(0), "10.0.0.1", 1_000, NOON)
    for number, subject, client, reason in (
        (1, "0xanna", "10.0.1.1", "gas_of_signer_used"),
        (1, "0xbert", "10.0.0.1", "gas_of_client_used"),
    ):
        with pytest.raises(LimitError) as caught:
            store.accept(action(number, subject), client, 1, NOON)
        assert (caught.value.reason, caught.value.seconds) == (reason, DAY // 2)
    assert used(store) == 1_000
    store.accept(action(1), "10.0.0.1", 1_000, NOON + DAY)


def test_behind_a_proxy_all_are_one_client(make_store: Callable[..., Store]) -> None:
    store = make_store(daily_gas=10_000, client_share=100, block_share=100)
    for number in range(10):
        store.accept(action(number, f"0x{number}"), "10.0.0.1", 1_000, NOON)
    assert Limits() == Limits(30, 120, 1_500_000, 300_000_000, 200 * 10**9, 10, 10, 25)


def test_the_same_again_takes_nothing(make_store: Callable[..., Store]) -> None:
    store = make_store(per_subject=1, per_client=1, daily_gas=100, **ONE_CLIENT)
    first, fresh = store.accept(action(0), "10.0.0.1", 100, NOON)
    assert fresh
    assert store.accept(action(0), "10.0.0.1", 100, NOON + 1) == (first, False)
    store.settle(first, Outcome(DONE, "0x1", 5, 90), NOON)
    again, fresh = store.accept(action(0), "10.0.0.1", 100, NOON + 1)
    assert (again.state, again.tx_hash, fresh) == (DONE, "0x1", False)


def test_one_that_failed_is_tried_a_few_times(make_store: Callable[..., Store]) -> None:
    store = make_store()
    keys = set()
    for _ in range(MOST_ATTEMPTS):
        record, fresh = store.accept(action(0), "10.0.0.1", 100, NOON)
        assert fresh
        keys.add(record.key)
        store.settle(record, Outcome(FAILED, error="reverted"), NOON)
    assert len(keys) == MOST_ATTEMPTS
    record, fresh = store.accept(action(0), "10.0.0.1", 100, NOON)
    assert (record.state, fresh) == (FAILED, False)
    # an outcome that belongs to a former attempt changes nothing
    assert used(store) == 0


def test_a_call_is_in_one_action_at_a_time(make_store: Callable[..., Store]) -> None:
    store = make_store()
    first, _ = store.accept(action(1), "10.0.0.1", 100, NOON)
    with pytest.raises(TakenError) as caught:
        store.accept(both(1, 2), "10.0.0.1", 100, NOON)
    assert caught.value.action_id == first.id
    assert used(store) == 100
    store.settle(first, Outcome(FAILED), NOON)
    store.accept(both(1, 2), "10.0.0.1", 100, NOON)
    with pytest.raises(TakenError):
        store.accept(action(1), "10.0.0.1", 100, NOON)


def test_two_processes_share_the_limits(database_url: str) -> None:
    """60 actions of 200 gas each, posted to both at once: 50 fit the day's 10,000, each once."""
    store = Store(open_database(database_url, TABLES), Limits())
    command = [sys.executable, "-m", "tests.support.relay_racer", database_url]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    accepted = [one for racer in racers for one in json.loads(racer.communicate()[0])]
    assert len(accepted) == len(set(accepted)) == ROOM
    assert used(store) == ROOM * 200
    assert len(store.open(NOON)) == ROOM


# --------------------------------------------------------------------------------------------- over HTTP


def test_over_a_limit_the_answer_says_when_to_ask_again(
    make_desk: Callable[..., Desk], sqlite_url: str, certified: World
) -> None:
    desk = make_desk(sqlite_url, limits=Limits(per_client=1))
    desk.relay(claim(certified, amount=1))
    answer = desk.post(claim(certified, amount=2))
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_of_client")
    assert 0 < int(answer.headers["retry-after"]) <= HOUR


def test_a_budget_that_is_used_up_is_the_services_fault(
    make_desk: Callable[..., Desk], sqlite_url: str, certified: World
) -> None:
    desk = make_desk(sqlite_url, limits=Limits(daily_gas=1_000, **ONE_CLIENT))
    answer = desk.post(claim(certified))
    assert (answer.status_code, answer.json()["error"]) == (503, "gas_budget_used")
    assert 0 < int(answer.headers["retry-after"]) <= DAY


def test_no_action_takes_more_gas_than_it_may(
    make_desk: Callable[..., Desk], sqlite_url: str, certified: World
) -> None:
    desk = make_desk(sqlite_url, limits=Limits(action_gas=40_000))
    before = desk.sent()
    answer = desk.post(claim(certified))
    # Where the simulation itself runs out, the node says so; where only the estimate is above, we do.
    assert answer.status_code in (400, 422)
    assert answer.json()["error"] in ("too_much_gas", "refused")
    assert desk.sent() == before


def test_where_gas_is_too_dear_or_the_account_empty_nothing_is_accepted(
    make_desk: Callable[..., Desk], sqlite_url: str, certified: World
) -> None:
    desk = make_desk(sqlite_url, limits=Limits(gas_price=1))
    call = claim(certified)
    answer = desk.post(call)
    assert (answer.status_code, answer.json()["error"]) == (503, "too_dear")
    assert answer.headers["retry-after"]
    node = desk.relayer.node
    rich = make_desk(sqlite_url.replace(".db", "2.db"))
    held = node.web3.eth.get_balance(rich.relayer.wallet.address)
    node.develop("anvil_setBalance", [rich.relayer.wallet.address, "0x1"])
    try:
        answer = rich.post(call)
        assert (answer.status_code, answer.json()["error"]) == (503, "relayer_empty")
    finally:
        node.develop("anvil_setBalance", [rich.relayer.wallet.address, hex(held)])
