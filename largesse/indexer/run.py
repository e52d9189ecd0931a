"""What `brownie run index` and `python -m largesse.indexer` do."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE
from largesse.console import done, growing_progress, say
from largesse.database import sqlite_url
from largesse.deployment import Deployment
from largesse.indexer.contracts import IndexerError
from largesse.indexer.follow import Follower, Round

_PASSING: Final = ("unreachable", "unsteady", "database_failed", "not_a_node", "blocks_missing")
"""The last two are said of a node that is overloaded, too, and this one has answered before."""
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class Options:
    """`follow`: go on for ever, asking every `poll` seconds. The rest as `Follower` takes it."""

    follow: bool = False
    confirmations: int = 1
    most: int = DEFAULT_RANGE
    poll: float = 2.0


def database_of(state: Path, node: Node) -> str:
    """Where events are kept unless told otherwise: a file of this chain's own."""
    folder = state / "indexer"
    folder.mkdir(parents=True, exist_ok=True)
    return sqlite_url(folder / f"{node.chain_id}-{node.genesis[2:10]}.db")


def index(
    node: Node, deployment: Deployment, url: str, options: Options, stop: threading.Event | None = None
) -> Round:
    """Follow to the chain's end, or with `follow` until `stop` is set; says what was done.

    A node or a database that is away for a while is waited for, once it was there. Raises what `Follower`
    raises.
    """
    stop = stop or threading.Event()
    follower = Follower(node, deployment, url, confirmations=options.confirmations, most=options.most)
    try:
        found = _round(follower)
        wait = options.poll
        while options.follow and not stop.wait(wait):
            try:
                found = _round(follower, quiet=True)
                wait = options.poll
            except IndexerError as error:
                if error.reason not in _PASSING:
                    raise
                wait = min(2 * wait, _LONGEST_WAIT)
                say(f"{error}; the next try is in {wait:.0f} s")
        return found
    finally:
        follower.close()


def _round(follower: Follower, *, quiet: bool = False) -> Round:
    start = time.perf_counter()
    if quiet:
        found = follower.catch_up()
    else:
        with growing_progress("blocks") as moved:
            found = follower.catch_up(moved)
    seconds = time.perf_counter() - start
    if found.rollbacks:
        say("the chain was reorganised: blocks that are not its own any more were taken back")
    if found.behind:
        say(f"the node lacks the last {found.behind} blocks that are covered: they stay until it has others")
    if found.blocks or not quiet:
        rate = f", {found.events / seconds:,.0f} events a second" if found.events else ""
        done(f"block {found.head}: {found.blocks:,} blocks, {found.events:,} events{rate}")
    return found
