"""PrepaidAccounts against its reference model, in random lives: see INVARIANTS.md.

    MACHINE_LIVES=100 MACHINE_STEPS=1000 pytest tests/stateful/accounts/test_machine.py    a long run

A failure prints its seed, the shortest list of steps that was found to fail, and what they did.
"""

from __future__ import annotations

import pytest

from tests.model.currency import Kind
from tests.stateful.accounts.machine import live, shrink
from tests.stateful.accounts.seeded_bugs import BUGS, caught_by
from tests.stateful.accounts.steps import ACCOUNT_STEPS
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers

OF = "accounts "
SOME = ("a voucher of any contract and chain", "a withdrawal nobody asked for")


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_accounts_do_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(ACCOUNT_STEPS) >= 20
    # A permit that is no good does nothing, what is not to be counted is passed over, and only certificates
    # may tell of redemptions; the rest is how certificates come to be, and refused elsewhere.
    check_tally(tally, FUNCTIONS, ALWAYS)


@pytest.mark.parametrize("name", SOME)
def test_the_machine_notices(name: str) -> None:
    """A bug in the contract; all others of `seeded_bugs.py` are for `make audit`."""
    (bug,) = (bug for bug in BUGS if bug.name == name)
    assert caught_by(bug) is not None


def test_the_same_steps_make_the_same_life() -> None:
    steps = numbers(Kind.FEE, of=OF)[:60]
    assert live(Kind.FEE, steps).trace == live(Kind.FEE, steps).trace


ALWAYS = {"permit", "countUsed", "onRedemption", "createSeries", "addServices", "safeTransferFrom", "issue"}
FUNCTIONS = {
    "addServices",
    "cancelConsents",
    "cancelWithdrawal",
    "changeSigner",
    "countUsed",
    "createSeries",
    "forfeit",
    "issue",
    "multicall",
    "onRedemption",
    "open",
    "openSigned",
    "pay",
    "permit",
    "requestSigner",
    "requestWithdrawal",
    "safeTransferFrom",
    "settle",
    "settleLocked",
    "settleOne",
    "settleOneLocked",
    "topUp",
    "topUpSigned",
    "withdraw",
    "withdrawOwed",
}
