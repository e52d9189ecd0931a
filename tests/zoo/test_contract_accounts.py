"""Every contract account signs, accepts and refuses in the way it says."""

import secrets
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.fixtures.accounts import (
    REFUSER_MODES,
    WALLET_MODES,
    ZERO_ADDRESS,
    MakeAccount,
    call_as,
    container,
    key_of,
    sign_digest,
)
from tests.fixtures.tokens import BOMB_MODES, FALSE_MODES, packed, sign_eip3009, token_domain
from tests.support.errors import reverts
from tests.zoo.raw import raw_call, raw_send

MAGIC = bytes.fromhex("1626ba7e")
NOT_MAGIC = b"\xff" * 4
DIGEST = bytes(range(32))
FOREVER = 2**40
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def items(module_isolation: None, deployer: Any) -> Any:
    return container("TestItems").deploy({"from": deployer})


def padded(selector: bytes) -> bytes:
    return selector.ljust(32, b"\0")


# Wallet1271


def test_wallet_accepts_its_owners_signature_only(
    make_account: MakeAccount, holder: Any, stranger: Any
) -> None:
    wallet = make_account("Wallet1271", holder)
    good = sign_digest(holder, DIGEST)
    for digest, signature, answer in (
        (DIGEST, good, MAGIC),
        (DIGEST, sign_digest(stranger, DIGEST), NOT_MAGIC),
        (bytes(32), good, NOT_MAGIC),
        (DIGEST, good[:-1], NOT_MAGIC),
        (DIGEST, b"", NOT_MAGIC),
    ):
        call = raw_call(wallet.isValidSignature, digest, signature, sender=stranger)
        assert call == (True, padded(answer))


@pytest.mark.parametrize("kind", ["Wallet1271", "ReentrantReceiver1155"])
def test_an_account_obeys_its_owner_only(
    make_account: MakeAccount, kind: str, usdx: Any, holder: Any, merchant: Any, stranger: Any
) -> None:
    wallet = make_account(kind, holder)
    usdx.mint(wallet, 100, {"from": holder})
    with reverts("TestAccount_NotOwner", stranger.address, holder.address):
        call_as(wallet, stranger, usdx.transfer, merchant, 40)
    with reverts("ERC20InsufficientBalance", wallet.address, 100, 101):
        call_as(wallet, holder, usdx.transfer, merchant, 101)
    call_as(wallet, holder, usdx.transfer, merchant, 40)
    assert (usdx.balanceOf(wallet), usdx.balanceOf(merchant)) == (60, 40)


def test_an_account_sends_ether_along(make_account: MakeAccount, holder: Any, merchant: Any) -> None:
    wallet = make_account("Wallet1271", holder)
    other = make_account("Wallet1271", merchant)
    holder.transfer(wallet, 90)
    wallet.execute(other, 30, b"", {"from": holder, "amount": 5})
    assert (wallet.balance(), other.balance()) == (65, 30)


@pytest.mark.parametrize("kind", ["Wallet1271", "Wallet1271Bad", "ReentrantReceiver1155"])
def test_an_account_takes_items(make_account: MakeAccount, kind: str, items: Any, holder: Any) -> None:
    wallet = make_account(kind, holder, "Reverts" if kind == "Wallet1271Bad" else None)
    items.mint(wallet, 1, 5, {"from": holder})
    items.mintBatch(wallet, [1, 2], [1, 1], {"from": holder})
    assert (items.balanceOf(wallet, 1), items.balanceOf(wallet, 2)) == (6, 1)


# Wallet1271Bad


BAD_ANSWERS = {  # succeeds, length, first word
    "WrongMagic": (True, 32, padded(NOT_MAGIC)),
    "DirtyMagic": (True, 32, MAGIC + bytes(27) + b"\x01"),
    "ShortMagic": (True, 4, MAGIC),
    "Empty": (True, 0, b""),
    "Huge": (True, MEGABYTE, bytes(32)),
    "HugeMagic": (True, MEGABYTE, padded(MAGIC)),
    "RevertsHuge": (False, MEGABYTE, padded(MAGIC)),
    "BurnsGas": (False, 0, b""),
    "AcceptsAll": (True, 32, padded(MAGIC)),
}


@pytest.mark.parametrize("mode", BAD_ANSWERS)
def test_bad_wallet_answers_as_told(make_account: MakeAccount, holder: Any, mode: str) -> None:
    wallet = make_account("Wallet1271Bad", holder, mode)
    call = raw_call(wallet.isValidSignature, DIGEST, sign_digest(holder, DIGEST), sender=holder)
    assert (call.succeeded, len(call.data), call.data[:32]) == BAD_ANSWERS[mode]


def test_bad_wallet_reverts_with_its_error(make_account: MakeAccount, holder: Any) -> None:
    wallet = make_account("Wallet1271Bad", holder, "Reverts")
    with reverts("Wallet1271Bad_Reverted", DIGEST):
        wallet.isValidSignature(DIGEST, sign_digest(holder, DIGEST), {"from": holder})


def test_bad_wallet_burns_all_its_gas(make_account: MakeAccount, holder: Any) -> None:
    wallet = make_account("Wallet1271Bad", holder, "BurnsGas")
    receipt = raw_send(wallet.isValidSignature, DIGEST, b"", sender=holder, gas=150_000)
    assert (receipt["status"], receipt["gasUsed"]) == (0, 150_000)


def test_bad_wallet_answers_hugely_within_a_small_gas_cap(make_account: MakeAccount, holder: Any) -> None:
    wallet = make_account("Wallet1271Bad", holder, "HugeMagic")
    intrinsic = 25_000  # what an empty call with this much data costs by itself
    wallet.setAnswerBytes(128 << 10, {"from": holder})
    call = raw_call(wallet.isValidSignature, DIGEST, b"", sender=holder, gas=intrinsic + 50_000)
    assert (call.succeeded, len(call.data)) == (True, 128 << 10)


def test_bad_wallet_re_enters(make_account: MakeAccount, items: Any, holder: Any) -> None:
    wallet = make_account("Wallet1271Bad", holder, "ReEnters")
    wallet.program(items, items.mint.encode_input(wallet, 3, 1), 1, {"from": holder})
    assert raw_call(wallet.isValidSignature, DIGEST, b"", sender=holder) == (True, padded(MAGIC))
    wallet.isValidSignature(DIGEST, b"", {"from": holder})
    assert items.balanceOf(wallet, 3) == 1
    wallet.program(items, items.mint.encode_input(ZERO_ADDRESS, 3, 1), 1, {"from": holder})
    assert raw_call(wallet.isValidSignature, DIGEST, b"", sender=holder) == (True, padded(NOT_MAGIC))


def test_bad_wallet_shows_that_a_static_call_stops_it(
    make_account: MakeAccount, usdx: Any, items: Any, holder: Any, merchant: Any, relayer: Any
) -> None:
    wallet = make_account("Wallet1271Bad", holder, "ReEnters")
    usdx.mint(wallet, 300, {"from": holder})
    args = (wallet, merchant, 300, 0, FOREVER, secrets.token_bytes(32))
    signature = packed(*sign_eip3009(key_of(holder), token_domain(usdx), "Transfer", *args))
    wallet.program(items, items.mint.encode_input(wallet, 3, 1), 1, {"from": holder})
    with reverts("ERC3009InvalidSignature"):
        usdx.transferWithAuthorization(*args, signature, {"from": relayer})
    assert items.balanceOf(wallet, 3) == 0
    wallet.program(items, items.balanceOf.encode_input(wallet, 3), 1, {"from": holder})
    usdx.transferWithAuthorization(*args, signature, {"from": relayer})
    assert usdx.balanceOf(merchant) == 300


# Refuser1155


@pytest.mark.parametrize("mode", ["WrongMagic", "RevertsEmpty", "BurnsGas"])
def test_refuser_refuses_without_a_word(
    make_account: MakeAccount, items: Any, holder: Any, stranger: Any, mode: str
) -> None:
    refuser = make_account("Refuser1155", holder, mode)
    with reverts("ERC1155InvalidReceiver", refuser.address):
        items.mint(refuser, 4, 9, {"from": stranger})
    with reverts("ERC1155InvalidReceiver", refuser.address):
        items.mintBatch(refuser, [4, 5], [9, 8], {"from": stranger})


def test_refuser_refuses_with_its_error(
    make_account: MakeAccount, items: Any, holder: Any, stranger: Any
) -> None:
    refuser = make_account("Refuser1155", holder, "Reverts")
    with reverts("Refuser1155_Refused", stranger.address, ZERO_ADDRESS, 4, 9):
        items.mint(refuser, 4, 9, {"from": stranger})
    items.mint(stranger, 5, 8, {"from": stranger})
    items.mint(stranger, 4, 9, {"from": stranger})
    with reverts("Refuser1155_Refused", stranger.address, stranger.address, 5, 7):
        items.safeBatchTransferFrom(stranger, refuser, [5, 4], [7, 9], b"", {"from": stranger})


ACCEPTANCES = {
    "WrongMagic": (True, padded(NOT_MAGIC)),
    "RevertsEmpty": (False, b""),
    "BurnsGas": (False, b""),
    "Accepts": (True, padded(bytes.fromhex("f23a6e61"))),
}


@pytest.mark.parametrize("mode", ACCEPTANCES)
def test_refuser_answers_as_told(make_account: MakeAccount, holder: Any, mode: str) -> None:
    refuser = make_account("Refuser1155", holder, mode)
    call = raw_call(refuser.onERC1155Received, holder, holder, 4, 9, b"", sender=holder)
    assert call == ACCEPTANCES[mode]


def test_refuser_reverts_hugely(make_account: MakeAccount, holder: Any) -> None:
    refuser = make_account("Refuser1155", holder, "RevertsHuge")
    call = raw_call(refuser.onERC1155Received, holder, holder, 4, 9, b"", sender=holder)
    assert (call.succeeded, len(call.data)) == (False, MEGABYTE)
    refuser.setAnswerBytes(77, {"from": holder})
    call = raw_call(refuser.onERC1155BatchReceived, holder, holder, [4], [9], b"", sender=holder)
    assert (call.succeeded, len(call.data)) == (False, 77)


def test_refuser_burns_nearly_all_the_gas(make_account: MakeAccount, items: Any, holder: Any) -> None:
    refuser = make_account("Refuser1155", holder, "BurnsGas")
    receipt = raw_send(items.mint, refuser, 4, 9, sender=holder, gas=1_000_000)
    assert receipt["status"] == 0
    assert 960_000 < receipt["gasUsed"] < 1_000_000  # 63/64 of what was left went to the callee


def test_refuser_can_accept_first_and_refuse_later(
    make_account: MakeAccount, items: Any, holder: Any
) -> None:
    refuser = make_account("Refuser1155", holder, "Accepts")
    items.mint(refuser, 4, 9, {"from": holder})
    items.mintBatch(refuser, [4, 5], [1, 1], {"from": holder})
    refuser.setMode(REFUSER_MODES.index("Reverts"), {"from": holder})
    with reverts("Refuser1155_Refused", holder.address, ZERO_ADDRESS, 4, 1):
        items.mint(refuser, 4, 1, {"from": holder})
    call_as(refuser, holder, items.safeTransferFrom, refuser, holder, 4, 10, b"")
    assert (items.balanceOf(refuser, 4), items.balanceOf(holder, 4)) == (0, 10)


# ReentrantReceiver1155


def test_reentrant_receiver_acts_while_it_is_handed_items(
    make_account: MakeAccount, items: Any, holder: Any, merchant: Any
) -> None:
    receiver = make_account("ReentrantReceiver1155", holder)
    away = items.safeTransferFrom.encode_input(receiver, merchant, 6, 5, b"")
    receiver.program(items, away, 1, {"from": holder})
    items.mint(receiver, 6, 5, {"from": holder})
    assert (receiver.callsMade(), receiver.succeeded()) == (1, True)
    assert (items.balanceOf(receiver, 6), items.balanceOf(merchant, 6)) == (0, 5)
    receiver.program(items, away, 1, {"from": holder})
    items.mintBatch(receiver, [6, 7], [5, 1], {"from": holder})
    assert (receiver.callsMade(), items.balanceOf(merchant, 6)) == (1, 10)


def test_reentrant_receiver_records_a_refusal_and_accepts(
    make_account: MakeAccount, items: Any, holder: Any
) -> None:
    receiver = make_account("ReentrantReceiver1155", holder)
    away = items.safeTransferFrom.encode_input(receiver, holder, 6, 6, b"")
    receiver.program(items, away, 1, {"from": holder})
    items.mint(receiver, 6, 5, {"from": holder})
    assert (receiver.callsMade(), receiver.succeeded()) == (1, False)
    refusal = bytes.fromhex("03dee4c5") + encode(
        ["address", "uint256", "uint256", "uint256"], [receiver.address, 5, 6, 6]
    )  # ERC1155InsufficientBalance(address,uint256,uint256,uint256)
    assert bytes(receiver.returned()) == refusal
    assert items.balanceOf(receiver, 6) == 5


# the names of the modes


def enum_members(name: str, enum: str) -> tuple[str, ...]:
    """The members of a contract's enum, read from the compiler's syntax tree."""
    (contract,) = (node for node in container(name)._build["ast"]["nodes"] if node.get("name") == name)
    (found,) = (node for node in contract["nodes"] if node.get("name") == enum)
    return tuple(member["name"] for member in found["members"])


def test_the_fixtures_know_the_modes() -> None:
    assert enum_members("Wallet1271Bad", "Mode") == WALLET_MODES
    assert enum_members("Refuser1155", "Mode") == REFUSER_MODES
    assert enum_members("FalseReturnToken", "Mode") == FALSE_MODES
    assert enum_members("ReturnBombToken", "Mode") == BOMB_MODES
