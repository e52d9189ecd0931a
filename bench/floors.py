"""What the work of certificates, streams and prepaid accounts costs by hand: `make floors`.

The contracts of bench/floors/ do it by hand, without checks of input, with the storage, the events and the
calldata of ours. The floor with rule 8 measures what arrives and leaves (two `balanceOf`); the other one
trusts the currency, as the references in the goals did. Writes bench/FLOORS.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from web3 import Web3

from bench import certificate_floors
from bench.floor_bench import Bench
from bench.items import KINDS
from largesse.nodes import development_node

HERE: Final = Path(__file__).resolve().parent
GOALS: Final = certificate_floors.GOALS | {
    "jars.open": 82_000,
    "jars.top_up": 58_000,
    "jars.cancel": 55_000,
    "accounts.open": 90_000,
    "accounts.top_up": 47_000,
    "accounts.settle_1": 51_800,
}


def arithmetic(parts: dict[str, dict[str, int]]) -> list[str]:
    """A table of what the floors with rule 8 pay for, and what that leaves of the goals."""
    due = {key: sum(paid.values()) - paid["own work"] for key, paid in parts.items()}
    rows = [
        f"| `{key}` | " + " | ".join(f"{paid[kind]:,}" for kind in KINDS) + f" | {GOALS[key] - due[key]:,} |"
        for key, paid in parts.items()
    ]
    return [
        "",
        "What the floors with rule 8 pay for, item by item, from the node's trace. A slot counts where it is",
        "read cold; a written one was read before, but for the first of `accounts.open`, whose 2,100 are in",
        "what it costs to write it. *Currency* is its calls, with what it does. *Own work* is everything",
        "else: dispatch, checks, hashes, memory, the guard, arithmetic. *Left* is the goal less all items",
        "but own work: what a contract may spend on it.",
        "",
        f"| work | {' | '.join(KINDS)} | left |",
        "|---|" + "---:|" * (len(KINDS) + 1),
        *rows,
    ]


class Floors(NamedTuple):
    """Gas by the keys of bench/gas.json, and the items of what the first ones pay for."""

    rule_8: dict[str, int]
    trusting: dict[str, int]
    parts: dict[str, dict[str, int]]


def measure() -> Floors:
    """All floors, on a node of their own."""
    with development_node(traces=True) as url:
        bench = Bench(Web3(Web3.HTTPProvider(url)), traces=True)
        rule_8 = bench.jars(measured=True) | bench.accounts(measured=True)
        parts = dict(bench.parts)
        trusting = bench.jars(measured=False) | bench.accounts(measured=False)
        cards, cards_trusting, cards_parts = certificate_floors.compare(bench)
    return Floors(rule_8 | cards, trusting | cards_trusting, cards_parts | parts)


def main() -> None:
    """Measure, and write bench/FLOORS.md."""
    ours = json.loads((HERE / "gas.json").read_text(encoding="utf-8"))
    rule_8, trusting, parts = measure()
    lines = [
        "# Floors",
        "",
        "Written by `make floors`. Each floor is a contract of `bench/floors/`, by hand in assembly: the",
        "storage, events and calldata of ours, no check of input, no signature path, no error. *With rule",
        "8* it measures what arrives and leaves, which two `balanceOf` cost; *trusting* it does not, and a",
        "currency that keeps a fee or lies would break the books; giving and claiming move no currency. Ours",
        "are of `bench/gas.json`. These are the best that we could write, no proof that nobody writes better",
        "ones.",
        "",
        "| work | ours | floor with rule 8 | floor, trusting | goal | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for key, goal in GOALS.items():
        if ours[key] <= goal:
            word = "met"
        elif rule_8[key] > goal:
            word = f"missed, and so does the floor, by {rule_8[key] - goal:,}"
        else:
            word = f"missed by {ours[key] - goal:,}"
        lines.append(f"| `{key}` | {ours[key]:,} | {rule_8[key]:,} | {trusting[key]:,} | {goal:,} | {word} |")
    lines += arithmetic(parts)
    (HERE / "FLOORS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
