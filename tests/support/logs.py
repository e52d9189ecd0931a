"""The events of a transaction as plain tuples, in order, so that a test can compare all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def logs_of(tx: Any, contract: Any) -> list[tuple[Any, ...]]:
    """What `contract` emitted: `(name, value, …)` for each event, values in the order of its ABI.

    Addresses are checksummed text, bytes (fixed or not) are bytes, integers are int, structs are tuples.
    """
    return [
        (event.name, *(_plain(value) for value in event.values()))
        for event in tx.events
        if event.address == contract.address
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str) and not isinstance(value, bytes):
        return value
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return tuple(_plain(inner) for inner in value.values())
    if isinstance(value, Sequence):
        return tuple(_plain(inner) for inner in value)
    raise TypeError(f"an event value of type {type(value).__name__}: {value!r}")
