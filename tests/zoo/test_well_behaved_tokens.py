"""TestToken does what the standards say, so that a failure with it is never the token's."""

import secrets
from typing import Any

import pytest
from brownie import chain, web3
from eth_utils.crypto import keccak

from tests.fixtures.accounts import MakeAccount, key_of
from tests.fixtures.tokens import packed, sign_eip3009, sign_permit, token_domain
from tests.support.errors import reverts

FOREVER = 2**40


@pytest.fixture
def funded(usdx: Any, holder: Any, deployer: Any) -> Any:
    usdx.mint(holder, 1_000, {"from": deployer})
    return usdx


def test_transfers_are_exact_with_any_decimals(
    any_currency: Any, holder: Any, merchant: Any, agent: Any
) -> None:
    decimals = any_currency.decimals()
    assert decimals in (0, 6, 18)
    whole = 10**decimals
    any_currency.mint(holder, 5 * whole, {"from": holder})
    any_currency.transfer(merchant, 2 * whole, {"from": holder})
    any_currency.approve(agent, whole, {"from": holder})
    any_currency.transferFrom(holder, merchant, whole, {"from": agent})
    assert any_currency.balanceOf(holder) == 2 * whole
    assert any_currency.balanceOf(merchant) == 3 * whole
    assert any_currency.allowance(holder, agent) == 0
    assert any_currency.totalSupply() == 5 * whole


def test_transfer_reverts_without_the_money(funded: Any, holder: Any, merchant: Any) -> None:
    with reverts("ERC20InsufficientBalance", holder.address, 1_000, 1_001):
        funded.transfer(merchant, 1_001, {"from": holder})


def test_the_named_currencies_are_what_the_manifests_expect(krwt: Any, usdx: Any, eurt: Any) -> None:
    named = [(token.symbol(), token.decimals()) for token in (krwt, usdx, eurt)]
    assert named == [("KRWT", 0), ("USDX", 6), ("EURT", 18)]


def test_permit_reverts_when_somebody_else_signed(usdx: Any, holder: Any, agent: Any, stranger: Any) -> None:
    v, r, s = sign_permit(key_of(stranger), token_domain(usdx), holder, agent, 400, 0, FOREVER)
    with reverts("ERC2612InvalidSigner", stranger.address, holder.address):
        usdx.permit(holder, agent, 400, FOREVER, v, r, s, {"from": agent})


def test_permit_reverts_after_its_deadline(usdx: Any, holder: Any, agent: Any) -> None:
    deadline = chain.time() - 1_000
    v, r, s = sign_permit(key_of(holder), token_domain(usdx), holder, agent, 400, 0, deadline)
    with reverts("ERC2612ExpiredSignature", deadline):
        usdx.permit(holder, agent, 400, deadline, v, r, s, {"from": agent})


def test_permit_sets_the_allowance_that_was_signed(usdx: Any, holder: Any, agent: Any) -> None:
    v, r, s = sign_permit(key_of(holder), token_domain(usdx), holder, agent, 400, 0, FOREVER)
    usdx.permit(holder, agent, 400, FOREVER, v, r, s, {"from": agent})
    assert usdx.allowance(holder, agent) == 400
    assert usdx.nonces(holder) == 1


def test_an_authorisation_reverts_when_somebody_else_signed(
    funded: Any, holder: Any, merchant: Any, relayer: Any, stranger: Any
) -> None:
    nonce = secrets.token_bytes(32)
    args = (holder, merchant, 300, 0, FOREVER, nonce)
    v, r, s = sign_eip3009(key_of(stranger), token_domain(funded), "Transfer", *args)
    with reverts("ERC3009InvalidSignature"):
        funded.transferWithAuthorization(*args, v, r, s, {"from": relayer})
    with reverts("ERC3009InvalidSignature"):
        funded.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})


def test_an_authorisation_reverts_outside_its_time(
    funded: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    now = chain.time()
    for valid_after, valid_before in ((now + 10_000, FOREVER), (0, now - 10_000)):
        args = (holder, merchant, 300, valid_after, valid_before, secrets.token_bytes(32))
        v, r, s = sign_eip3009(key_of(holder), token_domain(funded), "Transfer", *args)
        with reverts("ERC3009InvalidAuthorizationTime", valid_after, valid_before):
            funded.transferWithAuthorization(*args, v, r, s, {"from": relayer})


def test_an_authorisation_acts_once_in_either_form(
    funded: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    nonce = secrets.token_bytes(32)
    args = (holder, merchant, 300, 0, FOREVER, nonce)
    v, r, s = sign_eip3009(key_of(holder), token_domain(funded), "Transfer", *args)
    assert not funded.authorizationState(holder, nonce)
    funded.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})
    assert funded.authorizationState(holder, nonce)
    with reverts("ERC3009UsedAuthorization", holder.address, nonce):
        funded.transferWithAuthorization(*args, v, r, s, {"from": relayer})
    assert (funded.balanceOf(holder), funded.balanceOf(merchant)) == (700, 300)


def test_only_the_payee_sends_a_receive_authorisation(
    funded: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    args = (holder, merchant, 300, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), token_domain(funded), "Receive", *args)
    with reverts("ERC20InvalidReceiver", merchant.address):
        funded.receiveWithAuthorization(*args, v, r, s, {"from": relayer})
    with reverts("ERC20InvalidReceiver", merchant.address):
        funded.receiveWithAuthorization(*args, packed(v, r, s), {"from": relayer})
    with reverts("ERC3009InvalidSignature"):  # the two kinds are signed apart
        funded.transferWithAuthorization(*args, v, r, s, {"from": merchant})
    funded.receiveWithAuthorization(*args, packed(v, r, s), {"from": merchant})
    assert funded.balanceOf(merchant) == 300


def test_a_contract_wallet_authorises_with_bytes(
    usdx: Any, holder: Any, merchant: Any, relayer: Any, make_account: MakeAccount
) -> None:
    wallet = make_account("Wallet1271", holder)
    usdx.mint(wallet, 300, {"from": holder})
    args = (wallet, merchant, 300, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), token_domain(usdx), "Transfer", *args)
    with reverts("ERC3009InvalidSignature"):  # (v, r, s) can only be an ordinary account's
        usdx.transferWithAuthorization(*args, v, r, s, {"from": relayer})
    usdx.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})
    assert (usdx.balanceOf(wallet), usdx.balanceOf(merchant)) == (0, 300)


def test_the_domain_is_the_one_that_tests_sign(usdx: Any) -> None:
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = (
        keccak(domain_type),
        keccak(text=usdx.name()),
        keccak(text="1"),
        web3.eth.chain_id.to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(usdx.address[2:]),
    )
    assert bytes(usdx.DOMAIN_SEPARATOR()) == keccak(b"".join(words))
