"""`python -m largesse.report --node URL`: the report without Brownie."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from largesse.arguments import whole_number
from largesse.console import done, say
from largesse.errors import LargesseError
from largesse.files import CHECKOUT
from largesse.report.making import make_report
from largesse.report.opening import open_node, open_source
from largesse.report.writing import write_report


def main(given: Sequence[str] | None = None) -> int:
    """Write the report; the exit code: 0, or 1 where something is wrong with what was asked, with the node or
    with the figures."""
    parser = argparse.ArgumentParser("python -m largesse.report", description="Every figure, from events.")
    parser.add_argument("--node", required=True, metavar="URL", help="an HTTP address of a node")
    parser.add_argument("--database", default="", metavar="URL", help="the index's (default: ask the node)")
    parser.add_argument("--from", dest="first", default="", metavar="DATE", help="first day, UTC: 2027-12-24")
    parser.add_argument("--to", dest="last", default="", metavar="DATE", help="last day, UTC (default: now)")
    parser.add_argument("--issuer", default="", metavar="ADDRESS", help="only this issuer's series")
    parser.add_argument("--currency", default="", metavar="SYMBOL", help="only this currency")
    parser.add_argument(
        "--confirmations", type=whole_number, default=1, help="blocks a block must be under, with its own"
    )
    parser.add_argument("--out", default="", metavar="FOLDER", help="where to write (default: out/report)")
    asked = parser.parse_args(given)
    state = Path(os.environ.get("LARGESSE_STATE", CHECKOUT))
    try:
        node = open_node(asked.node, asked.confirmations)
        with open_source(node, state / "deployments", asked.database) as (deployment, source):
            report = make_report(
                node, deployment, source, first=asked.first, last=asked.last, issuer=asked.issuer,
                symbol=asked.currency,
            )  # fmt: skip
        paths = write_report(report, Path(asked.out) if asked.out else state / "out" / "report")
        done(f"{len(paths)} files in {paths[-1].parent}, as of block {report.scope.block}")
        report.require_agreement()
    except LargesseError as error:
        say(f"{error.reason}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
