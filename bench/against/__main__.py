"""`make bench`: measures ours and theirs, writes bench/RESULTS.md and bench/plots."""

from __future__ import annotations

import json

from bench import floors
from bench.against import certificates, elsewhere, micropayments, streams
from bench.against.lab import BENCH, Lab
from bench.against.plots import draw
from bench.against.results import NOT_RUN, written
from largesse.nodes import development_node


def main() -> None:
    """Raises, and so leaves with an exit code that is not 0, where ours can't be measured."""
    committed = json.loads((BENCH / "gas.json").read_text(encoding="utf-8"))
    with development_node() as url:
        print("bench: deploying ours", flush=True)
        lab = Lab(url)
        print("bench: certificates", flush=True)
        rows, missing = certificates.measure(lab)
        print("bench: streams", flush=True)
        more, lost, collected = streams.measure(lab)
        rows, missing = rows + more, missing + lost
        print("bench: micropayments", flush=True)
        more, mine, batches = micropayments.measure(lab)
        rows += more
    print("bench: floors", flush=True)
    mine |= {row.key: int(row.ours) for row in rows if row.key and row.ours}
    rows = elsewhere.in_order([*rows, *elsewhere.rows(mine, committed)])
    text = written(rows, floors.measure().measured, missing, committed)
    (BENCH / "RESULTS.md").write_text(text, encoding="utf-8")
    draw(BENCH / "plots" / "collect.svg", collected.by, title="Collecting from many tippers",
         across="tippers", up="gas of one collect")  # fmt: skip
    calls = micropayments.CALLS
    each = {count: gas / count / calls for count, gas in batches.items()}
    theirs = {count: gas / calls for count, gas in elsewhere.PUBLISHED.items()}
    name = "x402 batch settlement, no payout (measured once elsewhere, not run here)"
    draw(BENCH / "plots" / "micropayments.svg", {"Largesse, with payout": each, name: theirs},
         title="A micropayment, at 1,000 a payer", across="payers in one settlement",
         up="gas per micropayment")  # fmt: skip
    print(text)
    for one in (*missing, *NOT_RUN):
        print(f"bench: not run: {one.what}: {one.why}")


if __name__ == "__main__":
    main()
