"""A HeldOrders over a `World`, and short ways to open, confirm, refund, end, sign, redeem and audit.

Reckoned here, apart from the contract and from `largesse`: typed data, and what the currency must hold.
Amounts are base units, times Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from brownie import web3
from eth_abi.abi import encode

from largesse.signing import Domain, keccak, sign_digest
from tests.fixtures.tokens import packed, sign_eip3009, token_domain
from tests.support.certificates import DAY, World

MAX_HOLD = 730 * DAY
ITSELF = (0, 0, False, b"")
"""The `Consent` of an account that sends the transaction itself."""
PURSE = 2**96
"""What each buyer of a test has and has approved."""
BUYERS = ("holder", "giver", "agent", "stranger")

Consent = tuple[int, int, bool, bytes]
Key = tuple[str, str, int]
"""An order: its buyer, seller and number."""

_END = "uint64 nonce,uint40 deadline"
_KEY = "address buyer,address seller,uint64 number"
TYPES = {
    "OpenOrder": f"{_KEY},uint40 endsAt,bool toSeller,uint96 amount,{_END}",
    "ConfirmOrder": f"{_KEY},uint96 amount,{_END}",
    "RefundOrder": f"{_KEY},uint96 amount,{_END}",
    "OwedWithdrawal": f"address payee,address to,{_END}",
}
"""The typed data that the contract takes, as its interface documents it."""


class State(NamedTuple):
    """`IHeldOrders.OrderView`."""

    held: int
    ends_at: int
    to_seller: bool
    series_id: int


NOTHING = State(0, 0, False, 0)


def struct_hash(name: str, *values: Any) -> bytes:
    """EIP-712 `hashStruct` of one of `TYPES`."""
    kinds, words = ["bytes32"], [keccak(f"{name}({TYPES[name]})".encode())]
    for member, value in zip(TYPES[name].split(","), values, strict=True):
        kinds.append(member.split(" ")[0])
        words.append(str(value) if kinds[-1] == "address" else value)
    return keccak(encode(kinds, words))


def use(number: int, ends_at: int, to_seller: bool = False) -> bytes:
    """The data of a redemption into a new order."""
    return encode(["uint64", "uint40", "bool"], [number, ends_at, to_seller])


@dataclass
class Orders:
    """What a test of the orders works with. The holder buys and the merchant sells, unless told otherwise."""

    world: World
    contract: Any

    def __getattr__(self, role: str) -> Any:
        return getattr(self.world, role)

    # ----------------------------------------------------------------------------------------------- names

    @property
    def token(self) -> Any:
        return self.world.token

    @property
    def domain(self) -> Domain:
        return Domain("Largesse HeldOrders", "1", self.world.chain.id, self.contract.address)

    def key(self, number: int = 1, *, buyer: Any = None, seller: Any = None) -> Key:
        return (str(buyer or self.holder), str(seller or self.merchant), number)

    def opening(
        self, number: int = 1, *, seller: Any = None, ends_at: int | None = None, to_seller: bool = False
    ) -> tuple[Any, ...]:
        """An `Opening`: by default it ends in a day, in the buyer's favour."""
        ends_at = self.now() + DAY if ends_at is None else ends_at
        return (str(seller or self.merchant), number, ends_at, to_seller)

    # --------------------------------------------------------------------------------------------- consent

    def digest(self, name: str, *values: Any, domain: Domain | None = None) -> bytes:
        return keccak(b"\x19\x01" + (domain or self.domain).separator + struct_hash(name, *values))

    def consent(
        self,
        name: str,
        *values: Any,
        signer: Any = None,
        nonce: int = 1,
        deadline: int | None = None,
        moves: int | None = None,
        domain: Domain | None = None,
    ) -> Consent:
        """A signed `Consent` to an action of `TYPES`, good for a day; `values` without nonce and deadline.

        With `moves`, base units, it is the currency's signature.
        """
        signer = signer or self.holder
        deadline = self.now() + DAY if deadline is None else deadline
        digest = self.digest(name, *values, nonce, deadline, domain=domain)
        key = self.world.key(signer)
        if moves is None:
            return (nonce, deadline, False, sign_digest(digest, key))
        signed = sign_eip3009(
            key, token_domain(self.token), "Receive", signer, self.contract, moves, 0, deadline, digest
        )
        return (nonce, deadline, True, packed(*signed))

    # ---------------------------------------------------------------------------------------------- acting

    def fund(self, person: Any, amount: int = PURSE) -> None:
        """Newly minted currency for a person, approved to the contract."""
        self.token.mint(person, amount, {"from": self.deployer})
        self.token.approve(self.contract, 2**256 - 1, {"from": person})

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

    def balance(self, person: Any) -> int:
        return int(self.token.balanceOf(person))

    def held(self) -> int:
        """Currency of the contract, base units."""
        return self.balance(self.contract)

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
