"""Random lives of the market, compared with the model after each step (INVARIANTS.md). The bugs that are
seeded into it are all for `make audit`."""

import pytest

from tests.model.currency import Kind
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers
from tests.stateful.market.machine import live, shrink
from tests.stateful.market.steps import MARKET_STEPS

OF = "market "


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_market_does_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(MARKET_STEPS) >= 12
    # Sellers cancel and approve what they like, a permit that is no good does nothing, and a single row is
    # the market's own; the rest is how certificates come to be, and refused elsewhere.
    check_tally(tally, FUNCTIONS, ALWAYS)


ALWAYS = {
    "addServices",
    "cancel",
    "cancelAll",
    "createSeries",
    "fillRow",
    "forfeit",
    "issue",
    "permit",
    "setApprovalForAll",
}
FUNCTIONS = ALWAYS | {
    "cancelAllSigned",
    "cancelSigned",
    "fill",
    "fillAndPay",
    "fillMany",
    "multicall",
    "redeem",
    "safeTransferFrom",
}
