"""Somebody calls back while the ledger is at work: a currency, a service, a recipient."""

from typing import Any

import pytest
from eth_abi import decode

from tests.fixtures.accounts import MakeAccount, container
from tests.fixtures.tokens import deploy_token
from tests.support.certificates import NO_SIGNATURE, ZERO, World
from tests.support.payments import NAMED_TERMS, assert_books, selector

LOCKED = "ReentrancyGuardReentrantCall"


@pytest.fixture(scope="module")
def currency(module_isolation: None) -> Any:
    return deploy_token("ReenteringToken")


@pytest.fixture(scope="module")
def odd(currency: Any, make_world: Any) -> World:
    """Certificates over a currency that calls back in the middle of each transfer."""
    return make_world(currency)


@pytest.fixture(scope="module")
def series(odd: World, currency: Any) -> int:
    """An open series with a fee; the currency holds certificates too, so that its calls could succeed."""
    series = odd.create_series(fee_bps=1_000)
    odd.issue(series, odd.holder, 1_000)
    odd.issue(series, currency, 1_000)
    return series


def guarded_calls(odd: World, series: int, me: str) -> dict[str, str]:
    """Calldata of everything that moves money; each would succeed if the ledger were not at work."""
    certificates = odd.certificates
    own = (me, series, 10, 0, 0, 0, b"")
    return {
        "redeem": certificates.redeem.encode_input(series, 10, odd.merchant),
        "redeemSigned": certificates.redeemSigned.encode_input(own),
        "redeemBatch": certificates.redeemBatch.encode_input([own]),
        "pay": certificates.pay.encode_input((odd.merchant, ZERO, 0, 0, 0, 0, b"", b""), [own]),
        "issue": certificates.issue.encode_input(series, odd.merchant, 10),
        "issueBatch": certificates.issueBatch.encode_input(series, [(odd.merchant, 10)]),
        "restore": certificates.restore.encode_input(me, series, 10, NO_SIGNATURE),
        "restoreFromService": certificates.restoreFromService.encode_input(odd.merchant, series, 10),
        "refund": certificates.refund.encode_input(me, series, 10, 0, NO_SIGNATURE),
        "collectFees": certificates.collectFees.encode_input(series),
        "forfeit": certificates.forfeit.encode_input(series),
        "withdrawOwed": certificates.withdrawOwed.encode_input(me, odd.merchant, NO_SIGNATURE),
    }


GUARDED = (
    "redeem",
    "redeemSigned",
    "redeemBatch",
    "pay",
    "issue",
    "issueBatch",
    "restore",
    "restoreFromService",
    "refund",
    "collectFees",
    "forfeit",
    "withdrawOwed",
)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_during_a_payout_finds_the_door_shut(
    odd: World, series: int, currency: Any, function: str, is_first: bool
) -> None:
    currency.setCallsFirst(is_first, {"from": odd.deployer})
    currency.program(
        odd.certificates, guarded_calls(odd, series, currency.address)[function], 1, {"from": odd.deployer}
    )
    odd.certificates.redeem(series, 100, odd.merchant, {"from": odd.holder})
    assert (currency.callsMade(), currency.succeeded()) == (1, False)
    assert bytes.fromhex(str(currency.returned())[2:]) == selector(LOCKED)
    assert currency.balanceOf(odd.merchant) == 90
    assert odd.certificates.account(series, currency) == (1_000, 0, 0)
    assert_books(odd)


@pytest.mark.parametrize("function", GUARDED)
def test_a_service_that_calls_back_finds_the_door_shut(world: World, function: str) -> None:
    service = container("MockService").deploy(world.certificates, {"from": world.deployer})
    series = world.create_series()
    world.issue(series, world.holder, 100)
    service.program(
        world.certificates,
        guarded_calls(world, series, service.address)[function],
        1,
        {"from": world.deployer},
    )
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 50)], {"from": world.holder}
    )
    assert (service.callsMade(), service.succeeded()) == (1, False)
    assert bytes.fromhex(str(service.returned())[2:]) == selector(LOCKED)
    assert world.token.balanceOf(service) == 50
    assert_books(world)


@pytest.mark.parametrize("function", GUARDED)
def test_a_recipient_that_calls_back_while_it_is_issued_to_finds_the_door_shut(
    world: World, make_account: MakeAccount, function: str
) -> None:
    receiver = make_account("ReentrantReceiver1155", world.giver)
    series = world.create_series()
    receiver.program(
        world.certificates, guarded_calls(world, series, receiver.address)[function], 1, {"from": world.giver}
    )
    world.issue(series, receiver, 100)
    assert (receiver.callsMade(), receiver.succeeded()) == (1, False)
    assert bytes.fromhex(str(receiver.returned())[2:]) == selector(LOCKED)
    assert world.certificates.account(series, receiver) == (100, 0, 0)
    assert_books(world)


def test_a_recipient_of_a_transfer_may_spend_at_once(world: World, make_account: MakeAccount) -> None:
    """A transfer has nothing left to do when it hands over: calling back is spending one's own."""
    receiver = make_account("ReentrantReceiver1155", world.giver)
    series = world.create_series()
    world.issue(series, world.holder, 100)
    spend = world.certificates.redeem.encode_input(series, 60, world.merchant)
    receiver.program(world.certificates, spend, 2, {"from": world.giver})
    world.certificates.safeTransferFrom(world.holder, receiver, series, 60, b"", {"from": world.holder})
    assert (receiver.callsMade(), receiver.succeeded()) == (1, True)
    assert world.token.balanceOf(world.merchant) == 60
    assert world.certificates.account(series, world.holder) == (40, 0, 0)
    assert world.certificates.account(series, receiver) == (0, 60, 0)
    assert_books(world)


# What the views say in the middle


def look(odd: World, currency: Any, call: str, act: Any) -> tuple[Any, ...]:
    """What a view answered in the middle of the transfers of `act`, as the raw words."""
    currency.program(odd.certificates, call, 1, {"from": odd.deployer})
    act()
    assert (currency.callsMade(), currency.succeeded()) == (1, True)
    data = bytes.fromhex(str(currency.returned())[2:])
    return decode(["uint256"] * (len(data) // 32), data)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_views_in_the_middle_of_a_payout_are_those_after_it(
    odd: World, series: int, currency: Any, is_first: bool
) -> None:
    """Face is gone before the money goes: nobody who looks then sees a certificate that was paid already."""
    currency.setCallsFirst(is_first, {"from": odd.deployer})

    def redeem() -> None:
        odd.certificates.redeem(series, 100, odd.merchant, {"from": odd.holder})

    account = odd.certificates.account.encode_input(series, odd.holder)
    assert look(odd, currency, account, redeem) == (900, 100, 0)
    state = odd.certificates.state.encode_input(series)
    seen = look(odd, currency, state, redeem)
    assert seen[1:3] == tuple(odd.certificates.state(series)[1:3]) == (2_000 - 200, 20)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_views_in_the_middle_of_an_issue_promise_nothing_spendable(
    odd: World, series: int, currency: Any, is_first: bool
) -> None:
    """The sum outstanding is raised before the money comes, the balance after it: who looks in between sees a
    debt without a creditor, never a creditor without the money.
    """
    currency.setCallsFirst(is_first, {"from": odd.deployer})
    odd.fund(odd.issuer, 1_000)

    def issue() -> None:
        odd.certificates.issue(series, odd.giver, 500, {"from": odd.issuer})

    account = odd.certificates.account.encode_input(series, odd.giver)
    assert look(odd, currency, account, issue) == (0, 0, 0)
    assert odd.certificates.account(series, odd.giver) == (500, 0, 0)
    state = odd.certificates.state.encode_input(series)
    assert look(odd, currency, state, issue)[1] == odd.certificates.state(series)[1]
    assert_books(odd)


def test_an_order_is_used_before_the_money_moves(odd: World, series: int, currency: Any) -> None:
    card = odd.redemption(series, 100, order=9)
    currency.setCallsFirst(True, {"from": odd.deployer})
    view = odd.certificates.isOrderUsed.encode_input(odd.merchant, 9)

    def redeem() -> None:
        odd.certificates.redeemSigned(card, {"from": odd.merchant})

    assert look(odd, currency, view, redeem) == (1,)


def test_a_service_may_hand_the_money_on_at_once(world: World) -> None:
    """Locked is the ledger, not the currency: the service pays its payee from within the callback."""
    service = container("MockService").deploy(world.certificates, {"from": world.deployer})
    series = world.create_series([world.merchant], [service], **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    service.program(service, service.release.encode_input(world.merchant, 50), 1, {"from": world.deployer})
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 50)], {"from": world.holder}
    )
    assert (service.callsMade(), service.succeeded()) == (1, True)
    assert world.token.balanceOf(world.merchant) == 50
