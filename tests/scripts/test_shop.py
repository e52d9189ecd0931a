"""`sell`, `buy`, `fund_promotion`: a discount comes out of a budget, a withdrawal pays what was paid."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.sales import Shop, ShopError
from largesse.clients.service import ServiceError
from largesse.holdings import SignedPartError
from largesse.session import SessionError
from scripts import buy, create_series, fund_promotion, redeem, sell, solvency
from tests.fixtures.desk import KR, MANIFEST, Desk

SPRING = "kr-spring-50000"
MANIFEST_SPRING = "examples/manifests/spring.toml"
PROMOTION = (f"manifest={MANIFEST_SPRING}", f"series={SPRING}", "promotion=spring")


@pytest.fixture
def window(desk: Desk) -> Desk:
    """The spring series, on sale."""
    create_series.main(f"manifest={MANIFEST_SPRING}")
    sell.main(f"series={SPRING}")
    return desk


@pytest.fixture
def promoted(window: Desk, state_folder: Path) -> Desk:
    """A promotion of the spring series with 100,000 KRWT, and no coupon yet."""
    for old in state_folder.glob("out/coupons/*.json"):
        old.unlink()
    assert fund_promotion.main(*PROMOTION, "amount=100000") == 1
    return window


def shop(desk: Desk) -> Shop:
    return desk.session.shop(desk.krw)


def coupon(*changes: str) -> Path:
    given = dict(
        one.split("=")
        for one in ("currency=KRWT", "promotion=1", "number=1", "buyer=giver", "most=50000", *changes)
    )
    path = fund_promotion.coupon(*(f"{name}={value}" for name, value in given.items()))
    assert path is not None
    return path


def test_eight_percent_off_and_the_reserve_is_full(promoted: Desk) -> None:
    before, reserve = (
        promoted.won.balance(promoted.address("giver")),
        promoted.won.balance(promoted.krw.address),
    )
    number = buy.main(f"series={SPRING}", "amount=50000", f"coupon={coupon('referrer=supporter')}")
    assert number == 1
    assert before - promoted.won.balance(promoted.address("giver")) == 46_000
    assert promoted.won.balance(promoted.krw.address) - reserve == 50_000
    assert promoted.krw.account(2, promoted.address("giver")).balance == 50_000
    # 4,000 are spent on the discount, 500 set aside for the referrer.
    assert shop(promoted).free(1) == 100_000 - 4_000 - 500
    assert promoted.won.balance(shop(promoted).address) == 96_000
    proof = solvency.main("currency=KRWT")
    assert proof is not None
    audits = proof.certificates
    assert audits["KRWT"].surplus == 0


def test_withdrawing_pays_what_was_paid_and_the_budget_has_its_discount_back(promoted: Desk) -> None:
    buy.main(f"series={SPRING}", "amount=50000", f"coupon={coupon()}")
    assert shop(promoted).withdrawable(1) == 46_000
    before = promoted.won.balance(promoted.address("giver"))
    assert buy.withdraw("currency=KRWT", "purchase=1") == 46_000
    assert promoted.won.balance(promoted.address("giver")) - before == 46_000
    assert promoted.krw.account(2, promoted.address("giver")).balance == 0
    assert shop(promoted).free(1) == 100_000
    proof = solvency.main("currency=KRWT")
    assert proof is not None
    audits = proof.certificates
    last = audits["KRWT"].books.redemptions[-1]
    assert (last.merchant, last.payee, last.amount, last.fee) == (
        shop(promoted).address, shop(promoted).address, 50_000, 0,
    )  # fmt: skip
    with pytest.raises(RefusedError) as error:
        buy.withdraw("currency=KRWT", "purchase=1")
    assert error.value.reason == "GiftCertificates_InsufficientBalance"


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_the_window_closes_after_seven_days(window: Desk, seconds: int) -> None:
    buy.main(f"series={SPRING}", "amount=50000")
    until = shop(window).purchase(1)["withdrawUntil"]
    assert until - shop(window).purchase(1)["boughtAt"] == 7 * 86_400
    # At −1 the payment's own block still has to come before the end.
    window.session.node.jump_to(until + (seconds if seconds >= 0 else -30))
    if seconds < 0:
        assert buy.withdraw("currency=KRWT", "purchase=1") == 50_000
        return
    with pytest.raises(RefusedError) as error:
        buy.withdraw("currency=KRWT", "purchase=1")
    assert error.value.reason == "CertificateSales_WithdrawalClosed"
    assert error.value.values[:2] == (1, until)


def test_a_used_certificate_is_not_taken_back(window: Desk) -> None:
    buy.main(f"series={SPRING}", "amount=50000")
    buy.main(f"series={SPRING}", "amount=50000")
    redeem.main(f"series={SPRING}", "amount=1", "merchant=bookshop", "from=giver")
    # One unit of the first is used up: the second, whole, still goes back; the first does not.
    assert buy.withdraw("currency=KRWT", "purchase=2") == 50_000
    with pytest.raises(RefusedError) as error:
        buy.withdraw("currency=KRWT", "purchase=1")
    assert (error.value.reason, error.value.values) == (
        "GiftCertificates_InsufficientBalance",
        (49_999, 50_000),
    )


def test_a_coupon_works_once_and_for_its_buyer_only(promoted: Desk) -> None:
    path = coupon()
    with pytest.raises(RefusedError) as stranger:
        buy.main(f"series={SPRING}", "amount=50000", f"coupon={path}", "from=holder")
    assert stranger.value.reason == "CertificateSales_NotBuyer"
    buy.main(f"series={SPRING}", "amount=50000", f"coupon={path}")
    with pytest.raises(RefusedError) as again:
        buy.main(f"series={SPRING}", "amount=50000", f"coupon={path}")
    assert (again.value.reason, again.value.values) == ("CertificateSales_CouponUsed", (1, 1))


def test_a_coupons_number_is_not_given_to_somebody_else(promoted: Desk) -> None:
    path = coupon()
    assert path.name == "KRWT-1-1.json", "coupons of another currency have the same numbers"
    written = path.read_text()
    for change in ("buyer=holder", "most=60000", "referrer=supporter"):
        with pytest.raises(ArgumentError, match=r"KRWT-1-1\.json is signed for 0x") as error:
            coupon(change)
        assert error.value.reason == "number_taken"
        assert path.read_text() == written
    later = coupon("until=2099-01-01")
    assert (later, path.read_text() != written) == (path, True), "its buyer gets it again, with a later date"
    assert coupon("number=2", "buyer=holder").name == "KRWT-1-2.json"


def test_the_shop_itself_is_signed_for_as_nobodys_referrer(promoted: Desk) -> None:
    with pytest.raises(ShopError) as error:
        coupon(f"referrer={shop(promoted).address}")
    assert error.value.reason == "referrer_is_shop"


def test_a_coupon_is_good_up_to_its_face(promoted: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        buy.main(f"series={SPRING}", "amount=100000", f"coupon={coupon()}")
    assert (error.value.reason, error.value.values) == ("CertificateSales_OverMaxFace", (100_000, 50_000))


def test_a_coupon_that_somebody_else_signed_is_refused(promoted: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        buy.main(f"series={SPRING}", "amount=50000", f"coupon={coupon('from=stranger')}")
    assert error.value.reason == "Custody_InvalidSignature"


def test_an_empty_budget_grants_nothing_and_no_less(window: Desk) -> None:
    assert fund_promotion.main(*PROMOTION, "amount=3999") == 1
    with pytest.raises(RefusedError) as error:
        buy.main(f"series={SPRING}", "amount=50000", f"coupon={coupon()}")
    assert (error.value.reason, error.value.values) == ("CertificateSales_OverBudget", (1, 4_000, 3_999))
    # Funding it again adds to the same promotion: 1 more unit is enough.
    assert fund_promotion.main(*PROMOTION, "amount=1") == 1
    assert buy.main(f"series={SPRING}", "amount=50000", f"coupon={coupon()}") == 1


def test_cash_back_needs_a_series_to_be_paid_in(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(ShopError) as error:
        fund_promotion.main(f"manifest={MANIFEST}", f"series={KR}", "promotion=grand-sale")
    assert error.value.reason == "reward_series_missing"
    assert desk.block() == block


def test_what_is_not_on_sale_is_not_sold(desk: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        buy.main(f"series={KR}", "amount=50000")
    assert error.value.reason == "CertificateSales_SaleClosed"


def test_nobody_else_puts_a_series_on_sale(desk: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        sell.main(f"series={KR}", "from=stranger")
    assert error.value.reason == "GiftCertificates_NotIssuer"


def test_bad_input(promoted: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "coupon.json"
    broken.write_text('{"promotion": 1}')
    sell.main(f"series={KR}")
    spring, culture = (f"series={SPRING}", "amount=50000"), (f"series={KR}", "amount=50000")
    for call, kind, reason in (
        (lambda: buy.main(*spring, f"coupon={broken}"), SignedPartError, "bad_coupon"),
        (lambda: buy.main(*culture, f"coupon={coupon()}"), ArgumentError, "other_series"),
        (lambda: fund_promotion.main(*PROMOTION[:2], "promotion=no"), ArgumentError, "unknown_promotion"),
        (lambda: buy.main(*spring, "from=stranger"), ServiceError, "not_enough_money"),
        (lambda: buy.withdraw("currency=KRWT", "purchase=0"), ArgumentError, "out_of_range"),
        (lambda: sell.main(f"series={KR}", "premium=10001"), ArgumentError, "out_of_range"),
    ):
        with pytest.raises(kind) as error:
            call()
        assert error.value.reason == reason


def test_a_live_chain_waits_for_the_typed_words(window: Desk, live: object) -> None:
    live("no", me=window.wallet("giver"))  # type: ignore[operator]
    block = window.block()
    with pytest.raises(SessionError) as error:
        buy.main(f"series={SPRING}", "amount=50000", "from=me")
    assert error.value.reason == "not_confirmed"
    assert window.block() == block
