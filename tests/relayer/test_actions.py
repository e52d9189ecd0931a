"""The allow-list: every function of a contract is on it, or refused for a reason, by what its bytes say."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from largesse.addresses import ZERO_ADDRESS
from largesse.eip712 import keccak
from largesse.errors import AddressError
from largesse.jar_actions import MULTICALL
from largesse.parts import PARTS
from largesse.relayer import actions
from largesse.relayer.actions import (
    MAX_CALLS,
    MAX_ROWS,
    RULES,
    ActionError,
    Function,
    Kind,
    RelayAction,
    read_action,
)

PLACES = {
    "0x5FbDB2315678afecb367f032d93F642f64180aa3": Kind.CERTIFICATES,
    "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512": Kind.JARS,
    "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0": Kind.ACCOUNTS,
    "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9": Kind.ORDERS,
    "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9": Kind.SWAPS,
    "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707": Kind.REWARDS,
    "0x0165878A594ca255338adfa4d48449f69242Eb8F": Kind.MARKET,
    "0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6": Kind.SALES,
    "0x8A791620dd6260079BF849Dc5567aDC3F2FdC318": Kind.ITEMS,
}
WHERE = {kind: address for address, kind in PLACES.items()}
RELAYER = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Nothing to take back: no test here touches the chain."""


def functions(kind: Kind) -> dict[str, Function]:
    return {function.name: function for function in actions._functions(kind).values()}


def sample(kind: str, number: int = 1, address: str = OTHER, signature: bytes = b"s" * 65) -> Any:
    """A value of an ABI type: one of every array, and bytes that pass for a signature."""
    if kind.endswith("[]"):
        return [sample(kind[:-2], number, address, signature)]
    if kind.startswith("("):
        return tuple(sample(part, number, address, signature) for part in split(kind[1:-1]))
    if kind == "address":
        return address
    if kind == "bytes":
        return signature
    if kind.startswith("bytes"):
        return number.to_bytes(int(kind[5:]), "big")
    if kind in ("bool", "string"):
        return {"bool": False, "string": "text"}[kind]
    return number


def split(kinds: str) -> list[str]:
    """The members of a tuple type."""
    found, depth = [""], 0
    for letter in kinds:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return found


def call(kind: Kind, name: str, values: Any = None, **of: Any) -> bytes:
    function = functions(kind)[name]
    selector = keccak(f"{name}({','.join(function.kinds)})".encode())[:4]
    filled = [sample(one, **of) for one in function.kinds] if values is None else values
    return selector + encode(function.kinds, filled)


def read(kind: Kind, data: bytes, chain_id: int = 31337, relayer: str = RELAYER) -> RelayAction:
    return read_action(PLACES, chain_id, WHERE[kind], data, relayer)


def refused(kind: Kind, data: bytes, reason: str, **settings: Any) -> ActionError:
    with pytest.raises(ActionError) as caught:
        read(kind, data, **settings)
    assert caught.value.reason == reason
    return caught.value


ALLOWED = [(kind, name) for kind in Kind for name in RULES[kind]]


def test_every_function_of_the_list_is_the_contracts() -> None:
    for kind, name in ALLOWED:
        assert not functions(kind)[name].is_view, (kind, name)


@pytest.mark.parametrize("kind", Kind)
def test_every_other_function_is_refused_for_a_reason(kind: Kind) -> None:
    others = [name for name in functions(kind) if name not in RULES[kind] and name != "multicall"]
    assert len(others) > 5
    for name in others:
        error = refused(kind, call(kind, name), "not_relayed")
        assert name in error.message


@pytest.mark.parametrize(("kind", "name"), ALLOWED)
def test_one_is_read_whole(kind: Kind, name: str) -> None:
    action = read(kind, call(kind, name))
    (found,) = action.calls
    assert found.function == name
    assert action.subjects in ((OTHER,), (f"{OTHER}/1",), ("0x" + "00" * 31 + "01",))


@pytest.mark.parametrize(("kind", "name"), ALLOWED)
def test_without_its_signature_it_is_refused(kind: Kind, name: str) -> None:
    values = [sample(one, signature=b"") for one in functions(kind)[name].kinds]
    if name == "claimSubscription":
        values[3] = ZERO_ADDRESS  # a gift by link: one that names its member needs no signature
    refused(kind, call(kind, name, values), "not_signed")


@pytest.mark.parametrize(("kind", "name"), ALLOWED)
def test_its_identity_is_all_but_the_signature(kind: Kind, name: str) -> None:
    identity = read(kind, call(kind, name)).identity
    # The bytes of a payment are its signatures and its data: the next test tells them apart.
    other_signature = read(kind, call(kind, name, signature=b"t" * 65)).identity
    assert (other_signature == identity) == (name not in ("pay", "claimAndPay"))
    assert read(kind, call(kind, name, number=2)).identity != identity
    if any("address" in one for one in functions(kind)[name].kinds):
        assert read(kind, call(kind, name, address=ZERO_ADDRESS)).identity != identity
    assert read(kind, call(kind, name), chain_id=1).identity != identity


def test_the_data_of_a_payment_is_no_signature() -> None:
    """It says what the payment is for: another one is another payment."""
    known = functions(Kind.CERTIFICATES)

    def identity(name: str, data: bytes, signature: bytes) -> bytes:
        payment = (OTHER, OTHER, 1, 0, 0, 0, data, signature)
        if name == "pay":
            values = (payment, sample(known["pay"].kinds[1], signature=signature))
        else:
            values = (sample(known["claimAndPay"].kinds[0]), OTHER, signature, payment)
        return read(Kind.CERTIFICATES, call(Kind.CERTIFICATES, name, values)).identity

    for name in ("pay", "claimAndPay"):
        assert identity(name, b"one", b"s") == identity(name, b"one", b"t")
        assert identity(name, b"one", b"s") != identity(name, b"two", b"s")


@pytest.mark.parametrize(("kind", "name"), ALLOWED)
def test_padding_and_cut_bytes_are_refused(kind: Kind, name: str) -> None:
    data = call(kind, name)
    for changed in (data + bytes(32), data[:-1], data[:4], data + b"\1"):
        refused(kind, changed, "bad_arguments")


def test_an_account_for_itself_is_not_relayed() -> None:
    """Where a contract asks its caller for no signature, the caller must not be the relayer."""
    passed = set()
    for kind, name in ALLOWED:
        data = call(kind, name)
        try:
            read(kind, data, relayer=OTHER)
            passed.add(name)
        except ActionError as error:
            assert error.reason == "own_action"
    # Whose signature these need does not stand in their arguments; without one they are refused.
    claims = {"claim", "claimFromBatch", "claimSubscription", "claimHandleTips"}
    owners = {"requestWithdrawal", "cancelWithdrawal", "withdraw", "requestSigner", "changeSigner"}
    sponsors = {"changeAttester", "announceClosing", "cancelClosing"}
    assert passed == claims | owners | sponsors


def test_an_order_needs_the_payees_signature() -> None:
    card = sample(functions(Kind.CERTIFICATES)["pay"].kinds[1])
    for order, signature, good in ((0, b"", True), (1, b"s", True), (1, b"", False)):
        payment = (OTHER, ZERO_ADDRESS, order, 1, 1, 1, b"", signature)
        data = call(Kind.CERTIFICATES, "pay", (payment, card))
        if good:
            read(Kind.CERTIFICATES, data)
        else:
            refused(Kind.CERTIFICATES, data, "not_signed")


def test_every_card_needs_its_signature() -> None:
    (card,) = sample(functions(Kind.CERTIFICATES)["pay"].kinds[1])
    payment = (OTHER, ZERO_ADDRESS, 0, 1, 1, 1, b"", b"")
    refused(
        Kind.CERTIFICATES, call(Kind.CERTIFICATES, "pay", (payment, [card, (*card[:6], b"")])), "not_signed"
    )


def test_a_gift_without_a_key_needs_no_signature_but_a_recipient() -> None:
    for name, size, key, named in (("claim", 10, 1, 2), ("claimFromBatch", 6, 1, 2)):
        kinds = functions(Kind.CERTIFICATES)[name].kinds
        for recipient, good in ((OTHER, True), (ZERO_ADDRESS, False)):
            values = [sample(one) for one in kinds]
            place = 0 if name == "claim" else 1
            gift = list(values[place])
            assert len(gift) == size
            gift[key], gift[named] = ZERO_ADDRESS, recipient
            values[place], values[-1] = tuple(gift), b""
            data = call(Kind.CERTIFICATES, name, values)
            if good:
                read(Kind.CERTIFICATES, data)
            else:
                refused(Kind.CERTIFICATES, data, "not_signed")


@pytest.mark.parametrize("key", (ZERO_ADDRESS, OTHER), ids=("no key", "a key"))
def test_a_gift_subscription_that_names_its_member_needs_no_signature(key: str) -> None:
    values = [sample(one, signature=b"") for one in functions(Kind.JARS)["claimSubscription"].kinds]
    values[2] = key
    read(Kind.JARS, call(Kind.JARS, "claimSubscription", values))
    values[3] = ZERO_ADDRESS
    refused(Kind.JARS, call(Kind.JARS, "claimSubscription", values), "not_signed")


def multicall(*parts: bytes) -> bytes:
    return MULTICALL + encode(["bytes[]"], [list(parts)])


@pytest.mark.parametrize("kind", [Kind.JARS, Kind.ACCOUNTS, Kind.ORDERS, Kind.SWAPS, Kind.REWARDS])
def test_multicalls_are_read_call_by_call(kind: Kind) -> None:
    first, second = (call(kind, "withdrawOwed", number=number) for number in (1, 2))
    permit = call(kind, "permit")
    both = read(kind, multicall(permit, first, second))
    assert [one.identity for one in both.calls] == [read(kind, part).identity for part in (first, second)]
    assert both.identity not in [one.identity for one in both.calls]
    assert both.subjects == (OTHER, OTHER)
    assert read(kind, multicall(second, first)).identity != both.identity
    # one call in a multicall, with its permit, is that call
    assert read(kind, multicall(permit, first)).identity == read(kind, first).identity

    refused(kind, multicall(), "not_relayed")
    refused(kind, multicall(permit), "not_relayed")
    refused(kind, multicall(multicall(first)), "not_relayed")
    refused(kind, multicall(first, permit + b"\0"), "bad_arguments")
    refused(kind, multicall(*[first] * (MAX_CALLS + 1)), "too_many_calls")
    refused(kind, multicall(first, call(kind, "cancelConsents")), "not_relayed")
    refused(kind, multicall(first) + bytes(32), "bad_arguments")


@pytest.mark.parametrize(("kind", "name"), [(Kind.CERTIFICATES, "refund"), (Kind.ITEMS, "withdrawOwed")])
def test_a_contract_without_multicall_is_sent_none(kind: Kind, name: str) -> None:
    refused(kind, multicall(call(kind, name)), "no_function")


def test_every_contract_of_a_currency_that_takes_signatures_is_served() -> None:
    """The payout through Uniswap V2 takes none."""
    served = {kind.value for kind in Kind}
    assert {"GiftCertificates", *(part.contract for part in PARTS)} - served == {"UniswapV2Payout"}


def test_rows_are_bounded() -> None:
    for kind, name, place in ((Kind.CERTIFICATES, "pay", 1), (Kind.JARS, "claimHandleTips", 0)):
        values = [sample(one) for one in functions(kind)[name].kinds]
        for rows, good in ((0, False), (1, True), (MAX_ROWS, True), (MAX_ROWS + 1, False)):
            values[place] = sample(functions(kind)[name].kinds[place]) * rows
            if good:
                read(kind, call(kind, name, values))
            else:
                refused(kind, call(kind, name, values), "too_many_rows")


def test_a_text_that_looks_like_an_address_is_not_touched() -> None:
    values = [sample(one) for one in functions(Kind.JARS)["tip"].kinds]
    found = set()
    for text in (OTHER, OTHER.lower()):
        values[3] = text
        found.add(read(Kind.JARS, call(Kind.JARS, "tip", values)).identity)
    assert len(found) == 2


def test_other_places_are_refused() -> None:
    data = call(Kind.JARS, "tip")
    for place, error, reason in (
        (OTHER, ActionError, "unknown_contract"),
        (WHERE[Kind.CERTIFICATES], ActionError, "no_function"),
        (WHERE[Kind.JARS].lower(), AddressError, "unchecksummed_address"),
        (ZERO_ADDRESS, AddressError, "zero_address"),
    ):
        with pytest.raises(error) as caught:
            read_action(PLACES, 31337, place, data, RELAYER)
        assert caught.value.reason == reason
    refused(Kind.JARS, bytes(20_000), "too_long")
    refused(Kind.JARS, b"", "no_function")
