"""A relayer for `tests.support.processes`."""

from __future__ import annotations

from typing import Any

from largesse.chain import Node, development_wallet
from largesse.database import open_database
from largesse.relayer.actions import Kind
from largesse.relayer.app import make_app
from largesse.relayer.service import Relayer
from largesse.sender import TABLES
from largesse.web.limits import Rates
from largesse.web.serving import serve


def main(settings: dict[str, Any]) -> None:
    """Serve with `port`, `node`, `database` and `contracts` (addresses and kinds) until it is stopped."""
    relayer = Relayer(
        Node.at(settings["node"]),
        development_wallet("relayer"),
        open_database(settings["database"], TABLES),
        {address: Kind(kind) for address, kind in settings["contracts"].items()},
    )
    serve(make_app(relayer, Rates(1e6, 1e6)), "127.0.0.1", settings["port"])
