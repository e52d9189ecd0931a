"""Who signs: plain accounts, contract wallets (ERC-1271), accounts with borrowed code (EIP-7702)."""

from typing import Any

import pytest
from brownie import Contract, web3
from eth_abi import decode

from largesse.signed.certificates import PaymentRequest, Redemption
from tests.fixtures.accounts import WALLET_MODES, ZERO_ADDRESS, MakeAccount, call_as, delegate_7702
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts
from tests.support.payments import assert_books, card_with, deploy_code, rows, selector
from tests.zoo.raw import Answer, raw_call

ALLOWANCE = 300_000
FLOOR = ALLOWANCE + ALLOWANCE // 32


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    return series


@pytest.fixture(scope="module")
def wallet(world: World, series: int, make_account: MakeAccount) -> Any:
    """A contract wallet of the giver's with 1,000."""
    wallet = make_account("Wallet1271", world.giver)
    world.issue(series, wallet, 1_000)
    return wallet


def signed_for(
    world: World, wallet: Any, series: int, amount: int, signer: Any, order: int = 0, nonce: int = 1
) -> tuple[Any, ...]:
    """A card of the wallet's, signed with a person's key."""
    deadline = world.now() + DAY
    message = Redemption(
        str(wallet), series, amount, world.merchant.address, ZERO, order, b"", nonce, deadline
    )
    return (
        str(wallet),
        series,
        amount,
        order,
        nonce,
        deadline,
        message.sign(world.domain, world.key(signer)),
    )


def digest_of(world: World, card: tuple[Any, ...]) -> bytes:
    holder, series, amount, order, nonce, deadline, _ = card
    return Redemption(
        holder, series, amount, world.merchant.address, ZERO, order, b"", nonce, deadline
    ).digest(world.domain)


# contract wallets


def test_a_wallet_pays_by_its_owners_signature(world: World, series: int, wallet: Any) -> None:
    card = signed_for(world, wallet, series, 400, world.giver, order=3)
    tx = world.certificates.redeemSigned(card, {"from": world.merchant})
    assert rows(tx) == [(3, 1)]
    assert world.token.balanceOf(world.merchant) == 400
    assert world.certificates.account(series, wallet) == (600, 400, 1)
    with reverts("GiftCertificates_OrderUsed", world.merchant, 3):
        world.certificates.redeemSigned(
            signed_for(world, wallet, series, 400, world.giver, order=3, nonce=2), {"from": world.merchant}
        )
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_a_wallet_pays_by_its_own_call(world: World, series: int, wallet: Any) -> None:
    call_as(wallet, world.giver, world.certificates.redeem, series, 400, world.merchant)
    assert world.certificates.account(series, wallet) == (600, 400, 0)
    assert world.token.balanceOf(world.merchant) == 400


@pytest.mark.parametrize("signer", ["holder", "stranger", "merchant"])
def test_a_wallet_refuses_everybody_elses_signature(
    world: World, series: int, wallet: Any, signer: str
) -> None:
    card = signed_for(world, wallet, series, 400, getattr(world, signer))
    with reverts("GiftCertificates_InvalidSignature", wallet, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_the_owners_signature_spends_the_wallet_only(world: World, series: int, wallet: Any) -> None:
    """Signed for the wallet, it does not spend the owner's own card, nor the other way round."""
    world.issue(series, world.giver, 1_000)
    card = signed_for(world, wallet, series, 400, world.giver)
    for bent in (
        card_with(card, holder=world.giver.address),
        card_with(signed_for(world, world.giver, series, 400, world.giver), holder=wallet.address),
    ):
        with reverts("GiftCertificates_InvalidSignature", bent[0], digest_of(world, bent)):
            world.certificates.redeemSigned(bent, {"from": world.merchant})


def test_a_wallet_is_a_merchant_whose_request_its_owner_signs(world: World, series: int, wallet: Any) -> None:
    deadline = world.now() + DAY
    request = PaymentRequest(wallet.address, ZERO, 5, world.token.address, 70, 70, deadline, b"")
    signature = request.sign(world.domain, world.key(world.giver))
    payment = (wallet.address, ZERO, 5, 70, 70, deadline, b"", signature)
    world.certificates.pay(payment, [world.own_card(series, 70, order=5)], {"from": world.holder})
    assert world.token.balanceOf(wallet) == 70
    assert world.certificates.isOrderUsed(wallet, 5)
    forged = request.sign(world.domain, world.key(world.holder))
    again = (wallet.address, ZERO, 5, 70, 70, deadline, b"", forged)
    with reverts("GiftCertificates_InvalidSignature", wallet, request.digest(world.domain)):
        world.certificates.pay(again, [world.own_card(series, 70, order=5)], {"from": world.holder})


# bad wallets


BAD_MODES = ("Reverts", "WrongMagic", "DirtyMagic", "ShortMagic", "Empty", "Huge", "HugeMagic", "RevertsHuge")


@pytest.mark.parametrize("mode", (*BAD_MODES, "BurnsGas"))
def test_a_wallet_that_answers_wrongly_pays_nothing(
    world: World, series: int, make_account: MakeAccount, mode: str
) -> None:
    wallet = make_account("Wallet1271Bad", world.giver, mode)
    world.issue(series, wallet, 100)
    card = signed_for(world, wallet, series, 40, world.giver)
    with reverts("GiftCertificates_InvalidSignature", wallet, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, wallet) == (100, 0, 0)
    # the money is not lost: the wallet still spends by its own call
    call_as(wallet, world.giver, world.certificates.redeem, series, 100, world.merchant)
    assert world.token.balanceOf(world.merchant) == 100


def test_a_wallet_may_answer_with_more_than_a_word(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """Only the first word of an answer within the allowance counts."""
    wallet = make_account("Wallet1271Bad", world.giver, "HugeMagic")
    wallet.setAnswerBytes(128 << 10, {"from": world.giver})
    world.issue(series, wallet, 100)
    world.certificates.redeemSigned(
        signed_for(world, wallet, series, 40, world.stranger), {"from": world.merchant}
    )
    assert world.certificates.account(series, wallet) == (60, 40, 1)


def test_a_wallet_that_accepts_all_spends_only_its_own(
    world: World, series: int, make_account: MakeAccount
) -> None:
    wallet = make_account("Wallet1271Bad", world.giver, "AcceptsAll")
    world.issue(series, wallet, 100)
    card = card_with(signed_for(world, wallet, series, 100, world.giver), signature=b"whatever")
    stolen = card_with(card, holder=world.holder.address)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, stolen)):
        world.certificates.redeemSigned(stolen, {"from": world.merchant})
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 100


def test_a_wallet_that_re_enters_while_it_is_asked_changes_nothing(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """It is asked by a static call: a write fails, and with it the answer; a read succeeds."""
    wallet = make_account("Wallet1271Bad", world.giver, "ReEnters")
    world.issue(series, wallet, 100)
    write = world.certificates.safeTransferFrom.encode_input(wallet, world.stranger, series, 60, b"")
    wallet.program(world.certificates, write, 1, {"from": world.giver})
    card = signed_for(world, wallet, series, 50, world.giver)
    with reverts("GiftCertificates_InvalidSignature", wallet, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    read = world.certificates.balanceOf.encode_input(wallet, series)
    wallet.program(world.certificates, read, 1, {"from": world.giver})
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, wallet) == (50, 50, 1)
    assert world.certificates.balanceOf(world.stranger, series) == 0


# the allowance


def probe(world: World, series: int, least_gas: int) -> str:
    """A wallet that says yes to everything if it has at least `least_gas` to spend; it holds 100."""
    address = world.deployer.get_deployment_address()
    world.issue(series, address, 100)  # while nothing is there that would have to accept it
    yes = "1626ba7e" + "00" * 28
    # PUSH3 least, GAS, LT, ISZERO, PUSH32 yes, MUL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN; 5 gas are gone
    assert deploy_code(f"62{least_gas - 5:06x}5a10157f{yes}025f5260205ff3", world.deployer) == address
    return address


def at_the_floor(world: World, card: tuple[Any, ...]) -> Answer:
    """What comes of the smallest gas limit with which the wallet is asked at all."""
    low, high = 100_000, 16_000_000
    refusal = selector("Signatures_GasFloor")
    while high - low > 1:
        middle = (low + high) // 2
        answer = raw_call(world.certificates.redeemSigned, card, sender=world.merchant, gas=middle)
        starved = answer.data[:4] == refusal or (not answer.succeeded and not answer.data)
        low, high = (middle, high) if starved else (low, middle)
    return raw_call(world.certificates.redeemSigned, card, sender=world.merchant, gas=high)


def test_a_wallet_is_asked_with_its_whole_allowance_or_not_at_all(world: World, series: int) -> None:
    wallet = probe(world, series, ALLOWANCE)
    card = card_with(signed_for(world, wallet, series, 10, world.giver), signature=b"\x01" * 65)
    assert at_the_floor(world, card) == Answer(True, b"")


def test_a_wallet_gets_no_more_than_its_allowance(world: World, series: int) -> None:
    wallet = probe(world, series, ALLOWANCE + 1)
    card = card_with(signed_for(world, wallet, series, 10, world.giver), signature=b"\x01" * 65)
    with reverts("GiftCertificates_InvalidSignature", wallet, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_too_little_gas_for_a_wallet_is_an_error_of_its_own(world: World, series: int, wallet: Any) -> None:
    card = signed_for(world, wallet, series, 10, world.giver)
    answer = raw_call(world.certificates.redeemSigned, card, sender=world.merchant, gas=300_000)
    assert (answer.succeeded, answer.data[:4]) == (False, selector("Signatures_GasFloor"))
    left, floor = decode(["uint256", "uint256"], answer.data[4:])
    assert floor == FLOOR
    assert left < FLOOR


# accounts with borrowed code


def test_an_account_with_borrowed_code_signs_with_its_key(
    world: World, series: int, delegate_code: Any
) -> None:
    """Its code knows nothing of ERC-1271: asked first, it would make the good signature look bad."""
    delegate_7702(world.holder, delegate_code, world.relayer)
    card = world.redemption(series, 400)
    assert len(web3.eth.get_code(world.holder.address)) == 23
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (600, 400, 1)
    assert_books(world)


def test_a_signature_outlives_the_borrowing_and_its_end(
    world: World, series: int, delegate_code: Any
) -> None:
    first, second, third = (world.redemption(series, 100, nonce=nonce) for nonce in (1, 2, 3))
    world.certificates.redeemSigned(first, {"from": world.merchant})
    delegate_7702(world.holder, delegate_code, world.relayer)
    world.certificates.redeemSigned(second, {"from": world.merchant})
    delegate_7702(world.holder, ZERO_ADDRESS, world.relayer)
    world.certificates.redeemSigned(third, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (700, 300, 3)


def test_an_account_with_borrowed_code_takes_and_spends_certificates(
    world: World, series: int, delegate_code: Any
) -> None:
    delegate_7702(world.holder, delegate_code, world.relayer)
    world.issue(series, world.holder, 500)
    account = Contract.from_abi("Delegate7702", world.holder.address, delegate_code.abi)
    redeem = world.certificates.redeem.encode_input
    account.execute(
        [
            (world.certificates, 0, redeem(series, 700, world.merchant)),
            (world.certificates, 0, redeem(series, 800, world.other_merchant)),
        ],
        {"from": world.holder},
    )
    assert world.certificates.account(series, world.holder) == (0, 1_500, 0)
    assert [world.token.balanceOf(shop) for shop in (world.merchant, world.other_merchant)] == [700, 800]


def test_borrowed_code_makes_nobody_elses_signature_good(
    world: World, series: int, delegate_code: Any
) -> None:
    delegate_7702(world.holder, delegate_code, world.relayer)
    card = signed_for(world, world.holder, series, 10, world.stranger)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_borrowed_code_that_speaks_erc1271_speaks_for_the_account(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """The account chose that code: what it accepts counts beside the key."""
    code = make_account("Wallet1271", world.supporter)  # its owner is part of the code
    delegate_7702(world.holder, code, world.relayer)
    for nonce, signer in ((1, world.supporter), (2, world.holder)):
        card = signed_for(world, world.holder, series, 10, signer, nonce=nonce)
        world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (980, 20, 2)
    card = signed_for(world, world.holder, series, 10, world.stranger, nonce=3)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest_of(world, card)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_every_bad_wallet_was_tried() -> None:
    tried = {*BAD_MODES, "BurnsGas", "AcceptsAll", "ReEnters"}
    assert tried == set(WALLET_MODES)
