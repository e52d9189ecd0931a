"""The prepaid accounts beside their certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from eth_utils.crypto import keccak

from largesse.eip712 import Domain, accounts_domain
from largesse.signed import accounts as account_messages
from largesse.signed import jars as jar_messages
from largesse.vouchers import compact
from tests.model.account_words import (
    LOCKED_ROW_BYTES,
    ROW_BYTES,
    AccountKey,
    LockedVoucher,
    Rows,
    Voucher,
    index_of,
)
from tests.model.accounts import Accounts
from tests.model.currency import Kind
from tests.model.words import Signature
from tests.stateful.accounts.logs import AccountLogs
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CustodySide, abi_of, messages_of
from tests.stateful.evm import Chain, Receipt
from tests.stateful.invariants import Difference
from tests.stateful.people import CODED, HOLDERS, HOLDING

# Micro-units are 1, 1,000, 1, 100 and 10 base units: dust, and more than one currency without.
DECIMALS = {
    Kind.PLAIN: 6,
    Kind.BLACKLIST: 9,
    Kind.PAUSABLE: 0,
    Kind.FALSE_RETURN: 8,
    Kind.FEE: 7,
}
SALTS = range(4)
TRANSFER = keccak(text="Transfer(address,address,uint256)")


class AccountsSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "PrepaidAccounts"
    ABI = abi_of("contracts/PrepaidAccounts.json")
    SAID = messages_of(jar_messages, account_messages)
    logs: AccountLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.prepaid = Accounts(self.here, self.model, DECIMALS[kind])
        self.keeper = self.prepaid
        self.logs = AccountLogs(self.prepaid.unit, self._limitation_of)
        self.keys: dict[AccountKey, None] = {}  # what is read after each step: all that was ever tried
        plenty = 4 * self.prepaid.most * self.prepaid.unit  # one who can fill accounts to the brim
        self.token_call(HOLDERS[0], "mint", HOLDERS[0], plenty)
        self.model.currency.mint(HOLDERS[0], plenty)

    def _limitation_of(self, series_id: int) -> int:
        return self.model.books.series[series_id].terms.limitation_at

    def domain_of(self, contract: str) -> Domain:
        """Of the accounts, for what is signed to them."""
        return accounts_domain(self.chain.id, contract)

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; and the logs alone tell what was settled."""
        self.logs.now = self.chain.time
        self.prepaid.books.settled = ()
        if not super().act(function, caller, args, data):
            return False
        self.keys |= dict.fromkeys(self.prepaid.books.accounts)
        told = self.prepaid.books.settled
        if self.logs.settled != told:
            raise Difference(f"the logs tell of {self.logs.settled}, the model of {told}")
        return True

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged, beside what moved in the currency."""
        super().account_for(receipt, events)
        transfers = [
            ("0x" + log.topics[2][-20:].hex(), int.from_bytes(log.data, "big"))
            for log in receipt.logs
            if log.address == self.token
            and log.topics[0] == TRANSFER
            and log.topics[1][-20:].hex() == self.here[2:]
        ]
        self.logs.check_moved(events, transfers, self.token)

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Accounts that are named are read from now on."""
        self.keys |= dict.fromkeys(arg for arg in args if isinstance(arg, AccountKey))

    # ---------------------------------------------------------------------------------- translating

    def wire(self, value: Any) -> Any:
        """A model's argument as the ABI takes it: rows packed."""
        if isinstance(value, Rows):
            return b"".join(map(self._row_bytes, value.vouchers)) + value.rest
        return super().wire(value)

    def _row_bytes(self, voucher: Voucher) -> bytes:
        signature = voucher.signature
        signed = bytes(64)  # nobody's
        if isinstance(signature, Signature) and signature.signer not in CODED:
            signed = compact(super().wire(signature))
        row = voucher.index.to_bytes(8, "big") + voucher.amount.to_bytes(6, "big") + signed
        if isinstance(voucher, LockedVoucher):
            row += voucher.expires_at.to_bytes(5, "big") + voucher.preimage
        assert len(row) in (ROW_BYTES, LOCKED_ROW_BYTES)
        return row

    # ------------------------------------------------------------------------------------ comparing

    def own_rows(self) -> custody_side.Rows:
        """Every view of the accounts."""
        rows: custody_side.Rows = [("unit", (), (self.prepaid.unit,))]
        for key in self.keys:
            rows.append(("account", astuple(key), astuple(self.prepaid.account(key))))
        for owner in HOLDING:
            rows += [("indexOf", (owner, salt), (index_of(owner, salt),)) for salt in SALTS]
        return rows
