"""`reverts`: what a transaction or a call failed with, by error name *and* values.

    with reverts("GiftCertificates_Expired", series_id, expires_at):
        certificates.redeem(...)

The raw revert data is decoded with the error ABIs of all contracts and interfaces of the project; nothing is
read off a message. Works for Brownie's transactions, calls and deployments and for web3.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from brownie import web3
from brownie.exceptions import VirtualMachineError
from brownie.project import get_loaded_projects
from eth_abi.abi import decode
from eth_utils.crypto import keccak
from web3.exceptions import ContractLogicError, Web3RPCError

BUILTIN = [
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
]

# ValueError: what Brownie's middleware makes of the node's answer to web3.py.
FAILURES = (VirtualMachineError, ContractLogicError, Web3RPCError, ValueError)

_extra: dict[bytes, dict[str, Any]] = {}
_expected = 0


@dataclass
class Reverted:
    """What was caught, filled in when the `with` block ends."""

    data: bytes = b""
    name: str = ""
    values: tuple[Any, ...] = field(default=())


def register(abi: Iterable[dict[str, Any]]) -> None:
    """Know the errors of a contract that is not of this project (one deployed from a package's artifact)."""
    _extra.update(_by_selector(abi))


@contextmanager
def reverts(name: str, *values: Any) -> Iterator[Reverted]:
    """Expect the block to revert with the error `name` and exactly these values.

    Values: int for integers, bool for bools, str for strings, bytes (or 0x text) for bytes, anything with an
    address (account, contract, 0x text) for addresses, sequences for arrays and structs. `Error` with its
    message and `Panic` with its code are errors like any other. Fails (AssertionError) when nothing reverts,
    when another error comes, when a value or the number of values differs; `LookupError` when the project has
    no error `name`. Any other exception passes through.
    """
    known = _known()
    if not any(error["name"] == name for error in known.values()):
        raise LookupError(f"no contract or interface of the project declares an error {name!r}")
    caught = Reverted()
    try:
        with _expecting():
            yield caught
    except FAILURES as error:
        if not _is_revert(error):
            raise
        failure = error
    else:
        raise AssertionError(f"nothing reverted, expected {_show(name, values)}")
    caught.data = revert_data(failure)
    if not caught.data:
        raise AssertionError(f"reverted without data ({failure}), expected {_show(name, values)}")
    abi = known.get(caught.data[:4])
    if abi is None:
        raise AssertionError(f"reverted with unknown 0x{caught.data.hex()}, expected {_show(name, values)}")
    caught.name = abi["name"]
    caught.values = decode([_type(i) for i in abi["inputs"]], caught.data[4:])
    problems = [] if caught.name == name else [f"error {caught.name}"]
    if not problems:
        problems = list(_differences([_type(i) for i in abi["inputs"]], values, caught.values))
    if problems:
        got = _show(caught.name, caught.values)
        raise AssertionError(f"reverted with {got}, expected {_show(name, values)}: {'; '.join(problems)}")


@contextmanager
def reverts_without_data() -> Iterator[None]:
    """Expect a revert that carries no data: a bare `revert`, a failed ABI decoding, a call of what is no
    contract.

    Running out of gas and invalid opcodes fail this check: they burn everything and are never meant.
    """
    try:
        with _expecting():
            yield
    except FAILURES as error:
        if not _is_revert(error):
            raise
        failure = error
    else:
        raise AssertionError("nothing reverted, expected a revert without data")
    if data := revert_data(failure):
        abi = _known().get(data[:4])
        shown = f"0x{data.hex()}"
        if abi:
            shown = _show(abi["name"], decode([_type(i) for i in abi["inputs"]], data[4:]))
        raise AssertionError(f"reverted with {shown}, expected a revert without data")
    text = _how(failure).lower()
    if "revert" not in text:
        raise AssertionError(f"failed with {text!r}, expected a revert without data")


def is_expected() -> bool:
    """Whether a revert now is what a test waits for: nobody will read where in the source it came from."""
    return _expected != 0


@contextmanager
def _expecting() -> Iterator[None]:
    global _expected
    _expected += 1
    try:
        yield
    finally:
        _expected -= 1


def revert_data(error: BaseException) -> bytes:
    """The raw data that the transaction or call behind `error` reverted with; empty when there was none.

    Raises TypeError when `error` has no trace of a transaction or a call in it.
    """
    txid = getattr(error, "txid", "")
    if txid:
        return _bytes(top_call(txid).get("output"))
    for link in _chain(error):
        if isinstance(link, ContractLogicError):
            return _bytes(link.data)
        if answer := _answer(link):
            return _bytes(answer.get("data"))
    raise TypeError(f"{error!r} says nothing of the data it reverted with")


def _answer(error: BaseException) -> dict[str, Any] | None:
    """The node's JSON-RPC error object, which web3.py and Brownie keep in different places."""
    response = getattr(error, "rpc_response", None)
    found = response["error"] if response else next(iter(error.args), None)
    if isinstance(found, BaseException):
        found = next(iter(found.args), None)
    return found if isinstance(found, dict) and "message" in found else None


def _is_revert(error: BaseException) -> bool:
    return not isinstance(error, ValueError) or any(_answer(link) for link in _chain(error))


def _how(error: BaseException) -> str:
    txid = getattr(error, "txid", "")
    if txid:
        return str(top_call(txid).get("error"))
    return next((str(answer["message"]) for link in _chain(error) if (answer := _answer(link))), str(error))


def top_call(txid: str) -> dict[str, Any]:
    """The transaction's own call, by the node's `callTracer`. Raises RuntimeError."""
    tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    answer = web3.provider.make_request("debug_traceTransaction", [txid, tracer])
    if "error" in answer:
        raise RuntimeError(f"the node gives no trace of {txid}: {answer['error']}")
    call: dict[str, Any] = answer["result"]
    return call


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _bytes(data: Any) -> bytes:
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return data if isinstance(data, bytes) else b""


def _known() -> dict[bytes, dict[str, Any]]:
    return _of_projects(tuple(get_loaded_projects())) | _extra


@cache
def _of_projects(projects: tuple[Any, ...]) -> dict[bytes, dict[str, Any]]:
    """Once in a run: a project has thousands of errors to hash."""
    known = _by_selector(BUILTIN)
    for project in projects:
        for _, build in project._build.items():
            known.update(_by_selector(build["abi"]))
        for build in project._build._interfaces.values():
            known.update(_by_selector(build["abi"]))
    return known


def _by_selector(abi: Iterable[dict[str, Any]]) -> dict[bytes, dict[str, Any]]:
    found = {}
    for item in abi:
        if item.get("type") == "error":
            signature = f"{item['name']}({','.join(_type(i) for i in item['inputs'])})"
            found[keccak(text=signature)[:4]] = item
    return found


def _type(item: dict[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_type(part) for part in item["components"])
    return f"({inner}){item['type'][len('tuple') :]}"


def _differences(types: Sequence[str], expected: Sequence[Any], actual: Sequence[Any]) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{len(actual)} values, not {len(expected)}"
        return
    for place, (kind, want, got) in enumerate(zip(types, expected, actual, strict=True)):
        if not _same(kind, want, got):
            yield f"value {place} ({kind}) is {got!r}, not {want!r}"


def _same(kind: str, want: Any, got: Any) -> bool:
    if isinstance(got, (tuple, list)):
        if isinstance(want, (str, bytes)) or not isinstance(want, Sequence) or len(want) != len(got):
            return False
        is_array = kind.endswith("]")
        inner = [kind[: kind.rindex("[")]] * len(got) if is_array else _split(kind[1:-1])
        return all(_same(k, w, g) for k, w, g in zip(inner, want, got, strict=True))
    if kind == "address":
        text = want if isinstance(want, str) else getattr(want, "address", None)
        return isinstance(text, str) and text.lower() == got.lower()
    if kind.startswith("bytes"):
        if isinstance(want, str) and want.startswith("0x"):
            want = bytes.fromhex(want[2:])
        return isinstance(want, bytes) and bytes(want) == got
    if kind == "bool":
        return isinstance(want, bool) and want == got
    if kind == "string":
        return isinstance(want, str) and want == got
    return isinstance(want, int) and not isinstance(want, bool) and int(want) == got


def _split(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(inner):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(inner[start:place])
            start = place + 1
    return [*parts, inner[start:]]


def _show(name: str, values: Sequence[Any]) -> str:
    return f"{name}({', '.join(str(v) if not isinstance(v, bytes) else '0x' + v.hex() for v in values)})"
