"""recallFromBatch: the giver freezes one link of a batch before its delivery."""

from dataclasses import replace
from typing import Any

import pytest

from largesse.signed.certificates import Recall
from tests.support.certificates import DAY, NO_SIGNATURE, ZERO, World, batch_id
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
    """Three links that deliver in 5 days; the batch may be taken back from day 10 on."""
    now = world.now()
    return give_many(world, series, (10, 20, 30), deliver_at=now + 5 * DAY, reclaim_at=now + 10 * DAY)


def recall(world: World, batch: Batch, index: int, caller: Any = None) -> Any:
    return world.certificates.recallFromBatch(
        batch.struct,
        batch.leaves[index].struct,
        batch.proof(index),
        NO_SIGNATURE,
        {"from": caller or world.giver},
    )


def action(world: World, batch: Batch, index: int = 1) -> SignedAction:
    return SignedAction(
        world,
        batch.series_id,
        world.giver,
        lambda nonce, deadline: Recall(batch.giver, batch.gift(index), nonce, deadline),
        lambda authorization: world.certificates.recallFromBatch(
            batch.struct,
            batch.leaves[index].struct,
            batch.proof(index),
            authorization,
            {"from": world.relayer},
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_recall_from_batch_reverts_on_a_faulty_authorization(world: World, batch: Batch, fault: str) -> None:
    check_refused(action(world, batch), fault)


def test_recall_from_batch_acts_once(world: World, batch: Batch) -> None:
    check_accepted(action(world, batch), "GiftCertificates_AlreadyClaimed", batch.id, 1)
    assert world.certificates.balanceOf(world.giver, batch.series_id) == 960


@pytest.mark.parametrize("signed", ["another link", "the whole batch"])
def test_recall_from_batch_by_signature_binds_the_link(world: World, batch: Batch, signed: str) -> None:
    gift = batch.gift(2) if signed == "another link" else batch.id
    deadline = world.now() + DAY
    authorization = world.authorize(Recall(batch.giver, gift, 1, deadline), world.giver)
    digest = Recall(batch.giver, batch.gift(1), 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        action(world, batch).send(authorization)


def test_recall_from_batch_reverts_for_anybody_but_the_giver(world: World, batch: Batch) -> None:
    for caller in (world.stranger, world.issuer, world.beneficiary):
        with reverts("GiftCertificates_NotYourCard", world.giver, caller):
            recall(world, batch, 0, caller)


def test_recall_from_batch_reverts_for_an_unknown_batch(world: World, batch: Batch) -> None:
    forged = replace(batch, reclaim_at=batch.reclaim_at + 1)
    with reverts("GiftCertificates_NoSuchGift", batch_id(forged.struct)):
        recall(world, forged, 0)


def test_recall_from_batch_reverts_for_a_leaf_that_is_not_in_the_tree(world: World, batch: Batch) -> None:
    larger = replace(batch.leaves[1], amount=21)
    caught_root = replace(batch, leaves=(batch.leaves[0], larger, batch.leaves[2])).tree.root
    with reverts("GiftCertificates_MalformedProof", caught_root, batch.root):
        world.certificates.recallFromBatch(
            batch.struct, larger.struct, batch.proof(1), NO_SIGNATURE, {"from": world.giver}
        )


def test_recall_from_batch_reverts_the_second_time(world: World, batch: Batch) -> None:
    recall(world, batch, 1)
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
        recall(world, batch, 1)


def test_a_recalled_link_of_a_batch_cannot_be_claimed(world: World, batch: Batch) -> None:
    recall(world, batch, 1)
    at(batch.leaves[1].deliver_at)
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
        world.certificates.claimFromBatch(
            *claim_args(world, batch, 1, world.recipient), {"from": world.relayer}
        )


def test_recall_from_batch_reverts_after_the_claim(world: World, batch: Batch) -> None:
    at(batch.leaves[1].deliver_at)
    world.certificates.claimFromBatch(*claim_args(world, batch, 1, world.recipient), {"from": world.relayer})
    with reverts("GiftCertificates_AlreadyClaimed", batch.id, 1):
        recall(world, batch, 1)


def test_recall_from_batch_passes_until_the_last_second_before_delivery(world: World, batch: Batch) -> None:
    at(batch.leaves[0].deliver_at - 1)
    recall(world, batch, 0)
    assert world.certificates.balanceOf(world.giver, batch.series_id) == 950


@pytest.mark.parametrize("past", ["deliver", "reclaim - 1", "reclaim", "reclaim + 1"])
def test_recall_from_batch_reverts_from_delivery_on(world: World, batch: Batch, past: str) -> None:
    """After delivery only the whole batch is taken back, from its reclaim date on."""
    deliver, reclaim = batch.leaves[0].deliver_at, batch.reclaim_at
    times = {"deliver": deliver, "reclaim - 1": reclaim - 1, "reclaim": reclaim, "reclaim + 1": reclaim + 1}
    time = at(times[past])
    with reverts("GiftCertificates_NotRecallable", deliver, reclaim, time):
        recall(world, batch, 0)


def test_recall_from_batch_reverts_from_limitation_on(world: World, series: int) -> None:
    """A leaf may carry any delivery date, even one that never comes: the limitation still ends everything."""
    batch = give_many(world, series, (5,), deliver_at=2**255)
    at(batch.limitation_at)
    with reverts("GiftCertificates_AfterLimitation", series, batch.limitation_at):
        recall(world, batch, 0)
    at(batch.limitation_at + 1)
    with reverts("GiftCertificates_AfterLimitation", series, batch.limitation_at):
        recall(world, batch, 0)


def test_recall_from_batch_gives_the_link_back(world: World, series: int, batch: Batch) -> None:
    before = (world.certificates.state(series)[1], world.reserve())
    tx = recall(world, batch, 2)
    assert world.certificates.account(series, world.giver) == (970, 0, 0)
    assert world.certificates.batchRemaining(batch.id) == 30
    assert [batch.is_claimed(world, i) for i in range(3)] == [False, False, True]
    assert (world.certificates.state(series)[1], world.reserve()) == before
    assert world.reserve() == world.liabilities()
    assert logs_of(tx, world.certificates) == [
        ("GiftRecalledFromBatch", batch.id, 2),
        ("TransferSingle", world.giver, ZERO, world.giver, series, 30),
    ]
