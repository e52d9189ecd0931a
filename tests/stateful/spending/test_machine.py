"""Random lives of the item shop and the payout, compared with the models after each step (INVARIANTS.md)."""

import pytest

from tests.model.currency import Kind
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers
from tests.stateful.spending.machine import live, shrink
from tests.stateful.spending.seeded_bugs import BUGS, caught_by
from tests.stateful.spending.steps import SPENDING_STEPS

OF = "spending "
SOME = ("what arrived not looked at", "nothing delivered")


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_shop_and_payout_do_what_the_models_do(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(SPENDING_STEPS) >= 12
    # Only certificates may tell of redemptions; the rest is how certificates and items come to be.
    check_tally(tally, FUNCTIONS, ALWAYS)


@pytest.mark.parametrize("name", SOME)
def test_the_machine_notices(name: str) -> None:
    """A bug in a contract; all others of `seeded_bugs.py` are for `make audit`."""
    (bug,) = (bug for bug in BUGS if bug.name == name)
    assert caught_by(bug) is not None


ALWAYS = {
    "onRedemption",
    "createSeries",
    "addServices",
    "safeTransferFrom",
    "issue",
    "mint",
    "setApprovalForAll",
}
FUNCTIONS = {
    "addServices",
    "cancelConsents",
    "createSeries",
    "issue",
    "list",
    "mint",
    "onRedemption",
    "pay",
    "safeTransferFrom",
    "setApprovalForAll",
    "swapExactTokensForTokens",
    "withdraw",
    "withdrawOwed",
}
