"""GiftCertificates against its reference model, in random lives: see INVARIANTS.md.

    MACHINE_LIVES=100 MACHINE_STEPS=1000 MACHINE_SEED=7 pytest tests/stateful    a long run

A failure prints its seed, the shortest list of steps that was found to fail, and what they did.
"""

from __future__ import annotations

import pytest

from tests.model.currency import Kind
from tests.stateful.certificates.machine import live, shrink
from tests.stateful.certificates.steps import STEPS
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_contract_does_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(STEPS) >= 30
    # redeemBatch skips bad rows: it never reverts.
    check_tally(tally, FUNCTIONS, {"redeemBatch"})


def test_the_same_steps_make_the_same_life() -> None:
    steps = numbers(Kind.FEE)[:60]
    assert live(Kind.FEE, steps).trace == live(Kind.FEE, steps).trace


FUNCTIONS = {
    "addMerchants",
    "addServices",
    "cancelAuthorizations",
    "claim",
    "claimAndPay",
    "claimFromBatch",
    "collectFees",
    "convertExpired",
    "countUsed",
    "createSeries",
    "forfeit",
    "give",
    "giveMany",
    "giveSigned",
    "issue",
    "issueBatch",
    "pay",
    "recall",
    "recallFromBatch",
    "reclaimBatch",
    "redeem",
    "redeemBatch",
    "redeemSigned",
    "refund",
    "removeMerchant",
    "restore",
    "restoreFromService",
    "safeBatchTransferFrom",
    "safeTransferFrom",
    "setApprovalForAll",
    "setOperator",
    "transferSigned",
    "windDown",
    "withdrawOwed",
}
