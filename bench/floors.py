"""What the work of certificates, streams and prepaid accounts costs by hand: `make floors`.

The contracts of bench/floors/ do it by hand, without checks of input but for one, with the storage, the
events and the calldata of ours. One floor measures what arrives and leaves (two `balanceOf`), as C14, C15,
I19 and I20 of docs/SPEC.md ask; the other one trusts the currency, as the references in the goals did. Writes
bench/FLOORS.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from web3 import Web3

from bench import above, certificate_floors, own_work
from bench.floor_bench import Bench
from bench.goals import GOALS
from bench.items import KINDS
from largesse.nodes import development_node

HERE: Final = Path(__file__).resolve().parent


def arithmetic(parts: dict[str, dict[str, int]]) -> list[str]:
    """A table of what the floors that measure pay for, and what that leaves of the goals."""
    due = {key: sum(paid.values()) - paid["own work"] for key, paid in parts.items()}
    rows = [
        f"| `{key}` | " + " | ".join(f"{parts[key][kind]:,}" for kind in KINDS) + f" | {goal - due[key]:,} |"
        for key, goal in GOALS.items()
        if key in parts
    ]
    return [
        "",
        "What the floors with what moves measured pay for, item by item, from the node's trace. A slot",
        "counts where it is read cold; a written one was read before, but for the first of `accounts.open`,",
        "whose 2,100 are in what it costs to write it. *Currency* is its calls, with what it does. *Own",
        "work* is everything else: dispatch, checks, hashes, memory, the guard, arithmetic. *Left* is the",
        "goal less all items but own work: what a contract may spend on it.",
        "",
        f"| work | {' | '.join(KINDS)} | left |",
        "|---|" + "---:|" * (len(KINDS) + 1),
        *rows,
    ]


class Floors(NamedTuple):
    """Gas by the keys of bench/gas.json, and the items of what the first ones pay for.

    `ruled` are of floors that measure, with all checks that the rules ask for: where one without them is so
    near to the goal that they decide.
    """

    measured: dict[str, int]
    trusting: dict[str, int]
    parts: dict[str, dict[str, int]]
    ruled: dict[str, int]


def measure() -> Floors:
    """All floors, on a node of their own."""
    with development_node(traces=True) as url:
        bench = Bench(Web3(Web3.HTTPProvider(url)), traces=True)
        measured = bench.jars(measured=True) | bench.accounts(measured=True)
        parts = dict(bench.parts)
        trusting = bench.jars(measured=False) | bench.accounts(measured=False)
        cards, cards_trusting, cards_parts = certificate_floors.compare(bench)
        ruled = certificate_floors.ruled(bench)
    return Floors(measured | cards, trusting | cards_trusting, cards_parts | parts, ruled)


def verdict(ours: int, floor: int, goal: int, ruled: int | None = None) -> str:
    """Whether the goal is met, and by whom. `ruled`: a floor with all checks, where there is one."""
    if ours <= goal:
        return "met"
    if floor > goal:
        return f"missed, and so does the floor, by {floor - goal:,}"
    if ruled is not None and ruled > goal:
        return f"missed, and so does a floor with all checks, by {ruled - goal:,}"
    return f"missed by {ours - goal:,}; the floor meets it"


def written(floors: Floors, ours: dict[str, int], traced: dict[str, above.Ours]) -> str:
    """The whole text. `ours`: bench/gas.json; `traced`: where the gas of ours goes, of the work in which a
    floor meets a goal that ours misses. Raises KeyError where that is not known."""
    lines = [
        "# Floors",
        "",
        "Written by `make floors`. Each floor is a contract of `bench/floors/`, by hand in assembly: the",
        "storage, events and calldata of ours, no check of input, no signature path, no error. *What moves",
        "measured*: it compares its balance before and after, which two `balanceOf` cost, as rules C14, C15,",
        "I19 and I20 of [docs/SPEC.md](../docs/SPEC.md) ask; *trusting*: it does not, and a currency that",
        "keeps a fee or lies would break the books; giving and claiming move no currency. Ours are of",
        "`bench/gas.json`. `certificates.redeem_signed_usdc` is of the real USDC, behind its proxy, the",
        "others of a plain token. *All checks*: those of input too that SPEC.md asks for. These are the best",
        "that we could write, no proof that nobody writes better ones.",
        "",
        "| work | ours | floor, what moves measured | floor, trusting | goal | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    reached, spent = list[str](), list[str]()
    for key, goal in GOALS.items():
        if key not in floors.measured:
            continue
        floor, ruled = floors.measured[key], floors.ruled.get(key)
        word = verdict(ours[key], floor, goal, ruled)
        cells = (f"`{key}`", *(f"{gas:,}" for gas in (ours[key], floor, floors.trusting[key], goal)), word)
        lines.append(f"| {' | '.join(cells)} |")
        if max(floor, ruled or 0) <= goal < ours[key]:
            reached.append(above.told(key, traced[key].items, floors.parts[key]))
            spent += ["", *own_work.table(key, traced[key].own_work, floors.parts[key]["own work"])]
    if reached:
        lines += [
            "",
            "Where the floor meets the goal and ours does not, what ours spends above the floor, by the",
            "items of the table below, from the trace of both:",
            "",
            *reached,
            "",
            "What the own work of ours is spent on, by the compiler's map of the code that ran to its",
            "source. *Dispatch, ABI, calls of functions*: what no statement stands for. A place in storage",
            "is found by hashing its key. What is left are statements, by their file; code that the compiler",
            "shares between several stands in one of them.",
            "",
            "There is no lump in it to take out: dispatch, ABI and calls of functions are half as much as",
            "all that is above the floor, and only a function that is assembly from its first line to its",
            "last would save them. Contracts that keep money are to be read, and so these stay in Solidity.",
            *spent,
        ]
    return "\n".join([*lines, *arithmetic(floors.parts)]) + "\n"


def main() -> None:
    """Measure, and write bench/FLOORS.md."""
    ours = json.loads((HERE / "gas.json").read_text(encoding="utf-8"))
    text = written(measure(), ours, above.traced())
    (HERE / "FLOORS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
