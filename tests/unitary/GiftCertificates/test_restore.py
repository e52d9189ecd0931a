"""restore: a merchant hands face back to the card that paid (restore.tree)."""

from typing import Any

import pytest

from largesse.signed.certificates import Restoration
from tests.fixtures.accounts import REFUSER_MODES, MakeAccount
from tests.support import clock
from tests.support.certificates import DAY, MAX_AMOUNT, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books, mints, set_account


@pytest.fixture(scope="module")
def named(world: World) -> int:
    """A named series in certificates of 500; the holder has spent 600 of 1,000 at the merchant."""
    series = world.create_series(
        [world.merchant, world.other_merchant], denomination=500, use_threshold_bps=6_000, **NAMED_TERMS
    )
    world.issue(series, world.holder, 1_000)
    world.certificates.redeem(series, 600, world.merchant, {"from": world.holder})
    for shop in (world.merchant, world.other_merchant, world.stranger):
        world.fund(shop, 5_000)
    return series


def consent(
    world: World,
    series: int,
    amount: int,
    *,
    merchant: Any = None,
    signer: Any = None,
    nonce: int = 1,
    deadline: int | None = None,
) -> tuple[int, int, bytes]:
    """The holder's signature that lets the merchant hand back `amount`."""
    deadline = world.now() + DAY if deadline is None else deadline
    message = Restoration(
        world.holder.address, series, amount, str(merchant or world.merchant), nonce, deadline
    )
    return world.authorize(message, signer or world.holder)


def digest_of(
    world: World, series: int, amount: int, merchant: Any, authorization: tuple[int, int, bytes]
) -> bytes:
    nonce, deadline, _ = authorization
    message = Restoration(world.holder.address, series, amount, str(merchant), nonce, deadline)
    return message.digest(world.domain)


def restore(world: World, series: int, amount: int, authorization: Any, sender: Any = None) -> Any:
    return world.certificates.restore(
        world.holder, series, amount, authorization, {"from": sender or world.merchant}
    )


# reverts


def test_restore_reverts_for_an_unknown_series(world: World, named: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", 9):
        restore(world, 9, 10, consent(world, 9, 10))


def test_restore_reverts_for_who_never_was_a_merchant(world: World, named: int) -> None:
    with reverts("GiftCertificates_NotMerchant", named, world.stranger):
        restore(world, named, 10, consent(world, named, 10, merchant=world.stranger), sender=world.stranger)


def test_restore_reverts_without_the_holders_signature(world: World, named: int) -> None:
    with reverts("GiftCertificates_NotYourCard", world.holder, world.merchant):
        restore(world, named, 10, NO_SIGNATURE)


def test_restore_reverts_for_a_signature_of_the_merchants_own(world: World, named: int) -> None:
    signed = consent(world, named, 10, signer=world.merchant)
    with reverts(
        "GiftCertificates_InvalidSignature",
        world.holder,
        digest_of(world, named, 10, world.merchant, signed),
    ):
        restore(world, named, 10, signed)


def test_restore_reverts_for_another_amount_or_merchant(world: World, named: int) -> None:
    signed = consent(world, named, 10)
    for amount, sender in ((11, world.merchant), (10, world.other_merchant)):
        with reverts(
            "GiftCertificates_InvalidSignature",
            world.holder,
            digest_of(world, named, amount, sender, signed),
        ):
            restore(world, named, amount, signed, sender)


def test_restore_reverts_for_nothing(world: World, named: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", named):
        restore(world, named, 0, consent(world, named, 0))


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_restore_gives_back_at_most_what_was_spent(world: World, named: int, over: int) -> None:
    amount = 600 + over
    signed = consent(world, named, amount)
    if over > 0:
        with reverts("GiftCertificates_OverSpent", 601, 600):
            restore(world, named, amount, signed)
    else:
        restore(world, named, amount, signed)
        assert world.certificates.account(named, world.holder) == (400 + amount, 600 - amount, 1)


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_restore_ends_at_the_signatures_deadline(world: World, named: int, second: int) -> None:
    deadline = world.now() + 500
    signed = consent(world, named, 10, deadline=deadline)
    clock.at(deadline + second)
    if second < 0:
        restore(world, named, 10, signed)
        assert world.certificates.account(named, world.holder)[1] == 590
    else:
        with reverts("GiftCertificates_DeadlinePassed", deadline, deadline + second):
            restore(world, named, 10, signed)


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_restore_ends_at_limitation(world: World, named: int, second: int) -> None:
    limitation = world.certificates.terms(named)[3]
    signed = consent(world, named, 10, deadline=2**40 - 1)
    clock.at(limitation + second)
    if second < 0:
        restore(world, named, 10, signed)
        assert world.certificates.account(named, world.holder) == (410, 590, 1)
    else:
        with reverts("GiftCertificates_AfterLimitation", named, limitation):
            restore(world, named, 10, signed)


def test_restore_acts_once(world: World, named: int) -> None:
    signed = consent(world, named, 10, nonce=4)
    restore(world, named, 10, signed)
    with reverts("GiftCertificates_NonceTooLow", 4, 4):
        restore(world, named, 10, signed)


def test_restore_reverts_when_the_nonce_is_too_far_ahead(world: World, named: int) -> None:
    with reverts("GiftCertificates_NonceTooHigh", 2**32 + 1, 2**32):
        restore(world, named, 10, consent(world, named, 10, nonce=2**32 + 1))


def test_restore_reverts_when_the_merchant_cant_pay(world: World, named: int) -> None:
    world.token.transfer(world.issuer, world.token.balanceOf(world.merchant), {"from": world.merchant})
    with reverts("ERC20InsufficientBalance", world.merchant, 0, 10):
        restore(world, named, 10, consent(world, named, 10))
    assert world.certificates.account(named, world.holder) == (400, 600, 0)


def test_restore_reverts_when_the_series_is_full(world: World, named: int) -> None:
    # all but 5 of what one series can hold, in certificates of 500
    whole = (MAX_AMOUNT - 400) // 500 * 500
    world.issue(named, world.giver, whole)
    room = MAX_AMOUNT - 400 - whole
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - room, room + 1):
        restore(world, named, room + 1, consent(world, named, room + 1))
    restore(world, named, room, consent(world, named, room))
    assert world.certificates.state(named)[1] == MAX_AMOUNT


def test_restore_reverts_to_a_wallet_that_refuses_tokens(
    world: World, named: int, make_account: MakeAccount
) -> None:
    """A card that a contract can't take back is not forced on it; the money stays with the merchant."""
    wallet = make_account("Refuser1155", world.holder, "Accepts")
    world.issue(named, wallet, 500)
    data = world.certificates.redeem.encode_input(named, 100, world.merchant)
    wallet.execute(world.certificates, 0, data, {"from": world.holder})
    own = world.certificates.restore.encode_input(wallet, named, 10, NO_SIGNATURE)
    before = world.token.balanceOf(world.merchant)
    wallet.setMode(REFUSER_MODES.index("WrongMagic"), {"from": world.holder})
    # only the holder itself can restore without a signature, and this one is no merchant
    with reverts("GiftCertificates_NotMerchant", named, wallet):
        wallet.execute(world.certificates, 0, own, {"from": world.holder})
    world.certificates.addMerchants(named, [wallet], {"from": world.issuer})
    world.token.mint(wallet, 10, {"from": world.issuer})
    wallet.execute(
        world.token,
        0,
        world.token.approve.encode_input(world.certificates, 10),
        {"from": world.holder},
    )
    with reverts("ERC1155InvalidReceiver", wallet):
        wallet.execute(world.certificates, 0, own, {"from": world.holder})
    wallet.setMode(REFUSER_MODES.index("Accepts"), {"from": world.holder})
    wallet.execute(world.certificates, 0, own, {"from": world.holder})
    assert world.certificates.account(named, wallet) == (410, 90, 0)
    assert world.token.balanceOf(world.merchant) == before


# what it does


def test_restore_pays_the_face_in_and_gives_the_card_back(world: World, named: int) -> None:
    before = world.token.balanceOf(world.merchant)
    tx = restore(world, named, 250, consent(world, named, 250))
    assert before - world.token.balanceOf(world.merchant) == 250
    assert world.certificates.account(named, world.holder) == (650, 350, 1)
    assert world.certificates.state(named)[1] == 650
    assert mints(tx) == [(world.merchant, world.holder, named, 250)]
    event = tx.events["Restored"]
    assert (event["seriesId"], event["holder"], event["merchant"], event["amount"]) == (
        named,
        world.holder,
        world.merchant,
        250,
    )
    used = tx.events["AuthorizationUsed"]
    assert (used["holder"], used["seriesId"], used["nonce"]) == (world.holder, named, 1)
    assert_books(world)


def test_restore_ignores_the_denomination_and_the_end_of_the_sale(world: World, named: int) -> None:
    clock.at(world.certificates.terms(named)[1] + 1)
    restore(world, named, 7, consent(world, named, 7, deadline=2**40 - 1))
    assert world.certificates.account(named, world.holder) == (407, 593, 1)


def test_restore_goes_on_after_wind_down_and_after_expiry(world: World, named: int) -> None:
    world.certificates.windDown(named, {"from": world.issuer})
    restore(world, named, 7, consent(world, named, 7))
    clock.at(world.certificates.terms(named)[2])
    restore(world, named, 8, consent(world, named, 8, nonce=2, deadline=2**40 - 1))
    assert world.certificates.account(named, world.holder) == (415, 585, 2)


@pytest.mark.parametrize("days", [0, 31, 400])
def test_restore_by_a_removed_merchant_goes_on(world: World, named: int, days: int) -> None:
    """Who sold the goods may still take them back."""
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    clock.at(world.now() + days * DAY + 1)
    restore(world, named, 7, consent(world, named, 7, deadline=2**40 - 1))
    assert world.certificates.account(named, world.holder) == (407, 593, 1)


def test_restore_by_another_merchant_of_the_set(world: World, named: int) -> None:
    restore(
        world,
        named,
        7,
        consent(world, named, 7, merchant=world.other_merchant),
        sender=world.other_merchant,
    )
    assert world.certificates.account(named, world.holder) == (407, 593, 1)


def test_restore_takes_the_refund_right_back_with_the_use(world: World, named: int) -> None:
    """With 100 of the second 500 used there is no remainder, with 300 there is, and with 299 not again."""
    assert world.certificates.refundable(named, world.holder) == (0, 0, 0)
    world.certificates.redeem(named, 200, world.merchant, {"from": world.holder})
    assert world.certificates.refundable(named, world.holder) == (2, 200, 200)
    restore(world, named, 1, consent(world, named, 1))
    assert world.certificates.refundable(named, world.holder) == (0, 0, 0)


def test_restore_by_the_holder_itself_needs_no_signature(world: World, named: int) -> None:
    series = world.create_series()
    world.issue(series, world.merchant, 100)
    world.certificates.redeem(series, 100, world.other_merchant, {"from": world.merchant})
    world.fund(world.merchant, 60)
    world.certificates.restore(world.merchant, series, 60, NO_SIGNATURE, {"from": world.merchant})
    assert world.certificates.account(series, world.merchant) == (60, 40, 0)
    with reverts("GiftCertificates_OverSpent", 41, 40):
        world.certificates.restore(world.merchant, series, 41, NO_SIGNATURE, {"from": world.merchant})
    assert_books(world)


def test_restore_makes_room_in_a_full_count_of_what_was_spent(world: World, named: int) -> None:
    set_account(world, named, world.holder, balance=400, spent=MAX_AMOUNT)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 1):
        world.certificates.redeem(named, 1, world.merchant, {"from": world.holder})
    restore(world, named, 10, consent(world, named, 10))
    world.certificates.redeem(named, 10, world.merchant, {"from": world.holder})
    assert world.certificates.account(named, world.holder) == (400, MAX_AMOUNT, 1)


def test_restore_does_not_return_the_fee(world: World) -> None:
    series = world.create_series([world.merchant], fee_bps=1_000, **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    world.fund(world.merchant, 10)
    before = world.token.balanceOf(world.merchant)
    world.certificates.redeem(series, 100, world.merchant, {"from": world.holder})
    restore(world, series, 100, consent(world, series, 100))
    assert before - world.token.balanceOf(world.merchant) == 10
    assert world.certificates.state(series)[1:3] == (100, 10)
    assert_books(world)
