"""reclaimBatch: from the batch's single date on the giver takes all that nobody has claimed."""

from dataclasses import replace
from typing import Any

import pytest

from largesse.signed.certificates import Recall
from tests.support.certificates import DAY, NEVER, NO_SIGNATURE, ZERO, World, batch_id
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import Batch, claim_args, give_many
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def batch(world: World, series: int) -> Batch:
    """Three links that deliver at once; the batch may be taken back in 10 days."""
    return give_many(world, series, (10, 20, 30), reclaim_at=world.now() + 10 * DAY)


@pytest.fixture
def due(batch: Batch) -> Batch:
    """The same, its date reached with the next transaction."""
    at(batch.reclaim_at)
    return batch


def reclaim(world: World, batch: Batch, caller: Any = None) -> Any:
    return world.certificates.reclaimBatch(batch.struct, NO_SIGNATURE, {"from": caller or world.giver})


def action(world: World, batch: Batch) -> SignedAction:
    return SignedAction(
        world,
        batch.series_id,
        world.giver,
        lambda nonce, deadline: Recall(batch.giver, batch.id, nonce, deadline),
        lambda authorization: world.certificates.reclaimBatch(
            batch.struct, authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_reclaim_batch_reverts_on_a_faulty_authorization(world: World, due: Batch, fault: str) -> None:
    world.chain.mine()
    check_refused(action(world, due), fault)


def test_reclaim_batch_acts_once(world: World, due: Batch) -> None:
    world.chain.mine()
    check_accepted(action(world, due), "GiftCertificates_NoSuchGift", due.id)
    assert world.certificates.balanceOf(world.giver, due.series_id) == 1_000


def test_reclaim_batch_by_signature_binds_the_batch(world: World, due: Batch) -> None:
    world.chain.mine()
    deadline = world.now() + DAY
    authorization = world.authorize(Recall(due.giver, due.gift(0), 1, deadline), world.giver)
    digest = Recall(due.giver, due.id, 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        action(world, due).send(authorization)


def test_reclaim_batch_reverts_for_anybody_but_the_giver(world: World, due: Batch) -> None:
    for caller in (world.stranger, world.issuer, world.beneficiary):
        with reverts("GiftCertificates_NotYourCard", world.giver, caller):
            reclaim(world, due, caller)


def test_reclaim_batch_reverts_for_an_unknown_batch(world: World, batch: Batch) -> None:
    forged = replace(batch, reclaim_at=batch.created_at + 1)
    with reverts("GiftCertificates_NoSuchGift", batch_id(forged.struct)):
        reclaim(world, forged)


def test_reclaim_batch_reverts_before_its_date(world: World, batch: Batch) -> None:
    time = at(batch.reclaim_at - 1)
    with reverts("GiftCertificates_NotRecallable", 0, batch.reclaim_at, time):
        reclaim(world, batch)


@pytest.mark.parametrize("past", [0, 1])
def test_reclaim_batch_passes_from_its_date_on(world: World, batch: Batch, past: int) -> None:
    at(batch.reclaim_at + past)
    reclaim(world, batch)
    assert world.certificates.balanceOf(world.giver, batch.series_id) == 1_000


def test_reclaim_batch_reverts_for_ever_without_a_date(world: World, series: int) -> None:
    batch = give_many(world, series, (5,))
    time = at(batch.limitation_at - 1)
    with reverts("GiftCertificates_NotRecallable", 0, NEVER, time):
        reclaim(world, batch)


@pytest.mark.parametrize("past", [0, 1])
def test_reclaim_batch_reverts_from_limitation_on(world: World, batch: Batch, past: int) -> None:
    at(batch.limitation_at + past)
    with reverts("GiftCertificates_AfterLimitation", batch.series_id, batch.limitation_at):
        reclaim(world, batch)


def test_reclaim_batch_reverts_the_second_time(world: World, due: Batch) -> None:
    reclaim(world, due)
    with reverts("GiftCertificates_NoSuchGift", due.id):
        reclaim(world, due)


def test_reclaim_batch_reverts_when_everything_was_claimed(world: World, batch: Batch) -> None:
    for index in range(3):
        world.certificates.claimFromBatch(
            *claim_args(world, batch, index, world.recipient), {"from": world.relayer}
        )
    at(batch.reclaim_at)
    with reverts("GiftCertificates_NoSuchGift", batch.id):
        reclaim(world, batch)


def test_nothing_is_claimed_from_a_reclaimed_batch(world: World, due: Batch) -> None:
    reclaim(world, due)
    with reverts("GiftCertificates_NoSuchGift", due.id):
        world.certificates.claimFromBatch(
            *claim_args(world, due, 0, world.recipient), {"from": world.relayer}
        )


def test_reclaim_batch_gives_back_what_is_left(world: World, series: int, batch: Batch) -> None:
    world.certificates.claimFromBatch(*claim_args(world, batch, 1, world.recipient), {"from": world.relayer})
    before = (world.certificates.state(series)[1], world.reserve())
    at(batch.reclaim_at)
    tx = reclaim(world, batch)
    assert world.certificates.account(series, world.giver) == (980, 0, 0)
    assert world.certificates.balanceOf(world.recipient, series) == 20
    assert world.certificates.batchRemaining(batch.id) == 0
    assert (world.certificates.state(series)[1], world.reserve()) == before
    assert world.reserve() == world.liabilities()
    assert logs_of(tx, world.certificates) == [
        ("GiftBatchReclaimed", batch.id, 40),
        ("TransferSingle", world.giver, ZERO, world.giver, series, 40),
    ]


def test_a_batch_is_claimed_after_its_date_until_it_is_taken_back(world: World, batch: Batch) -> None:
    at(batch.reclaim_at + 1)
    world.certificates.claimFromBatch(*claim_args(world, batch, 2, world.recipient), {"from": world.relayer})
    reclaim(world, batch)
    assert world.certificates.balanceOf(world.recipient, batch.series_id) == 30
    assert world.certificates.balanceOf(world.giver, batch.series_id) == 970
