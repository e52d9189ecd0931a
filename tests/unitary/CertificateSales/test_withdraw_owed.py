"""What the currency refuses to pay out is owed, and the payee sends it elsewhere."""

import pytest

from largesse.signed.certificates import OwedWithdrawal
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at
from tests.support.consents import ITSELF
from tests.support.errors import reverts


@pytest.fixture(scope="module")
def shop(make_world, make_shop, make_token):
    return make_shop(make_world(make_token("BlacklistToken")))


@pytest.fixture
def series(shop):
    return shop.on_sale(premium_bps=300)


@pytest.fixture
def owed(shop, series):
    """1,030 owed to the holder, who withdrew from a purchase while the currency refused it."""
    world = shop.world
    purchase = shop.buy(series, 1_000)
    world.token.blacklist(world.holder, {"from": world.issuer})
    tx = shop.withdraw(purchase)
    assert tx.events["PayoutOwed"] == {"payee": world.holder, "amount": 1_030}
    return 1_030


def signed(shop, nonce=1, to=None, deadline=None, signer=None):
    world = shop.world
    deadline = world.now() + DAY if deadline is None else deadline
    message = OwedWithdrawal(world.holder.address, str(to or world.giver), nonce, deadline)
    return nonce, deadline, False, shop.sign(message, signer or world.holder)


def test_a_refused_withdrawal_is_owed(shop, series, owed):
    world = shop.world
    assert shop.sales.owed(world.holder) == shop.sales.totalOwed() == 1_030
    assert shop.sales.purchase(1)["withdrawn"]
    assert world.certificates.balanceOf(world.holder, series) == 0
    shop.check_books([series])


def test_it_reverts_for_nothing(shop, owed):
    giver = shop.world.giver
    with reverts("Custody_NothingOwed", giver):
        shop.sales.withdrawOwed(giver, giver, ITSELF, {"from": giver})


def test_it_reverts_for_nowhere(shop, owed):
    holder = shop.world.holder
    for nowhere in (ZERO, shop.sales):
        with reverts("Custody_ZeroAddress"):
            shop.sales.withdrawOwed(holder, nowhere, ITSELF, {"from": holder})


def test_it_reverts_for_anybody_else(shop, owed):
    world = shop.world
    with reverts("Custody_NotItself", world.holder, world.stranger):
        shop.sales.withdrawOwed(world.holder, world.stranger, ITSELF, {"from": world.stranger})


def test_it_reverts_while_the_currency_refuses(shop, series, owed):
    holder = shop.world.holder
    with reverts("Custody_LeftDiffers", 1_030, 0):
        shop.sales.withdrawOwed(holder, holder, ITSELF, {"from": holder})
    assert shop.sales.owed(holder) == 1_030


def test_the_payee_sends_it_elsewhere(shop, series, owed):
    world = shop.world
    tx = shop.sales.withdrawOwed(world.holder, world.giver, ITSELF, {"from": world.holder})
    assert shop.balance(world.giver) == 1_030
    assert shop.sales.owed(world.holder) == shop.sales.totalOwed() == 0
    assert tx.events["OwedPaid"] == {"payee": world.holder, "to": world.giver, "amount": 1_030}
    shop.check_books([series])
    with reverts("Custody_NothingOwed", world.holder):
        shop.sales.withdrawOwed(world.holder, world.giver, ITSELF, {"from": world.holder})


def test_a_relayer_submits_the_payees_signature(shop, series, owed):
    world = shop.world
    shop.sales.withdrawOwed(world.holder, world.giver, signed(shop, 7), {"from": world.relayer})
    assert shop.balance(world.giver) == 1_030
    assert shop.sales.watermark(world.holder) == 7
    shop.check_books([series])


def test_a_signature_is_used_once(shop, owed):
    world = shop.world
    consent = signed(shop, 7)
    shop.sales.withdrawOwed(world.holder, world.giver, consent, {"from": world.relayer})
    with reverts("Custody_NonceTooLow", 7, 7):
        shop.sales.withdrawOwed(world.holder, world.giver, consent, {"from": world.relayer})


@pytest.mark.parametrize("over", [0, 1])
def test_a_nonce_is_bounded(shop, owed, over):
    world = shop.world
    nonce = 2**32 + over
    if over:
        with reverts("Custody_NonceTooHigh", nonce, 2**32):
            shop.sales.withdrawOwed(world.holder, world.giver, signed(shop, nonce), {"from": world.relayer})
    else:
        shop.sales.withdrawOwed(world.holder, world.giver, signed(shop, nonce), {"from": world.relayer})
        assert shop.sales.watermark(world.holder) == nonce


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_signature_ends_on_the_second(shop, owed, seconds):
    world = shop.world
    deadline = world.now() + 100
    consent = signed(shop, deadline=deadline)
    now = at(deadline + seconds)
    if seconds < 0:
        shop.sales.withdrawOwed(world.holder, world.giver, consent, {"from": world.relayer})
        assert shop.balance(world.giver) == 1_030
    else:
        with reverts("Custody_DeadlinePassed", deadline, now):
            shop.sales.withdrawOwed(world.holder, world.giver, consent, {"from": world.relayer})


def test_a_redirected_signature_is_refused(shop, owed):
    world = shop.world
    nonce, deadline, _, signature = signed(shop)
    digest = OwedWithdrawal(world.holder.address, world.stranger.address, nonce, deadline).digest(shop.domain)
    with reverts("Custody_InvalidSignature", world.holder, digest):
        shop.sales.withdrawOwed(
            world.holder, world.stranger, (nonce, deadline, False, signature), {"from": world.stranger}
        )


def test_refused_rewards_and_premiums_are_owed_too(shop, series):
    """Referrer and issuer refused by the currency: nobody else waits for them."""
    world = shop.world
    promotion = shop.promote(series, 1_000)
    purchase = shop.buy_with_coupon(promotion, 1_000, referrer=world.supporter)
    for person in (world.supporter, world.issuer):
        world.token.blacklist(person, {"from": world.deployer})
    at(shop.sales.purchase(purchase)["withdrawUntil"])
    shop.sales.claimReferral(purchase, {"from": world.stranger})
    shop.sales.collectPremiums(series, [purchase], {"from": world.stranger})
    assert shop.sales.owed(world.supporter) == 20
    assert shop.sales.owed(world.issuer) == 30
    assert shop.budget(promotion)["spent"] == 70
    shop.check_books([series])


def test_what_is_free_is_not_taken_back_to_who_is_refused(shop, series):
    world = shop.world
    promotion = shop.promote(series, 1_000)
    world.token.blacklist(world.stranger, {"from": world.deployer})
    with reverts("Custody_LeftDiffers", 1_000, 0):
        shop.sales.takeBack(promotion, 1_000, world.stranger, {"from": world.issuer})
    assert shop.budget(promotion)["free"] == 1_000
