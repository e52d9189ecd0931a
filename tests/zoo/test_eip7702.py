"""Ordinary accounts with borrowed code (EIP-7702): their key signs for them although they have code."""

import secrets
from typing import Any

import pytest
from brownie import Contract, web3
from eth_account import Account

from largesse.usdc import Usdc
from tests.fixtures.accounts import (
    ZERO_ADDRESS,
    container,
    delegate_7702,
    key_of,
    sign_digest,
    signer_of,
)
from tests.fixtures.tokens import packed, sign_eip3009, token_domain
from tests.support.errors import reverts, reverts_without_data

FOREVER = 2**40


def as_delegate(delegate_code: Any, account: Any) -> Any:
    """The delegate's functions at the account's own address."""
    return Contract.from_abi("Delegate7702", account.address, delegate_code.abi)


def test_roles_have_their_keys(holder: Any, merchant: Any) -> None:
    for role in (holder, merchant):
        signer = signer_of(role)
        assert signer.address == role.address
        assert Account.from_key(key_of(role)).address == role.address
        digest = secrets.token_bytes(32)
        assert Account._recover_hash(digest, signature=sign_digest(role, digest)) == role.address
    with pytest.raises(LookupError, match=f"{ZERO_ADDRESS} is none of the node's accounts"):
        key_of(ZERO_ADDRESS)


def test_an_account_gets_the_delegates_code_without_sending(
    delegate_code: Any, holder: Any, relayer: Any
) -> None:
    assert web3.eth.get_code(holder.address) == b""
    balance = holder.balance()
    receipt = delegate_7702(holder, delegate_code, relayer)
    assert receipt["type"] == 4
    code = web3.eth.get_code(holder.address)
    assert bytes(code) == bytes.fromhex("ef0100" + delegate_code.address[2:])
    assert web3.eth.get_transaction_count(holder.address) == 1  # the authorisation's
    assert holder.balance() == balance


def test_an_account_can_pay_for_its_own_delegation(delegate_code: Any, holder: Any) -> None:
    delegate_7702(holder, delegate_code, holder)
    assert web3.eth.get_transaction_count(holder.address) == 2


def test_delegation_ends(delegate_code: Any, holder: Any, relayer: Any) -> None:
    delegate_7702(holder, delegate_code, relayer)
    delegate_7702(holder, ZERO_ADDRESS, relayer)
    assert web3.eth.get_code(holder.address) == b""


def test_the_account_runs_its_code_for_itself_only(
    delegate_code: Any, usdx: Any, holder: Any, merchant: Any, agent: Any, relayer: Any
) -> None:
    delegate_7702(holder, delegate_code, relayer)
    usdx.mint(holder, 100, {"from": holder})
    calls = [
        (usdx.address, 0, usdx.transfer.encode_input(merchant, 40)),
        (usdx.address, 0, usdx.approve.encode_input(agent, 7)),
    ]
    with reverts("Delegate7702_NotSelf", relayer.address, holder.address):
        as_delegate(delegate_code, holder).execute(calls, {"from": relayer})
    as_delegate(delegate_code, holder).execute(calls, {"from": holder})
    assert (usdx.balanceOf(merchant), usdx.allowance(holder, agent)) == (40, 7)


def test_the_account_accepts_items_only_if_its_code_does(
    delegate_code: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    items = container("TestItems").deploy({"from": relayer})
    delegate_7702(holder, delegate_code, relayer)
    items.mint(holder, 1, 5, {"from": relayer})
    items.safeTransferFrom(holder, merchant, 1, 2, b"", {"from": holder})
    assert (items.balanceOf(holder, 1), items.balanceOf(merchant, 1)) == (3, 2)
    delegate_7702(holder, items, relayer)  # code that knows nothing of acceptance
    with reverts("ERC1155InvalidReceiver", holder.address):
        items.mint(holder, 1, 5, {"from": relayer})


def test_its_key_signs_but_a_check_that_looks_for_code_first_refuses(
    delegate_code: Any, usdx: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    delegate_7702(holder, delegate_code, relayer)
    usdx.mint(holder, 100, {"from": holder})
    args = (holder, merchant, 40, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), token_domain(usdx), "Transfer", *args)
    with reverts(
        "ERC3009InvalidSignature"
    ):  # OpenZeppelin's SignatureChecker asks the code, which has no ERC-1271
        usdx.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})
    usdx.transferWithAuthorization(*args, v, r, s, {"from": relayer})  # ECDSA alone
    assert usdx.balanceOf(merchant) == 40


def test_usdc_refuses_its_signature_in_both_forms(
    delegate_code: Any, usdc: Any, usdc_deployment: Usdc, holder: Any, merchant: Any, relayer: Any
) -> None:
    usdc_deployment.mint(holder.address, 100)
    args = (holder, merchant, 40, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), dict(usdc_deployment.domain()), "Transfer", *args)
    delegate_7702(holder, delegate_code, relayer)
    for signature in ((v, r, s), (packed(v, r, s),)):
        with reverts("Error", "FiatTokenV2: invalid signature"):
            usdc.transferWithAuthorization(*args, *signature, {"from": relayer})
    delegate_7702(holder, ZERO_ADDRESS, relayer)
    usdc.transferWithAuthorization(*args, v, r, s, {"from": relayer})
    assert usdc.balanceOf(merchant) == 40


def test_its_code_has_no_erc1271(delegate_code: Any, holder: Any, relayer: Any) -> None:
    delegate_7702(holder, delegate_code, relayer)
    posing = Contract.from_abi("Wallet1271", holder.address, container("Wallet1271").abi)
    with reverts_without_data():
        posing.isValidSignature(bytes(32), sign_digest(holder, bytes(32)))


def test_a_stale_authorisation_is_noticed(
    delegate_code: Any, holder: Any, relayer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = web3.eth.get_transaction_count
    ahead = lambda account: real(account) + (account == holder.address)  # noqa: E731
    monkeypatch.setattr(web3.eth, "get_transaction_count", ahead)
    with pytest.raises(AssertionError, match=f"{holder.address} has the code  instead of ef0100"):
        delegate_7702(holder, delegate_code, relayer)
