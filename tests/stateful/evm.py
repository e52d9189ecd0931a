"""The project's own bytecode on pyrevm: thousands of transactions a second, in this process, at any time of
day."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

BUILD = Path(__file__).resolve().parents[2] / "build"
DEPLOYER = "0x" + "de" * 20
ERROR_OUTPUT = re.compile(r"output: 0x([0-9a-f]*)")


class Log(NamedTuple):
    """One log entry: who wrote it, its topics and data."""

    address: str
    topics: list[bytes]
    data: bytes


class Receipt(NamedTuple):
    """What a transaction came to: whether it succeeded, what it returned or reverted with, what it logged."""

    succeeded: bool
    output: bytes
    logs: list[Log]


class Chain:
    """A chain with one block a transaction and no price for gas."""

    def __init__(self, chain_id: int = 1) -> None:
        self.id = chain_id
        self.evm = EVM(env=Env(cfg=CfgEnv(chain_id=chain_id)), spec_id="PRAGUE", gas_limit=2**62)
        self._time = 0

    @property
    def time(self) -> int:
        """Seconds, of the next transaction."""
        return self._time

    @time.setter
    def time(self, seconds: int) -> None:
        self._time = seconds
        self.evm.set_block_env(BlockEnv(number=1, timestamp=seconds, gas_limit=2**62))

    def deploy(self, code: bytes, kinds: Sequence[str] = (), args: Sequence[Any] = ()) -> str:
        """Address of a new contract."""
        return self.evm.deploy(DEPLOYER, code + encode(kinds, args)).lower()

    def place(self, address: str, runtime: bytes) -> None:
        """Put code at an address."""
        self.evm.insert_account_info(address, AccountInfo(nonce=1, code=runtime))

    def send(self, sender: str, to: str, data: bytes) -> Receipt:
        """A transaction."""
        try:
            output = self.evm.message_call(sender, to, calldata=data)
        except RuntimeError as failure:
            if str(failure).startswith("Halt"):  # out of gas, or no instruction: no revert that anybody wrote
                return Receipt(False, str(failure).encode(), [])
            found = ERROR_OUTPUT.search(str(failure))
            if found is None:
                raise
            return Receipt(False, bytes.fromhex(found[1]), [])
        result = self.evm.result
        entries = result.logs if result else []
        logs = [
            Log(log.address.lower(), [bytes.fromhex(t.removeprefix("0x")) for t in log.topics], log.data[1])
            for log in entries
        ]
        return Receipt(True, bytes(output), logs)


@cache
def bytecode(contract: str) -> bytes:
    """Creation code of a contract as the project's build has it."""
    return bytes.fromhex(json.loads((BUILD / f"contracts/{contract}.json").read_text())["bytecode"])


class Abi:
    """Encodes calls and decodes errors and events by the compiled interfaces' ABIs."""

    def __init__(self, *sources: str) -> None:
        self.functions: dict[str, tuple[bytes, list[str], list[str]]] = {}
        self.errors: dict[bytes, tuple[str, list[str]]] = {}
        self.events: dict[bytes, tuple[str, list[tuple[str, bool]]]] = {}
        for source in sources:
            for entry in json.loads((BUILD / source).read_text())["abi"]:
                self.add(entry)

    def add(self, entry: Mapping[str, Any]) -> None:
        """One more function, error or event."""
        kind = entry["type"]
        if kind not in ("function", "error", "event"):
            return
        name, kinds = entry["name"], [_kind(i) for i in entry["inputs"]]
        topic = keccak(text=f"{name}({','.join(kinds)})")
        if kind == "function":
            self.functions[name] = topic[:4], kinds, [_kind(o) for o in entry["outputs"]]
        elif kind == "error":
            self.errors[topic[:4]] = name, kinds
        else:
            indexed = [bool(i["indexed"]) for i in entry["inputs"]]
            self.events[topic] = name, list(zip(kinds, indexed, strict=True))

    def call(self, function: str, *args: Any) -> bytes:
        """Call data."""
        selector, kinds, _ = self.functions[function]
        return selector + encode(kinds, args)

    def result(self, function: str, output: bytes) -> tuple[Any, ...]:
        """What a function returned."""
        return decode(self.functions[function][2], output)

    def error(self, output: bytes) -> tuple[str, tuple[Any, ...]]:
        """Name and values of a custom error; ("", ()) for a revert without data."""
        if not output:
            return "", ()
        if output[:4] not in self.errors:
            return "0x" + output.hex(), ()
        name, kinds = self.errors[output[:4]]
        return name, decode(kinds, output[4:])

    def selector(self, error: str) -> bytes:
        """Four bytes of an error."""
        return next(selector for selector, (name, _) in self.errors.items() if name == error)

    def event(self, log: Log) -> tuple[Any, ...]:
        """Name and arguments, in the order of their declaration."""
        name, members = self.events[log.topics[0]]
        topics = iter(log.topics[1:])
        rest = iter(decode([kind for kind, indexed in members if not indexed], log.data))
        args = [decode([kind], next(topics))[0] if indexed else next(rest) for kind, indexed in members]
        return name, *args


def _kind(member: Mapping[str, Any]) -> str:
    if not member["type"].startswith("tuple"):
        return str(member["type"])
    inner = ",".join(_kind(part) for part in member["components"])
    return f"({inner}){member['type'].removeprefix('tuple')}"
