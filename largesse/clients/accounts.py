"""A PrepaidAccounts from Python: accounts, how they stand, and what owners and counterparties do.

Deposits and payouts are base units of the currency; sums of accounts and vouchers are micro-units
(`largesse.vouchers.unit_of`). Times are Unix seconds. Every method that sends waits for the receipt and
raises `RefusedError` where the chain refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from eth_abi.abi import encode
from eth_typing import HexStr
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import Web3Exception
from web3.types import LogReceipt, TxReceipt

from largesse.artifacts import prepaid_abi
from largesse.chain import RefusedError, Wallet, refusal
from largesse.chainlogs import Decoder, Event
from largesse.clients.service import OWN_CALL, Service
from largesse.eip712 import Domain, accounts_domain, keccak
from largesse.signed.accounts import OpenAccount, TopUpAccount
from largesse.vouchers import index_of, micros, unit_of

ROW_BYTES: Final = 14
"""Of a row in the event of a settlement: ``index 64 | amount 48``."""
_DAY: Final = 86_400
_IS_VALID_SIGNATURE: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
_WALLET_GAS: Final = 321_000
"""What the contract gives a wallet for a signature (`Signatures.ERC1271_GAS`), and a transaction's own."""

Key = tuple[str, int]
"""An account: its counterparty and index."""


@dataclass(frozen=True)
class Opening:
    """A new account: vouchers of `signer` pay `counterparty`; 0 for no expiry."""

    counterparty: str
    signer: str
    delay_seconds: int = _DAY
    expires_at: int = 0
    salt: int = 0

    def as_tuple(self) -> tuple[str, int, str, int, int]:
        """As the contract takes it."""
        return self.counterparty, self.salt, self.signer, self.delay_seconds, self.expires_at


@dataclass(frozen=True)
class PrepaidAccount:
    """An account as it stands (`IPrepaidAccounts.AccountView`); `deposit` and `paid` in micro-units."""

    owner: str
    signer: str
    deposit: int
    paid: int
    delay_seconds: int
    expires_at: int
    series_id: int
    withdrawable_at: int
    new_signer: str
    new_signer_at: int

    @property
    def left(self) -> int:
        """Micro-units that no settlement has taken."""
        return self.deposit - self.paid


@dataclass(frozen=True)
class Settlement:
    """What a settlement did: base units paid out, the rows that were booked, the places of those skipped."""

    receipt: TxReceipt
    payout: int
    rows: dict[int, int]
    skipped: tuple[int, ...]

    @property
    def gas(self) -> int:
        return int(self.receipt["gasUsed"])


class Prepaid(Service):
    """The PrepaidAccounts of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, prepaid_abi())

    @cached_property
    def domain(self) -> Domain:
        """What vouchers and consents for this contract on this chain are signed under."""
        return accounts_domain(self.node.chain_id, self.address)

    @cached_property
    def unit(self) -> int:
        """Base units in a micro-unit."""
        return unit_of(self.token.decimals)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(prepaid_abi())

    # ------------------------------------------------------------------------------------------------- read

    def account(self, counterparty: str, index: int, block: int | None = None) -> PrepaidAccount:
        """An account; all zero for one that nobody opened."""
        return PrepaidAccount(*self._read("account", counterparty, index, block=block))

    def micros(self, amount: int) -> int:
        """Base units as micro-units. Raises VoucherError dust."""
        return micros(amount, self.token.decimals)

    def is_wallet_signature(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """Whether `wallet` has code that says it signed (ERC-1271) when this contract asks, with no more gas
        than that gives. Raises ChainError node_failed."""
        data = _IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])
        try:
            answer = self.node.web3.eth.call(
                {
                    "from": Web3.to_checksum_address(self.address),
                    "to": Web3.to_checksum_address(wallet),
                    "data": HexStr("0x" + data.hex()),
                    "gas": _WALLET_GAS,
                }
            )
        except (Web3Exception, ValueError) as error:
            if isinstance(found := refusal(error), RefusedError):
                return False
            raise found from error
        return bytes(answer) == _IS_VALID_SIGNATURE.ljust(32, b"\0")

    # ----------------------------------------------------------------------------------------------- payers

    def open(self, owner: Wallet, opening: Opening, amount: int) -> int:
        """Open an account with its first deposit; its index."""
        self._allow(owner, amount)
        self._send(owner, "open", opening.as_tuple(), amount)
        return index_of(owner.address, opening.salt)

    def top_up(self, payer: Wallet, key: Key, amount: int) -> TxReceipt:
        """Add money to an account, anybody's."""
        self._allow(payer, amount)
        return self._send(payer, "topUp", key, amount)

    def sign_open(self, owner: Wallet, opening: Opening, amount: int, *, seconds: int = _DAY) -> bytes:
        """The call that opens an account for `owner` by one signature that consents and pays (EIP-3009), for
        anybody to send. Raises TokenError no_signatures."""
        values = (owner.address, *opening.as_tuple(), amount)
        self.micros(amount)
        deadline = self.node.now() + seconds
        consent = self.paying_consent(partial(OpenAccount, *values), owner, amount, deadline)
        return self._calldata("openSigned", owner.address, opening.as_tuple(), amount, consent)

    def sign_top_up(self, payer: Wallet, key: Key, amount: int, *, seconds: int = _DAY) -> bytes:
        """The same for a top-up."""
        values = (payer.address, *key, amount)
        self.micros(amount)
        deadline = self.node.now() + seconds
        consent = self.paying_consent(partial(TopUpAccount, *values), payer, amount, deadline)
        return self._calldata("topUpSigned", key, payer.address, amount, consent)

    # ----------------------------------------------------------------------------------------------- owners

    def request_withdrawal(self, owner: Wallet, key: Key) -> int:
        """Ask for what is left; from when on it can be had."""
        receipt = self._send(owner, "requestWithdrawal", key, OWN_CALL)
        return int(self.event(receipt, "WithdrawalRequested")["availableAt"])

    def cancel_withdrawal(self, owner: Wallet, key: Key) -> TxReceipt:
        return self._send(owner, "cancelWithdrawal", key, OWN_CALL)

    def withdraw(self, owner: Wallet, key: Key) -> int:
        """Have what is left; base units."""
        return int(self.event(self._send(owner, "withdraw", key, OWN_CALL), "Withdrawn")["amount"])

    def request_signer(self, owner: Wallet, key: Key, signer: str) -> TxReceipt:
        """Ask for another signer; the zero address takes that back."""
        return self._send(owner, "requestSigner", key, signer, OWN_CALL)

    def change_signer(self, owner: Wallet, key: Key) -> TxReceipt:
        """Put the signer in that was asked for."""
        return self._send(owner, "changeSigner", key, OWN_CALL)

    # ---------------------------------------------------------------------------------------------- anybody

    def count_used(self, sender: Wallet, key: Key) -> TxReceipt:
        """Have what the counterparty took of an account of a named series count as used, for its owner's
        refund rights."""
        return self._send(sender, "countUsed", [key])

    def forfeit(self, sender: Wallet, key: Key) -> int:
        """One delay after limitation, pay what is left in an account of a named series to the beneficiary;
        base units."""
        return int(self.event(self._send(sender, "forfeit", key), "Withdrawn")["amount"])

    # --------------------------------------------------------------------------------------- counterparties

    def settle(self, sender: Wallet, counterparty: str, rows: bytes) -> Settlement:
        """Settle vouchers (`largesse.vouchers.rows`) and pay the counterparty."""
        return self.settlement(
            self.node.send_raw_call(sender, self.address, self.settle_call(counterparty, rows))
        )

    def settle_call(self, counterparty: str, rows: bytes) -> bytes:
        """The call of `settle`."""
        return self._calldata("settle", counterparty, rows)

    def settle_one_call(self, key: Key, amount: int, signature: bytes) -> bytes:
        """The call that settles one voucher whose signer may be a contract wallet."""
        return self._calldata("settleOne", key, amount, signature)

    def settlement(self, receipt: TxReceipt) -> Settlement:
        """What a settlement did, by its log."""
        event = self.event(receipt, "Settled")
        bits = event["skipped"]
        skipped = tuple(i for i in range(8 * len(bits)) if bits[i // 8] >> (7 - i % 8) & 1)
        return Settlement(receipt, int(event["payout"]), dict(settled_rows(event["rows"])), skipped)

    # --------------------------------------------------------------------------------------------- in common

    @cached_property
    def settled_topic(self) -> bytes:
        return bytes.fromhex(self.decoder.topic("Settled")[2:])

    def settled_indices(self, entry: LogReceipt) -> set[int]:
        """Accounts that a log of `Settled` names."""
        return {index for index, _ in settled_rows(self.decoder.decode(entry)["rows"])}

    def event(self, receipt: TxReceipt, name: str) -> Event:
        """The event of this contract that says what a transaction did."""
        events = [self.decoder.decode(log) for log in receipt["logs"] if log["address"] == self.address]
        return next(event for event in events if event.name == name)

    def _allow(self, payer: Wallet, amount: int) -> None:
        """Approve what the payer has. Raises ServiceError not_enough_money; VoucherError dust."""
        self.micros(amount)
        self.allow(payer, amount)


def open_use(opening: Opening) -> bytes:
    """What a redemption into a new account carries as data; the payee is the counterparty."""
    _, *values = opening.as_tuple()
    return encode(["uint8", "uint96", "address", "uint24", "uint40"], [0, *values])


def top_up_use(index: int) -> bytes:
    """What a redemption into an account carries as data."""
    return encode(["uint8", "uint64"], [1, index])


def settled_rows(packed: bytes) -> list[tuple[int, int]]:
    """(index, cumulative amount) of each row, as `Settled` logs them."""
    cut = (packed[i : i + ROW_BYTES] for i in range(0, len(packed), ROW_BYTES))
    return [(int.from_bytes(row[:8], "big"), int.from_bytes(row[8:], "big")) for row in cut]
