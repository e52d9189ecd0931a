"""Row coinbase_wallet: self-custody, spend in another currency. An EOA and an ERC-1271 wallet both redeem and
sign; a redemption is paid out in another token through a real Uniswap V2 pool, under a slippage limit.
"""

from __future__ import annotations

from typing import Any

import pytest

from largesse.chain import Node, Wallet
from largesse.clients.certificates import Certificates
from largesse.clients.payout import Payout
from largesse.clients.service import ServiceError
from largesse.signed.certificates import Redemption
from largesse.uniswap import UniswapError
from tests.fixtures.accounts import MakeAccount
from tests.fixtures.payout import Payouts
from tests.support.certificates import DAY
from tests.support.errors import reverts

AMOUNT, SLIPPAGE = 1_000, 50


@pytest.fixture
def wallet(payouts: Payouts, make_account: MakeAccount) -> Any:
    """A contract wallet of the supporter's, with a card."""
    account = make_account("Wallet1271", payouts.supporter)
    payouts.world.issue(payouts.open_series, account, 10 * AMOUNT)
    return account


@pytest.fixture
def client(payouts: Payouts, node_url: str) -> Payout:
    return Payout(Certificates(Node.at(node_url), payouts.certificates.address), payouts.contract.address)


def signed_by_wallet(payouts: Payouts, wallet: Any, data: bytes, nonce: int, **where: Any) -> tuple[Any, ...]:
    """The wallet's card, by its owner's signature as the wallet takes it (ERC-1271)."""
    world, deadline = payouts.world, payouts.now() + DAY
    merchant, payee = str(where["merchant"]), str(where.get("payee", "0x" + "00" * 20))
    message = Redemption(str(wallet), payouts.open_series, AMOUNT, merchant, payee, 0, data, nonce, deadline)
    signature = message.sign(world.domain, world.key(payouts.supporter))
    return (str(wallet), payouts.open_series, AMOUNT, 0, nonce, deadline, signature)


# both redeem, and both sign


def test_an_account_with_a_key_redeems_and_signs(payouts: Payouts) -> None:
    token, merchant, world = payouts.token, payouts.merchant, payouts.world
    world.certificates.redeem(payouts.open_series, AMOUNT, merchant, {"from": payouts.holder})
    world.certificates.redeemSigned(world.redemption(payouts.open_series, AMOUNT), {"from": merchant})
    assert token.balanceOf(merchant) == 2 * AMOUNT


def test_a_contract_wallet_redeems_and_signs(payouts: Payouts, wallet: Any) -> None:
    certificates, merchant = payouts.certificates, payouts.merchant
    call = certificates.redeem.encode_input(payouts.open_series, AMOUNT, merchant)
    wallet.execute(certificates, 0, call, {"from": payouts.supporter})
    row = signed_by_wallet(payouts, wallet, b"", 1, merchant=merchant)
    certificates.redeemSigned(row, {"from": merchant})
    assert payouts.token.balanceOf(merchant) == 2 * AMOUNT
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        certificates.redeemSigned(row, {"from": merchant})


# paid out in another token


@pytest.mark.parametrize("relayed", [False, True])
def test_an_account_with_a_key_is_paid_in_another_token(
    payouts: Payouts, client: Payout, relayed: bool
) -> None:
    """It sends the payment itself, or somebody else pays the gas."""
    holder = Wallet.from_key("holder", payouts.world.key(payouts.holder))
    relayer = Wallet.from_key("relayer", payouts.world.key(payouts.relayer)) if relayed else None
    conversion = client.conversion(payouts.uniswap, AMOUNT, str(payouts.other), slippage_bps=SLIPPAGE)
    fair = payouts.quote(AMOUNT)
    assert conversion.minimum == -(-fair * (10_000 - SLIPPAGE) // 10_000)
    received = client.cash_out(holder, payouts.open_series, AMOUNT, conversion, relayer=relayer)
    assert received == fair == payouts.other.balanceOf(payouts.holder)


def test_a_contract_wallet_is_paid_in_another_token(payouts: Payouts, wallet: Any, client: Payout) -> None:
    use = client.conversion(payouts.uniswap, AMOUNT, str(payouts.other), slippage_bps=SLIPPAGE).use()
    fair = payouts.quote(AMOUNT)
    payment = payouts.world.payment(payouts.contract, payee=wallet, data=use)
    card = signed_by_wallet(payouts, wallet, use, 1, merchant=payouts.contract, payee=wallet)
    payouts.certificates.pay(payment, [card], {"from": payouts.relayer})
    assert payouts.other.balanceOf(wallet) == fair


def test_a_merchant_is_paid_in_the_token_it_asks_for(payouts: Payouts, client: Payout) -> None:
    """A named series too: the merchant takes the order itself, with its own minimum."""
    keys = {role: payouts.world.key(getattr(payouts, role)) for role in ("holder", "merchant")}
    holder, merchant = (Wallet.from_key(role, key) for role, key in keys.items())
    conversion = client.conversion(
        payouts.uniswap, AMOUNT, str(payouts.third), via=[str(payouts.other)], slippage_bps=SLIPPAGE
    )
    card = client.sign_card(holder, payouts.named, AMOUNT, merchant.address, conversion.use(), order=12)
    received = client.take(merchant, [card], 12, AMOUNT, conversion)
    assert received == payouts.third.balanceOf(merchant.address) >= conversion.minimum


# under a slippage limit


def test_a_price_beyond_the_limit_pays_nothing(payouts: Payouts, client: Payout) -> None:
    """Somebody else's redemption moves the price by two thousandths: less than half a per cent, more than a
    tenth."""
    holder = Wallet.from_key("holder", payouts.world.key(payouts.holder))
    tight, wide = (
        client.conversion(payouts.uniswap, AMOUNT, str(payouts.other), slippage_bps=bps) for bps in (10, 50)
    )
    payouts.world.issue(payouts.open_series, payouts.giver, 10**9)
    payment = payouts.world.payment(payouts.contract, payee=payouts.giver, data=payouts.data())
    card = payouts.world.own_card(payouts.open_series, 10**9, payouts.giver)
    payouts.certificates.pay(payment, [card], {"from": payouts.giver})
    face = payouts.certificates.balanceOf(payouts.holder, payouts.open_series)
    with pytest.raises(Exception, match="INSUFFICIENT_OUTPUT_AMOUNT"):
        client.cash_out(holder, payouts.open_series, AMOUNT, tight)
    assert payouts.certificates.balanceOf(payouts.holder, payouts.open_series) == face
    assert client.cash_out(holder, payouts.open_series, AMOUNT, wide) >= wide.minimum


def test_what_can_not_be_converted_is_refused_before_it_is_sent(payouts: Payouts, client: Payout) -> None:
    holder = Wallet.from_key("holder", payouts.world.key(payouts.holder))
    with pytest.raises(UniswapError, match="has no price"):
        client.conversion(payouts.uniswap, AMOUNT, str(payouts.third))
    with pytest.raises(UniswapError, match="basis points"):
        client.conversion(payouts.uniswap, AMOUNT, str(payouts.other), slippage_bps=10_000)
    conversion = client.conversion(payouts.uniswap, AMOUNT, str(payouts.other))
    with pytest.raises(ServiceError, match="pay its merchants"):
        client.cash_out(holder, payouts.named, AMOUNT, conversion)
