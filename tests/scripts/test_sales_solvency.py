"""The books of a CertificateSales from logs alone: right after every act, wrong when one unit is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.books.replay import InsolventError
from largesse.books.sales import RETURNED, Budget, SalesBooks
from largesse.chain import Node
from largesse.chainlogs import Event, LogError
from largesse.clients.certificates import Certificates
from largesse.clients.keepers import KEEPER_PARTS
from largesse.parts import CERTIFICATES
from largesse.solvency.proof import KINDS
from largesse.solvency.sales import SalesAudit, audit_sales
from tests.support.certificates import YEAR
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.sales import WEEK, Shop

Audit = Callable[[], SalesAudit]


@pytest.fixture
def audited(shop: Shop, node_url: str) -> Audit:
    """Audits, and finds nothing wrong."""
    certificates = Certificates(Node.at(node_url), shop.world.certificates.address)

    def audit() -> SalesAudit:
        found = audit_sales(certificates, shop.sales.address)
        assert (found.problems, found.surplus, found.narrowest) == ((), 0, 0)
        assert found.books.liabilities == shop.balance(shop.sales) == found.books.parts()
        return found

    return audit


def test_every_way_of_a_purchase(shop: Shop, audited: Audit) -> None:
    people, issuer = shop.world.people, {"from": shop.world.issuer}
    series = shop.on_sale(premium_bps=100, expires_at=shop.world.now() + 2 * YEAR)
    promotion = shop.promote(series, 10_000)
    assert audited().books.budgets[promotion] == Budget(10_000, 0, 0, 10_000, 0)
    plain = shop.buy(series, 5_000)
    kept = shop.buy_with_coupon(promotion, 10_000, referrer=people["supporter"])
    gone = shop.buy_with_coupon(promotion, 2_000, coupon_id=2, referrer=people["supporter"])
    books = audited().books
    assert books.premiums[series] == 50 + 100 + 20
    assert books.budgets[promotion] == Budget(10_000 - 1_000 - 200, 500 + 100, 500 + 100, 10_000, 0)
    shop.withdraw(gone)
    books = audited().books
    assert books.budgets[promotion] == Budget(9_000, 500, 500, 10_000, 0)
    assert (books.premiums[series], books.purchases[gone].withdrawn_at > 0) == (150, True)
    shop.sales.takeBack(promotion, 1_000, shop.world.issuer, issuer)
    assert audited().books.budgets[promotion] == Budget(8_000, 500, 500, 10_000, 1_000)
    at(shop.world.now() + WEEK)
    shop.sales.claimCashBack(kept, issuer)
    shop.sales.claimReferral(kept, issuer)
    books = audited().books
    assert [(one.kind, one.amount) for one in books.rewards] == [("cash-back", 300), ("referral", 200)]
    shop.sales.collectPremiums(series, [plain, kept, gone], issuer)
    books = audited().books
    assert (books.premiums[series], books.liabilities) == (0, 8_000)
    assert books.budgets[promotion] == Budget(8_000, 0, 1_000, 10_000, 1_000)


def test_a_cash_back_that_comes_too_late_is_the_budgets_again(shop: Shop, audited: Audit) -> None:
    closes = shop.world.now() + YEAR
    series = shop.on_sale(sales_close_at=closes, expires_at=closes + YEAR)
    promotion = shop.promote(series, 1_000)
    purchase = shop.buy_with_coupon(promotion, 10_000)
    at(closes)
    shop.sales.claimCashBack(purchase, {"from": shop.world.issuer})
    books = audited().books
    assert (books.rewards, books.budgets[promotion]) == ([], Budget(500, 0, 500, 1_000, 0))


def test_a_payout_that_the_currency_refuses_is_owed(
    make_world: Any, make_shop: Any, make_token: Any, node_url: str
) -> None:
    shop = make_shop(make_world(make_token("BlacklistToken")))
    certificates = Certificates(Node.at(node_url), shop.world.certificates.address)
    series = shop.on_sale(premium_bps=100)
    purchase = shop.buy(series, 5_000)
    at(shop.world.now() + WEEK)
    shop.world.token.blacklist(shop.world.issuer, {"from": shop.world.deployer})
    shop.sales.collectPremiums(series, [purchase], {"from": shop.world.holder})
    found = audit_sales(certificates, shop.sales.address)
    assert (found.problems, found.books.total_owed, found.books.liabilities, found.surplus) == ((), 50, 50, 0)
    shop.sales.withdrawOwed(shop.world.issuer, shop.world.recipient, ITSELF, {"from": shop.world.issuer})
    found = audit_sales(certificates, shop.sales.address)
    assert (found.problems, found.books.total_owed, found.books.liabilities) == ((), 0, 0)


def test_one_unit_taken_away_is_missed(shop: Shop, node_url: str) -> None:
    shop.promote(shop.on_sale(), 1_000)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes(12) + bytes.fromhex(shop.sales.address[2:]) + bytes(32))
    answer = web3.provider.make_request(
        "anvil_setStorageAt",
        [shop.world.token.address, slot.to_0x_hex(), "0x" + (999).to_bytes(32, "big").hex()],
    )
    assert answer["result"]
    certificates = Certificates(Node.at(node_url), shop.world.certificates.address)
    found = audit_sales(certificates, shop.sales.address)
    with pytest.raises(InsolventError) as error:
        found.require_solvent()
    assert error.value.reason == "missing_money"


def test_every_part_that_can_owe_is_proved() -> None:
    assert set(KEEPER_PARTS) - {CERTIFICATES} <= {kind.part for kind in KINDS}


BUYER = "0x" + "11" * 20


def event(name: str, **values: Any) -> Event:
    return Event(1, "0x", 0, name, values)


FUNDED = event("PromotionFunded", promotionId=1, funder=BUYER, amount=100)
BOUGHT = event("Purchased", purchaseId=1, seriesId=1, buyer=BUYER, face=100, premium=10, price=100)
PROMOTED = event(
    "CouponRedeemed", promotionId=1, purchaseId=1, couponId=1, discount=10, cashBack=5, referral=5
)
WITHDRAWN = event("PurchaseWithdrawn", purchaseId=1, buyer=BUYER, paid=100, returned=20)
CASH_BACK = event("CashBackClaimed", purchaseId=1, buyer=BUYER, outcome=RETURNED, amount=5)


@pytest.mark.parametrize(
    "events",
    [
        [event("BudgetTakenBack", promotionId=1, to=BUYER, amount=1)],
        [FUNDED, event("BudgetTakenBack", promotionId=1, to=BUYER, amount=101)],
        [BOUGHT, BOUGHT],
        [FUNDED, PROMOTED],
        [BOUGHT, PROMOTED],
        [FUNDED, BOUGHT, PROMOTED, PROMOTED],
        [FUNDED, event("Purchased", **(BOUGHT.values | {"price": 101})), PROMOTED],
        [FUNDED, BOUGHT, PROMOTED, WITHDRAWN, WITHDRAWN],
        [FUNDED, BOUGHT, PROMOTED, event("PurchaseWithdrawn", **(WITHDRAWN.values | {"returned": 19}))],
        [FUNDED, BOUGHT, PROMOTED, event("PurchaseWithdrawn", **(WITHDRAWN.values | {"paid": 101}))],
        [FUNDED, BOUGHT, PROMOTED, CASH_BACK, CASH_BACK],
        [FUNDED, BOUGHT, PROMOTED, WITHDRAWN, CASH_BACK],
        [FUNDED, BOUGHT, PROMOTED, event("ReferralClaimed", purchaseId=1, referrer=BUYER, amount=6)],
        [BOUGHT, event("PremiumsCollected", seriesId=1, issuer=BUYER, amount=11)],
        [BOUGHT, event("PremiumsCollected", seriesId=2, issuer=BUYER, amount=1)],
    ],
    ids=[
        "unfunded", "over the budget", "twice", "bought by nobody", "no budget", "two coupons", "other price",
        "withdrawn twice", "returned less", "paid more", "cash-back twice", "cash-back of a withdrawn",
        "referral of another sum", "more premiums than held", "premiums of another series",
    ],
)  # fmt: skip
def test_logs_that_cant_have_happened(events: list[Event]) -> None:
    with pytest.raises(LogError) as error:
        SalesBooks(lambda _: 1).add(events)
    assert error.value.reason == "inconsistent"


def test_the_logs_above_can_have_happened() -> None:
    books = SalesBooks(lambda _: 1)
    books.add([FUNDED, BOUGHT, PROMOTED, CASH_BACK])
    books.add([event("PremiumsCollected", seriesId=1, issuer=BUYER, amount=10)])
    assert (books.budgets[1], books.liabilities) == (Budget(85, 5, 10, 100, 0), 90)
