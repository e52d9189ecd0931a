"""Random lives of the swaps, compared with the model after each step (INVARIANTS.md)."""

import pytest

from tests.model.currency import Kind
from tests.stateful.life import ODD
from tests.stateful.lives import LIVES, Tally, check_life, check_tally, numbers
from tests.stateful.swaps.machine import live, shrink
from tests.stateful.swaps.seeded_bugs import BUGS, caught_by
from tests.stateful.swaps.steps import SWAP_STEPS

OF = "swaps "
SOME = ("claimed in the end's first second", "a lock made again when it is over")


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.name.lower())
def test_the_swaps_do_what_the_model_does(kind: Kind, life: int, tally: Tally) -> None:
    check_life(live, shrink, kind, numbers(kind, life, OF), tally)


def test_every_kind_of_step_was_refused_and_went_through(tally: Tally) -> None:
    assert len(SWAP_STEPS) >= 12
    # A permit that is no good does nothing, and certificates in a batch are never taken; the rest is how
    # certificates come to be, and refused elsewhere.
    check_tally(tally, FUNCTIONS, ALWAYS)


@pytest.mark.parametrize("name", SOME)
def test_the_machine_notices(name: str) -> None:
    """A bug in the contract; all others of `seeded_bugs.py` are for `make audit`."""
    (bug,) = (bug for bug in BUGS if bug.name == name)
    assert caught_by(bug) is not None


ALWAYS = {"permit", "safeBatchTransferFrom", "setApprovalForAll", "createSeries", "addServices", "issue"}
FUNCTIONS = ALWAYS | {
    "cancelConsents",
    "claim",
    "claimTo",
    "forfeit",
    "lock",
    "multicall",
    "refund",
    "refundTo",
    "safeTransferFrom",
    "withdrawOwed",
}
