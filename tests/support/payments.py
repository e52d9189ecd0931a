"""What tests of payments read off a receipt, and small ways to bend a payment."""

from __future__ import annotations

from typing import Any

from brownie import web3
from eth_abi import encode
from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address
from web3.types import TxParams

from largesse.signed.certificates import PaymentRequest, Redemption
from tests.support.certificates import World
from tests.support.errors import _known

ROW_BYTES = 16
REDEMPTION = ("holder", "series_id", "amount", "order", "nonce", "deadline", "signature")
PAYMENT = ("merchant", "payee", "order", "total", "least", "deadline", "data", "signature")
ZERO_ADDRESS = "0x" + "00" * 20
MAGIC_1271 = bytes.fromhex("1626ba7e")
NAMED_TERMS = {"named": True, "refund_on_removal": True}


def changed(names: tuple[str, ...], struct: tuple[Any, ...], **changes: Any) -> tuple[Any, ...]:
    """A copy of a struct (its members called `names`) with some members replaced."""
    unknown = changes.keys() - set(names)
    if unknown:
        raise KeyError(f"no such members: {sorted(unknown)}")
    return tuple(changes.get(name, value) for name, value in zip(names, struct, strict=True))


def card_with(card: tuple[Any, ...], **changes: Any) -> tuple[Any, ...]:
    """A `Redemption` with members replaced and the signature kept."""
    return changed(REDEMPTION, card, **changes)


def payment_with(payment: tuple[Any, ...], **changes: Any) -> tuple[Any, ...]:
    """A `Payment` with members replaced and the signature kept."""
    return changed(PAYMENT, payment, **changes)


def card_digest(world: World, card: tuple[Any, ...], payment: tuple[Any, ...]) -> bytes:
    """What the holder of a card must have signed for it to go with a payment."""
    holder, series, amount, order, nonce, deadline, _ = card
    merchant, payee, *_, data, _ = payment
    message = Redemption(holder, series, amount, merchant, payee, order, data, nonce, deadline)
    return message.digest(world.domain)


def request_digest(world: World, payment: tuple[Any, ...]) -> bytes:
    """What the payee must have signed for its order to be used up by a payment into a service."""
    service, payee, order, total, least, deadline, data, _ = payment
    message = PaymentRequest(payee, service, order, world.token.address, total, least, deadline, data)
    return message.digest(world.domain)


def selector(error: str) -> bytes:
    """The 4 bytes that an error of the project begins with."""
    (found,) = [bytes(key) for key, abi in _known().items() if abi["name"] == error]
    return found


def skipped(tx: Any) -> list[tuple[int, str, int, int]]:
    """The batch rows that were skipped: (row, error name, value, bound)."""
    if "RedemptionSkipped" not in tx.events:
        return []
    known = _known()
    return [
        (
            event["row"],
            known[bytes.fromhex(str(event["failure"])[2:])]["name"],
            event["value"],
            event["bound"],
        )
        for event in tx.events["RedemptionSkipped"]
    ]


def rows(tx: Any) -> list[tuple[int, int]]:
    """(order, nonce) of each redemption, from the packed event of a call with many, or of one signed one."""
    if "Redeemed" in tx.events:
        word = tx.events["Redeemed"]["row"]
        assert word >> 128 == 0
        return [(word >> 64, word & (2**64 - 1))]
    if "RedeemedMany" not in tx.events:
        return []
    (event,) = tx.events["RedeemedMany"]
    packed = bytes.fromhex(str(event["rows"])[2:])
    assert len(packed) % ROW_BYTES == 0
    return [
        (int.from_bytes(packed[i : i + 8], "big"), int.from_bytes(packed[i + 8 : i + 16], "big"))
        for i in range(0, len(packed), ROW_BYTES)
    ]


def burns(tx: Any) -> list[tuple[str, str, int, int]]:
    """(operator, holder, series, amount) of each burn."""
    return [
        (event["operator"], event["from"], event["id"], event["value"])
        for event in tx.events["TransferSingle"]
        if event["to"] == ZERO_ADDRESS
    ]


def mints(tx: Any) -> list[tuple[str, str, int, int]]:
    """(operator, holder, series, amount) of each mint."""
    return [
        (event["operator"], event["to"], event["id"], event["value"])
        for event in tx.events["TransferSingle"]
        if event["from"] == ZERO_ADDRESS
    ]


def assert_books(world: World) -> None:
    """Reserve equals liabilities, to the unit."""
    assert world.reserve() == world.liabilities()


def set_account(
    world: World, series_id: int, holder: Any, *, balance: int, spent: int, nonce: int = 0
) -> None:
    """Write a holder's slot straight into storage, to reach amounts no purse of a test could.

    Raises AssertionError when the views do not read back what was written: the layout has moved.
    """
    word = nonce << 192 | spent << 96 | balance
    slot = _account_slot(world, series_id, holder)
    answer = web3.provider.make_request(
        "anvil_setStorageAt", [world.certificates.address, f"0x{slot:064x}", f"0x{word:064x}"]
    )
    assert "error" not in answer, answer
    assert world.certificates.account(series_id, holder) == (balance, spent, nonce)


def _account_slot(world: World, series_id: int, holder: Any) -> int:
    """Found by its content rather than by a number: the only base slot that leads to what `account` reads."""
    marker = world.certificates.account(series_id, holder)
    expected = marker[2] << 192 | marker[1] << 96 | marker[0]
    assert expected, "the account must not be empty, or every slot would do"
    for base in range(32):
        inner = keccak(encode(["uint256", "uint256"], [series_id, base]))
        slot = int.from_bytes(keccak(encode(["address", "bytes32"], [str(holder), inner])), "big")
        if int.from_bytes(web3.eth.get_storage_at(world.certificates.address, slot), "big") == expected:
            return slot
    raise AssertionError("no mapping of the ledger leads to the account")


def deploy_code(runtime: str, sender: Any) -> str:
    """Deploy hand-written runtime bytecode (hex, at most 255 bytes); its address."""
    code = bytes.fromhex(runtime)
    # PUSH1 length, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    creation = bytes.fromhex(f"60{len(code):02x}80600b6000396000f3") + code
    request: TxParams = {"from": sender.address, "data": HexStr("0x" + creation.hex()), "gas": 500_000}
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(request))
    address = to_checksum_address(str(receipt["contractAddress"]))
    assert bytes(web3.eth.get_code(address)) == code
    return address
