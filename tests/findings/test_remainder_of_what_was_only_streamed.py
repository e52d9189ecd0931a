"""Finding: a holder opened a stream with 60 % of a certificate, had the other 40 % paid out as the remainder
of one that was used enough, and cancelled: the 60 % were on the card again. Round after round the whole
certificate became cash, and nothing had been bought.

What a service can still hand back does not count as used; it counts from when it can't come back.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.clock import at
from tests.support.entitlements import NONE, REMAINDER
from tests.support.errors import reverts
from tests.support.jars import ITSELF, Jars, use
from tests.support.tipping import deploy_jars

FACE = 50_000
THRESHOLD = 30_000
SLOW = 10**7  # seconds that a stream lasts: one of them is worth next to nothing, and all divide


@pytest.fixture(scope="module")
def jars(still_clock: None, world: World) -> Jars:
    return deploy_jars(world)


@pytest.fixture(scope="module")
def series(jars: Jars) -> int:
    """The Korean terms: the remainder refunds once 60 % is used."""
    world = jars.world
    series = world.named_series([world.creator, world.merchant], services=[jars.escrow])
    world.issue(series, world.holder, FACE)
    return series


def stream(jars: Jars, series: int, amount: int, index: int = 0, seconds: int = SLOW) -> tuple[str, int, int]:
    card = jars.world.own_card(series, amount)
    jars.redeem([card], use("Open", index, amount * jars.scale // seconds))
    return jars.key(index, payer=jars.holder)


def cancel(jars: Jars, key: tuple[str, int, int]) -> None:
    """In the second in which it began: all of it comes back."""
    at(jars.now())
    jars.cancel(key, payer=jars.holder)


def refund(jars: Jars, series: int, amount: int) -> Any:
    holder = jars.holder
    return jars.world.certificates.refund(holder, series, amount, amount, NO_SIGNATURE, {"from": holder})


def right(jars: Jars, series: int) -> tuple[int, int, int]:
    found: tuple[int, int, int] = jars.world.certificates.refundable(series, jars.holder)
    return found


def test_what_is_only_streamed_frees_no_remainder(jars: Jars, series: int) -> None:
    key = stream(jars, series, THRESHOLD)
    assert right(jars, series) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", FACE - THRESHOLD, 0):
        refund(jars, series, FACE - THRESHOLD)
    cancel(jars, key)
    assert jars.world.certificates.account(series, jars.holder)[:2] == (FACE, 0)
    assert jars.balance(jars.holder) == 0


def test_the_whole_certificate_does_not_become_cash(jars: Jars, series: int) -> None:
    """The thief's rounds: stream as much as is needed, ask for the rest, cancel."""
    certificates, holder = jars.world.certificates, jars.holder
    for index, amount in enumerate((30_000, 10_000, 5_000)):
        balance = int(certificates.balanceOf(holder, series))
        if balance < amount:
            break
        key = stream(jars, series, amount, index)
        _, entitled, _ = right(jars, series)
        if entitled:
            refund(jars, series, entitled)
        cancel(jars, key)
    assert jars.balance(holder) == 0
    assert certificates.account(series, holder)[:2] == (FACE, 0)


def test_what_the_creator_has_earned_counts_as_used(jars: Jars, series: int) -> None:
    """The other side: who has really spent 60 % on streams gets the remainder, as at any shop."""
    key = stream(jars, series, THRESHOLD, seconds=DAY)
    end = int(jars.escrow.stream(key)[2])
    at(end)
    jars.escrow.countUsed([jars.id_of(key)], {"from": jars.relayer})
    assert right(jars, series) == (REMAINDER, FACE - THRESHOLD, FACE - THRESHOLD)
    refund(jars, series, FACE - THRESHOLD)
    assert jars.balance(jars.holder) == FACE - THRESHOLD
    with reverts("Jar_StreamNotRunning", jars.id_of(key), end):
        jars.escrow.cancel(key, ITSELF, {"from": jars.holder})


def test_a_tip_counts_as_used_at_once(jars: Jars, series: int) -> None:
    jars.redeem([jars.world.own_card(series, THRESHOLD)], use("Tip", "thanks"))
    assert jars.world.certificates.placed(series, jars.escrow, jars.holder) == 0
    assert right(jars, series) == (REMAINDER, FACE - THRESHOLD, FACE - THRESHOLD)
