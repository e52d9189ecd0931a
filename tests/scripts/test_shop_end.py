"""`sell stop`, `sell premiums`, `sell receipts`, `fund_promotion take_back`; and what a purchase brings,
`buy cash_back` and `buy referral`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from largesse.chain import RefusedError
from largesse.clients.sales import Shop, ShopError
from largesse.files import CHECKOUT
from largesse.session import SessionError
from scripts import buy, create_series, fund_promotion, issuer, sell, solvency
from tests.fixtures.desk import Desk

WEEK = 7 * 86_400
SPRING = "kr-spring-50000"
MANIFEST_SPRING = "examples/manifests/spring.toml"
PROMOTION = (f"manifest={MANIFEST_SPRING}", f"series={SPRING}", "promotion=spring")
BUDGET = 100_000


@pytest.fixture(autouse=True)
def no_coupons(state_folder: Path) -> None:
    """The chain forgets the coupons of the test before; so do the files."""
    for old in state_folder.glob("out/coupons/*.json"):
        old.unlink()


def shop(desk: Desk, symbol: str = "KRWT") -> Shop:
    return desk.session.shop(desk.session.certificates(symbol))


def won(desk: Desk, role: str) -> int:
    return desk.won.balance(desk.address(role))


def bought(number: int = 1, *changes: str) -> int | None:
    """50,000 of the spring series, with a coupon: 4,000 off, 500 for the referrer."""
    given = (f"number={number}", "currency=KRWT", "promotion=1", "buyer=giver", "most=50000", *changes)
    return buy.main(f"series={SPRING}", "amount=50000", f"coupon={fund_promotion.coupon(*given)}")


@pytest.fixture
def window(desk: Desk) -> Desk:
    """The spring series, on sale with a premium of a hundredth."""
    create_series.main(f"manifest={MANIFEST_SPRING}")
    sell.main(f"series={SPRING}", "premium=100")
    return desk


@pytest.fixture
def promoted(desk: Desk) -> Desk:
    """The spring series on sale, a promotion of it with 100,000 KRWT."""
    create_series.main(f"manifest={MANIFEST_SPRING}")
    sell.main(f"series={SPRING}")
    assert fund_promotion.main(*PROMOTION, f"amount={BUDGET}") == 1
    return desk


# -------------------------------------------------------------------------------------------------- sell stop


def test_a_sale_is_stopped_and_opened_again(window: Desk) -> None:
    assert buy.main(f"series={SPRING}", "amount=50000") == 1
    assert sell.stop(f"series={SPRING}") is True
    with pytest.raises(RefusedError) as error:
        buy.main(f"series={SPRING}", "amount=50000")
    assert error.value.reason == "CertificateSales_SaleClosed"
    assert shop(window).contract.functions.sale(2).call()[:3] == (0, 0, 0), "closed, not moved"
    # Who has bought keeps the right to withdraw.
    assert buy.withdraw("currency=KRWT", "purchase=1") == 50_500
    sell.main(f"series={SPRING}")
    assert buy.main(f"series={SPRING}", "amount=50000") == 2


def test_a_sale_is_stopped_once(window: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert sell.stop(f"series={SPRING}") is True
    assert f"account={shop(window).address} daily=0" in capsys.readouterr().out.replace("\n", "")
    block = window.block()
    assert sell.stop(f"series={SPRING}") is False
    assert f"{SPRING} is not on sale" in capsys.readouterr().out
    assert window.block() == block


def test_only_the_issuer_stops_a_sale(window: Desk) -> None:
    block = window.block()
    with pytest.raises(RefusedError) as error:
        sell.stop(f"series={SPRING}", "from=stranger")
    assert (error.value.reason, error.value.values[0]) == ("CertificateSales_NotIssuer", 2)
    assert window.address("stranger") in str(error.value)
    assert window.block() == block
    assert buy.main(f"series={SPRING}", "amount=50000") == 1


def test_what_stop_says_ends_receipts_too(window: Desk) -> None:
    """The command that it prints takes the contract's power to issue away."""
    sell.stop(f"series={SPRING}")
    functions = window.krw.contract.functions
    assert functions.operatorLimit(2, shop(window).address).call()[0] == 2**96 - 1
    issuer.operator(f"series={SPRING}", f"account={shop(window).address}", "daily=0")
    assert functions.operatorLimit(2, shop(window).address).call()[0] == 0


# ---------------------------------------------------------------------------------------------- sell premiums


def test_premiums_are_the_issuers_when_nobody_can_withdraw(window: Desk) -> None:
    assert [buy.main(f"series={SPRING}", "amount=50000") for _ in range(3)] == [1, 2, 3]
    buy.withdraw("currency=KRWT", "purchase=2")
    block = window.block()
    assert sell.premiums(f"series={SPRING}", "from=stranger") == 0, "they can be withdrawn from"
    assert window.block() == block
    node = window.session.node
    node.jump_to(node.now() + WEEK)
    assert buy.main(f"series={SPRING}", "amount=100000") == 4
    before, stranger = won(window, "issuer"), won(window, "stranger")
    assert sell.premiums(f"series={SPRING}", "first=2", "from=stranger") == 500
    assert sell.premiums(f"series={SPRING}", "count=1", "from=stranger") == 500
    assert won(window, "issuer") - before == 1_000
    assert won(window, "stranger") == stranger
    block = window.block()
    assert sell.premiums(f"series={SPRING}") == 0
    assert window.block() == block
    assert solvency.main("currency=KRWT") is not None


# ---------------------------------------------------------------------------------------------- sell receipts


def test_another_key_signs_receipts_until_that_is_taken_back(window: Desk) -> None:
    me, other = window.address("issuer"), window.address("operator")
    assert sell.receipts("currency=KRWT", "signer=operator") == other
    assert shop(window).receipt_signer(me) == other
    block = window.block()
    assert sell.receipts("currency=KRWT", "signer=operator") == other
    assert window.block() == block, "the second time nothing is sent"
    assert sell.receipts("currency=KRWT", "signer=cafe", "from=stranger") == window.address("cafe")
    assert shop(window).receipt_signer(me) == other, "a stranger speaks for itself only"
    assert sell.receipts("currency=KRWT", "signer=none") == me
    assert shop(window).receipt_signer(me) == me
    block = window.block()
    assert sell.receipts("currency=KRWT", "signer=none") == me
    assert window.block() == block


# ----------------------------------------------------------------------------------- fund_promotion take_back


def test_what_is_free_of_a_budget_comes_back_and_what_is_set_aside_stays(promoted: Desk) -> None:
    bought(1, "referrer=supporter")
    before = won(promoted, "issuer")
    assert fund_promotion.take_back("currency=KRWT", "promotion=1") == BUDGET - 4_500
    assert won(promoted, "issuer") - before == BUDGET - 4_500
    assert shop(promoted).free(1) == 0
    # The referrer's share was set aside: it is there when it vests.
    node = promoted.session.node
    node.jump_to(node.now() + WEEK)
    assert buy.referral("currency=KRWT", "purchase=1") == 500
    assert solvency.main("currency=KRWT") is not None


def test_a_part_goes_where_the_issuer_says(promoted: Desk) -> None:
    before, own = won(promoted, "charity"), won(promoted, "issuer")
    given = ("currency=KRWT", "promotion=1", "amount=30000", "to=charity")
    assert fund_promotion.take_back(*given) == 30_000
    assert (won(promoted, "charity") - before, won(promoted, "issuer") - own) == (30_000, 0)
    assert shop(promoted).free(1) == BUDGET - 30_000


def test_a_budget_is_taken_back_once(promoted: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert fund_promotion.take_back("currency=KRWT", "promotion=1") == BUDGET
    block = promoted.block()
    assert fund_promotion.take_back("currency=KRWT", "promotion=1") == 0
    assert "nothing is free in promotion 1" in capsys.readouterr().out
    assert promoted.block() == block
    with pytest.raises(RefusedError) as error:
        bought()
    assert (error.value.reason, error.value.values) == ("CertificateSales_OverBudget", (1, 4_000, 0))


def test_a_budget_is_its_issuers(promoted: Desk) -> None:
    block = promoted.block()
    with pytest.raises(RefusedError) as error:
        fund_promotion.take_back("currency=KRWT", "promotion=1", "from=stranger")
    assert (error.value.reason, error.value.values[0]) == ("CertificateSales_NotIssuer", 2)
    for given, reason, said in (
        (("promotion=2",), "unknown_promotion", "promotion 2: their numbers are 1 to 1 here"),
        (("promotion=1", "amount=100001"), "over_budget",
         "100,001 KRWT: no more than 100,000 KRWT are free in promotion 1"),
    ):  # fmt: skip
        with pytest.raises(ShopError) as wrong:
            fund_promotion.take_back("currency=KRWT", *given)
        assert (wrong.value.reason, wrong.value.message) == (reason, said)
    assert promoted.block() == block
    assert shop(promoted).free(1) == BUDGET


# ------------------------------------------------------------------------------------- what a purchase brings


def test_a_referral_vests_with_the_window_and_is_paid_once(promoted: Desk) -> None:
    bought(1, "referrer=supporter")
    bought(2)
    node, before = promoted.session.node, won(promoted, "supporter")
    until = shop(promoted).purchase(1)["withdrawUntil"]
    block = promoted.block()
    with pytest.raises(RefusedError) as early:
        buy.referral("currency=KRWT", "purchase=1", "from=stranger")
    assert early.value.reason == "CertificateSales_NotVested"
    assert early.value.values[:2] == (1, until)
    assert promoted.block() == block
    node.jump_to(until + 60)
    assert buy.referral("currency=KRWT", "purchase=1", "from=stranger") == 500
    assert won(promoted, "supporter") - before == 500
    block = promoted.block()
    for number, reason, values in (
        (1, "CertificateSales_NothingToClaim", (1,)),
        (2, "CertificateSales_NothingToClaim", (2,)),
        (9, "CertificateSales_UnknownPurchase", (9,)),
    ):
        with pytest.raises(RefusedError) as error:
            buy.referral("currency=KRWT", f"purchase={number}")
        assert (error.value.reason, error.value.values) == (reason, values)
    assert promoted.block() == block


@pytest.fixture
def points(desk: Desk, tmp_path: Path) -> Desk:
    """Two series under federal law: one whose promotion gives 3 % back, in the other."""
    text = (CHECKOUT / "examples/manifests/open.toml").read_text(encoding="utf-8")
    head, series = text.split("[[series]]")
    series = series.replace('merchants = "anyone"', 'merchants = ["bookshop", "cafe"]')
    promotion = """
[[series.promotion]]
name = "back"
budget = "100"
discount_bps = 0
cash_back_bps = 300
referral_bps = 0
opens = 2026-06-01
closes = 2029-12-31
"""
    path = tmp_path / "points.toml"
    named = [series.replace("us-open-25", name) for name in ("us-shop-25", "us-points")]
    path.write_text(f"{head}[[series]]{named[0]}{promotion}\n[[series]]{named[1]}", encoding="utf-8")
    create_series.main(f"manifest={path}")
    sell.main("series=us-shop-25")
    given = (f"manifest={path}", "series=us-shop-25", "promotion=back", "rewards=us-points", "most=100")
    assert fund_promotion.main(*given) == 1
    buyer = ("buyer=giver", "most=100", "promotion=1", "number=1", "currency=USDC")
    buy.main("series=us-shop-25", "amount=100", f"coupon={fund_promotion.coupon(*buyer)}")
    return desk


def test_cash_back_is_issued_once(points: Desk) -> None:
    usdc = points.session.certificates("USDC")
    number = points.session.series("us-points").series_id
    assert buy.cash_back("currency=USDC", "purchase=1", "from=stranger") == 3_000_000
    assert usdc.account(number, points.address("giver")).balance == 3_000_000
    block = points.block()
    with pytest.raises(RefusedError) as error:
        buy.cash_back("currency=USDC", "purchase=1")
    assert (error.value.reason, error.value.values) == ("CertificateSales_NothingToClaim", (1,))
    assert points.block() == block


def test_cash_back_is_money_where_its_series_was_wound_down(
    points: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer.wind_down("series=us-points")
    token = points.session.certificates("USDC").token
    before = token.balance(points.address("giver"))
    assert buy.cash_back("currency=USDC", "purchase=1", "from=stranger") == 3_000_000
    assert token.balance(points.address("giver")) - before == 3_000_000
    assert "3 USDC of purchase 1: paid to the buyer" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ live chains


def test_on_a_live_chain_each_waits_for_the_typed_words(
    promoted: Desk, live: Callable[..., list[str]]
) -> None:
    cafe = promoted.address("cafe")
    asked, block = live("yes", boss=promoted.wallet("issuer")), promoted.block()
    calls: tuple[tuple[Callable[..., object], tuple[str, ...], str], ...] = (
        (sell.stop, (f"series={SPRING}",), f"stop {SPRING}"),
        (sell.receipts, ("currency=KRWT", f"signer={cafe}"), "receipts"),
        (fund_promotion.take_back, ("currency=KRWT", "promotion=1"), "take back"),
    )
    for run, given, phrase in calls:
        with pytest.raises(SessionError) as error:
            run(*given, "from=boss")
        assert error.value.reason == "not_confirmed"
        assert f"Type “{phrase}” to go on" in asked[-1]
        assert promoted.block() == block
