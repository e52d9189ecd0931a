"""A gateway for `tests.support.processes`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from largesse.chain import Node, Wallet
from largesse.clients.accounts import Prepaid
from largesse.clients.certificates import Certificates
from largesse.gateway.gateway import Gateway, Keeping, Limits
from largesse.gateway.pricing import Price
from largesse.gateway.settler import Policy
from largesse.web.serving import serve
from tests.support import prepaid as desks
from tests.support.processes import Server, start

PRICE = 7


def main(settings: dict[str, Any]) -> None:
    """Serve GET /work, each answer another one, until killed; `gateway_runner` says with which settings."""
    executions = itertools.count()
    app = FastAPI()

    @app.get("/work")
    async def answer() -> dict[str, str]:
        return {"execution": f"{os.getpid()}/{next(executions)}"}

    prepaid = Prepaid(Certificates(Node.at(settings["node"]), settings["certificates"]), settings["accounts"])
    gateway = Gateway(
        prepaid,
        Wallet.from_key("merchant", bytes.fromhex(settings["seller"])),
        settings["database"],
        limits=Limits(per_address=1e9, per_account=1e9, questions=1e9),
        keeping=Keeping(refresh=0.2, settle=0.2),
        policy=Policy(0, 1) if settings["settles"] else None,
    )
    serve(gateway.app(app, [Price("GET", "/work", PRICE)]), "127.0.0.1", settings["port"])


def gateway_runner(
    prepaid: desks.Prepaid, node: str, database: str, port: int, folder: Path, *, settles: bool = False
) -> Callable[[], Server]:
    """Starts such a gateway for the desk's merchant, as often as it is called."""
    return partial(
        start,
        __name__,
        port,
        folder / "gateway.log",
        node=node,
        certificates=prepaid.world.certificates.address,
        accounts=prepaid.contract.address,
        seller=prepaid.world.key(prepaid.merchant).hex(),
        database=database,
        settles=settles,
    )
