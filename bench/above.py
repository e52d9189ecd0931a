"""What the deployed contracts spend above a floor, item by item, for bench/FLOORS.md."""

from __future__ import annotations

from collections.abc import Mapping

from bench.against import certificates, streams
from bench.against.lab import Lab
from bench.items import KINDS, items
from largesse.nodes import development_node


def traced() -> dict[str, dict[str, int]]:
    """The items of ours by the keys of bench/gas.json, of the work in which a floor meets a goal that ours
    misses; on a node of their own."""
    with development_node(traces=True) as url:
        lab = Lab(url)
        certificates.give(lab, certificates.series_of(lab))
        streams.lives(lab)
        return {key: items(lab.web3, sent) for key, sent in lab.noted.items()}


def told(key: str, ours: Mapping[str, int], floor: Mapping[str, int]) -> str:
    """A line: by how much ours is above the floor, and on what."""
    more = {kind: ours[kind] - floor[kind] for kind in KINDS}
    parts = [f"{kind} {gas:+,}" for kind, gas in more.items() if gas]
    return f"- `{key}` spends {sum(more.values()):,} more: {', '.join(parts)}"
