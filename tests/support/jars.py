"""A StreamingTipEscrow over a `World`, and short ways to stream, sign, redeem and reckon.

Reckoned here, apart from the contract: what is claimable (`claimable_scaled`), ids and digests. Times are
Unix seconds, amounts base units, rates scaled units per second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from brownie import web3
from eth_abi.abi import encode

from largesse.eip712 import keccak, sign_digest
from tests.support.certificates import DAY, ZERO, World
from tests.support.consents import END, ITSELF, OWED_WITHDRAWAL, Consenting

NOON = 1_900_065_600
"""2030-03-18 12:00 UTC, a Monday: the tests' own time begins a little before it."""
MIDNIGHT = NOON + DAY // 2
TODAY = NOON // DAY
MAX_RATE = 2**80 - 1
MAX_JAR_RATE = 2**88 - 1
MAX_ACCRUED = 2**142
LATEST = 2**40 - 1
MAX_AMOUNT = 2**96 - 1
PURSE = 2**120
"""What each payer of a test has and has approved."""
PAYERS = ("supporter", "giver", "holder", "stranger", "agent")
USES = ("Tip", "Open", "TopUp", "Subscribe")
"""`IJarTypes.Use` in its order."""

Key = tuple[str, int, int]

_KEY = "address payer,uint256 jarId,uint256 index"
TYPES = {
    "OpenStream": f"{_KEY},uint80 rate,uint96 amount,{END}",
    "TopUpStream": f"address from,{_KEY},uint96 amount,{END}",
    "CancelStream": f"{_KEY},{END}",
    "ChangeStreamRate": f"{_KEY},uint80 rate,{END}",
    "PauseStream": f"{_KEY},{END}",
    "ResumeStream": f"{_KEY},{END}",
    "Tip": f"address from,uint256 jarId,uint96 amount,string message,{END}",
    "Subscribe": "address payer,address account,address creator,uint32 tier,uint16 version,"
    f"uint80 rate,uint96 amount,{END}",
    "Unsubscribe": f"address payer,address account,address creator,uint32 tier,{END}",
    "GiveSubscriptions": f"address payer,bytes32 batchId,{END}",
    "GiftSubscriptionClaim": "bytes32 batchId,uint256 index,address account",
    "TipHandle": f"address payer,bytes32 tipId,string message,{END}",
    "HandleClaim": "bytes32[] tipIds,address recipient,uint40 deadline",
    "SetMonthlyCap": f"address payer,uint96 limit,{END}",
    "OwedWithdrawal": OWED_WITHDRAWAL,
}
"""The typed data that the escrow takes, as its interface documents it."""

GIFTS = (
    "address",
    "address",
    "uint32",
    "uint16",
    "uint80",
    "uint16",
    "uint96",
    "uint40",
    "bytes32",
    "uint64",
)
GIFT_NAMES = (
    "payer",
    "creator",
    "tier",
    "version",
    "rate",
    "count",
    "amount_each",
    "reclaim_at",
    "root",
    "salt",
)
HANDLE_TIP = ("address", "bytes32", "address", "uint96", "uint40", "uint64")
HANDLE_NAMES = ("payer", "handle", "attestor", "amount", "reclaim_at", "salt")
ANNA = keccak(b"github:anna")


def gift_batch_id(gifts: Sequence[Any]) -> bytes:
    """keccak256 of a `GiftSubscriptions`' ABI encoding."""
    return keccak(encode(GIFTS, gifts))


def handle_tip_id(tip: Sequence[Any]) -> bytes:
    """keccak256 of a `HandleTip`'s ABI encoding."""
    return keccak(encode(HANDLE_TIP, tip))


def gift_leaf(index: int, key: str = ZERO, account: str = ZERO) -> bytes:
    """A leaf of a tree of gift subscriptions."""
    return keccak(keccak(encode(["uint256", "address", "address"], [index, key, account])))


class Tree:
    """A Merkle tree with sorted pairs; a node without a sibling moves up as it is."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._layers = [list(leaves)]
        while len(layer := self._layers[-1]) > 1:
            pairs = [layer[i : i + 2] for i in range(0, len(layer), 2)]
            self._layers.append([keccak(b"".join(sorted(p))) if len(p) == 2 else p[0] for p in pairs])

    @property
    def root(self) -> bytes:
        return self._layers[-1][0]

    def proof(self, index: int) -> list[bytes]:
        """The siblings of the leaf at `index`, from the bottom."""
        found = []
        for layer in self._layers[:-1]:
            if (index ^ 1) < len(layer):
                found.append(layer[index ^ 1])
            index >>= 1
        return found


@dataclass(frozen=True)
class Flow:
    """What a stream brings: `rate` from `start` to `end`, and `dust` on the day of its end."""

    rate: int
    start: int
    end: int
    dust: int = 0


def claimable_scaled(flows: Iterable[Flow], time: int, given: int = 0) -> int:
    """What a jar of these flows and of `given` scaled units shows at `time`, by the rules of its interface.

    A flow that begins and ends on one day counts when that day is over; one that ends today counts along a
    straight line to its midnight; any other by the second.
    """
    due, moment, today = given, 0, time // DAY
    for flow in flows:
        last = flow.end // DAY
        if last < today:
            due += flow.rate * (flow.end - flow.start) + flow.dust
        elif flow.start // DAY == last or flow.start >= time:
            continue
        elif last == today:
            due += flow.rate * (today * DAY - flow.start)
            moment += flow.rate * (flow.end % DAY) + flow.dust
        else:
            due += flow.rate * (time - flow.start)
    return due + moment * (time % DAY) // DAY


def earned_scaled(flows: Iterable[Flow], time: int) -> int:
    """What was earned by the second, without dust: never below what is claimable less dust."""
    return sum(flow.rate * (min(max(time, flow.start), flow.end) - flow.start) for flow in flows)


@dataclass
class Jars(Consenting):
    """What a test of the escrow works with."""

    NAME = "StreamingTipEscrow"
    TYPES: ClassVar = TYPES
    SIGNER = "supporter"
    PURSE = PURSE
    world: World
    escrow: Any  # with the whole ABI of IStreamingTipEscrow
    deployed: Any  # with that of its own code: `multicall`
    back_office: Any  # the second piece, at its own address

    # ----------------------------------------------------------------------------------------------- names

    @property
    def contract(self) -> Any:
        return self.escrow

    @property
    def scale(self) -> int:
        return 10 ** min(9, max(0, 18 - int(self.token.decimals())))

    @property
    def jar(self) -> int:
        """The creator's own jar."""
        return self.jar_of(self.creator)

    def jar_of(self, creator: Any, version: int = 0) -> int:
        return version << 160 | int(str(creator), 16)

    def key(self, index: int = 0, *, payer: Any = None, jar: int | None = None) -> Key:
        """The supporter's stream to the creator, unless told otherwise."""
        return (str(payer or self.supporter), self.jar if jar is None else jar, index)

    def id_of(self, key: Key) -> bytes:
        return keccak(encode(["address", "uint256", "uint256"], key))

    # ---------------------------------------------------------------------------------------------- actions

    def open(self, rate: int, amount: int, index: int = 0, **who: Any) -> Key:
        """Open a stream; its key. `payer`, `jar` as for `key`."""
        key = self.key(index, **who)
        payer = who.get("payer") or self.supporter
        self.escrow.open(key, rate, amount, ITSELF, {"from": payer})
        return key

    def cancel(self, key: Key, payer: Any = None) -> Any:
        return self.escrow.cancel(key, ITSELF, {"from": payer or self.supporter})

    def collect(self, jar: int | None = None, max_days: int = 1_000) -> Any:
        return self.escrow.collect(self.jar if jar is None else jar, max_days, {"from": self.relayer})

    def tip(self, amount: int, jar: int | None = None, message: str = "") -> Any:
        jar = self.jar if jar is None else jar
        return self.escrow.tip(self.supporter, jar, amount, message, ITSELF, {"from": self.supporter})

    def shared_jar(self, payees: Sequence[Any], shares: Sequence[int]) -> int:
        """A new shared jar of the creator's; its id."""
        self.escrow.createSharedJar([str(p) for p in payees], shares, {"from": self.creator})
        return self.jar_of(self.creator, int(self.escrow.versions(self.creator)))

    def set_tier(self, tier: int = 1, price: int | None = None, version: int = 0) -> int:
        """A tier of the creator's, at 30 days × 10 base units a second; its rate."""
        price = 30 * DAY * 10 if price is None else price
        self.escrow.setTier(tier, price, version, {"from": self.creator})
        return int(self.escrow.tierOf(self.creator, tier)[0])

    def subscription(self, rate: int, amount: int, **changes: Any) -> tuple[Any, ...]:
        """A `Subscription` of the supporter itself to the creator's tier 1."""
        values = {
            "payer": self.supporter,
            "account": self.supporter,
            "creator": self.creator,
            "tier": 1,
            "version": 0,
            "rate": rate,
            "amount": amount,
        }
        assert changes.keys() <= values.keys(), changes
        return tuple(v if isinstance(v, int) else str(v) for v in (values | changes).values())

    def gifts(self, rate: int, root: bytes, **changes: Any) -> tuple[Any, ...]:
        """A `GiftSubscriptions`: ten of 100 seconds each by the giver, to be claimed for a week."""
        values = {
            "payer": self.giver,
            "creator": self.creator,
            "tier": 1,
            "version": 0,
            "rate": rate,
            "count": 10,
            "amount_each": -(-rate * 100 // self.scale),
            "reclaim_at": NOON + 7 * DAY,
            "root": root,
            "salt": 0,
        }
        assert changes.keys() <= values.keys(), changes
        return tuple(v if isinstance(v, int | bytes) else str(v) for v in (values | changes).values())

    def handle_tip(self, amount: int = 1_000, **changes: Any) -> tuple[Any, ...]:
        """A `HandleTip` of the supporter to github:anna, whom the agent attests, for a week."""
        values = {
            "payer": self.supporter,
            "handle": ANNA,
            "attestor": self.agent,
            "amount": amount,
            "reclaim_at": NOON + 7 * DAY,
            "salt": 0,
        }
        assert changes.keys() <= values.keys(), changes
        return tuple(v if isinstance(v, int | bytes) else str(v) for v in (values | changes).values())

    def attest(
        self, tips: Sequence[Sequence[Any]], recipient: Any, deadline: int, signer: Any = None
    ) -> bytes:
        """An attestor's signature over `HandleClaim`, the agent's."""
        digest = self.digest("HandleClaim", [handle_tip_id(t) for t in tips], recipient, deadline)
        return sign_digest(digest, self.world.key(signer or self.agent))

    def redeem(
        self, cards: Sequence[tuple[Any, ...]], data: bytes, *, payee: Any = None, sender: Any = None
    ) -> Any:
        """Pay with certificates into the creator's jar; the cards' holder sends it."""
        payment = self.world.payment(self.escrow, payee=payee or self.creator, data=data)
        return self.world.certificates.pay(payment, cards, {"from": sender or self.holder})

    # ------------------------------------------------------------------------------------------- reckoning

    def stored(self, jar: int | None = None) -> tuple[int, int, int, int, int]:
        """(rate, day, accrued, lump day, lump) of the creator's jar, or another."""
        rate, day, accrued, lump_day, lump = self.escrow.jar(self.jar if jar is None else jar)
        return (int(rate), int(day), int(accrued), int(lump_day), int(lump))

    def due(self, jar: int | None = None) -> int:
        """Claimable scaled units."""
        return int(self.escrow.claimableScaled(self.jar if jar is None else jar))


def use(kind: str, *values: Any) -> bytes:
    """The data of a redemption into the escrow."""
    kinds = {
        "Tip": ["string"],
        "Open": ["uint256", "uint256"],
        "TopUp": ["uint256"],
        "Subscribe": ["address", "uint32", "uint16", "uint80"],
    }[kind]
    return encode(["uint8", *kinds], [USES.index(kind), *values])


def storage_slot(contract: Any, expected: int, *keys: Any, bases: int = 16) -> int:
    """The slot that `keys` lead to from one of the first `bases` slots and that holds `expected`.

    Found by its content rather than by a number. Raises AssertionError when none or several do.
    """
    assert expected, "an empty slot is anywhere"
    found = []
    for base in range(bases):
        slot = base.to_bytes(32, "big")
        for key in keys:
            word = key if isinstance(key, bytes) else int(str(key), 0).to_bytes(32, "big")
            slot = keccak(word + slot)
        if int.from_bytes(web3.eth.get_storage_at(contract.address, int.from_bytes(slot, "big")), "big") == (
            expected
        ):
            found.append(int.from_bytes(slot, "big"))
    (only,) = found
    return only


def set_storage(contract: Any, slot: int, word: int) -> None:
    """Write a word straight into storage, to reach amounts that no purse could."""
    answer = web3.provider.make_request(
        "anvil_setStorageAt", [contract.address, f"0x{slot:064x}", f"0x{word % 2**256:064x}"]
    )
    assert "error" not in answer, answer
