"""An ERC-20 as the certificates meet it: well behaved until it bans, stops, refuses, lies or keeps a fee."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from tests.model.words import BPS, Fault, Refused, refuse


class Kind(IntEnum):
    """Which of the test currencies it is."""

    PLAIN = 0
    BLACKLIST = 1
    PAUSABLE = 2
    FALSE_RETURN = 3
    FEE = 4


class Mode(IntEnum):
    """How a `FALSE_RETURN` currency answers."""

    HONEST = 0
    REFUSING = 1  # false, and nothing moves
    LYING = 2  # true, and nothing moves


@dataclass
class Currency:
    """Balances in base units; everybody has approved everything."""

    address: str
    kind: Kind
    balances: dict[str, int] = field(default_factory=dict)
    banned: frozenset[str] = frozenset()
    paused: bool = False
    mode: Mode = Mode.HONEST
    fee_bps: int = 0

    def of(self, who: str) -> int:
        """Balance."""
        return self.balances.get(who, 0)

    def mint(self, who: str, amount: int) -> None:
        """Money from nothing."""
        self.balances[who] = self.of(who) + amount

    def fault(self, mover: str, source: str, to: str, amount: int) -> Fault | None:
        """Why a transfer fails: the error it reverts with; `SafeERC20FailedOperation` where it says no."""
        no = ("SafeERC20FailedOperation", (self.address,))
        if self.mode is Mode.REFUSING:
            return no
        if self.mode is Mode.LYING:
            return None
        for who in (mover, source, to):
            if who in self.banned:
                return "BlacklistToken_Blacklisted", (who,)
        if self.paused:
            return "EnforcedPause", ()
        kept = self._kept(amount)
        held = self.of(source)
        if held < amount - kept:
            return (
                no
                if self.kind is Kind.FALSE_RETURN
                else (
                    "ERC20InsufficientBalance",
                    (source, held, amount - kept),
                )
            )
        if held < amount:  # the fee is taken in a second step
            return "ERC20InsufficientBalance", (source, held - (amount - kept), kept)
        return None

    def transfer(self, mover: str, source: str, to: str, amount: int) -> None:
        """Moves money. Raises Refused."""
        fault = self.fault(mover, source, to, amount)
        if fault:
            raise Refused([fault])
        if self.mode is Mode.LYING:
            return
        kept = self._kept(amount)
        self.balances[source] = self.of(source) - amount
        self.balances[to] = self.of(to) + amount - kept
        if kept:
            self.balances[self.address] = self.of(self.address) + kept

    def pull(self, here: str, payer: str, amount: int) -> None:
        """The certificates take `amount`: all of it arrives, or nothing happens. Raises Refused."""
        before = self.of(here)
        self.transfer(here, payer, here, amount)
        arrived = self.of(here) - before
        if arrived != amount:
            raise refuse("ArrivedDiffers", amount, arrived)

    def pay(self, here: str, payee: str, amount: int) -> bool:
        """The certificates pay; False when the currency refuses or only pretends."""
        if self.fault(here, here, payee, amount):
            return False
        before = self.of(here)
        self.transfer(here, here, payee, amount)
        return self.of(here) != before

    def _kept(self, amount: int) -> int:
        return -(-amount * self.fee_bps // BPS)
