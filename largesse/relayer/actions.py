"""What is relayed: an allow-list of functions for each contract, read out of the bytes that are to be sent.

A function is on the list when somebody's signature says all of it, so that it does not matter who sends it.
What takes the sender's own money, certificates or orders is not. The one thing that needs no signature is the
delivery of a gift to the recipient it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from web3 import Web3

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.artifacts import artifact, certificates_abi, jars_abi
from largesse.eip712 import keccak
from largesse.errors import LargesseError
from largesse.jar_actions import MULTICALL

MAX_CALLS: Final = 8
"""Calls of one multicall."""
MAX_ROWS: Final = 16
"""Cards of one payment, tips of one claim."""
MAX_DATA_BYTES: Final = 16_384

Values = tuple[Any, ...]


class ActionError(LargesseError):
    """Something that is not relayed, whatever the chain would say: `reason` and the rule it breaks."""


class Kind(Enum):
    """Which contract."""

    CERTIFICATES = "GiftCertificates"
    JARS = "StreamingTipEscrow"
    ACCOUNTS = "PrepaidAccounts"
    MARKET = "CertificateMarket"
    ORDERS = "HeldOrders"
    SWAPS = "AtomicSwaps"
    REWARDS = "RewardPools"
    SALES = "CertificateSales"
    ITEMS = "ItemShop"


@dataclass(frozen=True)
class Rule:
    """A function that is relayed.

    `subject`: whom it acts for, an address or the bytes that name an account, for the limits. `signatures`:
    what it bears, every one of them needed. `bare`: its arguments with the signatures taken out.
    `senders`: the accounts that the contract asks no signature of when they send it.
    """

    subject: Callable[[Values], Any]
    signatures: Callable[[Values], Sequence[bytes]]
    bare: Callable[[Values], Values]
    senders: Callable[[Values], Sequence[str]] = lambda _values: ()


def _at(values: Values, place: Sequence[int]) -> Any:
    found: Any = values
    for index in place:
        found = found[index]
    return found


def _without(values: Values, place: Sequence[int]) -> Values:
    """A copy in which the bytes at `place` are none."""
    head, *rest = place
    inner = _without(values[head], rest) if rest else b""
    return (*values[:head], inner, *values[head + 1 :])


def _signed(subject: Sequence[int], *, signature: Sequence[int] = (-1, -1)) -> Rule:
    """One signer at `subject`, whose signature ends the last argument unless told otherwise."""

    def bare(values: Values) -> Values:
        first = signature[0] % len(values)
        rest = [index % len(_at(values, (first,))) for index in signature[1:]]
        return _without(values, (first, *rest))

    return Rule(
        subject=lambda values: _at(values, subject),
        signatures=lambda values: [_at(values, signature)],
        bare=bare,
        senders=lambda values: _addresses(_at(values, subject)),
    )


def _addresses(subject: Any) -> list[str]:
    return [subject] if isinstance(subject, str) else []


def _claim(key: Sequence[int] | None, recipient: int, signature: int, named: Sequence[int]) -> Rule:
    """A gift's one-time key signed the recipient. A gift without a key names its recipient, and anybody may
    deliver it; where `key` is None, a gift that names its recipient needs no signature whatever its key."""

    def signatures(values: Values) -> Sequence[bytes]:
        keyless = key is None or _at(values, key) == ZERO_ADDRESS
        return () if keyless and _at(values, named) != ZERO_ADDRESS else (values[signature],)

    return Rule(
        subject=lambda values: values[recipient],
        signatures=signatures,
        bare=lambda values: _without(values, (signature,)),
    )


def _bare_payment(payment: Values) -> Values:
    return (*payment[:-1], b"")


def _request(payment: Values) -> list[bytes]:
    """The payee's signature over its order; without an order there is none to use up."""
    return [payment[-1]] if payment[2] else []


def _payee(payment: Values) -> str:
    return str(payment[0] if payment[1] == ZERO_ADDRESS else payment[1])


def _holder(values: Values) -> str:
    _, cards = values
    if not 1 <= len(cards) <= MAX_ROWS:
        raise ActionError("too_many_rows", f"{len(cards)} cards in one payment: 1 to {MAX_ROWS} are relayed")
    return str(cards[0][0])


_PAY: Final = Rule(
    subject=_holder,
    signatures=lambda values: [*(card[6] for card in values[1]), *_request(values[0])],
    bare=lambda values: (_bare_payment(values[0]), tuple((*card[:6], b"") for card in values[1])),
    senders=lambda values: [*(card[0] for card in values[1]), _payee(values[0])],
)
_CLAIM_AND_PAY: Final = Rule(
    subject=lambda values: values[1],
    signatures=lambda values: [values[2], *_request(values[3])],
    bare=lambda values: (values[0], values[1], b"", _bare_payment(values[3])),
    senders=lambda values: [values[1], _payee(values[3])],
)


def _handles_owner(values: Values) -> str:
    tips = values[0]
    if not 1 <= len(tips) <= MAX_ROWS:
        raise ActionError("too_many_rows", f"{len(tips)} tips in one claim: 1 to {MAX_ROWS} are relayed")
    return str(values[1])


# The attester's signature over the read, and its reader's over the share.
_READ: Final = Rule(
    subject=lambda values: values[1][0],
    signatures=lambda values: values[1][6:8],
    bare=lambda values: (values[0], (*values[1][:6], b"", b"")),
    senders=lambda values: [values[1][0]],
)
_FIRST: Final = _signed((0,))
_FIRST_MEMBER: Final = _signed((0, 0))

RULES: Final[Mapping[Kind, Mapping[str, Rule]]] = {
    Kind.CERTIFICATES: {
        "pay": _PAY,
        "claim": _claim((0, 1), 1, 2, (0, 2)),
        "claimFromBatch": _claim((1, 1), 3, 4, (1, 2)),
        "claimAndPay": _CLAIM_AND_PAY,
        "giveSigned": _FIRST,
        "giveMany": _FIRST,
        "transferSigned": _FIRST,
        "refund": _FIRST,
        "convertExpired": _FIRST,
        "withdrawOwed": _FIRST,
        "cancelAuthorizations": _FIRST,
        "recall": _FIRST_MEMBER,
        "recallFromBatch": _FIRST_MEMBER,
        "reclaimBatch": _FIRST_MEMBER,
    },
    Kind.JARS: {
        "open": _FIRST_MEMBER,
        "topUp": _signed((1,)),
        "cancel": _FIRST_MEMBER,
        "changeRate": _FIRST_MEMBER,
        "pause": _FIRST_MEMBER,
        "resume": _FIRST_MEMBER,
        "tip": _FIRST,
        "subscribe": _FIRST_MEMBER,
        # Its payer is in the contract only: the limit counts for the member.
        "unsubscribe": _signed((2,)),
        "giveSubscriptions": _FIRST_MEMBER,
        "claimSubscription": _claim(None, 5, 6, (3,)),
        "tipHandle": _FIRST_MEMBER,
        "claimHandleTips": Rule(
            subject=_handles_owner,
            signatures=lambda values: [values[3]],
            bare=lambda values: (*values[:3], b""),
        ),
        "setMonthlyCap": _FIRST,
        "withdrawOwed": _FIRST,
    },
    Kind.ACCOUNTS: {
        "openSigned": _FIRST,
        "topUpSigned": _signed((1,)),
        # Their owner is in the contract only: the limit counts for the account.
        "requestWithdrawal": _signed((0,)),
        "cancelWithdrawal": _signed((0,)),
        "withdraw": _signed((0,)),
        "requestSigner": _signed((0,)),
        "changeSigner": _signed((0,)),
        "withdrawOwed": _FIRST,
    },
    Kind.MARKET: {
        "cancelSigned": _signed((0,), signature=(3,)),
        "cancelAllSigned": _signed((0,), signature=(3,)),
    },
    Kind.ORDERS: {
        "openSigned": _FIRST,
        "confirm": _FIRST_MEMBER,
        "refund": _signed((0, 1)),
        "withdrawOwed": _FIRST,
    },
    Kind.SWAPS: {
        "lock": _FIRST_MEMBER,
        "claimTo": _signed((0, 1)),
        "refundTo": _FIRST_MEMBER,
        "withdrawOwed": _FIRST,
    },
    Kind.REWARDS: {
        "openSigned": _FIRST,
        "fundSigned": _signed((1,)),
        # Their sponsor is in the contract only: the limit counts for the pool.
        "changeAttester": _FIRST,
        "announceClosing": _FIRST,
        "cancelClosing": _FIRST,
        "payOne": _READ,
        "withdrawOwed": _FIRST,
    },
    Kind.SALES: {
        "withdrawOwed": _FIRST,
    },
    Kind.ITEMS: {
        "withdrawOwed": _FIRST,
    },
}
"""The allow-list."""

_WHY_NOT: Final[Mapping[str, str]] = {
    "restore": "what is put back on a card is paid by whoever sends it; a merchant sends it itself",
    "redeem": "it spends the sender's own certificate; have a Redemption signed and use pay",
    "redeemSigned": "it pays whoever sends it; use pay, which names the merchant",
    "redeemBatch": "it pays whoever sends it; use pay, which names the merchant",
    "issue": "it is paid by whoever sends it",
    "issueBatch": "it is paid by whoever sends it",
    "give": "it gives away the sender's own certificate; use giveSigned",
    "open": "it is paid by whoever sends it; use openSigned",
    "topUp": "it is paid by whoever sends it; use topUpSigned",
    "permit": "a permit is relayed before the action that needs it, in one multicall",
    "multicall": "a multicall in a multicall is not read",
    "fund": "it is paid by whoever sends it; use fundSigned",
    "claim": "it needs no signature; a recipient without gas signs claimTo",
    "cancel": "it takes back the sender's own offers; use cancelSigned",
    "cancelAll": "it takes back the sender's own offers; use cancelAllSigned",
    "buy": "it is paid by whoever sends it",
    "buyWithCoupon": "it is paid by whoever sends it, who is the coupon's buyer",
    "issueByReceipt": "it is paid by whoever sends it, who is the receipt's payer",
    "settle": "settling is the counterparty's own business; `brownie run settle` does it",
}


@dataclass(frozen=True)
class Function:
    """A function of a contract's ABI."""

    name: str
    kinds: tuple[str, ...]
    is_view: bool


@dataclass(frozen=True)
class Call:
    """One call that is relayed: `identity` (32 bytes) is the same however its signatures are spelt."""

    function: str
    subject: str
    identity: bytes


@dataclass(frozen=True)
class RelayAction:
    """What is sent to `contract`: `calls` without the permits before them."""

    chain_id: int
    contract: str
    kind: Kind
    data: bytes
    calls: tuple[Call, ...]

    @property
    def identity(self) -> bytes:
        """32 bytes; a multicall of one call is that call."""
        first, *more = (call.identity for call in self.calls)
        return keccak(b"".join((first, *more))) if more else first

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom the limits count, each once for every call of its."""
        return tuple(call.subject for call in self.calls)


def read_action(
    contracts: Mapping[str, Kind], chain_id: int, contract: str, data: bytes, relayer: str
) -> RelayAction:
    """What `data` would do at `contract`, if that is relayed by the account `relayer`.

    Raises ActionError: unknown_contract, too_long, no_function, not_relayed, bad_arguments, too_many_calls,
    too_many_rows, not_signed, own_action; AddressError.
    """
    kind = contracts.get(parse_address(contract))
    if kind is None:
        listed = ", ".join(f"{one} ({known.value})" for one, known in contracts.items())
        raise ActionError("unknown_contract", f"{contract} is not served here; there are {listed}")
    if len(data) > MAX_DATA_BYTES:
        raise ActionError("too_long", f"{len(data)} bytes of call data, at most {MAX_DATA_BYTES}")
    parts = _parts(kind, data)
    calls = tuple(_call(kind, contract, chain_id, part, relayer) for part in parts)
    return RelayAction(chain_id, contract, kind, data, calls)


def _parts(kind: Kind, data: bytes) -> list[bytes]:
    """The calls of a multicall, permits left out; or the one call."""
    if data[:4] != MULTICALL or MULTICALL not in _functions(kind):
        return [data]
    (inner,) = _arguments(Function("multicall", ("bytes[]",), is_view=False), data)
    if len(inner) > MAX_CALLS:
        raise ActionError("too_many_calls", f"{len(inner)} calls in one, at most {MAX_CALLS}")
    found = []
    for one in inner:
        function = _function(kind, one)
        if function.name == "permit":
            _arguments(function, one)
        else:
            found.append(one)
    if not found:
        raise ActionError("not_relayed", "a multicall of permits, or of nothing, does nothing")
    return found


def _call(kind: Kind, contract: str, chain_id: int, data: bytes, relayer: str) -> Call:
    function = _function(kind, data)
    rule = RULES[kind].get(function.name)
    if rule is None:
        raise ActionError("not_relayed", f"{kind.value}.{function.name} is not relayed: {_why(function)}")
    raw = _arguments(function, data)
    values = _checksummed(raw)
    subject = rule.subject(values)
    if not all(rule.signatures(values)):
        raise ActionError(
            "not_signed", f"{function.name}: a signature is missing; without it nobody can send it"
        )
    if relayer in rule.senders(values):
        raise ActionError("own_action", f"{function.name} for {relayer}: the relayer acts for others only")
    where = chain_id.to_bytes(32, "big") + bytes.fromhex(contract[2:])
    identity = keccak(where + data[:4] + encode(function.kinds, rule.bare(raw)))
    return Call(function.name, _subject(subject), identity)


def _subject(subject: Any) -> str:
    """An address; a pool's id; or for an account of PrepaidAccounts its counterparty and index."""
    if isinstance(subject, bytes):
        return "0x" + subject.hex()
    return str(subject) if isinstance(subject, str) else f"{subject[0]}/{subject[1]}"


def _why(function: Function) -> str:
    if function.is_view:
        return "it only reads; ask a node"
    return _WHY_NOT.get(function.name, "nobody's signature stands behind it, so whoever wants it sends it")


def _function(kind: Kind, data: bytes) -> Function:
    found = _functions(kind).get(data[:4])
    if found is None:
        shown = data[:4].hex() or "nothing"
        raise ActionError("no_function", f"{kind.value} has no function 0x{shown}")
    return found


def _arguments(function: Function, data: bytes) -> Values:
    """The arguments of a call. Only one spelling of them is taken: padding would be somebody else's gas."""
    try:
        values = tuple(decode(function.kinds, data[4:]))
        spelt = encode(function.kinds, values)
    except (DecodingError, ValueError, OverflowError) as error:
        raise ActionError("bad_arguments", f"{function.name}: these are no arguments: {error}") from error
    if spelt != data[4:]:
        raise ActionError("bad_arguments", f"{function.name}: its arguments are spelt in an unusual way")
    return values


def _checksummed(value: Any) -> Any:
    """Addresses as they are written here: the decoder gives them in lower case. For comparison only, since a
    text that looks like an address is changed too."""
    if isinstance(value, tuple):
        return tuple(_checksummed(one) for one in value)
    if isinstance(value, str) and Web3.is_address(value):
        return Web3.to_checksum_address(value)
    return value


def _abi(kind: Kind) -> Sequence[dict[str, Any]]:
    if kind is Kind.CERTIFICATES:
        return certificates_abi()
    return jars_abi() if kind is Kind.JARS else artifact(kind.value).abi


@cache
def _functions(kind: Kind) -> Mapping[bytes, Function]:
    found = {}
    for item in _abi(kind):
        if item["type"] == "function":
            kinds = tuple(collapse_if_tuple(part) for part in item["inputs"])
            selector = keccak(f"{item['name']}({','.join(kinds)})".encode())[:4]
            found[selector] = Function(item["name"], kinds, item["stateMutability"] in ("view", "pure"))
    return found
