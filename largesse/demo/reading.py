"""The demo's readers: a sponsor's pool pays a hundred reads in one transaction, and no read twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from largesse.chain import Wallet, development_wallet
from largesse.clients.rewards import PoolTerms, Rewards
from largesse.console import done, step
from largesse.demo.checks import expect
from largesse.gifts.links import new_link_key
from largesse.signed.attested_reads import AttestedRead
from largesse.signed.rewards import Attestation

READERS: Final = 100
AUTHORS: Final = ("creator", "theatre", "cinema")
_DAY: Final = 86_400
_PAID_ALREADY: Final = 5


@dataclass
class Reading:
    """`gas` is what each step cost: name, gas, remark."""

    rewards: Rewards
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it. Raises DemoError, and whatever the parts raise."""
        rewards, token = self.rewards, self.rewards.token
        worth = 10**token.decimals // 20
        step(
            f"{READERS} people read, and a sponsor pays them and the authors",
            f"{token.show(worth)} a read, at each reader's own ratio; readers have no gas and send nothing",
        )
        sponsor, attester = development_wallet("supporter"), development_wallet("operator")
        funded = 2 * READERS * worth
        terms = PoolTerms(attester.address, 1_000, 9_000, worth, READERS * worth, 7 * _DAY)
        pool_id = rewards.open(sponsor, terms, funded)
        reads = [self._read(pool_id, number, worth) for number in range(READERS)]
        payment = rewards.pay(attester, pool_id, reads)
        expect("reads paid", [row.read_id for row in payment.rows], list(range(READERS)))
        used = int(payment.receipt["gasUsed"])
        self.gas.append((f"pay {READERS} reads", used, f"{used // READERS:,} a read"))
        again = rewards.pay(attester, pool_id, reads)
        expect("what the same reads pay again", (again.amount, {fault for _, fault in again.skipped}),
               (0, {_PAID_ALREADY}))  # fmt: skip
        relayer, first = development_wallet("relayer"), reads[0].attestation.reader
        expect("money of the first reader", rewards.collect(relayer, first, [pool_id]), reads[0].to_reader)
        authors = sum(
            rewards.collect(relayer, development_wallet(name).address, [pool_id]) for name in AUTHORS
        )
        readers = sum(read.to_reader for read in reads)
        expect("readers' and authors' money", readers + authors, READERS * worth)
        expect("left in the pool", rewards.pool(pool_id).left, funded - READERS * worth)
        done(f"{token.show(readers)} to readers, {token.show(authors)} to authors; the same reads again: 0")

    def _read(self, pool_id: bytes, number: int, worth: int) -> AttestedRead:
        """A read by somebody new, who chooses a share; the attester, who submits it, need not sign."""
        reader = Wallet.from_key("reader", new_link_key())
        author = development_wallet(AUTHORS[number % len(AUTHORS)]).address
        deadline = self.rewards.node.now() + _DAY
        attestation = Attestation(pool_id, reader.address, author, number, worth, deadline)
        share = 1_000 + number * 80
        return AttestedRead(attestation, b"").choose(share, self.rewards.domain, reader.key)
