"""Jars, rates, splits and handles without a chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from largesse import jars
from largesse.eip712 import keccak
from largesse.errors import LargesseError
from largesse.jars import HandleTip, JarError, Split, StreamKey

CREATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
PAYER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


@pytest.mark.parametrize(
    ("decimals", "scale"), [(0, 10**9), (6, 10**9), (9, 10**9), (10, 10**8), (17, 10), (18, 1), (24, 1)]
)
def test_scale(decimals: int, scale: int) -> None:
    assert jars.scale_of(decimals) == scale


@pytest.mark.parametrize(
    ("price", "rate"),
    [
        ("1/second", 10**15),
        ("0.000001/second", 10**9),
        ("60/minute", 10**15),
        ("5/month", 5 * 10**15 // 2_592_000),
        ("0.01/month", 10**13 // 2_592_000),
        ("1/week", 10**15 // 604_800),
    ],
)
def test_price(price: str, rate: int) -> None:
    assert jars.parse_rate(price, 6) == rate


@pytest.mark.parametrize(
    ("price", "decimals", "reason"),
    [
        ("5", 6, "bad_price"),
        ("5/year", 6, "bad_price"),
        ("5 / month", 6, "bad_price"),
        ("/month", 6, "bad_price"),
        ("1,000/month", 6, "bad_amount"),
        ("0/month", 6, "zero_amount"),
        ("0.0000001/month", 6, "too_many_decimals"),
        ("0.0000000000001/month", 18, "rate_too_small"),
        ("2000000/second", 18, "rate_too_large"),
    ],
)
def test_bad_prices(price: str, decimals: int, reason: str) -> None:
    with pytest.raises(LargesseError) as caught:
        jars.parse_rate(price, decimals)
    assert caught.value.reason == reason


def test_largest_rate() -> None:
    assert jars.rate_of(2**80 - 1, 1, 18) == 2**80 - 1
    with pytest.raises(JarError, match="exceeds"):
        jars.rate_of(2**80, 1, 18)


@given(st.integers(1, 2**96 - 1), st.integers(1, 2**80 - 1), st.integers(0, 24))
def test_an_amount_is_seconds_and_dust(amount: int, rate: int, decimals: int) -> None:
    scaled = amount * jars.scale_of(decimals)
    if scaled < rate:
        with pytest.raises(JarError) as caught:
            jars.lasting(amount, rate, decimals)
        assert caught.value.reason == "below_one_second"
        return
    seconds, dust = jars.lasting(amount, rate, decimals)
    assert seconds * rate + dust == scaled
    assert 0 <= dust < rate
    assert jars.price_of(rate, seconds, decimals) <= amount


def test_a_price_pays_its_time() -> None:
    rate = jars.parse_rate("5/month", 6)
    assert jars.price_of(rate, jars.MONTH, 6) == 5_000_000
    assert jars.lasting(5_000_000, rate, 6)[0] == jars.MONTH


def test_jar_ids() -> None:
    assert jars.jar_id(CREATOR) == int(CREATOR, 16)
    shared = jars.jar_id(CREATOR, 3)
    assert (jars.jar_creator(shared), jars.jar_version(shared)) == (CREATOR, 3)
    for version in (-1, 2**16):
        with pytest.raises(JarError) as caught:
            jars.jar_id(CREATOR, version)
        assert caught.value.reason == "bad_version"


def test_stream_id() -> None:
    key = StreamKey(PAYER, jars.jar_id(CREATOR, 1), 7)
    assert key.stream_id() == keccak(encode(["address", "uint256", "uint256"], [PAYER, key.jar, 7]))
    assert len({key.stream_id(), StreamKey(PAYER, key.jar, 8).stream_id()}) == 2


@pytest.mark.parametrize(
    ("payees", "shares"),
    [
        ((), ()),
        ((CREATOR,), (9_999,)),
        ((CREATOR,), (10_001,)),
        ((CREATOR, PAYER), (10_000,)),
        ((CREATOR, PAYER), (10_000, 0)),
        ((CREATOR, CREATOR), (5_000, 5_000)),
        (tuple(f"0x{i + 1:040d}" for i in range(21)), (476,) * 20 + (480,)),
    ],
)
def test_bad_splits(payees: tuple[str, ...], shares: tuple[int, ...]) -> None:
    with pytest.raises(JarError) as caught:
        Split(payees, shares)
    assert caught.value.reason == "bad_split"


def test_split_parts() -> None:
    split = Split((CREATOR, PAYER), (6_667, 3_333))
    assert split.parts(0) == [0, 0]
    assert split.parts(1) == [0, 0]
    assert split.parts(10_000) == [6_667, 3_333]
    assert split.parts(3) == [2, 0]


def test_handles() -> None:
    assert jars.handle_hash("github:anna") == keccak(b"github:anna")
    for handle in ("", " ", " github:anna"):
        with pytest.raises(JarError) as caught:
            jars.handle_hash(handle)
        assert caught.value.reason == "bad_handle"


def test_handle_tip_id() -> None:
    tip = HandleTip(PAYER, jars.handle_hash("github:anna"), CREATOR, 5, 2**40 - 1, 9)
    kinds = ["address", "bytes32", "address", "uint256", "uint256", "uint256"]
    assert tip.tip_id() == keccak(encode(kinds, tip.as_tuple()))
    with pytest.raises(JarError) as caught:
        HandleTip(PAYER, bytes(32), CREATOR, 5, 2**40, 9).tip_id()
    assert caught.value.reason == "bad_reclaim_date"


@pytest.mark.parametrize(
    "change",
    [{"amount": 2**96}, {"salt": -1}, {"handle": bytes(33)}, {"handle": bytes(31)}, {"payer": "anna"}],
)
def test_a_tip_that_no_contract_can_hold(change: dict[str, Any]) -> None:
    tip = HandleTip(PAYER, jars.handle_hash("github:anna"), CREATOR, 5, 2**40 - 1, 9)
    with pytest.raises(JarError) as caught:
        replace(tip, **change).tip_id()
    assert caught.value.reason == "bad_tip"
