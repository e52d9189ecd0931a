"""What the gateway writes down about calls that x402 paid, in both databases."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from largesse.database import open_database
from largesse.gateway.gateway import tables
from largesse.gateway.paid_calls import PaidCall, PaidCalls, retry_of
from largesse.gateway.schemes import Answer, Call, PaymentRefusedError, Settled

ANSWER = Answer(201, ((b"content-type", b"text/plain"), (b"x-odd", b"\xe9")), b"a\nbody\x00")
SETTLED = Settled({"success": True, "transaction": "0x1"}, {"X-Receipt": "r"})
DIGEST = bytes(range(32))


@pytest.fixture
def calls(database_url: str) -> Iterator[PaidCalls]:
    engine = open_database(database_url, tables())
    yield PaidCalls(engine, lease_seconds=5)
    engine.dispose()


def again(calls: PaidCalls, key: str, retry: str | None = None) -> PaidCall | str:
    try:
        return calls.reserve(key, retry, DIGEST, "new")
    except PaymentRefusedError as refused:
        return refused.reason


def found(calls: PaidCalls, key: str) -> PaidCall:
    call = calls.find(key)
    assert call is not None
    return call


def abandon(calls: PaidCalls, held: PaidCall) -> None:
    """As if its process had died, and its lease run out."""
    calls.uncertain(held)


def test_a_proof_is_held_by_one(calls: PaidCalls) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: again(calls, "a"), range(16)))
    assert sorted(isinstance(one, PaidCall) for one in results) == [False] * 15 + [True]
    assert {one for one in results if isinstance(one, str)} == {"in_use"}


def test_an_idempotency_key_is_held_by_one(calls: PaidCalls) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: again(calls, f"proof {n}", "key"), range(16)))
    assert sorted(isinstance(one, PaidCall) for one in results) == [False] * 15 + [True]


def test_a_charged_call_is_found_whole(calls: PaidCalls) -> None:
    held = calls.reserve("a", "key", DIGEST, "note")
    calls.charging(held, ANSWER, 5)
    calls.charged(held, SETTLED)
    for call in (calls.find("a"), calls.find_retry("key")):
        assert call is not None and call.is_charged and not call.is_abandoned()
        assert (call.answer, call.settled, call.digest, call.note) == (ANSWER, SETTLED, DIGEST, "note")
    assert again(calls, "a") == again(calls, "b", "key") == "already_used"
    assert (calls.find("b"), calls.find_retry(None), calls.find_retry("other")) == (None, None, None)


def test_what_is_released_is_free_again(calls: PaidCalls) -> None:
    calls.release(calls.reserve("a", "key", DIGEST, ""))
    assert calls.find("a") is None
    assert isinstance(again(calls, "b", "key"), PaidCall)


def test_a_lease_that_ran_out_is_taken_over_with_its_note(calls: PaidCalls) -> None:
    first = calls.reserve("a", None, DIGEST, "old")
    assert again(calls, "a") == "in_use"
    abandon(calls, first)
    second = again(calls, "a")
    assert isinstance(second, PaidCall) and (second.note, second.state) == ("old", "reserved")
    # The first one wakes up: it has lost the proof, and takes nothing from the second.
    for late in (
        lambda: calls.charging(first, ANSWER, 5),
        lambda: calls.charged(first, SETTLED),
        lambda: calls.uncertain(first),
    ):
        with pytest.raises(PaymentRefusedError) as refused:
            late()
        assert (refused.value.reason, refused.value.problem.status) == ("lost", 409)
    calls.release(first)
    assert found(calls, "a").owner == second.owner


def test_an_idempotency_key_whose_payment_came_to_nothing_is_taken_over(calls: PaidCalls) -> None:
    abandon(calls, calls.reserve("a", "key", DIGEST, "old"))
    second = again(calls, "b", "key")
    assert isinstance(second, PaidCall) and second.note == "new"
    assert calls.find("a") is None


def test_a_charge_that_takes_its_time_keeps_its_proof(calls: PaidCalls) -> None:
    held = calls.reserve("a", None, DIGEST, "")
    calls.charging(held, ANSWER, 60)
    assert found(calls, "a").until > time.time() + 50
    assert again(calls, "a") == "in_use"


def test_what_was_charged_is_not_released(calls: PaidCalls) -> None:
    held = calls.reserve("a", None, DIGEST, "")
    calls.charged(held, SETTLED)
    calls.release(held)
    assert found(calls, "a").is_charged


def test_old_answers_are_dropped_and_nothing_else(calls: PaidCalls) -> None:
    abandon(calls, calls.reserve("abandoned", None, DIGEST, ""))
    for key, seconds in (("old", -1.0), ("young", 60.0)):
        calls.keep_seconds = seconds
        calls.charged(calls.reserve(key, None, DIGEST, ""), SETTLED)
    assert calls.forget() == 1
    assert calls.find("old") is None
    assert found(calls, "young").is_charged and found(calls, "abandoned").is_abandoned()


def test_idempotency_keys_are_their_payers() -> None:
    call = Call("GET", "/", DIGEST, "7")
    kept = {
        retry_of("exact", "0xAa", call),
        retry_of("exact", "0xBb", call),
        retry_of("batch-settlement", "0xAa", call),
    }
    assert len(kept) == 3 and retry_of("exact", "0xaa", call) in kept
    assert retry_of("exact", "0xAa", Call("GET", "/", DIGEST)) is None
