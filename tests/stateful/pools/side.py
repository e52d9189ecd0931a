"""The reward pools beside their certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from largesse.eip712 import Domain, rewards_domain
from largesse.signed import jars as jar_messages
from largesse.signed import rewards as reward_messages
from tests.model.currency import Kind
from tests.model.pool_words import Skipped, pool_id_of
from tests.model.pools import Pools
from tests.model.words import MAX_AMOUNT
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CustodySide, abi_of, messages_of
from tests.stateful.evm import Chain, Receipt
from tests.stateful.invariants import Difference
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, SERVICES
from tests.stateful.pools.logs import PoolLogs, rows_of, skipped_of

DECIMALS = 6
SALTS = range(3)
READS = (0, 1, 2, 3, 255, 256, 2**64 - 1)
"""Numbers of reads: neighbours in a slot, both ends of it, and the last of all."""
PAYEES = (*HOLDING, *MERCHANTS, SERVICES[0])


class PoolsSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "RewardPools"
    CERTIFICATE_ACTS = frozenset()
    ABI = abi_of("contracts/RewardPools.json")
    SAID = messages_of(jar_messages, reward_messages)
    logs: PoolLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS)
        self.pools = Pools(self.here, self.model)
        self.keeper = self.pools
        self.logs = PoolLogs()
        plenty = 8 * MAX_AMOUNT  # one who can fill pools to the brim
        self.token_call(HOLDERS[0], "mint", HOLDERS[0], plenty)
        self.model.currency.mint(HOLDERS[0], plenty)

    def domain_of(self, contract: str) -> Domain:
        """Of the pools, for what is signed to them."""
        return rewards_domain(self.chain.id, contract)

    # --------------------------------------------------------------------------------------- acting

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged goes into the books of this side's accountant."""
        self.logs.now = self.chain.time
        super().account_for(receipt, events)

    def check_events(self, events: Sequence[tuple[Any, ...]], said: Sequence[tuple[Any, ...]]) -> None:
        """The rows of payments are compared unpacked; of a read that was skipped, any of its faults is
        told."""
        told = [self._unpacked(event) for event in events]
        expected = list(said)
        for i, (real, one) in enumerate(zip(told, expected, strict=False)):
            if real[0] == one[0] == "ReadsPaid":
                expected[i] = (*one[:-1], self._reported(real[-1], one[-1]))
        super().check_events(told, expected)

    def _unpacked(self, event: tuple[Any, ...]) -> tuple[Any, ...]:
        if event[0] != "ReadsPaid":
            return event
        *head, rows, skipped = event
        return (*head, tuple(rows_of(rows)), tuple(skipped_of(skipped)))

    def _reported(
        self, real: Sequence[tuple[int, int]], skipped: Sequence[Skipped]
    ) -> tuple[tuple[int, int], ...]:
        """What the contract reported, where the model allows it. Raises Difference."""
        places = [place for place, _ in real]
        if places != [one.place for one in skipped]:
            raise Difference(f"skipped {places}, must skip {skipped}")
        for (_, fault), one in zip(real, skipped, strict=True):
            if fault not in one.faults:
                raise Difference(f"skipped for fault {fault}, must be for one of {one}")
        return tuple(real)

    # ---------------------------------------------------------------------------------- translating

    def plain(self, value: Any) -> Any:
        """A model's value as it is decoded from the chain; a message within a message as that message."""
        if isinstance(value, tuple) and value and value[0] == "Attestation":
            return reward_messages.Attestation(*value[1:])
        return super().plain(value)

    # ------------------------------------------------------------------------------------ comparing

    def own_rows(self) -> custody_side.Rows:
        """Every view of the pools."""
        rows: custody_side.Rows = []
        for sponsor in HOLDING:
            for salt in SALTS:
                pool_id = pool_id_of(sponsor, salt)
                rows.append(("poolIdOf", (sponsor, salt), (pool_id,)))
                pool = astuple(self.pools.pool(pool_id))
                today = self.pools.spent_today(pool_id)
                rows.append(("pool", (pool_id,), (*pool[:9], today, *pool[9:])))
                if pool_id in self.pools.books.pools:
                    rows += self._pool_rows(pool_id)
        return rows

    def _pool_rows(self, pool_id: bytes) -> custody_side.Rows:
        pools, books = self.pools, self.pools.books
        rows: custody_side.Rows = [
            ("isPaid", (pool_id, read_id), ((pool_id, read_id) in books.reads,)) for read_id in READS
        ]
        for who in PAYEES:
            rows.append(("credit", (pool_id, who), (books.credits.get((pool_id, who), 0),)))
            rows.append(("spentToday", (pool_id, who), (pools.spent_by(pool_id, who),)))
        return rows
