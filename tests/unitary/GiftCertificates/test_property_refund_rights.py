"""Rights that depend on use, for any terms and any use: exact fractions against the contract's integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.model.currency import Kind
from tests.model.words import Authorization, Right
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.side import Side, new_chain
from tests.stateful.certificates.store import ART
from tests.stateful.people import HOLDERS, ISSUERS, MERCHANTS

BY_HOLDER = Authorization(0, 0, None)
ISSUER, HOLDER, MERCHANT = ISSUERS[0], HOLDERS[0], MERCHANTS[0]

PROPERTY = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
amounts = st.integers(1, 10**12) | st.integers(1, 100)


@pytest.fixture(scope="module")
def side() -> Side:
    """A contract of its own, on a chain in this process."""
    return Side(new_chain(), Kind.PLAIN, {}, {})


def series(side: Side, **terms: int | bool) -> int:
    """A named series with these terms; its id."""
    usual = replace(Hand(Random(1), side).terms("korean"), fee_bps=0, use_threshold_bps=0)
    wanted: dict[str, Any] = dict(terms)
    assert side.act("createSeries", ISSUER, (replace(usual, **wanted), [MERCHANT], ART))
    return len(side.model.books.series)


def use(side: Side, series_id: int, face: int, uses: Sequence[int]) -> int:
    """Issues `face` to the holder, who spends these shares of what is left (per mille). Returns the sum."""
    assert side.act("issue", ISSUER, (series_id, HOLDER, face))
    left = face
    for share in uses:
        amount = max(1, left * share // 1_000)
        if left == 0:
            break
        assert side.act("redeem", HOLDER, (series_id, amount, MERCHANT))
        left -= amount
    return face - left


@PROPERTY
@given(
    denomination=amounts,
    count=st.integers(1, 4),
    threshold=st.integers(1, 10_000),
    uses=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_the_remainder_is_refunded_from_the_threshold_on(
    side: Side, denomination: int, count: int, threshold: int, uses: list[int]
) -> None:
    series_id = series(side, denomination=denomination, use_threshold_bps=threshold)
    spent = use(side, series_id, count * denomination, uses)
    in_use = Fraction(spent % denomination, denomination)
    granted = in_use > 0 and in_use >= Fraction(threshold, 10_000)
    rest = denomination - spent % denomination
    right, amount, payout = side.read("refundable", series_id, HOLDER)
    if not granted:
        assert (right, amount, payout) == (Right.NONE, 0, 0)
        return
    assert (right, amount, payout) == (Right.REMAINDER, rest, rest)
    before = side.read("balanceOf", HOLDER, series_id)[0]
    assert side.act("refund", HOLDER, (HOLDER, series_id, rest, rest, BY_HOLDER))
    assert side.read("balanceOf", HOLDER, series_id) == (before - rest,)
    # That certificate is used up: the next one is whole, and grants nothing yet.
    assert side.read("refundable", series_id, HOLDER) == (Right.NONE, 0, 0)
    assert side.read("account", series_id, HOLDER)[1] % denomination == 0


@PROPERTY
@given(
    denomination=amounts,
    count=st.integers(1, 3),
    window=st.tuples(st.integers(0, 1_100), st.integers(0, 1_100)),
    unused=st.booleans(),
    uses=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_a_small_rest_is_paid_out_inside_its_window(
    side: Side, denomination: int, count: int, window: tuple[int, int], unused: bool, uses: list[int]
) -> None:
    low, high = (denomination * share // 1_000 for share in sorted(window))
    assume(low < high)
    terms = {"cash_out_from": low, "cash_out_below": high, "cash_out_unused": unused}
    series_id = series(side, denomination=denomination, **terms)
    spent = use(side, series_id, count * denomination, uses)
    used = spent % denomination
    rest, balance = denomination - used, count * denomination - spent
    granted = low <= rest < high and (used > 0 or unused)
    expected = (Right.SMALL_REST, min(rest, balance), min(rest, balance)) if granted else (Right.NONE, 0, 0)
    assert side.read("refundable", series_id, HOLDER) == expected


@PROPERTY
@given(
    share=st.integers(0, 10_000),
    face=st.integers(1, 10**12),
    parts=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_after_expiry_nothing_but_rounding_goes_to_the_beneficiary_beyond_its_share(
    side: Side, share: int, face: int, parts: list[int]
) -> None:
    series_id = series(side, denomination=0, post_expiry_bps=share)
    assert side.act("issue", ISSUER, (series_id, HOLDER, face))
    terms = side.model.books.series[series_id].terms
    owed = side.read("owed", terms.beneficiary)[0]
    assume(terms.expires_at < terms.limitation_at)
    start = side.chain.time
    side.chain.time = terms.expires_at
    left, paid, times = face, 0, 0
    for part in [*parts, 1_000]:
        amount = left * part // 1_000
        if amount == 0 or share == 0:
            continue
        payout = int(Fraction(amount * share, 10_000))  # rounded down
        assert side.act("refund", HOLDER, (HOLDER, series_id, amount, payout, BY_HOLDER))
        left, paid, times = left - amount, paid + payout, times + 1
    kept = side.read("owed", terms.beneficiary)[0] - owed
    side.chain.time = start
    assert kept == face - left - paid
    assert 0 <= kept - Fraction((face - left) * (10_000 - share), 10_000) < max(times, 1)
