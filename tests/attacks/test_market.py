"""What a thief would try with the market: call back, race, starve, keep a fee, be shut out, sign twice."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.eip712 import keccak
from tests.fixtures.accounts import REFUSER_MODES, WALLET_MODES, MakeAccount, call_as, delegate_7702
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY, World
from tests.support.errors import reverts, reverts_without_data
from tests.support.market import FACE, PRICE, Market, skipped
from tests.support.misbehaving import go_bad
from tests.support.payments import selector
from tests.zoo.raw import raw_call

GUARDED = ("fill", "fillMany", "fillAndPay")
REENTERED = "ReentrancyGuardReentrantCall"


def guarded_calls(market: Market, series: int) -> dict[str, str]:
    """Calldata of all that buys; the offers are good."""
    contract, world = market.contract, market.world
    rows = [market.signed(market.offer(series, 10_000, 9_000, nonce=9))]
    purchase = market.purchase(series)
    return {
        "fill": contract.fill.encode_input(rows[0][0], 10_000, rows[0][1]),
        "fillMany": contract.fillMany.encode_input(rows, purchase),
        "fillAndPay": contract.fillAndPay.encode_input(
            rows, purchase, world.payment(), [world.redemption(series, 1)]
        ),
    }


def test_what_buys_is_guarded_and_nothing_else_moves_anything(market: Market) -> None:
    acts = {
        item["name"]
        for item in market.contract.abi
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }
    cancels = {"cancel", "cancelSigned", "cancelAll", "cancelAllSigned"}
    assert acts == set(GUARDED) | cancels | {"permit", "multicall", "fillRow"}


@pytest.mark.parametrize("function", GUARDED)
def test_a_buyer_that_calls_back_finds_the_door_shut(
    market: Market, offered: int, make_account: MakeAccount, function: str
) -> None:
    """In its own callback, where it has the certificate already, and has paid."""
    buyer = make_account("ReentrantReceiver1155", market.stranger)
    market.token.mint(buyer, FACE, {"from": market.deployer})
    call_as(buyer, market.stranger, market.token.approve, market.contract, 2**256 - 1)
    buyer.program(market.contract, guarded_calls(market, offered)[function], 1, {"from": market.stranger})
    offer = market.offer(offered, 20_000, 18_600)
    args = (offer.values(), 20_000, market.sign(offer))
    call_as(buyer, market.stranger, market.contract.fill, *args)
    assert (buyer.callsMade(), buyer.succeeded()) == (1, False)
    assert bytes.fromhex(str(buyer.returned())[2:])[:4] == selector(REENTERED)
    assert market.face(offered, buyer, market.giver) == (20_000, 30_000)
    assert market.money(buyer) == (FACE - 18_600,)
    market.check_empty()


def test_a_buyer_that_passes_the_certificate_on_in_its_callback_has_paid(
    market: Market, offered: int, make_account: MakeAccount
) -> None:
    buyer = make_account("ReentrantReceiver1155", market.stranger)
    market.token.mint(buyer, PRICE, {"from": market.deployer})
    call_as(buyer, market.stranger, market.token.approve, market.contract, 2**256 - 1)
    spend = market.world.certificates.redeem.encode_input(offered, FACE, market.merchant)
    buyer.program(market.world.certificates, spend, 1, {"from": market.stranger})
    before = market.money(market.giver, market.merchant)
    offer = market.offer(offered)
    args = (offer.values(), FACE, market.sign(offer))
    call_as(buyer, market.stranger, market.contract.fill, *args)
    assert buyer.succeeded()
    assert market.money(market.giver, market.merchant) == (before[0] + PRICE, before[1] + FACE)


@pytest.mark.parametrize("mode", REFUSER_MODES[:-1])
def test_a_buyer_that_refuses_the_certificate_has_paid_nothing(
    market: Market, offered: int, make_account: MakeAccount, mode: str
) -> None:
    buyer = make_account("Refuser1155", market.stranger, mode)
    market.token.mint(buyer, PRICE, {"from": market.deployer})
    call_as(buyer, market.stranger, market.token.approve, market.contract, 2**256 - 1)
    offer = market.offer(offered)
    call = raw_call(
        market.contract.fill, offer.values(), FACE, market.sign(offer), sender=buyer, gas=6_000_000
    )
    assert not call.succeeded
    many = (market.contract.fillMany, [market.signed(offer)], market.purchase(offered))
    call_as(buyer, market.stranger, *many)
    assert market.money(buyer) == (PRICE,)
    assert (market.filled(offer), market.face(offered, market.giver)) == (0, (FACE,))


@pytest.fixture(scope="module")
def calling(make_market: Any, make_token: MakeToken) -> tuple[Market, int]:
    """A market over a currency that calls back."""
    market: Market = make_market(make_token("ReenteringToken"))
    series = market.world.create_series()
    market.stock(series)
    return market, series


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("function", GUARDED)
def test_a_currency_that_calls_back_finds_the_door_shut(
    calling: tuple[Market, int], function: str, is_first: bool
) -> None:
    market, series = calling
    token = market.token
    call = guarded_calls(market, series)[function]
    token.setCallsFirst(is_first, {"from": market.deployer})
    token.program(market.contract, call, 1, {"from": market.deployer})
    market.fill(market.offer(series, 20_000, 18_600))
    assert (token.callsMade(), token.succeeded()) == (1, False)
    assert bytes.fromhex(str(token.returned())[2:])[:4] == selector(REENTERED)
    assert market.face(series, market.holder, market.giver) == (20_000, 30_000)


def test_a_seller_that_redeems_while_it_is_paid_has_sold_nothing(
    market: Market, calling: tuple[Market, int], make_account: MakeAccount
) -> None:
    """The currency calls the seller's wallet in the middle of the payment, and the wallet spends the card."""
    over, series = calling
    world, token = over.world, over.token
    wallet = make_account("Wallet1271", over.giver)
    world.certificates.safeTransferFrom(over.giver, wallet, series, FACE, b"", {"from": over.giver})
    call_as(wallet, over.giver, world.certificates.setApprovalForAll, over.contract, True)
    call_as(wallet, over.giver, world.certificates.setApprovalForAll, token, True)
    steal = world.certificates.safeTransferFrom.encode_input(wallet, over.giver, series, FACE, b"")
    token.setCallsFirst(False, {"from": over.deployer})
    token.program(world.certificates, steal, 1, {"from": over.deployer})
    offer = over.offer(series, seller=wallet)
    before = over.money(over.holder, wallet)
    with reverts("ERC1155InsufficientBalance", wallet, 0, FACE, series):
        over.fill(offer, signature=over.sign(offer, over.giver))
    assert over.money(over.holder, wallet) == before
    assert over.face(series, wallet) == (FACE,)


# ------------------------------------------------------------------------------------------- odd currencies


@pytest.mark.parametrize("kind", ["FeeToken", "PausableToken", "BlacklistToken", "FalseReturnToken"])
def test_a_currency_gone_bad_sells_nothing(make_market: Any, make_token: MakeToken, kind: str) -> None:
    """A fee, a pause, a seller that is shut out, a transfer that only says yes: the buyer keeps his money."""
    market: Market = make_market(make_token(kind))
    series = market.world.create_series()
    market.stock(series)
    go_bad(market.token, kind, market.giver, market.deployer)
    offer = market.offer(series)
    before = market.money(market.holder, market.giver)
    error = {
        "FeeToken": ("Market_ArrivedDiffers", PRICE, PRICE - PRICE * 500 // 10_000),
        "FalseReturnToken": ("Market_ArrivedDiffers", PRICE, 0),
    }.get(kind, ("Market_PaymentFailed", market.giver, PRICE))
    with reverts(*error):
        market.fill(offer)
    tx = market.fill_many([market.signed(offer)], market.purchase(series))
    assert skipped(tx)[0][:2] == (0, selector(str(error[0])))
    assert market.money(market.holder, market.giver) == before
    assert market.filled(offer) == 0
    market.check_empty()


def test_a_seller_that_is_shut_out_blocks_nobody(make_market: Any, make_token: MakeToken) -> None:
    market: Market = make_market(make_token("BlacklistToken"))
    series = market.world.create_series()
    market.stock(series)
    market.stock(series, FACE, market.creator)
    market.token.blacklist(market.giver, {"from": market.deployer})
    rows = [
        market.signed(market.offer(series, 30_000, 20_000)),
        market.signed(market.offer(series, 30_000, 27_000, seller=market.creator)),
    ]
    tx = market.fill_many(rows, market.purchase(series, 30_000, 30_000))
    assert tx.return_value == (30_000, 27_000)
    # A referrer that is shut out spoils the offer that names it, and no other.
    shut = market.offer(
        series, 10_000, 9_000, seller=market.creator, referrer=market.giver, referrer_share=1, nonce=2
    )
    with reverts("Market_PaymentFailed", market.giver, 1):
        market.fill(shut)


@pytest.mark.parametrize("kind", ["NoReturnToken", "GasGuzzlerToken", "ReturnBombToken", "RebasingToken"])
def test_an_odd_currency_that_behaves_is_paid_with(
    make_market: Any, make_token: MakeToken, kind: str
) -> None:
    market: Market = make_market(make_token(kind))
    series = market.world.create_series()
    market.stock(series)
    before = market.money(market.giver)[0]
    market.fill(market.offer(series, referrer=market.creator, referrer_share=500))
    assert (market.money(market.giver)[0] - before, market.face(series, market.holder)) == (PRICE, (FACE,))


# ----------------------------------------------------------------------------------- signatures and wallets


@pytest.mark.parametrize("mode", WALLET_MODES)
def test_a_wallet_that_answers_wrongly_sells_nothing(
    market: Market, offered: int, make_account: MakeAccount, mode: str
) -> None:
    wallet = make_account("Wallet1271Bad", market.giver, mode)
    certificates = market.world.certificates
    certificates.safeTransferFrom(market.giver, wallet, offered, FACE, b"", {"from": market.giver})
    call_as(wallet, market.giver, certificates.setApprovalForAll, market.contract, True)
    offer = market.offer(offered, seller=wallet)
    args = (offer.values(), FACE, b"\x01" * 65, {"from": market.holder, "gas_limit": 6_000_000})
    if mode in ("AcceptsAll", "ReEnters"):
        market.contract.fill(*args)
        assert market.face(offered, market.holder) == (FACE,)
        return
    with reverts("Market_InvalidSignature", wallet, offer.digest(market.domain)):
        market.contract.fill(*args)


def test_a_borrowed_code_does_not_take_the_key_away(market: Market, offered: int, delegate_code: Any) -> None:
    """An EIP-7702 account sells by its key."""
    delegate_7702(market.giver, delegate_code, market.relayer)
    market.fill(market.offer(offered))
    assert market.face(offered, market.holder) == (FACE,)


def test_an_offer_is_good_for_one_market_only(market: Market, offered: int, project: Any) -> None:
    """A second market over the same certificates, and a seller who approved both."""
    twin = Market(
        market.world, project.CertificateMarket.deploy(market.world.certificates, {"from": market.deployer})
    )
    market.world.certificates.setApprovalForAll(twin.contract, True, {"from": market.giver})
    market.token.approve(twin.contract, 2**255, {"from": market.holder})
    offer = market.offer(offered)
    with reverts("Market_InvalidSignature", market.giver, offer.digest(twin.domain)):
        twin.fill(offer, signature=market.sign(offer))
    market.fill(offer)


def test_an_approval_alone_sells_nothing(market: Market, offered: int) -> None:
    """Who has approved the market and signed nothing keeps everything; so does a buyer who calls nothing."""
    offer = market.offer(offered, seller=market.giver, price=1)
    with reverts("Market_InvalidSignature", market.giver, offer.digest(market.domain)):
        market.fill(offer, signature=market.sign(offer, market.stranger), buyer=market.stranger)
    # An offer of the thief's own names no buyer: nobody pays but who sends it.
    market.stock(offered, FACE, market.stranger)
    mine = market.offer(offered, price=10**9, seller=market.stranger)
    with reverts("Market_OwnOffer", market.stranger):
        market.fill(mine, buyer=market.stranger)


@pytest.mark.parametrize("place", [0, 2, 3, 4, 5, 6, 7, 8, 9])
def test_a_dirty_word_is_refused(market: Market, offered: int, place: int) -> None:
    """A signature over the clean words, sent with a bit above them. What is not read before the signature is
    hashed as it came, and then nobody signed it."""
    offer = market.offer(offered)
    data = bytes.fromhex(market.contract.fill.encode_input(offer.values(), FACE, market.sign(offer))[2:])
    dirty = bytearray(data)
    dirty[4 + 32 * place] |= 0x80
    words = bytes(dirty[4 : 4 + 32 * len(offer.values())])
    digest = keccak(b"\x19\x01" + market.domain.separator + keccak(offer.typehash() + words))
    hashed = place in (4, 5, 6)  # minimum, referrer and its share
    refused = reverts("Market_InvalidSignature", offer.seller, digest) if hashed else reverts_without_data()
    with refused:
        market.holder.transfer(market.contract, 0, data="0x" + dirty.hex(), gas_limit=500_000)
    assert market.filled(offer) == 0


def test_dust_fills_cost_the_buyer_and_never_the_seller(market: Market, offered: int) -> None:
    """Fifty fills of one unit each: the seller has at least the price that was signed."""
    offer = market.offer(offered, 1_000, 930)
    before = market.money(market.giver)[0]
    for _ in range(10):
        market.fill(offer, 1)
    market.fill(offer, 990)
    assert market.money(market.giver)[0] - before == 10 + 921 >= 930


def test_a_named_series_that_was_bought_is_no_cash(market: Market) -> None:
    """It is spent with its merchants only, and its refund rights are its own, not the seller's."""
    world: World = market.world
    series = world.named_series()
    market.stock(series)
    offer = market.offer(series, expires_at=market.now() + DAY)
    world.certificates.redeem(series, 1, world.merchant, {"from": market.giver})
    market.fill(offer, FACE - 1)
    with reverts("GiftCertificates_NotMerchant", series, market.holder):
        world.certificates.redeem(series, 1, market.holder, {"from": market.holder})
    assert world.certificates.refundable(series, market.holder)[1] == 0
    # Nor through the market's own way into services and merchants.
    market.stock(series, FACE, market.creator)
    row = market.signed(market.offer(series, seller=market.creator))
    card = world.redemption(series, FACE, merchant=market.stranger)
    with reverts("GiftCertificates_NotMerchant", series, market.stranger):
        market.contract.fillAndPay(
            [row], market.purchase(series), world.payment(market.stranger), [card], {"from": market.holder}
        )
