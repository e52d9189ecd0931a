"""A redemption into UniswapV2Payout: all of it through the real Uniswap V2, to the payee, above the
minimum; or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import Contract

from tests.fixtures.payout import POOL, Payouts
from tests.fixtures.tokens import deploy_token
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.payments import selector


@pytest.fixture(autouse=True)
def nothing_stays(payouts: Payouts, isolation: None) -> Any:
    """After each test: no currency, no other token, no allowance."""
    yield
    for token in (payouts.token, payouts.other, payouts.third):
        assert token.balanceOf(payouts.contract) == 0
    assert payouts.token.allowance(payouts.contract, payouts.uniswap.router) == 0


# reverts


def test_it_is_made_for_certificates(payouts: Payouts, project: Any) -> None:
    with reverts("Payout_ZeroAddress"):
        project.UniswapV2Payout.deploy(payouts.stranger, {"from": payouts.world.deployer})


def test_it_reverts_for_anybody_but_the_certificates(payouts: Payouts) -> None:
    """Nobody reports a payment that never happened."""
    portions = [(payouts.holder, payouts.open_series, 1_000)]
    with reverts("Payout_NotCertificates", payouts.stranger):
        payouts.contract.onRedemption(
            payouts.holder, 1_000, 0, portions, payouts.data(), {"from": payouts.stranger}
        )


@pytest.mark.parametrize("early", [1, 0, -1])
def test_it_reverts_from_the_deadline_on(payouts: Payouts, early: int) -> None:
    deadline = payouts.now() + 60
    data = payouts.data(deadline=deadline)
    now = at(deadline - early)
    if early > 0:
        payouts.redeem(data)
    else:
        with reverts("Payout_DeadlinePassed", deadline, now):
            payouts.redeem(data)


def test_it_reverts_where_the_path_does_not_begin_with_the_currency(payouts: Payouts) -> None:
    with reverts("Payout_Path", payouts.other, payouts.token):
        payouts.redeem(payouts.data(path=[payouts.other, payouts.third]))
    with reverts("Payout_Path", "0x" + "00" * 20, payouts.token):
        payouts.redeem(payouts.data(path=[payouts.token]))


def test_it_reverts_below_the_minimum(payouts: Payouts) -> None:
    """The router refuses; and somebody who trades in front of it brings it below."""
    fair = payouts.quote(1_000)
    with reverts("Error", "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"):
        payouts.redeem(payouts.data(fair + 1))
    payouts.redeem(payouts.data(fair))
    limit = payouts.data(payouts.uniswap.minimum(1_000, [str(payouts.token), str(payouts.other)], 50))
    payouts.redeem(payouts.data(), amount=POOL // 5_000)  # 0.02 % of the pool: within the half per cent
    payouts.redeem(limit)
    payouts.redeem(payouts.data(), amount=10**9 - 10**9 // 4)  # a thousandth is not yet half a per cent
    payouts.redeem(limit)


def test_a_sandwich_beyond_the_limit_reverts(payouts: Payouts) -> None:
    """A front-runner buys a hundredth of the pool first: the price is 2 % worse, and nothing
    happened."""
    limit = payouts.data(payouts.uniswap.minimum(1_000, [str(payouts.token), str(payouts.other)], 50))
    thief = payouts.stranger
    payouts.token.mint(thief, POOL // 100, {"from": payouts.deployer})
    payouts.token.approve(payouts.uniswap.router, POOL, {"from": thief})
    face = payouts.certificates.balanceOf(payouts.holder, payouts.open_series)
    swap(payouts, thief, POOL // 100)
    with reverts("Error", "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"):
        payouts.redeem(limit)
    assert payouts.certificates.balanceOf(payouts.holder, payouts.open_series) == face


def swap(payouts: Payouts, who: Any, amount: int) -> None:
    """Somebody trades at the router itself."""
    abi = [
        {
            "type": "function",
            "name": "swapExactTokensForTokens",
            "inputs": [
                {"name": "a", "type": "uint256"},
                {"name": "b", "type": "uint256"},
                {"name": "c", "type": "address[]"},
                {"name": "d", "type": "address"},
                {"name": "e", "type": "uint256"},
            ],
            "outputs": [{"name": "", "type": "uint256[]"}],
            "stateMutability": "nonpayable",
        }
    ]
    router = Contract.from_abi("Router", payouts.uniswap.router, abi)
    until = payouts.now() + 100
    path = [payouts.token, payouts.other]
    router.swapExactTokensForTokens(amount, 1, path, who, until, {"from": who})


def test_it_reverts_without_the_payees_consent(payouts: Payouts) -> None:
    """A holder can't pay a merchant in what the holder chose: not with an open series, and above all
    not with a named one, whose money it would get back out of a worthless token's pool."""
    worthless = deploy_token("TestToken", 18, "Worthless", "NIL")
    payouts.pool(payouts.token, worthless, (1_000, 10**30))
    data = payouts.data(path=[payouts.token, worthless])
    for series in (payouts.named, payouts.open_series):
        with reverts("Payout_NoConsent", payouts.merchant):
            payouts.redeem(data, series=series, payee=payouts.merchant)


def test_a_named_series_pays_nobody_who_is_no_merchant(payouts: Payouts) -> None:
    with reverts("GiftCertificates_NotMerchant", payouts.named, payouts.holder):
        payouts.redeem(payouts.data(), series=payouts.named)


def test_a_token_that_keeps_a_fee_is_measured(payouts: Payouts) -> None:
    """What the router says it sent is not what counts."""
    token = deploy_token("FeeToken", 6)
    payouts.pool(payouts.token, token, (POOL, POOL))
    fair = payouts.quote(1_000, payouts.token, token)
    token.setFeeBps(1_000, {"from": payouts.deployer})
    arrives = fair - -(-fair // 10)
    with reverts("Payout_TooLittle", arrives, fair):
        payouts.redeem(payouts.data(fair, path=[payouts.token, token]))
    payouts.redeem(payouts.data(arrives, path=[payouts.token, token]))


# what it does


@pytest.mark.parametrize("hops", [1, 2])
def test_the_holder_is_paid_in_another_token(payouts: Payouts, hops: int) -> None:
    path = [payouts.token, payouts.other, payouts.third][: hops + 1]
    token, fair = path[-1], payouts.quote(1_000, *path)
    tx = payouts.redeem(payouts.data(fair, path=path))
    assert token.balanceOf(payouts.holder) == fair
    assert logs_of(tx, payouts.contract) == [("PaidOut", payouts.holder, token, 1_000, fair)]


def test_a_relayer_sends_what_the_holder_signed(payouts: Payouts) -> None:
    fair = payouts.quote(1_000)
    payouts.redeem(payouts.data(fair), sender=payouts.relayer)
    assert payouts.other.balanceOf(payouts.holder) == fair


@pytest.mark.parametrize("signs", [False, True])
def test_a_merchant_takes_a_named_card_in_another_token(payouts: Payouts, signs: bool) -> None:
    """With an order: by its own call, or by its signed request, which cover the conversion."""
    world, fair = payouts.world, payouts.quote(1_000)
    data, merchant = payouts.data(fair), payouts.merchant
    card = world.redemption(
        payouts.named, 1_000, merchant=payouts.contract, payee=merchant, order=7, data=data
    )
    payment = world.payment(
        payouts.contract, payee=merchant, order=7, total=1_000, data=data, signer=merchant if signs else None
    )
    sender = payouts.relayer if signs else merchant
    world.certificates.pay(payment, [card], {"from": sender})
    assert payouts.other.balanceOf(merchant) == fair
    assert world.certificates.placed(payouts.named, payouts.contract, payouts.holder) == 0
    assert world.certificates.account(payouts.named, payouts.holder)[1] == 1_000


def test_an_output_token_that_comes_back_finds_nothing(payouts: Payouts) -> None:
    """In the middle of the payout the certificates are locked, and here there is nothing to take."""
    token = deploy_token("ReenteringToken", 6)
    payouts.pool(payouts.token, token, (POOL, POOL))
    payouts.world.issue(payouts.open_series, token, 1)
    card = payouts.world.own_card(payouts.open_series, 1, token)
    again = payouts.certificates.pay.encode_input(
        payouts.world.payment(payouts.contract, payee=token, data=payouts.data()), [card]
    )
    token.program(payouts.certificates, again, 1, {"from": payouts.deployer})
    payouts.redeem(payouts.data(path=[payouts.token, token]))
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
