"""What the shop has like every contract that holds a currency: consents, permits, several calls at once."""

from typing import Any

import pytest

from largesse.signed.certificates import OwedWithdrawal
from tests.fixtures.tokens import sign_permit, token_domain
from tests.support.certificates import DAY
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.sales import Shop


def consent(shop: Shop, nonce: int, moves: bool = False) -> tuple[int, int, bool, bytes]:
    """The holder's, to have what it is owed paid to the giver."""
    world = shop.world
    deadline = world.now() + DAY
    message = OwedWithdrawal(world.holder.address, world.giver.address, nonce, deadline)
    return nonce, deadline, moves, shop.sign(message, world.holder)


def submit(shop: Shop, signed: tuple[int, int, bool, bytes]) -> Any:
    world = shop.world
    return shop.sales.withdrawOwed(world.holder, world.giver, signed, {"from": world.relayer})


def test_a_cancelled_consent_is_void(shop: Shop) -> None:
    holder = shop.world.holder
    tx = shop.sales.cancelConsents(5, {"from": holder})
    assert logs_of(tx, shop.sales) == [("ConsentUsed", holder, 5)]
    with reverts("Custody_NonceTooLow", 5, 5):
        submit(shop, consent(shop, 5))
    with reverts("Custody_NothingOwed", holder):  # which is all that is wrong with it
        submit(shop, consent(shop, 6))
    with reverts("Custody_NonceTooLow", 5, 5):
        shop.sales.cancelConsents(5, {"from": holder})
    assert shop.sales.watermark(shop.world.relayer) == 0


def test_a_currencys_signature_withdraws_nothing(shop: Shop) -> None:
    with reverts("Custody_NothingMoves"):
        submit(shop, consent(shop, 1, moves=True))


@pytest.fixture
def permit(shop: Shop) -> tuple[Any, ...]:
    """The recipient's, which has approved nothing: arguments of `permit` for 1,030 base units, all it has."""
    world, deadline = shop.world, shop.world.now() + DAY
    world.token.mint(world.recipient, 1_030, {"from": world.issuer})
    who, key = world.recipient, world.key(world.recipient)
    nonce = world.token.nonces(who)
    signature = sign_permit(key, token_domain(world.token), who, shop.sales, 1_030, nonce, deadline)
    return (who, 1_030, deadline, *signature)


def test_a_permit_and_a_purchase_in_one_transaction(shop: Shop, permit: tuple[Any, ...]) -> None:
    world, series = shop.world, shop.on_sale(premium_bps=300)
    # Seen, and used before: then the allowance is there.
    world.token.permit(world.recipient, shop.sales, *permit[1:], {"from": world.stranger})
    calls = [
        shop.sales.permit.encode_input(*permit),
        shop.sales.buy.encode_input(series, world.recipient, 1_000, 1_030),
    ]
    shop.sales.multicall(calls, {"from": world.recipient})
    assert world.certificates.balanceOf(world.recipient, series) == 1_000
    assert shop.balance(world.recipient) == 0
    shop.check_books([series])


def test_several_calls_are_all_or_nothing_and_their_senders(shop: Shop) -> None:
    world, series = shop.world, shop.on_sale()
    promotion = shop.promote(series, 1_000)
    coupons = [shop.coupon(promotion, coupon_id=number) for number in (1, 2)]
    shop.give_money(world.holder, 2_000)
    calls = [shop.sales.buyWithCoupon.encode_input(1_000, 1_000, *coupon) for coupon in coupons]
    with reverts("CertificateSales_NotBuyer", world.stranger, world.holder):
        shop.sales.multicall(calls, {"from": world.stranger})
    with reverts("CertificateSales_CouponUsed", promotion, 1):
        shop.sales.multicall([*calls, calls[0]], {"from": world.holder})
    assert shop.sales.purchaseCount() == 0
    shop.sales.multicall(calls, {"from": world.holder})
    assert world.certificates.balanceOf(world.holder, series) == 2_000
    shop.check_books([series])
