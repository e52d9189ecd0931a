"""Row pay_per_second: a listener stops at 37 s; the creator has rate × 37, the rest is refundable."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.tipping import ITSELF, Tipping, deploy_tipping, jar_of, stream_id

MIDNIGHT = 1_940_025_600  # 2031-06-24
EVENING = MIDNIGHT - 4 * 3_600
PER_SECOND = 250  # base units: 0.90 dollars an hour
HEARD = 37
DEPOSIT = PER_SECOND * 7_200  # two hours of music


@pytest.fixture(scope="module")
def tips(world: World) -> Tipping:
    mine_at(EVENING - DAY)
    tips = deploy_tipping(world)
    tips.fund(world.supporter, 10 * DEPOSIT)
    return tips


def listen(tips: Tipping, start: int, index: int = 0, rate: int | None = None, paid: int = DEPOSIT) -> Any:
    """Start a stream that is paid for two hours; its key."""
    world = tips.world
    key = (world.supporter, jar_of(world.creator), index)
    at(start)
    tips.escrow.open(key, rate or PER_SECOND * tips.scale, paid, ITSELF, {"from": world.supporter})
    return key


@pytest.mark.parametrize(
    "start",
    [EVENING, MIDNIGHT - 3_600, MIDNIGHT - HEARD - 1, MIDNIGHT - HEARD, MIDNIGHT - 1, MIDNIGHT],
    ids=["evening", "ends tomorrow", "before midnight", "to midnight", "over midnight", "from midnight"],
)
def test_a_listener_stops_at_37_seconds(tips: Tipping, start: int) -> None:
    world = tips.world
    jar = jar_of(world.creator)
    before = tips.purse(world.supporter)
    key = listen(tips, start)
    mine_at(start + HEARD)
    rest = PER_SECOND * (7_200 - HEARD)
    assert tips.escrow.refundable(key) == rest
    at(start + HEARD)
    tx = tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    assert tx.events["StreamCancelled"]["refund"] == rest
    assert tips.purse(world.supporter) == before - PER_SECOND * HEARD
    # at once, not at the day's end
    assert tips.escrow.claimableScaled(jar) == PER_SECOND * HEARD * tips.scale
    at(start + HEARD)
    tips.escrow.collect(jar, 10, {"from": world.creator})
    assert tips.purse(world.creator) == PER_SECOND * HEARD
    assert tips.held() == 0
    with reverts("Jar_StreamNotRunning", stream_id(key), 0):
        tips.escrow.cancel(key, ITSELF, {"from": world.supporter})


def test_rates_that_do_not_divide_lose_nothing(tips: Tipping) -> None:
    """A third of a base unit a second: the refund is rounded down, the rest is the creator's."""
    world = tips.world
    rate, paid = tips.scale // 3, 1_000
    key = listen(tips, EVENING, rate=rate, paid=paid)
    end = EVENING + paid * tips.scale // rate
    at(EVENING + HEARD)
    tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    refund = rate * (end - EVENING - HEARD) // tips.scale
    assert refund == paid - HEARD // 3 - 1
    assert tips.purse(world.supporter) == 10 * DEPOSIT - paid + refund
    assert tips.escrow.claimable(jar_of(world.creator)) == paid - refund == HEARD // 3 + 1


def test_stop_and_go_pays_for_what_was_heard(tips: Tipping) -> None:
    """Paused between the pieces; a new start of the same stream each evening."""
    world = tips.world
    jar = jar_of(world.creator)
    before = tips.purse(world.supporter)
    key = listen(tips, EVENING)
    at(EVENING + HEARD)
    tips.escrow.pause(key, ITSELF, {"from": world.supporter})
    mine_at(EVENING + 40 * DAY)
    assert tips.escrow.claimable(jar) == PER_SECOND * HEARD
    assert tips.escrow.refundable(key) == PER_SECOND * (7_200 - HEARD)
    at(EVENING + 40 * DAY)
    tips.escrow.resume(key, ITSELF, {"from": world.supporter})
    at(EVENING + 40 * DAY + 3)
    tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    assert tips.escrow.claimable(jar) == PER_SECOND * (HEARD + 3)
    listen(tips, EVENING + 41 * DAY)
    at(EVENING + 41 * DAY + 1)
    tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    at(EVENING + 41 * DAY + 1)
    tips.escrow.collect(jar, 10, {"from": world.creator})
    assert tips.purse(world.creator) == PER_SECOND * (HEARD + 4)
    assert tips.purse(world.supporter) == before - PER_SECOND * (HEARD + 4)


def test_who_hears_the_whole_evening_has_paid_for_it(tips: Tipping) -> None:
    world = tips.world
    jar = jar_of(world.creator)
    key = listen(tips, MIDNIGHT - 7_200)  # to midnight exactly
    mine_at(MIDNIGHT - 1)
    assert tips.escrow.refundable(key) == PER_SECOND
    mine_at(MIDNIGHT)
    assert tips.escrow.refundable(key) == 0
    assert tips.escrow.claimable(jar) == DEPOSIT


def test_two_pieces_at_once_are_two_streams(tips: Tipping) -> None:
    world = tips.world
    first, second = listen(tips, EVENING, 1), listen(tips, EVENING + 10, 2)
    for key, time in ((first, EVENING + HEARD), (second, EVENING + 2 * HEARD)):
        at(time)
        tips.escrow.cancel(key, ITSELF, {"from": world.supporter})
    expected = PER_SECOND * (HEARD + 2 * HEARD - 10)
    assert tips.escrow.claimable(jar_of(world.creator)) == expected


def test_a_device_without_gas_starts_and_stops_by_signature(tips: Tipping) -> None:
    world = tips.world
    jar = jar_of(world.creator)
    sent = world.supporter.nonce
    key = (world.supporter, jar, 0)
    rate = PER_SECOND * tips.scale
    start = tips.consent("OpenStream", *key, rate, DEPOSIT, by=world.supporter, nonce=1)
    stop = tips.consent("CancelStream", *key, by=world.supporter, nonce=2)
    at(world.now() + 100)
    tx = tips.escrow.open(key, rate, DEPOSIT, start, {"from": world.relayer})
    at(tx.timestamp + HEARD)
    tips.escrow.cancel(key, stop, {"from": world.relayer})
    assert tips.purse(world.supporter) == 10 * DEPOSIT - PER_SECOND * HEARD
    assert tips.escrow.claimable(jar) == PER_SECOND * HEARD
    assert world.supporter.nonce == sent
