from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from largesse.errors import ManifestError, TermsError
from largesse.terms.manifest import Manifest, load_manifest, parse_manifest
from largesse.terms.presets import NO_EXPIRY
from tests.python.helpers import HOLDER, ISSUER, MERCHANT, refused

DEMO = Path(__file__).parents[2] / "examples" / "manifests" / "demo.toml"

GOOD = f"""version = 1
[issuer]
name = "Culture House"
account = "issuer"
[currency.KRWT]
token = "krwt"
decimals = 0
unit = "KRW"
[[series]]
name = "culture-50000"
preset = "kr"
currency = "KRWT"
face = "50000"
fee_bps = 300
zone = "Asia/Seoul"
sales_opens = 2027-01-01
sales_closes = 2027-12-31
beneficiary = "{ISSUER}"
merchants = ["cinema", "{MERCHANT}"]
[series.art]
title = "문화상품권"
issuer = "Culture House"
terms_uri = "https://culture.example/terms"
template = "ribbon"
background = "#16324F"
accent = "#f4b942"
ink = "#fdfdfb"
[[series.promotion]]
name = "spring"
budget = "1000000"
discount_bps = 800
opens = 2027-03-01
closes = 2027-05-31
"""
ROLES = {"issuer": ISSUER, "krwt": MERCHANT, "cinema": HOLDER}


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def problems(*changes: tuple[str, str]) -> list[tuple[int, str, str]]:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(changed(*changes))
    assert caught.value.reason == "bad_manifest"
    return [(problem.line, problem.section, problem.reason) for problem in caught.value.problems]


def test_a_good_manifest() -> None:
    manifest = parse_manifest(GOOD)
    series = manifest.series[0]
    assert isinstance(manifest, Manifest)
    assert (manifest.issuer_name, manifest.issuer_account) == ("Culture House", "issuer")
    assert (series.currency.symbol, series.currency.unit, series.face, series.fee_bps) == (
        "KRWT",
        "KRW",
        50_000,
        300,
    )
    assert series.merchants == ("cinema", MERCHANT)
    assert series.art.background == "#16324f"
    assert manifest.roles() == {"issuer", "krwt", "cinema"}
    promotion = series.promotions[0]
    assert (promotion.name, promotion.budget, promotion.reward_bps) == ("spring", 1_000_000, 800)
    # 1 March and 1 June 2027, midnight in Seoul, are 15:00 UTC of the day before.
    assert (promotion.starts_at, promotion.ends_at) == (1_803_826_800, 1_811_775_600)
    assert (series.sales_open_at, series.sales_close_at) == (1_798_729_200, 1_830_265_200)


def test_terms_are_the_presets_with_a_hash_of_their_text() -> None:
    series = parse_manifest(GOOD).series[0]
    terms = series.terms(ROLES)
    text = series.terms_text(ROLES)
    assert (terms.beneficiary, terms.denomination, terms.post_expiry_bps, terms.fee_bps) == (
        ISSUER,
        50_000,
        9_000,
        300,
    )
    assert terms.terms_hash == keccak(text.encode("utf-8"))
    assert "title: 문화상품권\n" in text
    assert f"currency_token: {MERCHANT}\n" in text
    assert f"expires_at: {terms.expires_at} (2029-01-01T00:00:00+09:00)\n" in text
    assert text.endswith("outside the ledger.\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "문화상품권"', 'title = "다른 상품권"'),
        ("fee_bps = 300", "fee_bps = 301"),
        ('face = "50000"', 'face = "40000"'),
        ("sales_closes = 2027-12-31", "sales_closes = 2028-01-01"),
        ('terms_uri = "https://culture.example/terms"', 'terms_uri = "https://culture.example/other"'),
        ("[series.art]", "[series.overrides]\nwithdrawal_days = 8\n[series.art]"),
    ],
)
def test_the_hash_follows_every_term(old: str, new: str) -> None:
    hashes = {parse_manifest(text).series[0].terms(ROLES).terms_hash for text in (GOOD, changed((old, new)))}
    assert len(hashes) == 2


def test_the_hash_ignores_what_is_no_term() -> None:
    other = changed(
        ("discount_bps = 800", "discount_bps = 700"), ('merchants = ["cinema", ', 'merchants = ["museum", ')
    )
    assert (
        parse_manifest(other).series[0].terms(ROLES).terms_hash
        == parse_manifest(GOOD).series[0].terms(ROLES).terms_hash
    )


def test_roles_must_be_given() -> None:
    series = parse_manifest(GOOD).series[0]
    with refused(TermsError, "unknown_role", "'krwt'"):
        series.terms({"issuer": ISSUER})
    with refused(TermsError, "bad_role_address", "'krwt'", "checksum"):
        series.terms({"krwt": MERCHANT.lower()})
    assert series.merchant_addresses(ROLES) == (HOLDER, MERCHANT)
    with refused(TermsError, "duplicate_merchant", MERCHANT):
        series.merchant_addresses({"cinema": MERCHANT})


# Line numbers below are those of GOOD.
SERIES, ART, PROMOTION = "series 1", "series 1, art", "series 1, promotion 1"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version = 1", "version = 2", [(1, "file", "out_of_range")]),
        ("version = 1", "", [(0, "file", "missing_key")]),
        ('account = "issuer"', 'account = "Issuer"', [(4, "issuer", "bad_address")]),
        ('account = "issuer"', 'account = "issuer"\nfax = 1', [(5, "issuer", "unknown_key")]),
        ("decimals = 0", "decimals = 29", [(7, "currency KRWT", "out_of_range")]),
        ('unit = "KRW"', 'unit = "won"', [(8, "currency KRWT", "bad_value")]),
        ('unit = "KRW"', 'unit = "USD"', [(12, SERIES, "wrong_currency_unit")]),
        ('name = "culture-50000"', 'name = "Culture"', [(10, SERIES, "bad_value")]),
        ('preset = "kr"', 'preset = "fr"', [(11, SERIES, "unknown_preset")]),
        ('preset = "kr"', "", [(9, SERIES, "missing_key")]),
        ('currency = "KRWT"', 'currency = "EURT"', [(12, SERIES, "unknown_currency")]),
        ('face = "50000"', "face = 50000", [(13, SERIES, "wrong_type")]),
        ('face = "50000"', 'face = "50000.5"', [(13, SERIES, "too_many_decimals")]),
        ('face = "50000"', 'face = "-1"', [(13, SERIES, "negative_amount")]),
        ('face = "50000"', 'face = "0"', [(13, SERIES, "zero_amount")]),
        ("fee_bps = 300", "fee_bps = 2001", [(14, SERIES, "out_of_range")]),
        ("fee_bps = 300", "fee_bps = -1", [(14, SERIES, "out_of_range")]),
        ('zone = "Asia/Seoul"', 'zone = "Asia/Soul"', [(15, SERIES, "unknown_zone")]),
        ("sales_opens = 2027-01-01", 'sales_opens = "2027-01-01"', [(16, SERIES, "wrong_type")]),
        ("sales_opens = 2027-01-01", "sales_opens = 2027-01-01T00:00:00Z", [(16, SERIES, "wrong_type")]),
        (
            "sales_closes = 2027-12-31",
            "sales_closes = 2026-12-31",
            [(17, SERIES, "sales_window_backwards"), (32, PROMOTION, "outside_sales_window")],
        ),
        (
            f'beneficiary = "{ISSUER}"',
            f'beneficiary = "{ISSUER.lower()}"',
            [(18, SERIES, "unchecksummed_address")],
        ),
        ('["cinema", ', '["cinema", "cinema", ', [(19, SERIES, "duplicate")]),
        ('["cinema", ', '["cinema", 7, ', [(19, SERIES, "wrong_type")]),
        ("fee_bps = 300", "fee = 300", [(14, SERIES, "unknown_key")]),
        ('title = "문화상품권"', 'title = ""', [(21, ART, "bad_length")]),
        ('title = "문화상품권"', 'title = "a\\nexpires_at: 1"', [(21, ART, "bad_text")]),
        ('"https://culture.example/terms"', '"http://culture.example"', [(23, ART, "bad_value")]),
        ('background = "#16324F"', 'background = "#16324"', [(25, ART, "bad_value")]),
        ('accent = "#f4b942"', 'accent = "red"', [(26, ART, "bad_value")]),
        ('ink = "#fdfdfb"', "", [(20, ART, "missing_key")]),
        (
            "discount_bps = 800",
            "discount_bps = 10001",
            [(31, PROMOTION, "out_of_range"), (28, PROMOTION, "no_reward")],
        ),
        ("discount_bps = 800", "", [(28, PROMOTION, "no_reward")]),
        ("discount_bps = 800", "discount_bps = 1001", [(28, PROMOTION, "reward_exceeds_refund_margin")]),
        (
            "discount_bps = 800",
            "discount_bps = 800\ncash_back_bps = 100\nreferral_bps = 101",
            [(28, PROMOTION, "reward_exceeds_refund_margin")],
        ),
        ('budget = "1000000"', 'budget = "3999"', [(30, PROMOTION, "budget_too_small")]),
        ("opens = 2027-03-01", "opens = 2026-12-31", [(32, PROMOTION, "outside_sales_window")]),
        ("closes = 2027-05-31", "closes = 2028-01-01", [(32, PROMOTION, "outside_sales_window")]),
        ("closes = 2027-05-31", "closes = 2027-02-28", [(32, PROMOTION, "outside_sales_window")]),
        ('name = "spring"', 'name = "spring"\nwindow = 1', [(30, PROMOTION, "unknown_key")]),
    ],
)
def test_one_problem(old: str, new: str, expected: list[tuple[int, str, str]]) -> None:
    if old in ("opens = 2027-03-01", "closes = 2027-05-31", 'name = "spring"'):
        old, new = "\n" + old, "\n" + new
    assert sorted(problems((old, new))) == sorted(expected)


def test_the_limits_themselves_are_fine() -> None:
    parse_manifest(
        changed(("discount_bps = 800", "discount_bps = 1000"), ("fee_bps = 300", "fee_bps = 2000"))
    )
    parse_manifest(changed(('budget = "1000000"', 'budget = "4000"')))
    parse_manifest(
        changed(
            ("\nopens = 2027-03-01", "\nopens = 2027-01-01"),
            ("\ncloses = 2027-05-31", "\ncloses = 2027-12-31"),
        )
    )


def test_anyone_as_merchant_where_the_preset_bars_it() -> None:
    found = problems((f'["cinema", "{MERCHANT}"]', '"anyone"'))
    assert found == [(19, SERIES, "must_be_named"), (28, PROMOTION, "promotion_needs_named")]


@pytest.mark.parametrize("value", ["[]", '"everyone"', "7", "true"])
def test_merchants_must_be_a_list_or_anyone(value: str) -> None:
    found = problems((f'["cinema", "{MERCHANT}"]', value))
    assert [(line, section) for line, section, _ in found] == [(19, SERIES)]


def test_everything_wrong_is_listed_at_once_in_order_of_lines() -> None:
    found = problems(
        ("decimals = 0", "decimals = 29"),
        ('preset = "kr"', 'preset = "fr"'),
        ('accent = "#f4b942"', 'accent = "red"'),
        ('name = "spring"', 'name = "Spring!"'),
        ("sales_opens = 2027-01-01", "sales_opens = 1"),
    )
    assert [(line, reason) for line, _, reason in found] == [
        (7, "out_of_range"),
        (11, "unknown_preset"),
        (16, "wrong_type"),
        (26, "bad_value"),
        (29, "bad_value"),
    ]


def test_the_message_lists_line_section_and_rule() -> None:
    with refused(
        ManifestError,
        "bad_manifest",
        "shop.toml: 1 problem",
        "line 14, series 1: fee_bps: 2001 is not from 0 to 2000 [out_of_range]",
    ):
        parse_manifest(changed(("fee_bps = 300", "fee_bps = 2001")), subject="shop.toml")


def test_overrides_are_checked_one_by_one() -> None:
    found = problems(
        (
            "[series.art]",
            """[series.overrides]
expires = 2028-12-30
use_threshold_bps = 6001
withdrawal_days = 9
convertible = false
[series.art]""",
        )
    )
    section = "series 1, overrides"
    assert found == [(line, section, "worse_for_holder") for line in (21, 22, 24)]


def test_overrides_that_fail_together_are_told_at_their_table() -> None:
    found = problems(("[series.art]", "[series.overrides]\nexpires = 2036-12-31\n[series.art]"))
    assert found == [(20, SERIES, "limitation_before_expiry")]


def test_overrides_reach_the_terms() -> None:
    text = changed(
        (
            "[series.art]",
            """[series.overrides]
expires = "never"
post_expiry_bps = 9100
cash_out_below = "3000"
[series.art]""",
        ),
        ("discount_bps = 800", "discount_bps = 100"),
    )
    terms = parse_manifest(text).series[0].terms(ROLES)
    assert (terms.expires_at, terms.post_expiry_bps, terms.cash_out_below) == (NO_EXPIRY, 9_100, 3_000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('expires = "soon"', "bad_value"),
        ("expires = 7", "wrong_type"),
        ("use_threshold_bps = 0", "out_of_range"),
        ("withdrawal_days = 400", "out_of_range"),
        ('cash_out_below = "x"', "bad_amount"),
        ("convertible = 1", "wrong_type"),
        ("named = false", "unknown_key"),
    ],
)
def test_malformed_overrides(line: str, reason: str) -> None:
    found = problems(("[series.art]", f"[series.overrides]\n{line}\n[series.art]"))
    assert found == [(21, "series 1, overrides", reason)]


def test_two_series_need_two_names() -> None:
    second = GOOD[GOOD.index("[[series]]") :]
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD + second)
    assert [problem.reason for problem in caught.value.problems] == ["duplicate"]
    assert len(parse_manifest(GOOD + second.replace("culture-50000", "other")).series) == 2


def test_a_manifest_without_series() -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD[: GOOD.index("[[series]]")])
    assert [problem.reason for problem in caught.value.problems] == ["missing_key"]


def test_broken_toml() -> None:
    with refused(ManifestError, "bad_manifest", "line 3, file", "bad_toml"):
        parse_manifest('version = 1\n[issuer]\nname = "x\n')


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin1.toml"
    path.write_bytes('version = 1 # "Größe"'.encode("latin-1"))
    with refused(ManifestError, "bad_manifest", "latin1.toml", "not_utf8"):
        load_manifest(path)


# A promotion on rights that pay out early: the buyer must never get more cash than was paid.
@pytest.mark.parametrize(
    ("preset", "unit", "face", "discount", "fine"),
    [
        # eu_ie pays change of more than 1 euro after any use: of 50.00, 49 999 999 of 50 000 000 base units
        ("eu_ie", "EUR", "50.00", 1, False),
        # us_ca pays a rest of less than 15 dollars: 14.999999 of 25 is 5,999.9996 basis points
        ("us_ca", "USD", "25.00", 4_000, True),
        ("us_ca", "USD", "25.00", 4_001, False),
        # an unused certificate of less than 15 dollars is cash at once
        ("us_ca", "USD", "14.99", 1, False),
        ("us_ca", "USD", "15.00", 1, False),
        # no refund, nothing to exploit
        ("us", "USD", "25.00", 10_000, True),
        ("jp", "JPY", "25.00", 10_000, True),
    ],
)
def test_promotions_leave_no_profit_in_refunds(
    preset: str, unit: str, face: str, discount: int, fine: bool
) -> None:
    changes = (
        ('preset = "kr"', f'preset = "{preset}"'),
        ('unit = "KRW"', f'unit = "{unit}"'),
        ("decimals = 0", "decimals = 6"),
        ('face = "50000"', f'face = "{face}"'),
        ("discount_bps = 800", f"discount_bps = {discount}"),
    )
    if fine:
        assert parse_manifest(changed(*changes)).series[0].promotions[0].discount_bps == discount
    else:
        assert problems(*changes) == [(28, PROMOTION, "reward_exceeds_refund_margin")]


def test_the_demo_manifest() -> None:
    manifest = load_manifest(DEMO)
    roles = dict(zip(sorted(manifest.roles()), _addresses(), strict=False))
    kr, us_ca, eu_de = (series.terms(roles) for series in manifest.series)
    assert [series.preset.name for series in manifest.series] == ["kr", "us_ca", "eu_de"]
    assert [series.currency.decimals for series in manifest.series] == [0, 6, 18]
    assert [series.face for series in manifest.series] == [50_000, 25_000_000, 30 * 10**18]
    assert (kr.denomination, us_ca.cash_out_below, eu_de.denomination) == (50_000, 15_000_000, 0)
    assert manifest.series[2].sales_opens == date(2027, 1, 1)
    # 31 December 2031, one year more than the law asks for
    assert eu_de.expires_at == 1_956_524_400
    assert len({kr.terms_hash, us_ca.terms_hash, eu_de.terms_hash}) == 3


def _addresses() -> list[str]:
    from largesse.addresses import address_from_bytes

    return [address_from_bytes(bytes([index + 1]) * 20) for index in range(20)]


@pytest.mark.parametrize(
    ("old", "new"),
    (
        ("sales_closes = 2027-12-31", "sales_closes = 9999-12-31"),
        ("sales_closes = 2027-12-31", "sales_closes = 9996-12-31"),
        ("[series.art]", "[series.overrides]\nexpires = 9999-12-31\n[series.art]"),
        ("[series.art]", "[series.overrides]\nlimitation = 9999-12-31\n[series.art]"),
    ),
)
def test_a_date_that_stands_for_never_is_told(old: str, new: str) -> None:
    """The end of its day can't be reckoned: it ended in Python's own error."""
    assert "date_out_of_range" in {reason for _, _, reason in problems((old, new))}
