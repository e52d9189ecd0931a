"""giveMany: any number of links, funded by one payment under one Merkle sum root."""

from typing import Any

import pytest

from largesse.eip712 import address_of
from largesse.signed.certificates import GiftBatch
from tests.support.certificates import DAY, MAX_AMOUNT, NEVER, NO_SIGNATURE, ZERO, World, batch_id
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import Leaf, SumTree, give_many, secret_of
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused

FACE = 1_000
HASH = 0xABCDEF << 96


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, FACE)
    return series_id


@pytest.fixture(scope="module")
def dates(world: World, series: int) -> tuple[int, int]:
    """Expiry and limitation of the series."""
    terms = world.certificates.terms(series)
    return terms[2], terms[3]


def send(world: World, series_id: int, root: int, reclaim_at: int = 0) -> Any:
    return world.certificates.giveMany(
        world.giver, series_id, root, reclaim_at, NO_SIGNATURE, {"from": world.giver}
    )


def action(world: World, series_id: int, total: int = 400) -> SignedAction:
    reclaim_at = world.now() + 9 * DAY
    return SignedAction(
        world,
        series_id,
        world.giver,
        lambda nonce, deadline: GiftBatch(
            str(world.giver), series_id, HASH + total, reclaim_at, nonce, deadline
        ),
        lambda authorization: world.certificates.giveMany(
            world.giver, series_id, HASH + total, reclaim_at, authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_give_many_reverts_on_a_faulty_authorization(world: World, series: int, fault: str) -> None:
    check_refused(action(world, series), fault)


def test_give_many_acts_once(world: World, series: int) -> None:
    check_accepted(action(world, series))


@pytest.mark.parametrize("changed", ["root", "total", "reclaim"])
def test_give_many_reverts_when_any_member_was_changed(world: World, series: int, changed: str) -> None:
    deadline, reclaim = world.now() + DAY, world.now() + 9 * DAY
    authorization = world.authorize(
        GiftBatch(str(world.giver), series, HASH + 400, reclaim, 1, deadline), world.giver
    )
    root = HASH + 400 + {"root": 1 << 96, "total": 1, "reclaim": 0}[changed]
    until = reclaim + (changed == "reclaim")
    digest = GiftBatch(str(world.giver), series, root, until, 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        world.certificates.giveMany(world.giver, series, root, until, authorization, {"from": world.relayer})


def test_give_many_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series + 1):
        send(world, series + 1, HASH + 1)


def test_give_many_reverts_with_total_zero(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        send(world, series, HASH)


def test_give_many_reverts_over_balance(world: World, series: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", FACE, FACE + 1):
        send(world, series, HASH + FACE + 1)
    with reverts("GiftCertificates_InsufficientBalance", FACE, MAX_AMOUNT):
        send(world, series, HASH + MAX_AMOUNT)


def test_give_many_reverts_once_expired(world: World, series: int, dates: tuple[int, int]) -> None:
    now = at(dates[0])
    with reverts("GiftCertificates_GiftDates", now, NEVER, *dates):
        send(world, series, HASH + 1)


def test_give_many_takes_the_last_second_before_expiry(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    at(dates[0] - 1)
    send(world, series, HASH + 1)
    assert world.certificates.balanceOf(world.giver, series) == FACE - 1


@pytest.mark.parametrize("ahead", [0, -1])
def test_give_many_reverts_when_reclaimed_at_once(
    world: World, series: int, dates: tuple[int, int], ahead: int
) -> None:
    now = at(world.now() + 10)
    with reverts("GiftCertificates_GiftDates", now, now + ahead, *dates):
        send(world, series, HASH + 1, now + ahead)


def test_give_many_takes_a_reclaim_one_second_later(world: World, series: int) -> None:
    now = at(world.now() + 10)
    send(world, series, HASH + 1, now + 1)
    assert world.certificates.balanceOf(world.giver, series) == FACE - 1


def test_give_many_reverts_when_reclaimed_from_limitation_on(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    now = at(world.now() + 10)
    with reverts("GiftCertificates_GiftDates", now, dates[1], *dates):
        send(world, series, HASH + 1, dates[1])
    send(world, series, HASH + 1, dates[1] - 1)
    assert world.certificates.balanceOf(world.giver, series) == FACE - 1


def test_give_many_reverts_for_the_same_batch_in_the_same_second(world: World, series: int) -> None:
    batch = give_many(world, series, [100, 200])
    at(batch.created_at)
    with reverts("GiftCertificates_GiftExists", batch.id):
        send(world, series, batch.root)
    at(batch.created_at + 1)
    send(world, series, batch.root)  # a second later it is another batch
    again = (*batch.struct[:4], world.now(), batch.limitation_at)
    assert world.certificates.batchRemaining(batch_id(again)) == 300
    assert world.certificates.batchRemaining(batch.id) == 300


def test_give_many_debits_the_giver_and_nothing_else(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    reserve = world.reserve()
    reclaim = world.now() + 9 * DAY
    tx = send(world, series, HASH + 400, reclaim)
    identity = batch_id((str(world.giver), series, HASH + 400, reclaim, tx.timestamp, dates[1]))
    assert world.certificates.batchRemaining(identity) == 400
    assert world.certificates.account(series, world.giver) == (FACE - 400, 0, 0)
    assert world.certificates.state(series)[1] == FACE
    assert world.reserve() == world.liabilities() == reserve
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.giver, world.giver, ZERO, series, 400),
        ("GiftBatchGiven", identity, HASH + 400, reclaim, dates[1]),
    ]


def test_give_many_without_a_reclaim_date_is_never_reclaimed(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    tx = send(world, series, HASH + 400)
    assert tx.events["GiftBatchGiven"]["reclaimAt"] == NEVER


def test_give_many_costs_the_same_for_two_links_and_for_a_thousand(world: World, series: int) -> None:
    used = []
    for count in (2, 1_000):
        leaves = [Leaf(i, address_of(secret_of(str(i % 2))), 1) for i in range(count)]
        root = SumTree([leaf.word for leaf in leaves]).root
        assert root % 2**96 == count
        world.issue(series, world.giver, count)
        used.append(send(world, series, root).gas_used)
    # What may differ is calldata: 12 gas for each byte of the root that is zero in one of them.
    assert abs(used[0] - used[1]) <= 12 * 32
