"""The swaps beside their certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from largesse.eip712 import Domain, swaps_domain
from largesse.signed import jars as jar_messages
from largesse.signed import swaps as swap_messages
from tests.model.currency import Kind
from tests.model.swap_words import Lock, lock_id
from tests.model.swaps import Swaps
from tests.stateful.certificates.side import Row
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CERTIFICATE_ACTS, CustodySide, abi_of, account_row, messages_of
from tests.stateful.evm import Chain
from tests.stateful.people import MERCHANTS, STRANGER
from tests.stateful.swaps.logs import SwapLogs

DECIMALS = {Kind.PLAIN: 6, Kind.BLACKLIST: 0, Kind.PAUSABLE: 18, Kind.FALSE_RETURN: 2, Kind.FEE: 8}
NEWEST = 60
"""Locks that are read after each step: those that are open, and so many of the others."""


class SwapsSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "AtomicSwaps"
    CERTIFICATE_ACTS = CERTIFICATE_ACTS | {"setApprovalForAll", "forfeit", "safeBatchTransferFrom"}
    ABI = abi_of("contracts/AtomicSwaps.json")
    SAID = messages_of(jar_messages, swap_messages)
    logs: SwapLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.swaps = Swaps(self.here, self.model)
        self.keeper = self.swaps
        self.logs = SwapLogs()
        self.tried: dict[Lock, None] = {}

    def domain_of(self, contract: str) -> Domain:
        """Of the swaps, for what is signed to them."""
        return swaps_domain(self.chain.id, contract)

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; the accountant knows the time."""
        self.logs.now = self.chain.time
        return super().act(function, caller, args, data)

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Locks that are named are read from now on."""
        self.tried |= dict.fromkeys(arg for arg in args if isinstance(arg, Lock))

    # ------------------------------------------------------------------------------------ comparing

    def rows(self) -> list[Row]:
        """As everywhere, and what certificates lie with the swaps and with their recipients."""
        rows = super().rows()
        for series_id in self.model.books.series:
            for who in (self.here, *MERCHANTS, STRANGER):
                rows.append(Row("account", (series_id, who), account_row(self.model, series_id, who)))
        return rows

    def own_rows(self) -> custody_side.Rows:
        """What became of each lock."""
        read = list(self.tried)[-NEWEST:]
        return [("status", (lock_id(what),), (int(self.swaps.status(what)),)) for what in read]
