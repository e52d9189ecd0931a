"""RefundRules, through `refundable`: every state of two certificates, against a second version of them."""

import random
from typing import Any

import pytest

from tests.support.certificates import World
from tests.support.clock import mine_at
from tests.support.entitlements import FULL, NONE, POST_EXPIRY, REMAINDER, SMALL_REST, entitlement

DICE = random.Random(1978)


def terms_by_chance() -> dict[str, Any]:
    """Rights of every kind over a face of at most 12, so that all that can be spent is soon spent."""
    face = DICE.choice([1, 2, 3, 7, 10, 12])
    below = DICE.choice([0, DICE.randrange(1, face + 2)])
    return {
        "named": True,
        "denomination": face,
        "use_threshold_bps": DICE.choice([0, 1, 3_333, 6_000, 6_667, 8_000, 10_000]),
        "post_expiry_bps": DICE.choice([0, 1, 9_000, 9_500, 10_000]),
        "cash_out_below": below,
        "cash_out_from": DICE.randrange(below) if below else 0,
        "cash_out_unused": bool(below) and DICE.choice([True, False]),
    }


CASES = [terms_by_chance() for _ in range(12)]


def check(world: World, series: int, terms: Any) -> int:
    """The contract's answer is the second version's; the right that both name."""
    balance, spent, _ = world.certificates.account(series, world.holder)
    full_from = world.certificates.state(series)[3]
    expected = entitlement(terms, full_from, balance, spent, world.now())
    assert world.certificates.refundable(series, world.holder) == expected, (terms, balance, spent)
    return expected[0]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_every_state_of_two_certificates(world: World, case: dict[str, Any]) -> None:
    series = world.create_series([world.merchant], **case)
    terms = world.certificates.terms(series)
    face = case["denomination"]
    world.issue(series, world.holder, 2 * face)
    check(world, series, terms)
    for _ in range(2 * face):
        world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
        check(world, series, terms)


@pytest.mark.parametrize("wound_down", [False, True])
def test_every_date_of_a_series(world: World, wound_down: bool) -> None:
    """Exactly one right holds at any second: before expiry, after it, after limitation."""
    series = world.create_series(
        [world.merchant],
        named=True,
        denomination=10,
        use_threshold_bps=6_000,
        cash_out_below=5,
        post_expiry_bps=9_000,
    )
    world.issue(series, world.holder, 20)
    world.certificates.redeem(series, 6, world.merchant, {"from": world.holder})
    if wound_down:
        world.certificates.windDown(series, {"from": world.issuer})
    terms = world.certificates.terms(series)
    rights = []
    for date in terms[1:4]:
        for offset in (-1, 0, 1):
            mine_at(date + offset)
            rights.append(check(world, series, terms))
    live, late = (FULL, FULL) if wound_down else (REMAINDER, POST_EXPIRY)
    assert rights == [live] * 4 + [late] * 3 + [NONE] * 2


def test_the_cases_reach_every_right() -> None:
    """A property that only ever saw one answer would prove nothing."""
    seen = set()
    for case in CASES:
        face = case["denomination"]
        for spent in range(2 * face):
            values = {"beneficiary": "", "sales_close_at": 1, "expires_at": 2, "limitation_at": 3}
            terms = (
                *values.values(), 0, True, False, False, case["cash_out_unused"], face,
                case["use_threshold_bps"], case["post_expiry_bps"], case["cash_out_from"],
                case["cash_out_below"], 0, b"",
            )  # fmt: skip
            for time in range(4):
                seen.add(entitlement(terms, 0, 2 * face - spent, spent, time)[0])
    assert seen == {NONE, REMAINDER, SMALL_REST, POST_EXPIRY}
