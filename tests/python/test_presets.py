"""Every statutory figure one below, at and one above its threshold. Expected values are written out, with
their rule.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest

from largesse.errors import AmountError, TermsError
from largesse.terms.fields import NO_MAXIMUM, Phase, Terms
from largesse.terms.presets import NO_EXPIRY, NO_LIMITATION, all_presets, preset
from tests.python.helpers import ISSUER, refused
from tests.support.entitlements import paid_back

ZONES = {
    "open": "Etc/UTC",
    "kr": "Asia/Seoul",
    "us": "America/New_York",
    "us_ca": "America/Los_Angeles",
    "eu_de": "Europe/Berlin",
    "eu_ie": "Europe/Dublin",
    "au": "Australia/Sydney",
    "jp": "Asia/Tokyo",
}


def terms_of(
    name: str, *, face: int = 50_000, decimals: int = 0, close: date = date(2027, 6, 15), **more: Any
) -> Terms:
    return preset(name).terms(
        face=face, sales_close=close, zone=ZONES[name], decimals=decimals, beneficiary=ISSUER, **more
    )


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]


# --- the data file


def test_the_presets_are_these() -> None:
    assert sorted(all_presets()) == ["au", "eu_de", "eu_ie", "jp", "kr", "open", "us", "us_ca"]


def test_unknown_preset() -> None:
    with refused(TermsError, "unknown_preset", "'fr'", "us_ca"):
        preset("fr")


@pytest.mark.parametrize("name", list(ZONES))
def test_every_rule_cites_a_source_and_names_real_fields(name: str) -> None:
    known = {field.name for field in fields(Terms)}
    assert preset(name).rules
    assert preset(name).departures
    for rule in preset(name).rules:
        assert rule.rule
        assert rule.source
        assert set(rule.sets) <= known


@pytest.mark.parametrize("name", list(ZONES))
def test_every_right_that_a_preset_grants_has_a_rule(name: str) -> None:
    """A field that differs from the preset without any right must be named by some rule."""
    nothing = {
        "named": preset(name).named != "never",
        "convertible": False,
        "refund_on_removal": False,
        "cash_out_unused": False,
        "denomination": 0,
        "use_threshold_bps": 0,
        "post_expiry_bps": 0,
        "cash_out_from": 0,
        "cash_out_below": 0,
        "withdrawal_seconds": 0,
        "expires_at": 0,
    }
    ruled = {field for rule in preset(name).rules for field in rule.sets}
    terms = terms_of(name)
    granted = {field for field, value in nothing.items() if getattr(terms, field) != value}
    assert granted <= ruled


# --- kr

KR_THRESHOLDS = [
    # KFTC standard terms: rest back at 80 % used of a face of 10,000 won or less, at 60 % above
    (9_999, 8_000),
    (10_000, 8_000),
    (10_001, 6_000),
    (50_000, 6_000),
]
KR_SHARES = [
    # KFTC standard terms, revision of 2025-09-16: 90 % up to 50,000 won, 95 % above
    (10_000, 9_000),
    (49_999, 9_000),
    (50_000, 9_000),
    (50_001, 9_500),
]
KR_REMAINDERS = [
    # 60 % of 50,000 is 30,000
    (50_000, 29_999, 0),
    (50_000, 30_000, 20_000),
    (50_000, 30_001, 19_999),
    # 80 % of 10,000 is 8,000
    (10_000, 7_999, 0),
    (10_000, 8_000, 2_000),
    (10_000, 8_001, 1_999),
    # 60 % of 10,001 is 6,000.6
    (10_001, 6_000, 0),
    (10_001, 6_001, 4_000),
]


@pytest.mark.parametrize(("face", "bps"), KR_THRESHOLDS)
@pytest.mark.parametrize("decimals", [0, 6, 18])
def test_kr_use_threshold(face: int, bps: int, decimals: int) -> None:
    assert terms_of("kr", face=face * 10**decimals, decimals=decimals).use_threshold_bps == bps


@pytest.mark.parametrize(("decimals", "face"), [(6, 10_000_000_001), (18, 10_000 * 10**18 + 1)])
def test_kr_small_face_is_exact_to_the_base_unit(decimals: int, face: int) -> None:
    assert terms_of("kr", face=face, decimals=decimals).use_threshold_bps == 6_000
    assert terms_of("kr", face=face - 1, decimals=decimals).use_threshold_bps == 8_000


@pytest.mark.parametrize(("face", "bps"), KR_SHARES)
def test_kr_post_expiry_share(face: int, bps: int) -> None:
    assert terms_of("kr", face=face).post_expiry_bps == bps


@pytest.mark.parametrize(("face", "used", "refund"), KR_REMAINDERS)
def test_kr_remainder(face: int, used: int, refund: int) -> None:
    assert paid_back(terms_of("kr", face=face), used, face - used) == refund


@pytest.mark.parametrize(("face", "paid"), [(50_000, 45_000), (50_001, 47_500), (100_000, 95_000)])
def test_kr_post_expiry_refund(face: int, paid: int) -> None:
    # 95 % of 50,001 is 47,500.95: rounded down
    assert terms_of("kr", face=face).post_expiry_refund(face) == paid


def test_kr_all_terms() -> None:
    """The last second of sale is 23:59:59 KST on 15 June 2027, 14:59:59 UTC."""
    assert terms_of("kr", fee_bps=300) == Terms(
        beneficiary=ISSUER,
        sales_close_at=utc(2027, 6, 15, 15),
        expires_at=utc(2028, 6, 15, 15),  # at least one year from purchase
        limitation_at=utc(2032, 6, 15, 15),  # five years, Commercial Act Art. 64
        fee_bps=300,
        named=True,
        convertible=True,
        refund_on_removal=True,
        cash_out_unused=False,
        denomination=50_000,
        use_threshold_bps=6_000,
        post_expiry_bps=9_000,
        cash_out_from=0,
        cash_out_below=0,
        withdrawal_seconds=604_800,  # 7 days
        terms_hash=bytes(32),
    )


def test_kr_phases_at_their_seconds() -> None:
    terms = terms_of("kr")
    expiry, limitation = utc(2028, 6, 15, 15), utc(2032, 6, 15, 15)
    assert [terms.phase(expiry + step) for step in (-1, 0, 1)] == [Phase.LIVE, Phase.EXPIRED, Phase.EXPIRED]
    assert [terms.phase(limitation + step) for step in (-1, 0, 1)] == [
        Phase.EXPIRED,
        Phase.LIMITED,
        Phase.LIMITED,
    ]


@pytest.mark.parametrize(
    ("close", "last_day"),
    [
        # a purchase on 29 February is good on its anniversary, 1 March here
        (date(2028, 2, 29), date(2029, 3, 1)),
        (date(2028, 2, 28), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 29)),
        (date(2027, 12, 31), date(2028, 12, 31)),
    ],
)
def test_kr_expiry_around_leap_days(close: date, last_day: date) -> None:
    # KST is nine hours ahead all year: the last second of a day in Seoul is 14:59:59 UTC.
    last_second = utc(last_day.year, last_day.month, last_day.day, 14, 59, 59)
    assert terms_of("kr", close=close).expires_at == last_second + 1


# --- us, us_ca


def test_us_five_years() -> None:
    """12 CFR 1005.20(e): 15 June 2032 is good to its last second, 23:59:59 EDT; nothing else is granted."""
    terms = terms_of("us", face=25_000_000, decimals=6)
    assert terms.sales_close_at == utc(2027, 6, 16, 4)
    assert terms.expires_at == terms.limitation_at == utc(2032, 6, 16, 4)
    assert (terms.denomination, terms.use_threshold_bps, terms.post_expiry_bps, terms.cash_out_below) == (
        0,
        0,
        0,
        0,
    )
    assert (terms.withdrawal_seconds, terms.convertible, terms.refund_on_removal) == (0, False, False)


def test_us_winter_time_at_the_close_and_at_the_end() -> None:
    terms = terms_of("us", close=date(2027, 12, 31))
    assert (terms.sales_close_at, terms.expires_at) == (utc(2028, 1, 1, 5), utc(2033, 1, 1, 5))


def test_us_ca_never_expires() -> None:
    """Civil Code 1749.5(a)(1)."""
    terms = terms_of("us_ca", face=25_000_000, decimals=6)
    assert (terms.expires_at, terms.limitation_at) == (NO_EXPIRY, NO_LIMITATION)
    assert terms.phase(utc(3000, 1, 1)) is Phase.LIVE


US_CA_RESTS = [
    # Civil Code 1749.5(b) from 2026-04-01: cash while the value is *less* than 15 dollars
    (14_999_999, 14_999_999),
    (15_000_000, 0),
    (15_000_001, 0),
    (1, 1),
]


@pytest.mark.parametrize(("rest", "paid"), US_CA_RESTS)
def test_us_ca_cash_out_after_use(rest: int, paid: int) -> None:
    terms = terms_of("us_ca", face=25_000_000, decimals=6)
    assert paid_back(terms, 25_000_000 - rest, rest) == paid


@pytest.mark.parametrize(("face", "paid"), US_CA_RESTS)
def test_us_ca_cash_out_unused(face: int, paid: int) -> None:
    assert paid_back(terms_of("us_ca", face=face, decimals=6), 0, face) == paid


@pytest.mark.parametrize(("decimals", "below"), [(0, 15), (2, 1_500), (6, 15_000_000), (18, 15 * 10**18)])
def test_us_ca_limit_scales_with_the_currency(decimals: int, below: int) -> None:
    terms = terms_of("us_ca", face=25 * 10**decimals, decimals=decimals)
    assert (terms.cash_out_from, terms.cash_out_below, terms.denomination) == (0, below, 25 * 10**decimals)


# --- eu_de, eu_ie


@pytest.mark.parametrize("close", [date(2027, 1, 1), date(2027, 6, 15), date(2027, 12, 31)])
def test_eu_de_ends_with_the_third_year_after_the_year_of_sale(close: date) -> None:
    """BGB 195, 199(1): 31 December 2030, 23:59:59 CET is good; 1 January 2031, 00:00:00 is not."""
    terms = terms_of("eu_de", close=close)
    last_second = utc(2030, 12, 31, 22, 59, 59)
    assert terms.expires_at == terms.limitation_at == last_second + 1
    assert [terms.phase(last_second + step) for step in (0, 1)] == [Phase.LIVE, Phase.LIMITED]


def test_eu_de_last_sale_on_new_years_eve_is_of_the_old_year() -> None:
    assert terms_of("eu_de", close=date(2027, 12, 31)).sales_close_at == utc(2027, 12, 31, 23)
    assert terms_of("eu_de", close=date(2028, 1, 1)).expires_at == utc(2031, 12, 31, 23)


@pytest.mark.parametrize(
    ("opens", "closes"), [(date(2026, 12, 31), date(2027, 1, 1)), (date(2025, 6, 1), date(2027, 6, 1))]
)
def test_eu_de_refuses_sales_over_a_year_end(opens: date, closes: date) -> None:
    with refused(TermsError, "sales_window_two_years", opens, closes):
        terms_of("eu_de", close=closes, sales_open=opens)


def test_eu_de_takes_a_whole_year_of_sales() -> None:
    assert terms_of("eu_de", close=date(2027, 12, 31), sales_open=date(2027, 1, 1)).expires_at == utc(
        2030, 12, 31, 23
    )


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("eu_de", 1_209_600),
        ("eu_ie", 1_209_600),
        ("kr", 604_800),
        ("us", 0),
        ("us_ca", 0),
        ("au", 0),
        ("jp", 0),
        ("open", 0),
    ],
)
def test_withdrawal_window(name: str, seconds: int) -> None:
    # Directive 2011/83/EU Art. 9(1): 14 days; Korea: 7 days; nobody else has one
    assert terms_of(name).withdrawal_seconds == seconds


def test_eu_ie_five_years() -> None:
    """15 June 2032 is good to 23:59:59 Irish summer time."""
    terms = terms_of("eu_ie", face=50_000_000, decimals=6)
    assert terms.expires_at == terms.limitation_at == utc(2032, 6, 15, 23)


@pytest.mark.parametrize(
    ("rest", "paid"),
    [
        # Consumer Protection (Gift Vouchers) Act 2019: change of *more* than 1 euro
        (999_999, 0),
        (1_000_000, 0),
        (1_000_001, 1_000_001),
        (49_999_999, 49_999_999),
    ],
)
def test_eu_ie_change_after_use(rest: int, paid: int) -> None:
    terms = terms_of("eu_ie", face=50_000_000, decimals=6)
    assert paid_back(terms, 50_000_000 - rest, rest) == paid


def test_eu_ie_no_cash_before_use() -> None:
    terms = terms_of("eu_ie", face=50_000_000, decimals=6)
    assert paid_back(terms, 0, 50_000_000) == 0
    assert (terms.cash_out_from, terms.cash_out_below, terms.cash_out_unused) == (
        1_000_001,
        NO_MAXIMUM,
        False,
    )


# --- au, jp, open


def test_au_three_years() -> None:
    """ACL 99B: 15 June 2030 is good to 23:59:59 AEST (no summer time in June)."""
    terms = terms_of("au")
    assert terms.expires_at == terms.limitation_at == utc(2030, 6, 15, 14)
    assert (terms.denomination, terms.post_expiry_bps, terms.cash_out_below) == (0, 0, 0)


def test_au_summer_time_at_the_end() -> None:
    assert terms_of("au", close=date(2027, 12, 31)).expires_at == utc(2030, 12, 31, 13)


def test_jp_bars_every_refund() -> None:
    """Payment Services Act Art. 20(5)."""
    terms = terms_of("jp")
    assert (terms.named, terms.expires_at, terms.limitation_at) == (True, NO_EXPIRY, NO_LIMITATION)
    assert (terms.use_threshold_bps, terms.post_expiry_bps, terms.cash_out_below) == (0, 0, 0)
    assert (terms.withdrawal_seconds, terms.refund_on_removal, terms.convertible) == (0, False, False)
    assert (paid_back(terms, 49_999, 1), terms.post_expiry_refund(50_000)) == (0, 0)


def test_open_is_cash_equivalent() -> None:
    terms = terms_of("open")
    assert (terms.named, terms.expires_at, terms.denomination, terms.withdrawal_seconds) == (
        False,
        NO_EXPIRY,
        0,
        0,
    )


@pytest.mark.parametrize("name", ["kr", "jp", "us_ca", "eu_ie"])
def test_must_be_named(name: str) -> None:
    with refused(TermsError, "must_be_named", name):
        terms_of(name, named=False)


def test_open_cannot_be_named() -> None:
    with refused(TermsError, "cannot_be_named"):
        terms_of("open", named=True)


@pytest.mark.parametrize("name", ["us", "eu_de", "au"])
def test_the_others_may_choose(name: str) -> None:
    assert [terms_of(name).named, terms_of(name, named=True).named, terms_of(name, named=False).named] == [
        True,
        True,
        False,
    ]


# --- what the caller can get wrong


def test_sales_window_backwards() -> None:
    with refused(TermsError, "sales_window_backwards", "2027-06-16", "2027-06-15"):
        terms_of("kr", sales_open=date(2027, 6, 16))


def test_sales_on_one_day() -> None:
    assert terms_of("kr", sales_open=date(2027, 6, 15)).sales_close_at == utc(2027, 6, 15, 15)


def test_face_must_be_an_amount() -> None:
    with refused(AmountError, "zero_amount"):
        terms_of("us", face=0)
    with refused(AmountError, "amount_too_large", 2**96):
        terms_of("us", face=2**96)


def test_unknown_zone() -> None:
    with refused(TermsError, "unknown_zone", "Asia/Soul"):
        preset("kr").terms(
            face=1, sales_close=date(2027, 1, 1), zone="Asia/Soul", decimals=0, beneficiary=ISSUER
        )
