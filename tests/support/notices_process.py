"""A notifier for `tests.support.processes`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from largesse import deployment as deployments
from largesse.chain import Node
from largesse.database import open_database
from largesse.indexer.source import ChainSource
from largesse.notices.outbox import TABLES, Outbox
from largesse.notices.receivers import read_receivers
from largesse.notices.sending import Patience, Sender
from largesse.notices.service import Notifier
from largesse.notices.watcher import Watcher
from largesse.web.serving import serve


def notifier_of(settings: dict[str, Any]) -> Notifier:
    """With `node`, `records`, `receivers` (the file's text), `environ`, `database`, `start`."""
    node = Node.at(settings["node"])
    deployment = deployments.load(Path(settings["records"]), node)
    receivers = read_receivers(settings["receivers"], settings["environ"], Path(), "receivers")
    patience = Patience(post=0.5, claim=1.0, first=0.05, longest=0.2)
    outbox = Outbox(open_database(settings["database"], TABLES), give_up_seconds=patience.give_up)
    watcher = Watcher(
        deployment, lambda: ChainSource(node, deployment), node.block_time, outbox, receivers,
        confirmations=1, start=settings["start"],
    )  # fmt: skip
    return Notifier(watcher, Sender(outbox, receivers, patience, at_once=2), poll_seconds=0.02)


def main(settings: dict[str, Any]) -> None:
    """Notify until it is killed; its /health says that it is there."""
    notifier = notifier_of(settings)
    threading.Thread(target=lambda: notifier.run(lambda: True), daemon=True).start()
    app = Starlette(routes=[Route("/health", lambda _: JSONResponse({"ok": True}))])
    serve(app, "127.0.0.1", settings["port"])
