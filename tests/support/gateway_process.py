"""A gateway in a process of its own, to be killed."""

from __future__ import annotations

import itertools
import os
import socket
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from largesse.chain import Node, Wallet
from largesse.client import Certificates
from largesse.gateway.gateway import Gateway, Keeping, Limits
from largesse.gateway.pricing import Price
from largesse.gateway.settler import Policy
from largesse.prepaid import Prepaid
from largesse.web.serving import configured, listen

PRICE = 7


@dataclass(frozen=True)
class Place:
    """Where a gateway works."""

    node: str
    certificates: str
    accounts: str
    seller: bytes
    database: str
    port: int
    settles: bool = False


def free_port() -> int:
    """Nothing listens there now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def work(place: Place) -> None:
    """Serve GET /work, each answer another one, until killed."""
    executions = itertools.count()
    app = FastAPI()

    @app.get("/work")
    async def answer() -> dict[str, str]:
        return {"execution": f"{os.getpid()}/{next(executions)}"}

    prepaid = Prepaid(Certificates(Node.at(place.node), place.certificates), place.accounts)
    gateway = Gateway(
        prepaid,
        Wallet.from_key("merchant", place.seller),
        place.database,
        limits=Limits(per_address=1e9, per_account=1e9),
        keeping=Keeping(refresh=0.2, settle=0.2),
        policy=Policy(0, 1) if place.settles else None,
    )
    listening = listen("127.0.0.1", place.port)
    uvicorn.Server(configured(gateway.app(app, [Price("GET", "/work", PRICE)]))).run(sockets=[listening])
