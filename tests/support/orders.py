"""A HeldOrders over a `World`, and short ways to open, confirm, refund, end, sign, redeem and audit.

Reckoned here, apart from the contract and from `largesse`: typed data, and what the currency must hold.
Amounts are base units, times Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from brownie import web3
from eth_abi.abi import encode

from largesse.eip712 import keccak
from tests.support.certificates import DAY, World
from tests.support.consents import END, ITSELF, OWED_WITHDRAWAL, Consenting

MAX_HOLD = 730 * DAY
PURSE = 2**96
"""What each buyer of a test has and has approved."""
BUYERS = ("holder", "giver", "agent", "stranger")

Key = tuple[str, str, int]
"""An order: its buyer, seller and number."""

_KEY = "address buyer,address seller,uint64 number"
TYPES = {
    "OpenOrder": f"{_KEY},uint40 endsAt,bool toSeller,uint96 amount,{END}",
    "ConfirmOrder": f"{_KEY},uint96 amount,{END}",
    "RefundOrder": f"{_KEY},uint96 amount,{END}",
    "OwedWithdrawal": OWED_WITHDRAWAL,
}
"""The typed data that the contract takes, as its interface documents it."""


class State(NamedTuple):
    """`IHeldOrders.OrderView`."""

    held: int
    ends_at: int
    to_seller: bool
    series_id: int


NOTHING = State(0, 0, False, 0)


def use(number: int, ends_at: int, to_seller: bool = False) -> bytes:
    """The data of a redemption into a new order."""
    return encode(["uint64", "uint40", "bool"], [number, ends_at, to_seller])


@dataclass
class Orders(Consenting):
    """What a test of the orders works with. The holder buys and the merchant sells, unless told otherwise."""

    NAME = "HeldOrders"
    TYPES: ClassVar = TYPES
    SIGNER = "holder"
    PURSE = PURSE
    world: World
    contract: Any

    # ----------------------------------------------------------------------------------------------- names

    def key(self, number: int = 1, *, buyer: Any = None, seller: Any = None) -> Key:
        return (str(buyer or self.holder), str(seller or self.merchant), number)

    def opening(
        self, number: int = 1, *, seller: Any = None, ends_at: int | None = None, to_seller: bool = False
    ) -> tuple[Any, ...]:
        """An `Opening`: by default it ends in a day, in the buyer's favour."""
        ends_at = self.now() + DAY if ends_at is None else ends_at
        return (str(seller or self.merchant), number, ends_at, to_seller)

    # ---------------------------------------------------------------------------------------------- acting

    def open(self, amount: int = 1_000, number: int = 1, *, buyer: Any = None, **opening: Any) -> Key:
        """An order, opened by its buyer; keywords as for `opening`."""
        buyer = buyer or self.holder
        self.contract.open(self.opening(number, **opening), amount, {"from": buyer})
        return self.key(number, buyer=buyer, seller=opening.get("seller"))

    def confirm(self, key: Key, amount: int, sender: Any = None) -> Any:
        return self.contract.confirm(key, amount, ITSELF, {"from": sender or key[0]})

    def refund(self, key: Key, amount: int, sender: Any = None) -> Any:
        return self.contract.refund(key, amount, ITSELF, {"from": sender or key[1]})

    def end(self, key: Key, sender: Any = None) -> Any:
        return self.contract.end(key, {"from": sender or self.relayer})

    def redeem(self, cards: Sequence[tuple[Any, ...]], data: bytes, **who: Any) -> Any:
        """Pay with certificates into a new order; the cards' holder sends it. `payee`, `sender`."""
        payment = self.world.payment(self.contract, payee=who.get("payee") or self.merchant, data=data)
        return self.world.certificates.pay(payment, cards, {"from": who.get("sender") or self.holder})

    def open_with(
        self,
        series: int,
        amount: int,
        number: int = 1,
        *,
        ends_at: int | None = None,
        to_seller: bool = False,
    ) -> Key:
        """The holder's order, paid with a card of its."""
        ends_at = self.now() + DAY if ends_at is None else ends_at
        self.redeem([self.world.own_card(series, amount)], use(number, ends_at, to_seller))
        return self.key(number)

    def named_series(self, face: int, **terms: Any) -> int:
        """A series of the merchant's set that can be held here; the holder and the giver have `face`."""
        series = self.world.named_series(services=[self.contract], **terms)
        for person in (self.holder, self.giver):
            self.world.issue(series, person, face)
        return series

    # ------------------------------------------------------------------------------------------- reckoning

    def state(self, key: Key) -> State:
        return State(*self.contract.order(*key))

    def keys(self) -> list[Key]:
        """Every order there is, from the logs."""
        topic = keccak(b"OrderOpened(address,address,uint256,uint256,uint256,bool,uint256)")
        logs = web3.eth.get_logs(
            {"address": self.contract.address, "fromBlock": 0, "topics": ["0x" + topic.hex()]}
        )
        return [
            (
                web3.to_checksum_address(log["topics"][1][-20:]),
                web3.to_checksum_address(log["topics"][2][-20:]),
                int.from_bytes(log["topics"][3], "big"),
            )
            for log in logs
        ]

    def check_books(self) -> None:
        """It holds what it owes, to the unit."""
        held = sum(self.state(key).held for key in self.keys())
        assert self.held() == held + int(self.contract.totalOwed())
