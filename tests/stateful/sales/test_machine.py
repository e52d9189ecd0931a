"""Random lives of the shop window, compared with the model after each step (INVARIANTS.md)."""

import pytest

from tests.model.currency import Kind
from tests.model.sales_words import CashBack
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers
from tests.stateful.sales.machine import live, shrink
from tests.stateful.sales.seeded_bugs import BUGS, caught_by
from tests.stateful.sales.steps import SALES_STEPS

OF = "sales "


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_shop_window_does_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(SALES_STEPS) >= 20
    # An issuer names whom it likes, and only certificates may tell of redemptions; the rest is how
    # certificates come to be, and refused elsewhere.
    check_tally(tally, FUNCTIONS, ALWAYS)


def test_a_life_without_steps_sees_every_end_of_a_cash_back() -> None:
    for side in live(Kind.BLACKLIST, []).sides:
        assert set(side.logs.outcomes) == set(CashBack)
        assert side.sales.books.owed or side.model.currency.kind is Kind.PLAIN


def test_the_machine_notices_a_withdrawal_that_is_paid_twice() -> None:
    """All other bugs of `seeded_bugs.py` are for `make audit`."""
    (bug,) = (bug for bug in BUGS if bug.name == "a withdrawal paid twice")
    assert caught_by(bug) is not None


ALWAYS = {
    "addServices",
    "createSeries",
    "forfeit",
    "issue",
    "onRedemption",
    "permit",
    "removeMerchant",
    "safeTransferFrom",
    "setOperator",
    "setReceiptSigner",
    "windDown",
}
FUNCTIONS = ALWAYS | {
    "buy",
    "buyWithCoupon",
    "cancelConsents",
    "claimCashBack",
    "claimReferral",
    "collectPremiums",
    "createPromotion",
    "fund",
    "issueByReceipt",
    "multicall",
    "pay",
    "redeem",
    "refund",
    "restore",
    "setSale",
    "takeBack",
    "withdrawOwed",
}
