"""What a thief, a sulking party or an odd currency would try with held orders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.accounts import REFUSER_MODES, MakeAccount, call_as
from tests.fixtures.tokens import FALSE_MODES, MakeToken
from tests.support.certificates import DAY, MAX_AMOUNT, NO_SIGNATURE
from tests.support.clock import at, mine_at
from tests.support.entitlements import NONE, REMAINDER
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import ITSELF, NOTHING, PURSE, Orders, State, use
from tests.support.payments import request_digest, selector
from tests.zoo.raw import raw_send

GUARDED = ("open", "openSigned", "confirm", "refund", "end", "onRedemption", "withdrawOwed")
PLENTY = 1_000_000


# front-running


def test_nobody_takes_a_number_that_is_on_its_way(orders: Orders) -> None:
    """A thief sees the opening in the mempool and opens the same number first: it is another order."""
    opening = orders.opening(7)
    consent = orders.consent("OpenOrder", str(orders.holder), *opening, 900)
    orders.open(1, 7, buyer=orders.stranger)
    orders.contract.openSigned(orders.holder, opening, 900, consent, {"from": orders.stranger})
    assert orders.state(orders.key(7)).held == 900
    assert orders.state(orders.key(7, buyer=orders.stranger)).held == 1


def test_nobody_spends_an_allowance_that_others_gave(orders: Orders) -> None:
    thief, opening = orders.stranger, orders.opening(seller=orders.stranger)
    deadline = orders.now() + DAY
    digest = orders.digest("OpenOrder", str(orders.holder), *opening, 100, 1, deadline)
    for signature in (b"", bytes(65), bytes(64)):
        with reverts("Custody_InvalidSignature", orders.holder, digest):
            orders.contract.openSigned(
                orders.holder, opening, 100, (1, deadline, False, signature), {"from": thief}
            )


def test_a_refund_just_before_a_confirmation_pays_nothing_twice(orders: Orders) -> None:
    """The two cross: what is confirmed is what is still held, or nothing."""
    key = orders.open(1_000)
    consent = orders.consent("ConfirmOrder", *key, 1_000)
    orders.refund(key, 1)
    with reverts("Orders_OverHeld", 1_000, 999):
        orders.contract.confirm(key, 1_000, consent, {"from": orders.merchant})
    # the nonce was not used up by what failed
    orders.confirm(key, 999)
    assert (orders.balance(orders.merchant), orders.balance(orders.holder)) == (999, PURSE - 999)


def test_a_confirmation_that_lay_about_is_for_its_order_only(orders: Orders) -> None:
    """The seller keeps one that came too late, and tries it at the buyer's other orders."""
    first, second = orders.open(100), orders.open(100, 2)
    consent = orders.consent("ConfirmOrder", *first, 100)
    orders.refund(first, 100)
    digest = orders.digest("ConfirmOrder", *second, 100, *consent[:2])
    with reverts("Custody_InvalidSignature", orders.holder, digest):
        orders.contract.confirm(second, 100, consent, {"from": orders.merchant})
    with reverts("Orders_OverHeld", 100, 0):
        orders.contract.confirm(first, 100, consent, {"from": orders.merchant})
    with reverts("Orders_Exists", *first):
        orders.open(100)


def test_a_sellers_request_can_be_used_up_for_nothing(orders: Orders) -> None:
    """Whoever sees it pays it, and has the money back at the end: `isOrderUsed` says nothing of an order."""
    world, series = orders.world, orders.named_series(50_000)
    world.issue(series, orders.stranger, 50_000)
    end = orders.now() + DAY
    asked = {"order": 7, "total": 1_000, "data": use(7, end)}
    request = world.payment(orders.contract, payee=orders.merchant, signer=orders.merchant, **asked)
    card = world.own_card(series, 1_000, orders.stranger, 7)
    world.certificates.pay(request, [card], {"from": orders.stranger})
    assert world.certificates.isOrderUsed(orders.merchant, 7)
    assert orders.state(orders.key(7)) == NOTHING
    at(end)
    orders.end(orders.key(7, buyer=orders.stranger))
    assert world.certificates.account(series, orders.stranger)[:2] == (50_000, 0)


def test_two_cards_for_one_order_can_be_used_apart_without_an_order_number(orders: Orders) -> None:
    """A stranger submits the first alone: the order is open, with less. With one only the seller can."""
    world, series = orders.world, orders.named_series(50_000)
    data = use(1, orders.now() + DAY, True)
    where: dict[str, Any] = {"merchant": orders.contract, "payee": orders.merchant, "data": data}
    one, two = (world.redemption(series, amount, nonce=n, **where) for n, amount in ((1, 600), (2, 400)))
    with_number = world.redemption(series, 600, nonce=1, order=7, **where)
    payment = world.payment(orders.contract, payee=orders.merchant, order=7, total=600, data=data)
    with reverts("GiftCertificates_InvalidSignature", orders.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [with_number], {"from": orders.stranger})
    orders.redeem([one], data, sender=orders.stranger)
    with reverts("Orders_Exists", *orders.key(1)):
        orders.redeem([two], data, sender=orders.relayer)
    assert orders.state(orders.key(1)).held == 600


# who sulks


def test_a_seller_that_never_answers_keeps_nothing(orders: Orders) -> None:
    key = orders.open(1_000)
    at(orders.state(key).ends_at)
    orders.end(key, orders.holder)
    assert orders.balance(orders.holder) == PURSE


def test_a_buyer_that_never_confirms_keeps_nothing(orders: Orders) -> None:
    """Where it was so agreed: the goods are with it, and it plays dead."""
    key = orders.open(1_000, to_seller=True)
    at(orders.state(key).ends_at)
    orders.end(key, orders.merchant)
    assert orders.balance(orders.merchant) == 1_000


def test_a_blacklisted_side_holds_up_nobody(make_orders: Any, make_token: MakeToken) -> None:
    """What it can't be paid is owed; the other side has its own, and other orders go on."""
    orders: Orders = make_orders(make_token("BlacklistToken"))
    keys = [orders.open(100, number) for number in (1, 2)]
    orders.open(100, 3, seller=orders.creator)
    orders.token.blacklist(orders.merchant, {"from": orders.deployer})
    orders.confirm(keys[0], 60)
    orders.refund(keys[0], 40)
    orders.confirm(orders.key(3, seller=orders.creator), 100)
    assert orders.contract.owed(orders.merchant) == 60
    assert orders.balance(orders.creator) == 100
    assert orders.balance(orders.holder) == PURSE - 260
    orders.check_books()


@pytest.mark.parametrize("mode", ["Reverts", "BurnsGas", "WrongMagic"])
def test_a_buyer_that_refuses_its_card_harms_itself_alone(
    orders: Orders, make_account: MakeAccount, mode: str
) -> None:
    """A contract that takes no certificates can't have one back: the seller's money and everybody else's
    orders go on; once it takes them, it has it. What it refuses for years is the beneficiary's."""
    series = orders.named_series(PLENTY)
    buyer = make_account("Refuser1155", orders.agent, mode="Accepts")
    orders.world.issue(series, buyer, 50_000)
    keys = [orders.key(number, buyer=buyer.address) for number in (1, 2)]
    certificates = orders.world.certificates
    for key in keys:
        card = orders.world.own_card(series, 1_000, buyer.address)
        data = use(key[2], orders.now() + DAY)
        payment = orders.world.payment(orders.contract, payee=orders.merchant, data=data)
        call_as(buyer, orders.agent, certificates.pay, payment, [card])
    buyer.setMode(REFUSER_MODES.index(mode), {"from": orders.agent})
    assert (
        raw_send(orders.contract.refund, keys[0], 300, ITSELF, sender=orders.merchant, gas=2_000_000)[
            "status"
        ]
        == 0
    )
    call_as(buyer, orders.agent, orders.contract.confirm, keys[0], 700, ITSELF)
    assert orders.balance(orders.merchant) == 700
    other = orders.open_with(series, 500)
    orders.refund(other, 500)

    at(orders.state(keys[0]).ends_at)
    assert raw_send(orders.contract.end, keys[0], sender=orders.relayer, gas=2_000_000)["status"] == 0
    buyer.setMode(REFUSER_MODES.index("Accepts"), {"from": orders.agent})
    orders.end(keys[0])
    assert certificates.account(series, buyer) == (50_000 - 1_700, 1_700, 0)
    buyer.setMode(REFUSER_MODES.index("Reverts"), {"from": orders.agent})
    mine_at(int(certificates.terms(series)[3]))
    orders.end(keys[1])
    assert orders.balance(orders.beneficiary) == 1_000
    orders.check_books()


# a named series is never cash


def test_no_way_through_an_order_turns_a_named_series_into_the_buyers_cash(orders: Orders) -> None:
    """Nor does what is only held free the remainder of a certificate."""
    series = orders.named_series(50_000)
    certificates, holder = orders.world.certificates, orders.holder
    key = orders.open_with(series, 30_000)
    assert certificates.refundable(series, holder) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 20_000, 0):
        certificates.refund(holder, series, 20_000, 20_000, NO_SIGNATURE, {"from": holder})
    orders.confirm(key, 29_999)
    assert certificates.refundable(series, holder) == (NONE, 0, 0)
    orders.refund(key, 1)
    assert orders.balance(holder) == PURSE
    again = orders.open_with(series, 1, 2)
    orders.confirm(again, 1)
    assert certificates.refundable(series, holder) == (REMAINDER, 20_000, 20_000)  # 60 % were used


def test_an_order_never_restores_more_than_was_paid_into_it(orders: Orders) -> None:
    """Not what the same card placed for another order, or elsewhere."""
    series = orders.named_series(50_000)
    first, second = orders.open_with(series, 1_000), orders.open_with(series, 2_000, 2)
    with reverts("Orders_OverHeld", 1_001, 1_000):
        orders.refund(first, 1_001)
    orders.refund(first, 1_000)
    with reverts("Orders_OverHeld", 1, 0):
        orders.refund(first, 1)
    assert orders.state(second) == State(2_000, orders.state(second).ends_at, False, series)
    assert orders.world.certificates.placed(series, orders.contract, orders.holder) == 2_000


def test_an_order_waits_while_its_series_is_full(orders: Orders) -> None:
    """Somebody has all that a series can hold beside it. What is spent makes room; what waits until the
    series' limitation is the beneficiary's."""
    world = orders.world
    series = orders.named_series(50_000, denomination=0, use_threshold_bps=0)
    key = orders.open_with(series, 50_000)
    world.issue(series, world.issuer, MAX_AMOUNT - int(world.certificates.state(series)[1]))
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 20_000):
        orders.refund(key, 20_000)
    world.certificates.redeem(series, 20_000, world.merchant, {"from": world.issuer})
    orders.refund(key, 20_000)
    at(orders.state(key).ends_at)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 30_000):
        orders.end(key)
    assert world.certificates.account(series, orders.holder)[0] == 20_000
    at(int(world.certificates.terms(series)[3]))
    orders.end(key)
    assert orders.balance(world.beneficiary) == 30_000


# re-entrancy


def guarded_calls(orders: Orders, me: str) -> dict[str, str]:
    """Calldata of all that moves money or decides who gets it, for a contract at `me`."""
    contract, mine = orders.contract, (me, me, 1)
    consent = orders.consent("OpenOrder", str(orders.holder), *orders.opening(5), 100)
    return {
        "open": contract.open.encode_input(orders.opening(6, seller=me), 1),
        "openSigned": contract.openSigned.encode_input(orders.holder, orders.opening(5), 100, consent),
        "confirm": contract.confirm.encode_input(mine, 1, ITSELF),
        "refund": contract.refund.encode_input(mine, 1, ITSELF),
        "end": contract.end.encode_input(mine),
        "onRedemption": contract.onRedemption.encode_input(
            me, 100, 0, [(me, 1, 100)], use(1, orders.now() + 9)
        ),
        "withdrawOwed": contract.withdrawOwed.encode_input(me, me, ITSELF),
    }


def test_every_function_that_moves_money_is_among_the_guarded(orders: Orders) -> None:
    """But for those that move none; multicall only calls the others."""
    acts = {
        item["name"]
        for item in orders.contract.abi
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }
    assert acts == set(GUARDED) | {"permit", "cancelConsents", "multicall"}
    assert set(guarded_calls(orders, str(orders.stranger))) == set(GUARDED)


@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_finds_the_door_shut(
    make_orders: Any, make_token: MakeToken, function: str
) -> None:
    """While money comes, goes to the seller, goes back, and at the end."""
    token = make_token("ReenteringToken")
    orders: Orders = make_orders(token)
    call = guarded_calls(orders, token.address)[function]
    key = orders.open(1_000)
    ends_at = orders.state(key).ends_at
    for act in (
        lambda: orders.open(10, 2),
        lambda: orders.confirm(key, 100),
        lambda: orders.refund(key, 100),
        lambda: (at(ends_at), orders.end(key)),
    ):
        token.program(orders.contract, call, 1, {"from": orders.deployer})
        act()
        assert (token.callsMade(), token.succeeded()) == (1, False)
        assert bytes.fromhex(str(token.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
    assert orders.balance(orders.merchant) == 100
    orders.check_books()


def test_a_buyer_that_calls_back_while_its_card_is_restored(
    orders: Orders, make_account: MakeAccount
) -> None:
    """It is handed an ERC-1155 token in the middle of a refund: every door is shut, and views are true."""
    series = orders.named_series(PLENTY)
    buyer = make_account("ReentrantReceiver1155", orders.agent)
    orders.world.issue(series, buyer, 50_000)
    key = orders.key(buyer=buyer.address)
    payment = orders.world.payment(orders.contract, payee=orders.merchant, data=use(1, orders.now() + DAY))
    card = orders.world.own_card(series, 10_000, buyer.address)
    call_as(buyer, orders.agent, orders.world.certificates.pay, payment, [card])
    calls = guarded_calls(orders, buyer.address) | {
        "confirm": orders.contract.confirm.encode_input(key, 1, ITSELF),
        "end": orders.contract.end.encode_input(key),
    }
    for call in calls.values():
        buyer.program(orders.contract, call, 1, {"from": orders.agent})
        orders.refund(key, 100)
        assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
        assert bytes.fromhex(str(buyer.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
    left = orders.state(key).held
    buyer.program(orders.contract, orders.contract.order.encode_input(*key), 1, {"from": orders.agent})
    orders.refund(key, 100)
    assert int(str(buyer.returned())[2:66], 16) == orders.state(key).held == left - 100
    orders.check_books()


# odd currencies


@pytest.mark.parametrize("kind", ["FeeToken", "SenderFeeToken"])
def test_a_currency_that_keeps_a_fee_is_refused(make_orders: Any, make_token: MakeToken, kind: str) -> None:
    orders: Orders = make_orders(make_token(kind))
    key = orders.open(1_000)
    orders.open(1_000, 3)
    orders.token.setFeeBps(500, {"from": orders.deployer})
    if kind == "FeeToken":
        with reverts("Custody_ArrivedDiffers", 1_000, 950):
            orders.open(1_000, 2)
        orders.confirm(key, 1_000)  # what left is what was held; the currency's own fee is the seller's
        assert orders.balance(orders.merchant) == 950
    else:
        with reverts("Custody_LeftDiffers", 1_000, 1_050):  # it would take what others have here
            orders.confirm(key, 1_000)
    orders.check_books()


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_a_currency_that_moves_nothing_leaves_it_owed(
    make_orders: Any, make_token: MakeToken, mode: str
) -> None:
    orders: Orders = make_orders(make_token("FalseReturnToken"))
    key = orders.open(1_000)
    orders.token.setMode(FALSE_MODES.index(mode), {"from": orders.deployer})
    tx = orders.confirm(key, 600)
    assert ("PayoutOwed", orders.merchant, 600) in logs_of(tx, orders.contract)
    orders.token.setMode(FALSE_MODES.index("Honest"), {"from": orders.deployer})
    orders.contract.withdrawOwed(orders.merchant, orders.merchant, ITSELF, {"from": orders.merchant})
    assert orders.balance(orders.merchant) == 600
    orders.check_books()


@pytest.mark.parametrize("act", ["confirm", "end"])
def test_a_payout_is_never_starved_into_a_debt(make_orders: Any, make_token: MakeToken, act: str) -> None:
    """Whoever sends too little gas has its transaction reverted; nobody is owed what could be paid."""
    orders: Orders = make_orders(make_token("BlacklistToken"))
    key = orders.open(1_000, to_seller=True)
    method, args, sender = orders.contract.confirm, (key, 1_000, ITSELF), orders.holder
    if act == "end":
        mine_at(orders.state(key).ends_at)
        method, args, sender = orders.contract.end, (key,), orders.stranger
    full = int(method.estimate_gas(*args, {"from": sender}))
    least = max(full - 40_000, 30_000)
    for gas in range(least, full + 6_000, 3_000):
        status = raw_send(method, *args, sender=sender, gas=gas)["status"]
        assert orders.contract.totalOwed() == 0
        if status == 1:
            break
    assert (status, orders.held()) == (1, 0)
    assert gas > least  # the first ones were not enough
