"""Logs as a node's JSON has them, turned into rows, and rows into events again.

Most events are words of 32 bytes, which are read where they stand; the others go through eth_abi.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple
from web3 import Web3

from largesse.chainlogs import text_of
from largesse.eip712 import keccak
from largesse.indexer.contracts import IndexerError, abi_of

Log = Mapping[str, Any]
"""A log as eth_getLogs answers it."""
_Word = Callable[[str], Any]

_WORD: Final = 64
_DUMPS: Final = json.JSONEncoder(separators=(",", ":")).encode


class Row(NamedTuple):
    """A row of the table of events."""

    contract: int
    block: int
    log_index: int
    tx_index: int
    tx: bytes
    name: str
    arguments: str


class _Layout(NamedTuple):
    name: str
    indexed: list[tuple[str, _Word]]
    plain: list[tuple[str, _Word]] | None
    """None where not all of it are words."""
    names: list[str]
    kinds: list[str]


class Codec:
    """The events of one ABI."""

    def __init__(self, abi: Sequence[dict[str, Any]]) -> None:
        self._layouts: dict[str, _Layout] = {}
        self._kinds: dict[str, list[tuple[str, str]]] = {}
        for item in abi:
            if item.get("type") == "event" and not item.get("anonymous"):
                self._add(item)

    def _add(self, item: dict[str, Any]) -> None:
        parts = [(part["name"], collapse_if_tuple(part), part["indexed"]) for part in item["inputs"]]
        topic = "0x" + keccak(f"{item['name']}({','.join(kind for _, kind, _ in parts)})".encode()).hex()
        indexed = [(name, kind) for name, kind, is_indexed in parts if is_indexed]
        plain = [(name, kind) for name, kind, is_indexed in parts if not is_indexed]
        words = [(name, _word(kind)) for name, kind in plain]
        self._layouts[topic] = _Layout(
            item["name"],
            [(name, _word(kind) or _word("bytes32")) for name, kind in indexed],  # type: ignore[misc]
            None if any(word is None for _, word in words) else words,  # type: ignore[arg-type]
            [name for name, _ in plain],
            ["bytes" if kind == "string" else kind for _, kind in plain],
        )
        self._kinds[item["name"]] = [*indexed, *plain]

    def encode(self, log: Log) -> tuple[str, str]:
        """Name and arguments of a log. Raises IndexerError unreadable_event for one that the contract can't
        have written."""
        topics, data = log["topics"], log["data"]
        layout = self._layouts.get(topics[0]) if topics else None
        if layout is None:
            raise _unreadable(log, "this contract has no such event")
        name, indexed, plain, names, kinds = layout
        if len(topics) != len(indexed) + 1:
            raise _unreadable(log, f"{name} has {len(indexed)} indexed values")
        values = {key: word(topic[2:]) for (key, word), topic in zip(indexed, topics[1:], strict=True)}
        if plain is None:
            try:
                decoded = decode(kinds, bytes.fromhex(data[2:]))
            except Exception as error:  # whatever eth_abi finds wrong with a node's bytes
                raise _unreadable(log, f"{name}: {error}") from error
            texts = {one for one, kind in self._kinds[name] if kind == "string"}
            for key, value in zip(names, decoded, strict=True):
                values[key] = text_of(value) if key in texts else _as_json(value)
        else:
            if len(data) != 2 + _WORD * len(plain):
                raise _unreadable(log, f"{name} has {len(plain)} values of 32 bytes")
            at = 2
            for key, word in plain:
                values[key] = word(data[at : at + _WORD])
                at += _WORD
        return name, _DUMPS(values)

    def decode(self, name: str, arguments: str) -> dict[str, Any]:
        """The values as `largesse.chainlogs.Decoder` gives them."""
        values = json.loads(arguments)
        return {key: _from_json(kind, values[key]) for key, kind in self._kinds[name]}


@cache
def codec_of(part: str) -> Codec:
    """The events of a part. Raises IndexerError unknown_part."""
    return Codec(abi_of(part))


def _unreadable(log: Log, why: str) -> IndexerError:
    place = f"block {int(log['blockNumber'], 16)}, log {int(log['logIndex'], 16)} of {log['address']}"
    return IndexerError("unreadable_event", f"{place}: {why}")


def _word(kind: str) -> _Word | None:
    """How a value of one word is read from its hexadecimal digits; None for a kind of other sizes."""
    if kind == "address":
        return _address
    if kind == "bool":
        return _bool
    if re.fullmatch(r"uint\d*", kind):
        return _uint
    if re.fullmatch(r"int\d*", kind):
        return _int
    if match := re.fullmatch(r"bytes(\d+)", kind):
        size = 2 * int(match.group(1))
        return lambda digits: "0x" + digits[:size]
    return None


@lru_cache(100_000)
def _address(digits: str) -> str:
    return Web3.to_checksum_address("0x" + digits[24:])


def _bool(digits: str) -> bool:
    return digits[-1] == "1"


def _uint(digits: str) -> str:
    return str(int(digits, 16))


def _int(digits: str) -> str:
    value = int(digits, 16)
    return str(value - 2**256 if value >> 255 else value)


def _as_json(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_as_json(one) for one in value]


def _from_json(kind: str, value: Any) -> Any:
    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        return tuple(_from_json(inner, one) for one in value)
    if kind.startswith("("):
        return tuple(_from_json(one, two) for one, two in zip(_parts(kind), value, strict=True))
    if kind.startswith(("uint", "int")):
        return int(value)
    if kind.startswith("bytes"):
        return bytes.fromhex(value[2:])
    return value


@lru_cache
def _parts(kind: str) -> tuple[str, ...]:
    """The kinds in a tuple's."""
    found, depth, start = [], 0, 1
    for at, sign in enumerate(kind):
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or (sign == ")" and depth == 0):
            found.append(kind[start:at])
            start = at + 1
    return tuple(found)
