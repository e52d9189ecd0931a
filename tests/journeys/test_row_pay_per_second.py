"""Row pay_per_second: a listener stops at 37 s; the creator has rate × 37, the rest is refundable."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import ITSELF, Jars
from tests.support.tipping import deploy_jars

MIDNIGHT = 1_940_025_600  # 2031-06-24
EVENING = MIDNIGHT - 4 * 3_600
PER_SECOND = 250  # base units: 0.90 dollars an hour
HEARD = 37
DEPOSIT = PER_SECOND * 7_200  # two hours of music


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    mine_at(EVENING - DAY)
    jars = deploy_jars(world)
    jars.fund(world.supporter, 10 * DEPOSIT)
    return jars


def listen(jars: Jars, start: int, index: int = 0, rate: int | None = None, paid: int = DEPOSIT) -> Any:
    """Start a stream that is paid for two hours; its key."""
    world = jars.world
    key = jars.key(index)
    at(start)
    jars.escrow.open(key, rate or PER_SECOND * jars.scale, paid, ITSELF, {"from": world.supporter})
    return key


@pytest.mark.parametrize(
    "start",
    [EVENING, MIDNIGHT - 3_600, MIDNIGHT - HEARD - 1, MIDNIGHT - HEARD, MIDNIGHT - 1, MIDNIGHT],
    ids=["evening", "ends tomorrow", "before midnight", "to midnight", "over midnight", "from midnight"],
)
def test_a_listener_stops_at_37_seconds(jars: Jars, start: int) -> None:
    world = jars.world
    jar = jars.jar
    before = jars.balance(world.supporter)
    key = listen(jars, start)
    mine_at(start + HEARD)
    rest = PER_SECOND * (7_200 - HEARD)
    assert jars.escrow.refundable(key) == rest
    at(start + HEARD)
    tx = jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    assert tx.events["StreamCancelled"]["refund"] == rest
    assert jars.balance(world.supporter) == before - PER_SECOND * HEARD
    # at once, not at the day's end
    assert jars.escrow.claimableScaled(jar) == PER_SECOND * HEARD * jars.scale
    at(start + HEARD)
    jars.escrow.collect(jar, 10, {"from": world.creator})
    assert jars.balance(world.creator) == PER_SECOND * HEARD
    assert jars.held() == 0
    with reverts("Jar_StreamNotRunning", jars.id_of(key), 0):
        jars.escrow.cancel(key, ITSELF, {"from": world.supporter})


def test_rates_that_do_not_divide_lose_nothing(jars: Jars) -> None:
    """A third of a base unit a second: the refund is rounded down, the rest is the creator's."""
    world = jars.world
    rate, paid = jars.scale // 3, 1_000
    key = listen(jars, EVENING, rate=rate, paid=paid)
    end = EVENING + paid * jars.scale // rate
    at(EVENING + HEARD)
    jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    refund = rate * (end - EVENING - HEARD) // jars.scale
    assert refund == paid - HEARD // 3 - 1
    assert jars.balance(world.supporter) == 10 * DEPOSIT - paid + refund
    assert jars.escrow.claimable(jars.jar) == paid - refund == HEARD // 3 + 1


def test_stop_and_go_pays_for_what_was_heard(jars: Jars) -> None:
    """Paused between the pieces; a new start of the same stream each evening."""
    world = jars.world
    jar = jars.jar
    before = jars.balance(world.supporter)
    key = listen(jars, EVENING)
    at(EVENING + HEARD)
    jars.escrow.pause(key, ITSELF, {"from": world.supporter})
    mine_at(EVENING + 40 * DAY)
    assert jars.escrow.claimable(jar) == PER_SECOND * HEARD
    assert jars.escrow.refundable(key) == PER_SECOND * (7_200 - HEARD)
    at(EVENING + 40 * DAY)
    jars.escrow.resume(key, ITSELF, {"from": world.supporter})
    at(EVENING + 40 * DAY + 3)
    jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    assert jars.escrow.claimable(jar) == PER_SECOND * (HEARD + 3)
    listen(jars, EVENING + 41 * DAY)
    at(EVENING + 41 * DAY + 1)
    jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    at(EVENING + 41 * DAY + 1)
    jars.escrow.collect(jar, 10, {"from": world.creator})
    assert jars.balance(world.creator) == PER_SECOND * (HEARD + 4)
    assert jars.balance(world.supporter) == before - PER_SECOND * (HEARD + 4)


def test_who_hears_the_whole_evening_has_paid_for_it(jars: Jars) -> None:
    jar = jars.jar
    key = listen(jars, MIDNIGHT - 7_200)  # to midnight exactly
    mine_at(MIDNIGHT - 1)
    assert jars.escrow.refundable(key) == PER_SECOND
    mine_at(MIDNIGHT)
    assert jars.escrow.refundable(key) == 0
    assert jars.escrow.claimable(jar) == DEPOSIT


def test_two_pieces_at_once_are_two_streams(jars: Jars) -> None:
    world = jars.world
    first, second = listen(jars, EVENING, 1), listen(jars, EVENING + 10, 2)
    for key, time in ((first, EVENING + HEARD), (second, EVENING + 2 * HEARD)):
        at(time)
        jars.escrow.cancel(key, ITSELF, {"from": world.supporter})
    expected = PER_SECOND * (HEARD + 2 * HEARD - 10)
    assert jars.escrow.claimable(jars.jar) == expected


def test_a_device_without_gas_starts_and_stops_by_signature(jars: Jars) -> None:
    world = jars.world
    jar = jars.jar
    sent = world.supporter.nonce
    key = jars.key()
    rate = PER_SECOND * jars.scale
    start = jars.consent("OpenStream", *key, rate, DEPOSIT, signer=world.supporter, nonce=1)
    stop = jars.consent("CancelStream", *key, signer=world.supporter, nonce=2)
    at(world.now() + 100)
    tx = jars.escrow.open(key, rate, DEPOSIT, start, {"from": world.relayer})
    at(tx.timestamp + HEARD)
    jars.escrow.cancel(key, stop, {"from": world.relayer})
    assert jars.balance(world.supporter) == 10 * DEPOSIT - PER_SECOND * HEARD
    assert jars.escrow.claimable(jar) == PER_SECOND * HEARD
    assert world.supporter.nonce == sent
