"""A follower for `tests.support.processes`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from largesse import deployment as deployments
from largesse.chain import Node
from largesse.indexer.follow import Follower


def main(settings: dict[str, Any]) -> None:
    """Follow `node` into `database` by the record in the folder `records`, few blocks at a time, until it is
    killed; with `once` to the chain's end."""
    node = Node.at(settings["node"])
    deployment = deployments.load(Path(settings["records"]), node)
    follower = Follower(node, deployment, settings["database"], most=2, window=4)
    follower.catch_up()
    while not settings["once"]:
        follower.catch_up()
        time.sleep(0.01)
