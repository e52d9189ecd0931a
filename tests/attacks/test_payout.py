"""What a thief, a bad router or an odd token would try with a payout in another token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.accounts import container
from tests.fixtures.payout import POOL, Payouts
from tests.fixtures.tokens import deploy_token
from tests.support.errors import reverts, reverts_without_data
from tests.support.logs import logs_of
from tests.support.payments import card_digest, payment_with, request_digest, selector

AMOUNT = 1_000
LOCKED = "ReentrancyGuardReentrantCall"


@pytest.fixture(scope="module")
def router(payouts: Payouts) -> Any:
    """It has 10,000 of `other` to pay with."""
    odd = container("OddRouter").deploy({"from": payouts.stranger})
    payouts.other.mint(odd, 10_000, {"from": payouts.deployer})
    return odd


@pytest.fixture
def mistakes() -> list[int]:
    """What somebody sent to the payout itself, in a test."""
    return []


@pytest.fixture(autouse=True)
def nothing_stays(payouts: Payouts, router: Any, mistakes: list[int], isolation: None) -> Iterator[None]:
    """After each test no router may take anything more, and none of what was redeemed lies there."""
    yield
    for one in (payouts.uniswap.router, router):
        assert payouts.token.allowance(payouts.contract, one) == 0
    assert payouts.token.balanceOf(payouts.contract) == sum(mistakes)
    assert payouts.other.balanceOf(payouts.contract) == 0


def face(payouts: Payouts, series: int = 0) -> int:
    return int(payouts.certificates.balanceOf(payouts.holder, series or payouts.open_series))


# a named series is never the holder's cash


def worthless(payouts: Payouts) -> bytes:
    """A pool that the holder made, in which it holds everything: what is sold there it takes out again."""
    token = deploy_token("TestToken", 18, "Worthless", "NIL")
    payouts.pool(payouts.token, token, (1, 10**30))
    return payouts.data(path=[payouts.token, token])


def test_a_holder_can_not_ask_in_the_merchants_name(payouts: Payouts) -> None:
    """With an order, and a request that the holder signed; or with one that says another conversion."""
    data, world, merchant = worthless(payouts), payouts.world, payouts.merchant
    card = world.own_card(payouts.named, AMOUNT, order=5)
    forged, honest = (
        world.payment(payouts.contract, payee=merchant, order=5, total=AMOUNT, data=said, signer=signer)
        for said, signer in ((data, payouts.holder), (payouts.data(), merchant))
    )
    for payment in (forged, payment_with(honest, data=data)):
        with reverts("GiftCertificates_InvalidSignature", merchant, request_digest(world, payment)):
            world.certificates.pay(payment, [card], {"from": payouts.holder})
    assert face(payouts, payouts.named) == 50_000 * 100


def test_no_series_pays_the_payout_itself(payouts: Payouts) -> None:
    """A service may be its own payee; this one has no key and no cards."""
    for series in (payouts.open_series, payouts.named):
        with reverts("Payout_NoConsent", payouts.contract):
            payouts.redeem(payouts.data(), series=series, payee=payouts.contract)


def test_cards_of_others_among_ones_own(payouts: Payouts) -> None:
    """A payee whose first card is its own: the second is the giver's."""
    world, data = payouts.world, payouts.data()
    world.issue(payouts.open_series, payouts.giver, AMOUNT)
    theirs = world.redemption(
        payouts.open_series,
        AMOUNT,
        holder=payouts.giver,
        merchant=payouts.contract,
        payee=payouts.holder,
        data=data,
    )
    payment = world.payment(payouts.contract, payee=payouts.holder, data=data)
    cards = [world.own_card(payouts.open_series, AMOUNT), theirs]
    with reverts("Payout_NoConsent", payouts.holder):
        world.certificates.pay(payment, cards, {"from": payouts.holder})


def test_a_named_card_among_open_ones(payouts: Payouts) -> None:
    """The holder is a merchant of the named series too, and still asks for an order."""
    world, data = payouts.world, payouts.data()
    world.certificates.addMerchants(payouts.named, [payouts.holder], {"from": world.issuer})
    cards = [world.own_card(series, AMOUNT) for series in (payouts.open_series, payouts.named)]
    payment = world.payment(payouts.contract, payee=payouts.holder, data=data)
    with reverts("Payout_NoConsent", payouts.holder):
        world.certificates.pay(payment, cards, {"from": payouts.holder})


# front-running


def test_whoever_sends_it_can_change_nothing(payouts: Payouts) -> None:
    """A relayer that would lower the minimum, or take another router, has no signature for it."""
    world, minimum = payouts.world, payouts.quote(AMOUNT)
    signed = world.redemption(
        payouts.open_series,
        AMOUNT,
        merchant=payouts.contract,
        payee=payouts.holder,
        data=payouts.data(minimum),
    )
    for data in (payouts.data(1), payouts.data(minimum, router=str(payouts.stranger))):
        payment = world.payment(payouts.contract, payee=payouts.holder, data=data)
        digest = card_digest(world, signed, payment)
        with reverts("GiftCertificates_InvalidSignature", payouts.holder, digest):
            world.certificates.pay(payment, [signed], {"from": payouts.relayer})


def test_an_order_is_taken_once(payouts: Payouts) -> None:
    """The signed request lies in the mempool: a second card does not go with it."""
    world, merchant, data = payouts.world, payouts.merchant, payouts.data()
    asked = world.payment(payouts.contract, payee=merchant, order=7, total=AMOUNT, data=data, signer=merchant)
    card = world.own_card(payouts.named, AMOUNT, order=7)
    world.certificates.pay(asked, [card], {"from": payouts.holder})
    with reverts("GiftCertificates_OrderUsed", merchant, 7):
        world.certificates.pay(asked, [card], {"from": payouts.holder})


def test_a_sandwich_takes_what_the_limit_allows_and_no_more(payouts: Payouts) -> None:
    """A holder that names no minimum loses to who trades before and after; with one it loses the slippage at
    the most, or nothing happens."""
    amount = POOL // 1_000
    payouts.world.issue(payouts.open_series, payouts.holder, POOL // 100)
    path = [str(payouts.token), str(payouts.other)]
    fair, least = payouts.quote(amount), payouts.uniswap.minimum(amount, path, 100)
    payouts.redeem(payouts.data(), amount=POOL // 250)  # what the thief buys moves the price 0.8 %
    payouts.redeem(payouts.data(least), amount=amount)
    received = payouts.other.balanceOf(payouts.holder)
    assert fair > payouts.quote(amount)
    assert received >= least
    payouts.redeem(payouts.data(), amount=POOL // 250)
    with reverts("Error", "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"):
        payouts.redeem(payouts.data(least), amount=amount)


# routers


@pytest.mark.parametrize(
    ("taken", "handed_back", "left"), [(0, 0, 0), (AMOUNT // 2, 0, AMOUNT // 2), (AMOUNT, 1, AMOUNT - 1)]
)
def test_a_router_that_leaves_something_behind(
    payouts: Payouts, router: Any, taken: int, handed_back: int, left: int
) -> None:
    """Even one that pays well: nothing lies here for who comes next."""
    router.set(taken, handed_back, 5_000, {"from": payouts.stranger})
    before = face(payouts)
    with reverts("Payout_LeftDiffers", AMOUNT, left):
        payouts.redeem(payouts.data(router=router.address))
    assert face(payouts) == before


@pytest.mark.parametrize(("paid", "minimum"), [(0, 0), (0, 1), (99, 100)])
def test_a_router_that_pays_too_little(payouts: Payouts, router: Any, paid: int, minimum: int) -> None:
    """Nothing is too little, whatever was agreed to."""
    router.set(AMOUNT, 0, paid, {"from": payouts.stranger})
    before = face(payouts)
    with reverts("Payout_TooLittle", paid, minimum):
        payouts.redeem(payouts.data(minimum, router=router.address))
    assert face(payouts) == before


def test_a_router_that_takes_more_than_it_was_given(payouts: Payouts, router: Any) -> None:
    router.set(AMOUNT + 1, 0, 5_000, {"from": payouts.stranger})
    with reverts("ERC20InsufficientAllowance", router, AMOUNT, AMOUNT + 1):
        payouts.redeem(payouts.data(router=router.address))


def test_a_router_that_comes_back_later(payouts: Payouts, router: Any, mistakes: list[int]) -> None:
    """What lies here by mistake is nobody's, and no allowance is left to take it with."""
    router.set(AMOUNT, 0, 100, {"from": payouts.stranger})
    payouts.redeem(payouts.data(100, router=router.address))
    mistakes.append(1)
    payouts.token.mint(payouts.contract, 1, {"from": payouts.deployer})
    with reverts("ERC20InsufficientAllowance", router, 0, 1):
        router.take(payouts.token, payouts.contract, 1, {"from": payouts.stranger})
    payouts.redeem(payouts.data())


@pytest.mark.parametrize("call", ["pay", "issue", "onRedemption"])
def test_a_router_that_calls_back_finds_the_door_shut(payouts: Payouts, router: Any, call: str) -> None:
    """It has a card of its own, and tells of a payment that nobody made."""
    certificates, world = payouts.certificates, payouts.world
    world.issue(payouts.open_series, router, AMOUNT)
    payment = world.payment(payouts.contract, payee=router, data=payouts.data())
    portions = [(str(router), payouts.open_series, AMOUNT)]
    target, data, refusal = {
        "pay": (
            certificates,
            certificates.pay.encode_input(payment, [world.own_card(payouts.open_series, AMOUNT, router)]),
            LOCKED,
        ),
        "issue": (certificates, certificates.issue.encode_input(payouts.open_series, router, 1), LOCKED),
        "onRedemption": (
            payouts.contract,
            payouts.contract.onRedemption.encode_input(router, AMOUNT, 0, portions, payouts.data()),
            "Payout_NotCertificates",
        ),
    }[call]
    router.program(target, data, 1, {"from": payouts.stranger})
    router.set(AMOUNT, 0, 100, {"from": payouts.stranger})
    payouts.redeem(payouts.data(100, router=router.address))
    assert (router.callsMade(), router.succeeded()) == (1, False)
    assert bytes.fromhex(str(router.returned())[2:])[:4] == selector(refusal)


@pytest.mark.parametrize("who", ["token", "certificates", "contract", "stranger"])
def test_what_is_no_router(payouts: Payouts, who: str) -> None:
    """The function that is called has no namesake in what the payout has rights in."""
    before = face(payouts)
    with reverts_without_data():
        payouts.redeem(payouts.data(router=str(getattr(payouts, who))))
    assert face(payouts) == before


# odd tokens


def test_a_payee_whom_the_token_shuts_out_keeps_its_card(payouts: Payouts) -> None:
    token = deploy_token("BlacklistToken", 6)
    payouts.pool(payouts.token, token, (POOL, POOL))
    token.blacklist(payouts.holder, {"from": payouts.deployer})
    before = face(payouts)
    with reverts("Error", "UniswapV2: TRANSFER_FAILED"):
        payouts.redeem(payouts.data(path=[payouts.token, token]))
    assert face(payouts) == before


def test_a_token_on_the_way_that_keeps_a_fee(payouts: Payouts) -> None:
    token = deploy_token("FeeToken", 6)
    payouts.pool(payouts.token, token, (POOL, POOL))
    payouts.pool(token, payouts.other, (POOL, POOL))
    token.setFeeBps(100, {"from": payouts.deployer})
    with reverts("Error", "UniswapV2: K"):
        payouts.redeem(payouts.data(path=[payouts.token, token, payouts.other]))


def test_a_token_on_the_way_that_calls_back(payouts: Payouts) -> None:
    """Pools are locked as they are at Uniswap, and so are the certificates."""
    token = deploy_token("ReenteringToken", 6)
    payouts.pool(payouts.token, token, (POOL, POOL))
    payouts.pool(token, payouts.other, (POOL, POOL))
    path = [payouts.token, token, payouts.other]
    payouts.world.issue(payouts.open_series, token, AMOUNT)
    payment = payouts.world.payment(payouts.contract, payee=token, data=payouts.data(path=path))
    card = payouts.world.own_card(payouts.open_series, AMOUNT, token)
    call = payouts.certificates.pay.encode_input(payment, [card])
    token.program(payouts.certificates, call, 1, {"from": payouts.deployer})
    fair = payouts.quote(AMOUNT, *path)
    tx = payouts.redeem(payouts.data(fair, path=path))
    assert logs_of(tx, payouts.contract) == [("PaidOut", payouts.holder, payouts.other, AMOUNT, fair)]
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:]) == selector(LOCKED)


def test_the_currency_itself_at_the_end_of_the_path(payouts: Payouts) -> None:
    """To a pool and back to it: nothing comes of it."""
    path = [payouts.token, payouts.other, payouts.token]
    with reverts("Error", "UniswapV2: INSUFFICIENT_INPUT_AMOUNT"):
        payouts.redeem(payouts.data(path=path))
