"""TermsRules, through createSeries: each rule at its bound and one beyond, on both sides."""

from typing import Any

import pytest

from tests.support.certificates import MAX_AMOUNT, YEAR, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts

NAMED: dict[str, Any] = {"named": True, "denomination": 50_000}


def rule(name: str) -> bytes:
    """A rule's name as the contract reports it."""
    return name.encode().ljust(32, b"\0")


def create(world: World, **overrides: Any) -> None:
    merchants = [world.merchant] if overrides.get("named") else []
    world.create_series(merchants, **overrides)


def refused(world: World, name: str, value: int, bound: int, **overrides: Any) -> None:
    with reverts("GiftCertificates_InvalidTerms", rule(name), value, bound):
        create(world, **overrides)


# dates


@pytest.mark.parametrize("past", [0, 1])
def test_sales_that_are_closed_already(world: World, past: int) -> None:
    now = world.now() + 100
    terms = world.terms(sales_close_at=now - past)
    at(now)
    with reverts("GiftCertificates_InvalidTerms", rule("sales close in the future"), now - past, now + 1):
        world.certificates.createSeries(terms, [], b"", {"from": world.issuer})


def test_sales_that_close_in_a_second(world: World) -> None:
    now = world.now() + 100
    at(now)
    create(world, sales_close_at=now + 1)
    assert world.certificates.seriesCount() == 1


def test_expiry_before_sales_close(world: World) -> None:
    close = world.now() + YEAR
    refused(world, "expiry >= sales close", close - 1, close, sales_close_at=close, expires_at=close - 1)
    create(world, sales_close_at=close, expires_at=close)
    create(world, sales_close_at=close, expires_at=close + 1)
    assert world.certificates.seriesCount() == 2


def test_limitation_before_expiry(world: World) -> None:
    end = world.now() + 2 * YEAR
    refused(world, "limitation >= expiry", end - 1, end, expires_at=end, limitation_at=end - 1)
    create(world, expires_at=end, limitation_at=end)
    create(world, expires_at=end, limitation_at=end + 1)
    assert world.certificates.seriesCount() == 2


# shares


@pytest.mark.parametrize(
    ("name", "member", "largest", "others"),
    [
        ("fee", "fee_bps", 2_000, {}),
        ("use threshold", "use_threshold_bps", 10_000, NAMED),
        ("post-expiry share", "post_expiry_bps", 10_000, {}),
    ],
)
def test_shares_that_are_too_large(
    world: World, name: str, member: str, largest: int, others: dict[str, Any]
) -> None:
    refused(world, name, largest + 1, largest, **others, **{member: largest + 1})
    refused(world, name, 65_535, largest, **others, **{member: 65_535})
    for value in (0, largest - 1, largest):
        create(world, **others, **{member: value})
    assert world.certificates.seriesCount() == 3


# the small rest


@pytest.mark.parametrize(("lowest", "below"), [(15, 15), (16, 15), (MAX_AMOUNT, 1)])
def test_a_cash_out_window_that_is_empty(world: World, lowest: int, below: int) -> None:
    refused(world, "cash-out window", below, lowest + 1, **NAMED, cash_out_from=lowest, cash_out_below=below)


def test_a_cash_out_window_of_one_unit(world: World) -> None:
    create(world, **NAMED, cash_out_from=14, cash_out_below=15)
    create(world, **NAMED, cash_out_from=0, cash_out_below=1)
    assert world.certificates.seriesCount() == 2


def test_a_cash_out_minimum_without_a_maximum(world: World) -> None:
    refused(world, "cash-out window", 1, 0, **NAMED, cash_out_from=1)


def test_a_cash_out_of_the_unused_without_cash_out(world: World) -> None:
    refused(world, "cash-out unused", 0, 1, **NAMED, cash_out_unused=True)
    create(world, **NAMED, cash_out_unused=True, cash_out_below=1)
    assert world.certificates.seriesCount() == 1


@pytest.mark.parametrize("right", [{"use_threshold_bps": 1}, {"cash_out_below": 1}])
def test_rights_that_depend_on_face_without_a_denomination(world: World, right: dict[str, int]) -> None:
    refused(world, "denomination", 0, 1, named=True, **right)
    create(world, named=True, denomination=1, **right)
    assert world.certificates.seriesCount() == 1


# open and named


def test_a_named_series_without_merchants(world: World) -> None:
    with reverts("GiftCertificates_InvalidTerms", rule("merchants of a named series"), 0, 1):
        world.create_series([], named=True)


def test_an_open_series_with_merchants(world: World) -> None:
    for merchants in ([world.merchant], [world.merchant, world.creator]):
        with reverts("GiftCertificates_InvalidTerms", rule("merchants of an open series"), len(merchants), 0):
            world.create_series(merchants)


@pytest.mark.parametrize(
    ("name", "value", "overrides"),
    [
        ("use threshold, open", 1, {"use_threshold_bps": 1, "denomination": 1}),
        ("cash-out, open", 5, {"cash_out_below": 5, "denomination": 1}),
        ("refund on removal, open", 1, {"refund_on_removal": True}),
        ("convertible, open", 1, {"convertible": True}),
    ],
)
def test_an_open_series_with_a_limited_refund_right(
    world: World, name: str, value: int, overrides: dict[str, Any]
) -> None:
    refused(world, name, value, 0, **overrides)
    create(world, named=True, **overrides)
    assert world.certificates.seriesCount() == 1


def test_an_open_series_may_have_a_denomination(world: World) -> None:
    create(world, denomination=50_000)
    assert world.certificates.terms(1)[9] == 50_000


def test_terms_without_a_beneficiary(world: World) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        create(world, beneficiary=ZERO)
