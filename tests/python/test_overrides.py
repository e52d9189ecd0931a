from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from largesse.errors import TermsError
from largesse.terms.fields import NO_MAXIMUM, Terms
from largesse.terms.overrides import Overrides, apply_overrides
from largesse.terms.presets import NO_EXPIRY, NO_LIMITATION, preset
from tests.python.helpers import ISSUER, refused
from tests.support.entitlements import paid_back

CLOSE = date(2027, 12, 31)
SEOUL_MIDNIGHT_IN_UTC = 15


def kr(**overrides: Any) -> Terms:
    base = preset("kr").terms(
        face=50_000, sales_close=CLOSE, zone="Asia/Seoul", decimals=0, beneficiary=ISSUER
    )
    return apply_overrides(base, preset("kr"), Overrides(**overrides), face=50_000, zone="Asia/Seoul")


def other(name: str, **overrides: Any) -> Terms:
    base = preset(name).terms(
        face=25_000_000, sales_close=CLOSE, zone="Etc/UTC", decimals=6, beneficiary=ISSUER
    )
    return apply_overrides(base, preset(name), Overrides(**overrides), face=25_000_000, zone="Etc/UTC")


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]


def test_no_override_changes_nothing() -> None:
    assert kr() == preset("kr").terms(
        face=50_000, sales_close=CLOSE, zone="Asia/Seoul", decimals=0, beneficiary=ISSUER
    )


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("expires", date(2028, 12, 31), "expires_at", utc(2028, 12, 31, 15)),
        ("expires", date(2029, 1, 1), "expires_at", utc(2029, 1, 1, 15)),
        ("limitation", date(2032, 12, 31), "limitation_at", utc(2032, 12, 31, 15)),
        ("limitation", date(2033, 1, 1), "limitation_at", utc(2033, 1, 1, 15)),
        ("limitation", "never", "limitation_at", NO_LIMITATION),
        ("use_threshold_bps", 6_000, "use_threshold_bps", 6_000),
        ("use_threshold_bps", 5_999, "use_threshold_bps", 5_999),
        ("post_expiry_bps", 9_000, "post_expiry_bps", 9_000),
        ("post_expiry_bps", 9_001, "post_expiry_bps", 9_001),
        ("withdrawal_days", 7, "withdrawal_seconds", 604_800),
        ("withdrawal_days", 8, "withdrawal_seconds", 691_200),
        ("cash_out_below", 1_000, "cash_out_below", 1_000),
        ("convertible", True, "convertible", True),
    ],
)
def test_an_override_in_the_holders_favour(name: str, value: Any, field: str, expected: Any) -> None:
    changes: dict[str, Any] = {field: expected}
    assert kr(**{name: value}) == replace(kr(), **changes)


@pytest.mark.parametrize(
    ("name", "value", "floor"),
    [
        ("expires", date(2028, 12, 30), "2028-12-31"),
        ("limitation", date(2032, 12, 30), "2032-12-31"),
        ("use_threshold_bps", 6_001, "6000"),
        ("use_threshold_bps", 0, "6000"),
        ("post_expiry_bps", 8_999, "9000"),
        ("withdrawal_days", 6, "7"),
        ("convertible", False, "True"),
        ("refund_on_removal", False, "True"),
    ],
)
def test_an_override_against_the_holder(name: str, value: Any, floor: str) -> None:
    with refused(TermsError, "worse_for_holder", name, value, floor):
        kr(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cash_out_below", 14_999_999),
        ("cash_out_above", 1),
        ("cash_out_unused", False),
        ("expires", date(2099, 1, 1)),
    ],
)
def test_us_ca_override_against_the_holder(name: str, value: Any) -> None:
    with refused(TermsError, "worse_for_holder", name, value):
        other("us_ca", **{name: value})


def test_us_ca_more_cash() -> None:
    assert other("us_ca", cash_out_below=20_000_000).cash_out_below == 20_000_000


def test_eu_ie_change_bounds() -> None:
    assert other("eu_ie", cash_out_above=500_000).cash_out_from == 500_001
    with refused(TermsError, "worse_for_holder", "cash_out_above"):
        other("eu_ie", cash_out_above=1_000_001)
    with refused(TermsError, "worse_for_holder", "cash_out_below"):
        other("eu_ie", cash_out_below=25_000_000)
    assert paid_back(other("eu_ie", cash_out_unused=True), 0, 25_000_000) == 25_000_000


def test_a_face_dependent_right_brings_a_denomination() -> None:
    assert other("us").denomination == 0
    assert other("us", use_threshold_bps=5_000).denomination == 25_000_000
    granted = other("us", cash_out_above=1_000_000)
    assert (granted.denomination, granted.cash_out_from, granted.cash_out_below) == (
        25_000_000,
        1_000_001,
        NO_MAXIMUM,
    )


def test_limitation_follows_the_expiry_where_the_preset_says_so() -> None:
    longer = other("us", expires=date(2040, 1, 1))
    assert longer.expires_at == longer.limitation_at == utc(2040, 1, 2)


def test_a_longer_life_beyond_the_limitation_needs_a_longer_limitation() -> None:
    with refused(TermsError, "limitation_before_expiry"):
        kr(expires=date(2035, 12, 31))
    both = kr(expires=date(2035, 12, 31), limitation=date(2038, 12, 31))
    assert (both.expires_at, both.limitation_at) == (utc(2035, 12, 31, 15), utc(2038, 12, 31, 15))


def test_never_expiring_moves_the_limitation_along() -> None:
    endless = kr(expires="never")
    assert (endless.expires_at, endless.limitation_at) == (NO_EXPIRY, NO_LIMITATION)


def test_a_post_expiry_share_needs_time_after_expiry() -> None:
    with refused(TermsError, "no_time_after_expiry"):
        other("us", post_expiry_bps=5_000)
    assert other("us", post_expiry_bps=5_000, limitation="never").post_expiry_bps == 5_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("use_threshold_bps", 6_000),
        ("post_expiry_bps", 100),
        ("withdrawal_days", 1),
        ("cash_out_above", 1),
        ("cash_out_below", 5),
        ("cash_out_unused", True),
        ("refund_on_removal", True),
    ],
)
def test_jp_takes_no_refund(name: str, value: Any) -> None:
    with refused(TermsError, "refunds_barred", "jp", name):
        other("jp", **{name: value})
