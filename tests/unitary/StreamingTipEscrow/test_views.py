"""The constructor, and what the views say of a fresh escrow and of the edges of time."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.clock import at, mine_at
from tests.support.errors import reverts, reverts_without_data
from tests.support.jars import DAY, ITSELF, LATEST, MIDNIGHT, NOON, TODAY, ZERO, Jars

UNIT = 10**9


# the constructor


def test_the_constructor_reverts_for_what_is_no_contract(jars: Jars, project: Any) -> None:
    for nobody in (ZERO, jars.stranger):
        with reverts("Custody_ZeroAddress"):
            project.StreamingTipEscrow.deploy(nobody, {"from": jars.deployer})


def test_the_constructor_reverts_for_a_contract_that_is_no_gift_certificates(
    jars: Jars, project: Any
) -> None:
    with reverts_without_data():
        project.StreamingTipEscrow.deploy(jars.token, {"from": jars.deployer})


@pytest.mark.parametrize(
    "decimals, scale", [(0, 9), (2, 9), (6, 9), (9, 9), (10, 8), (17, 1), (18, 0), (24, 0)]
)
def test_the_scale_follows_the_decimals(
    make_world: Any, make_token: MakeToken, project: Any, decimals: int, scale: int
) -> None:
    """10^(18 − decimals), at most 10⁹ and at least 1."""
    world = make_world(make_token("TestToken", decimals))
    escrow = project.StreamingTipEscrow.deploy(world.certificates, {"from": world.deployer})
    assert escrow.scale() == 10**scale


def test_what_the_constructor_sets(jars: Jars, project: Any) -> None:
    escrow = jars.escrow
    assert escrow.certificates() == jars.world.certificates
    assert escrow.currency() == jars.token
    assert escrow.backOffice() == jars.back_office
    assert jars.token.allowance(escrow, jars.world.certificates) == 2**256 - 1
    for other in (jars.back_office, jars.deployer):
        assert jars.token.allowance(escrow, other) == 0


def test_a_function_that_neither_piece_has_reverts(jars: Jars) -> None:
    for data in ("0xdeadbeef", "0x", "0x01"):
        with reverts_without_data():
            jars.stranger.transfer(jars.escrow, 0, data=data, gas_limit=200_000)


def test_the_escrow_takes_no_ether(jars: Jars) -> None:
    with reverts_without_data():
        jars.stranger.transfer(jars.escrow, 1, gas_limit=200_000)
    with reverts_without_data():
        jars.escrow.collect(jars.jar, 0, {"from": jars.stranger, "value": 1, "gas_limit": 200_000})


# views


def test_views_of_nothing(jars: Jars) -> None:
    escrow, key = jars.escrow, jars.key()
    for jar in (jars.jar, jars.jar_of(jars.creator, 1), 0, 2**256 - 1):
        assert jars.stored(jar) == (0, 0, 0, 0, 0)
        assert jars.due(jar) == escrow.claimable(jar) == 0
        assert escrow.endsOn(jar, TODAY) == (0, 0)
        assert escrow.endDays(jar, TODAY // 256) == 0
    assert escrow.stream(key) == (0, 0, 0, 0)
    assert escrow.refundable(key) == 0
    assert escrow.sharedJar(jars.jar) == ((), (), 0)
    assert escrow.versions(jars.creator) == 0
    assert escrow.giftsLeft(bytes(32)) == 0
    assert not escrow.isGiftClaimed(bytes(32), 0)
    assert not escrow.isHandleTipOpen(bytes(32))
    assert escrow.membership(jars.creator, jars.supporter, 1) == (ZERO, 0, 0, 0)
    assert escrow.isSupporter(jars.creator, jars.supporter, 1) == 0


def test_the_views_are_the_escrows_own_code(jars: Jars) -> None:
    """None of them goes through the fallback, which no `view` could promise."""
    names = {item["name"] for item in jars.deployed.abi if item.get("stateMutability") == "view"}
    asked = {item["name"] for item in jars.escrow.abi if item.get("stateMutability") == "view"}
    assert asked <= names | {"backOffice"}


def test_refundable_falls_by_the_second_to_nothing(any_jars: Jars) -> None:
    jars = any_jars
    rate = 7 * jars.scale + 1
    at(NOON)
    key = jars.open(rate, 7_100)
    end = NOON + 7_100 * jars.scale // rate
    for time in (NOON, NOON + 1, end - 1, end, end + 1):
        mine_at(time)
        assert jars.escrow.refundable(key) == max(0, rate * (end - time) // jars.scale)


def test_is_supporter_is_one_storage_read(jars: Jars) -> None:
    """A gate on another contract may ask for it: less than 7,000 gas beyond a transfer's."""
    rate = jars.set_tier()
    at(NOON)
    jars.escrow.subscribe(jars.subscription(rate, 10 * DAY), ITSELF, {"from": jars.supporter})
    call = jars.escrow.isSupporter
    gas = call.estimate_gas(jars.creator, jars.supporter, 1, {"from": jars.stranger})
    assert gas < 21_000 + 7_000


def test_claimable_of_the_last_second_there_is(jars: Jars) -> None:
    """A stream until the last second of 40 bits, 34,000 years ahead, and a collection then."""
    at(LATEST - 10 * DAY)
    jars.open(UNIT, 10 * DAY)
    mine_at(LATEST + DAY)
    assert jars.due() == 10 * DAY * UNIT
    jars.collect()
    assert jars.balance(jars.creator) == 10 * DAY


def test_claimable_is_the_same_from_whatever_page_one_collects(jars: Jars) -> None:
    """The view folds everything, however little was folded so far."""
    at(NOON)
    for index in range(5):
        jars.open(UNIT, (index + 1) * DAY, index)
    now = mine_at(MIDNIGHT + 3 * DAY)
    for _ in range(4):
        shown = jars.due() + jars.balance(jars.creator) * UNIT
        assert shown == ((1 + 2 + 3) * DAY + 2 * (now - NOON)) * UNIT
        at(now)
        jars.collect(max_days=1)
    assert jars.due() == 0
