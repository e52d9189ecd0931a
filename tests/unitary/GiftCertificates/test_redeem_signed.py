"""redeemSigned: the merchant submits what the holder signed (redeem_signed.tree)."""

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.support import clock
from tests.support.certificates import DAY, MAX_AMOUNT, ZERO, World
from tests.support.errors import reverts, reverts_without_data
from tests.support.payments import NAMED_TERMS, assert_books, burns, card_with, rows, set_account

WINDOW = 2**32
LAST_ORDER = 2**64 - 1
# The order of secp256k1: (r, s) and (r, order - s) are both signatures.
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """An open series without a fee; the holder has 100,000."""
    series = world.create_series()
    world.issue(series, world.holder, 100_000)
    return series


def digest_of(
    world: World, card: tuple[Any, ...], merchant: Any, payee: Any = ZERO, data: bytes = b""
) -> bytes:
    """What the holder of this card would have signed for this merchant."""
    holder, series, amount, order, nonce, deadline, _ = card
    message = Redemption(holder, series, amount, str(merchant), str(payee), order, data, nonce, deadline)
    return message.digest(world.domain)


# reverts


def test_redeem_signed_reverts_for_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", 99):
        world.certificates.redeemSigned(world.redemption(99, 10), {"from": world.merchant})


def test_redeem_signed_reverts_for_nothing(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        world.certificates.redeemSigned(world.redemption(series, 0), {"from": world.merchant})


def test_redeem_signed_reverts_over_the_balance(world: World, series: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", 100_000, 100_001):
        world.certificates.redeemSigned(world.redemption(series, 100_001), {"from": world.merchant})


def test_redeem_signed_reverts_when_spent_is_full(world: World, series: int) -> None:
    set_account(world, series, world.holder, balance=100_000, spent=MAX_AMOUNT - 9)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - 9, 10):
        world.certificates.redeemSigned(world.redemption(series, 10), {"from": world.merchant})
    world.certificates.redeemSigned(world.redemption(series, 9), {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (99_991, MAX_AMOUNT, 1)


def test_redeem_signed_reverts_for_who_is_no_merchant(world: World) -> None:
    series = world.create_series([world.merchant], **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    card = world.redemption(series, 10, merchant=world.stranger)
    with reverts("GiftCertificates_NotMerchant", series, world.stranger):
        world.certificates.redeemSigned(card, {"from": world.stranger})


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_redeem_signed_ends_at_expiry(world: World, series: int, second: int) -> None:
    expiry = world.certificates.terms(series)[2]
    card = world.redemption(series, 10, deadline=2**40 - 1)
    clock.at(expiry + second)
    if second < 0:
        world.certificates.redeemSigned(card, {"from": world.merchant})
        assert world.token.balanceOf(world.merchant) == 10
    else:
        with reverts("GiftCertificates_Expired", series, expiry):
            world.certificates.redeemSigned(card, {"from": world.merchant})


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_redeem_signed_ends_at_its_deadline(world: World, series: int, second: int) -> None:
    deadline = world.now() + 1_000
    card = world.redemption(series, 10, deadline=deadline)
    clock.at(deadline + second)
    if second < 0:
        world.certificates.redeemSigned(card, {"from": world.merchant})
        assert world.token.balanceOf(world.merchant) == 10
    else:
        with reverts("GiftCertificates_DeadlinePassed", deadline, deadline + second):
            world.certificates.redeemSigned(card, {"from": world.merchant})


def test_redeem_signed_reverts_without_a_signature(world: World, series: int) -> None:
    card = world.own_card(series, 10)
    with reverts("GiftCertificates_NotYourCard", world.holder, world.merchant):
        world.certificates.redeemSigned(card, {"from": world.merchant})


CHANGES = {
    "amount": 11,
    "order": 8,
    "nonce": 2,
}


@pytest.mark.parametrize("member", CHANGES)
def test_redeem_signed_reverts_when_the_merchant_changes(world: World, series: int, member: str) -> None:
    card = card_with(world.redemption(series, 10, order=7), **{member: CHANGES[member]})
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card, world.merchant)):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    assert not world.certificates.isOrderUsed(world.merchant, 7)
    assert not world.certificates.isOrderUsed(world.merchant, 8)


def test_redeem_signed_reverts_when_the_merchant_prolongs_it(world: World, series: int) -> None:
    card = world.redemption(series, 10)
    longer = card_with(card, deadline=card[5] + 1)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, longer, world.merchant)):
        world.certificates.redeemSigned(longer, {"from": world.merchant})


def test_redeem_signed_reverts_for_another_series_or_holder(world: World, series: int) -> None:
    other = world.create_series()
    world.issue(other, world.holder, 100)
    world.issue(series, world.giver, 100)
    for change in ({"series_id": other}, {"holder": world.giver.address}):
        card = card_with(world.redemption(series, 10), **change)
        with reverts("GiftCertificates_InvalidSignature", card[0], digest_of(world, card, world.merchant)):
            world.certificates.redeemSigned(card, {"from": world.merchant})


def test_redeem_signed_reverts_for_another_merchant(world: World, series: int) -> None:
    card = world.redemption(series, 10)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card, world.stranger)):
        world.certificates.redeemSigned(card, {"from": world.stranger})


@pytest.mark.parametrize(("payee", "data"), [("other_merchant", b""), ("", b"x"), ("merchant", b"")])
def test_redeem_signed_reverts_for_what_was_signed_for_a_service(
    world: World, series: int, payee: str, data: bytes
) -> None:
    card = world.redemption(series, 10, payee=getattr(world, payee) if payee else ZERO, data=data)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card, world.merchant)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def malleable(signature: bytes) -> bytes:
    """The twin of a signature: s mirrored, v flipped."""
    s = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def compact(signature: bytes) -> bytes:
    """The 64-byte form of EIP-2098."""
    s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + s.to_bytes(32, "big")


BENT = {
    "66 bytes": lambda signature: signature + b"\0",
    "v of 0 or 1": lambda signature: signature[:64] + bytes([signature[64] - 27]),
    "v flipped": lambda signature: signature[:64] + bytes([55 - signature[64]]),
    "zeros": lambda signature: bytes(65),
    "one byte": lambda signature: b"\x01",
}


@pytest.mark.parametrize("how", BENT)
def test_redeem_signed_reverts_for_a_bent_signature(world: World, series: int, how: str) -> None:
    card = world.redemption(series, 10)
    bent = card_with(card, signature=BENT[how](card[6]))
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card, world.merchant)):
        world.certificates.redeemSigned(bent, {"from": world.merchant})
    world.certificates.redeemSigned(card, {"from": world.merchant})  # the straight one is good


@pytest.mark.parametrize("is_twin_first", [False, True])
@pytest.mark.parametrize("twin", [malleable, compact])
def test_redeem_signed_acts_once_whichever_way_the_signature_is_written(
    world: World, series: int, twin: Any, is_twin_first: bool
) -> None:
    """A signature has twins that anybody can compute: the nonce makes it act once, not its bytes."""
    card = world.redemption(series, 10)
    pair = [card, card_with(card, signature=twin(card[6]))]
    first, second = reversed(pair) if is_twin_first else pair
    world.certificates.redeemSigned(first, {"from": world.merchant})
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.redeemSigned(second, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (99_990, 10, 1)


def test_redeem_signed_reverts_for_an_account_that_has_no_key(world: World, series: int) -> None:
    """The zero address, which a failed recovery yields, can't be impersonated: it holds nothing."""
    card = card_with(world.redemption(series, 10), holder=ZERO, signature=bytes(65))
    with reverts("GiftCertificates_InsufficientBalance", 0, 10):
        world.certificates.redeemSigned(card, {"from": world.merchant})


@pytest.mark.parametrize(("position", "bits"), [(2, 96), (3, 64), (4, 64), (5, 40)])
def test_redeem_signed_reverts_without_data_for_a_number_that_is_too_wide(
    world: World, series: int, position: int, bits: int
) -> None:
    card = world.redemption(series, 10)
    request = bytes.fromhex(world.certificates.redeemSigned.encode_input(card)[2:])
    # selector, offset of the struct, then its seven words
    at = 4 + 32 + 32 * position
    dirty = int.from_bytes(request[at : at + 32], "big") + 2**bits
    bent = request[:at] + dirty.to_bytes(32, "big") + request[at + 32 :]
    with reverts_without_data():
        world.merchant.transfer(world.certificates, 0, data="0x" + bent.hex(), gas_limit=500_000)
    assert world.certificates.account(series, world.holder) == (100_000, 0, 0)


# nonces


def test_redeem_signed_acts_once(world: World, series: int) -> None:
    card = world.redemption(series, 10, nonce=5)
    world.certificates.redeemSigned(card, {"from": world.merchant})
    with reverts("GiftCertificates_NonceTooLow", 5, 5):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (99_990, 10, 5)


def test_redeem_signed_cancels_lower_nonces(world: World, series: int) -> None:
    lower = world.redemption(series, 10, nonce=8)
    world.certificates.redeemSigned(world.redemption(series, 10, nonce=9), {"from": world.merchant})
    with reverts("GiftCertificates_NonceTooLow", 8, 9):
        world.certificates.redeemSigned(lower, {"from": world.merchant})
    world.certificates.redeemSigned(world.redemption(series, 10, nonce=10), {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (99_980, 20, 10)


def test_redeem_signed_reverts_for_nonce_zero(world: World, series: int) -> None:
    with reverts("GiftCertificates_NonceTooLow", 0, 0):
        world.certificates.redeemSigned(world.redemption(series, 10, nonce=0), {"from": world.merchant})


@pytest.mark.parametrize("watermark", [0, 40])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_redeem_signed_takes_nonces_of_one_window(
    world: World, series: int, watermark: int, beyond: int
) -> None:
    if watermark:
        world.certificates.redeemSigned(world.redemption(series, 1, nonce=40), {"from": world.merchant})
    nonce = watermark + WINDOW + beyond
    card = world.redemption(series, 10, nonce=nonce)
    if beyond > 0:
        with reverts("GiftCertificates_NonceTooHigh", nonce, watermark + WINDOW):
            world.certificates.redeemSigned(card, {"from": world.merchant})
    else:
        world.certificates.redeemSigned(card, {"from": world.merchant})
        assert world.certificates.account(series, world.holder)[2] == nonce


def test_redeem_signed_reverts_after_the_holder_cancelled(world: World, series: int) -> None:
    card = world.redemption(series, 10, nonce=3)
    world.certificates.cancelAuthorizations(world.holder, series, (3, 0, b""), {"from": world.holder})
    with reverts("GiftCertificates_NonceTooLow", 3, 3):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_redeem_signed_counts_nonces_for_each_series_apart(world: World, series: int) -> None:
    other = world.create_series()
    world.issue(other, world.holder, 100)
    world.certificates.redeemSigned(world.redemption(series, 10, nonce=50), {"from": world.merchant})
    world.certificates.redeemSigned(world.redemption(other, 10, nonce=1), {"from": world.merchant})
    assert world.certificates.account(series, world.holder)[2] == 50
    assert world.certificates.account(other, world.holder)[2] == 1


# orders


@pytest.mark.parametrize("order", [1, 255, 256, 257, LAST_ORDER])
def test_redeem_signed_uses_an_order_once(world: World, series: int, order: int) -> None:
    world.certificates.redeemSigned(
        world.redemption(series, 10, order=order, nonce=1), {"from": world.merchant}
    )
    assert world.certificates.isOrderUsed(world.merchant, order)
    with reverts("GiftCertificates_OrderUsed", world.merchant, order):
        world.certificates.redeemSigned(
            world.redemption(series, 10, order=order, nonce=2), {"from": world.merchant}
        )
    # another customer neither
    world.issue(series, world.giver, 10)
    with reverts("GiftCertificates_OrderUsed", world.merchant, order):
        world.certificates.redeemSigned(
            world.redemption(series, 10, holder=world.giver, order=order), {"from": world.merchant}
        )
    assert world.token.balanceOf(world.merchant) == 10


def test_redeem_signed_takes_order_zero_again_and_again(world: World, series: int) -> None:
    for nonce in (1, 2, 3):
        tx = world.certificates.redeemSigned(
            world.redemption(series, 10, nonce=nonce), {"from": world.merchant}
        )
        assert rows(tx) == [(0, nonce)]
    assert not world.certificates.isOrderUsed(world.merchant, 0)
    assert world.token.balanceOf(world.merchant) == 30


def test_redeem_signed_keeps_merchants_orders_apart(world: World, series: int) -> None:
    for nonce, shop in enumerate((world.merchant, world.other_merchant), start=1):
        world.certificates.redeemSigned(
            world.redemption(series, 10, merchant=shop, order=7, nonce=nonce), {"from": shop}
        )
        assert world.token.balanceOf(shop) == 10


def test_redeem_signed_that_reverts_leaves_the_order_free(world: World, series: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", 100_000, 100_001):
        world.certificates.redeemSigned(world.redemption(series, 100_001, order=7), {"from": world.merchant})
    assert not world.certificates.isOrderUsed(world.merchant, 7)


# what it does


@pytest.mark.parametrize(
    ("amount", "order", "nonce"), [(1, 0, 1), (31_000, 7, 12), (100_000, LAST_ORDER, WINDOW)]
)
def test_redeem_signed_pays_its_sender(
    world: World, series: int, amount: int, order: int, nonce: int
) -> None:
    tx = world.certificates.redeemSigned(
        world.redemption(series, amount, order=order, nonce=nonce), {"from": world.merchant}
    )
    assert world.token.balanceOf(world.merchant) == amount
    assert world.certificates.account(series, world.holder) == (100_000 - amount, amount, nonce)
    assert world.certificates.state(series)[1] == 100_000 - amount
    assert burns(tx) == [(world.merchant, world.holder, series, amount)]
    assert rows(tx) == [(order, nonce)]
    assert_books(world)


def test_redeem_signed_takes_the_fee(world: World) -> None:
    series = world.create_series(fee_bps=250)
    world.issue(series, world.holder, 31_000)
    world.certificates.redeemSigned(world.redemption(series, 31_000, order=1), {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 30_225
    assert world.certificates.state(series)[2] == 775
    assert_books(world)


def test_redeem_signed_takes_the_merchants_own_card_unsigned(world: World, series: int) -> None:
    world.issue(series, world.merchant, 50)
    tx = world.certificates.redeemSigned(
        world.own_card(series, 20, holder=world.merchant, order=3), {"from": world.merchant}
    )
    assert rows(tx) == [(3, 0)]
    assert world.certificates.account(series, world.merchant) == (30, 20, 0)
    assert world.certificates.isOrderUsed(world.merchant, 3)


def test_redeem_signed_does_not_need_the_holder_to_have_gas(world: World, series: int) -> None:
    before = world.holder.nonce, world.holder.balance()
    world.certificates.redeemSigned(world.redemption(series, 10), {"from": world.merchant})
    assert (world.holder.nonce, world.holder.balance()) == before


def test_redeem_signed_ignores_what_the_holder_did_unsigned_meanwhile(world: World, series: int) -> None:
    """A payment by the holder's own transaction uses no nonce; only the balance decides."""
    card = world.redemption(series, 60_000)
    world.certificates.redeem(series, 40_001, world.other_merchant, {"from": world.holder})
    with reverts("GiftCertificates_InsufficientBalance", 59_999, 60_000):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    world.issue(series, world.holder, 1)
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (0, 100_001, 1)


def test_redeem_signed_uses_the_typed_data_that_wallets_show(world: World, series: int) -> None:
    """The same bytes from eth-account's encoder, which knows nothing of ours."""
    from eth_account import Account

    deadline = world.now() + DAY
    message = Redemption(world.holder.address, series, 10, world.merchant.address, ZERO, 7, b"", 1, deadline)
    signed = Account.sign_typed_data(world.key(world.holder), full_message=message.typed_data(world.domain))
    card = (world.holder.address, series, 10, 7, 1, deadline, bytes(signed.signature))
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 10
