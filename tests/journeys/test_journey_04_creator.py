"""Journey 4: a creator with a crowd of tippers collects; the gas is within 5 % of the cost with ten tippers
whose tips end at the same times. 2,000 tippers here, each an account of its own; 100,000 in
`tests/gas/test_jars_gas.py`, which measures `jars.collect_100000`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import pytest

from tests.support.crowd import Crowd, crowd_chain, deploy, jar_of, settle
from tests.support.jars import ITSELF, NOON

DAY = 86_400
SCALE = 10**9
BLOCK_GAS = 200_000_000  # a block that takes a thousand openings
FEW, MANY = 10, 2_000
OTHERS = 1_000
FAMOUS, MODEST = "creator", "merchant"
ENDS = [NOON + 1_000 + 30_000 * i for i in range(1, FEW + 1)]
"""From this evening to the fourth day on: some share a day, some have one for themselves."""


@dataclass(frozen=True)
class Stage:
    """A creator with many tippers and one with few; their tips end at the same ten times."""

    crowd: Crowd
    deposited: dict[str, int]

    def collect(self, role: str) -> tuple[int, int]:
        """Gas and what came."""
        crowd = self.crowd
        before = crowd.purse(role)
        receipt = crowd.send(crowd.escrow.functions.collect(jar_of(crowd.person(role)), 100), role)
        return int(receipt["gasUsed"]), crowd.purse(role) - before


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with crowd_chain(gas_limit=BLOCK_GAS) as web3:
        token = deploy(web3, "TestToken", "Test Dollar", "TUSD", 6)
        crowd = settle(web3, token)
        loader = crowd.deploy("TipperLoader", crowd.escrow.address, token.address, SCALE)
        # The escrow holds money of others too: who empties it gets gas back for that.
        crowd.send(token.functions.mint(crowd.person("supporter"), OTHERS), "supporter")
        crowd.send(token.functions.approve(crowd.escrow.address, OTHERS), "supporter")
        other = (crowd.person("supporter"), jar_of(crowd.person("charity")), OTHERS, "", ITSELF)
        crowd.send(crowd.escrow.functions.tip(*other), "supporter")
        deposited = {}
        for role, tippers in ((FAMOUS, MANY), (MODEST, FEW)):
            crowd.send(token.functions.mint(crowd.person(role), 1), role)
            jar = jar_of(crowd.person(role))
            for end in ENDS:
                time = crowd.at(crowd.now() + 10)
                call = loader.functions.load(jar, tippers // FEW, end - time, 0)
                crowd.send(call, "deployer", BLOCK_GAS)
            deposited[role] = crowd.held() - OTHERS - sum(deposited.values())
            opened = [event for event in crowd.events("StreamOpened") if event["jarId"] == jar]
            assert len({event["payer"] for event in opened}) == tippers
            assert {event["endsAt"] for event in opened} == set(ENDS)
        yield Stage(crowd, deposited)


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    """Take back what a test does to the stage."""
    snapshot = stage.crowd.develop("evm_snapshot")
    yield
    assert stage.crowd.develop("evm_revert", snapshot) is True


TIMES = {
    "before any end": NOON + 20_000,
    "on the evening of the first end": ENDS[0] + 500,
    "the next day": NOON + DAY,
    "on the third day": NOON + 2 * DAY + 77,
    "in the last second but one": ENDS[-1] - 1,
    "after all of them": ENDS[-1] + DAY,
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES.keys())
def test_collecting_from_2_000_costs_what_collecting_from_10_costs(stage: Stage, time: int) -> None:
    stage.crowd.at(time)
    many, from_many = stage.collect(FAMOUS)
    stage.crowd.at(time)
    few, from_few = stage.collect(MODEST)
    assert abs(Fraction(many, few) - 1) <= Fraction(5, 100)
    assert from_many > 100 * from_few > 0


def test_collecting_again_and_again_costs_the_same_too(stage: Stage) -> None:
    """Day by day over all the ends; the sums are the whole of what each tipper gave."""
    sums = {FAMOUS: 0, MODEST: 0}
    for day in range(1, 7):
        gas = {}
        for role in (FAMOUS, MODEST):
            stage.crowd.at(NOON + day * DAY)
            gas[role], amount = stage.collect(role)
            sums[role] += amount
        assert abs(Fraction(gas[FAMOUS], gas[MODEST]) - 1) <= Fraction(5, 100)
    assert sums == stage.deposited
    assert stage.crowd.held() == OTHERS


def test_collecting_from_the_crowd_fits_a_block_many_times(stage: Stage) -> None:
    """Not only the same as for few: little. One after four days with ends, below 70,000 gas."""
    stage.crowd.at(ENDS[-1] + DAY)
    gas, amount = stage.collect(FAMOUS)
    assert amount == stage.deposited[FAMOUS]
    assert gas < 70_000
