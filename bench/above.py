"""What the deployed contracts spend above a floor, item by item, for bench/FLOORS.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bench import own_work
from bench.against import streams
from bench.against.lab import Lab
from bench.items import KINDS, items, trace
from largesse.nodes import development_node


class Ours(NamedTuple):
    """The items of ours, and what its own work is spent on."""

    items: dict[str, int]
    own_work: dict[str, int]


def traced() -> dict[str, Ours]:
    """Ours by the keys of bench/gas.json, of the work in which a floor meets a goal that ours misses; on a
    node of their own."""
    with development_node(traces=True) as url:
        lab = Lab(url)
        streams.lives(lab)
        return {
            key: Ours(items(lab.web3, sent), own_work.spent(key, trace(lab.web3, sent)))
            for key, sent in lab.noted.items()
        }


def told(key: str, ours: Mapping[str, int], floor: Mapping[str, int]) -> str:
    """A line: by how much ours is above the floor, and on what."""
    more = {kind: ours[kind] - floor[kind] for kind in KINDS}
    parts = [f"{kind} {gas:+,}" for kind, gas in more.items() if gas]
    return f"- `{key}` spends {sum(more.values()):,} more: {', '.join(parts)}"
