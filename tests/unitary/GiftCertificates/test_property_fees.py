"""Fees of any payment, in any parts: rounded down, in the merchant's favour, and conserved to the unit."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model.currency import Kind
from tests.model.words import ZERO, Payment, Redemption, Signature
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.side import Side, new_chain
from tests.stateful.certificates.store import ART
from tests.stateful.people import HOLDERS, ISSUERS, MERCHANTS

ISSUER, HOLDER, MERCHANT = ISSUERS[0], HOLDERS[0], MERCHANTS[0]
PROPERTY = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
parts = st.lists(st.integers(1, 10**11) | st.integers(1, 60), min_size=1, max_size=6)
fees = st.integers(0, 2_000)


@pytest.fixture(scope="module")
def side() -> Side:
    """A contract of its own, on a chain in this process."""
    return Side(new_chain(), Kind.PLAIN, {}, {})


def sold(side: Side, fee_bps: int, face: int) -> int:
    """A named series with this fee, of which the holder has `face`; its id."""
    terms = replace(Hand(Random(1), side).terms("for ever"), fee_bps=fee_bps)
    assert side.act("createSeries", ISSUER, (terms, [MERCHANT], ART))
    series_id = len(side.model.books.series)
    assert side.act("issue", ISSUER, (series_id, HOLDER, face))
    return series_id


def card(side: Side, series_id: int, amount: int, nonce: int) -> Redemption:
    """Signed by the holder for the merchant."""
    end = side.chain.time + 1
    said = ("Redemption", HOLDER, series_id, amount, MERCHANT, ZERO, 0, b"", nonce, end)
    return Redemption(HOLDER, series_id, amount, 0, nonce, end, Signature(HOLDER, side.address, said))


@PROPERTY
@given(amounts=parts, fee_bps=fees, way=st.sampled_from(["redeem", "batch", "pay"]))
def test_each_card_pays_its_own_fee_rounded_down(
    side: Side, amounts: list[int], fee_bps: int, way: str
) -> None:
    series_id = sold(side, fee_bps, sum(amounts))
    held = side.money(MERCHANT)
    if way == "redeem":
        for amount in amounts:
            assert side.act("redeem", HOLDER, (series_id, amount, MERCHANT))
    elif way == "batch":
        rows = [card(side, series_id, amount, nonce) for nonce, amount in enumerate(amounts, 1)]
        assert side.act("redeemBatch", MERCHANT, (rows,))
    else:
        rows = [Redemption(HOLDER, series_id, amount, 0, 0, 0, None) for amount in amounts]
        assert side.act("pay", HOLDER, (Payment(MERCHANT, ZERO, 0, 0, 0, 0, b"", None), rows))
    expected = sum(amount * fee_bps // 10_000 for amount in amounts)
    state = side.read("state", series_id)[0]
    assert state[1] == 0  # all face is gone
    assert state[2] == expected  # what the issuer may collect
    assert side.money(MERCHANT) - held == sum(amounts) - expected
    # Splitting a payment never costs the merchant more than paying it whole.
    assert expected <= sum(amounts) * fee_bps // 10_000


@PROPERTY
@given(amounts=parts, fee_bps=st.integers(1, 2_000))
def test_the_issuer_collects_what_merchants_did_not_get(side: Side, amounts: list[int], fee_bps: int) -> None:
    series_id = sold(side, fee_bps, sum(amounts))
    start, held = side.money(ISSUER), side.money(MERCHANT)
    for amount in amounts:
        assert side.act("redeem", HOLDER, (series_id, amount, MERCHANT))
    if sum(amount * fee_bps // 10_000 for amount in amounts):
        assert side.act("collectFees", HOLDER, (series_id,))
    assert (side.money(ISSUER) - start) + (side.money(MERCHANT) - held) == sum(amounts)
