"""A webhook over a shop, told of payments as a processor tells it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from brownie import web3

from largesse.chain import Node, Wallet
from largesse.clients.certificates import Certificates
from largesse.clients.sales import Shop
from largesse.database import open_database
from largesse.sender import TABLES
from largesse.web.limits import Rates
from largesse.webhook.app import make_app
from largesse.webhook.service import Issuer, Webhook
from largesse.webhook.signatures import HEADER, sign
from tests.support import sales
from tests.support.certificates import DAY
from tests.support.processes import serving
from tests.support.waiting import WAIT_SECONDS

NEW, OLD = "a secret of the processor's, new", "a secret of the processor's, old"
LINKS = "a secret that links' keys come from"
NAME = "books"
CARD, BANK = 120 * DAY, 0


def event(kind: str, payment: str, number: str = "1", created: int = 0, **values: Any) -> dict[str, Any]:
    """An event of a payment; `values` are the payment's, or `dispute`."""
    dispute = {"dispute": {"id": values.pop("dispute")}} if "dispute" in values else {}
    body = {"id": f"evt-{payment}-{kind}-{number}", "type": kind, "created": created}
    return body | {"payment": {"id": payment, **values}} | dispute


def issuer_of(settings: dict[str, Any]) -> Issuer:
    """The issuer of plain settings, for another process too."""
    node = Node.at(settings["node"])
    certificates = Certificates(node, settings["certificates"])
    return Issuer(
        NAME, Shop(certificates, settings["sales"]), settings["symbol"],
        Wallet.from_key("issuer", bytes.fromhex(settings["key"])), {"card": CARD, "bank": BANK}, (NEW, OLD),
        LINKS,
    )  # fmt: skip


def settings_of(shop: sales.Shop, node_url: str) -> dict[str, Any]:
    world = shop.world
    return {
        "node": node_url,
        "certificates": world.certificates.address,
        "sales": shop.sales.address,
        "symbol": world.token.symbol(),
        "key": world.key(world.issuer).hex(),
    }


@dataclass
class Processor:
    """A payment processor and the shop's till behind it. `request` is (method, path, body, headers) to
    (status, answer)."""

    request: Callable[[str, str, bytes | None, dict[str, str]], tuple[int, Any]]
    shop: sales.Shop
    series: int
    secret: str = NEW

    def post(self, content: Any, **changes: Any) -> tuple[int, Any]:
        """Post an event, signed; `changes`: secret, at, header, path."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        at = changes.get("at", int(time.time()))
        header = changes.get("header", sign(changes.get("secret", self.secret), at, body))
        headers = {"content-type": "application/json"} | ({HEADER: header} if header is not None else {})
        return self.request("POST", changes.get("path", f"/payments/{NAME}"), body, headers)

    def paid(self, payment: str, method: str = "bank", number: str = "1", **changes: Any) -> dict[str, Any]:
        """payment.succeeded of 25.00 now; `changes` replace members of the payment."""
        values = {"method": method, "currency": "TUSD", "amount": "25000000", "series": str(self.series)}
        created = changes.pop("created", self.shop.world.now())
        return event("payment.succeeded", payment, number, created, **values | changes)

    def about(self, kind: str, payment: str, number: str = "1", **values: Any) -> dict[str, Any]:
        return event(kind, payment, number, self.shop.world.now(), **values)

    def get(self, payment: str) -> tuple[int, Any]:
        path = f"/payments/{NAME}/{payment}"
        header = sign(self.secret, int(time.time()), path.encode())
        return self.request("GET", path, None, {HEADER: header})

    def wait(self, payment: str, *states: str) -> dict[str, Any]:
        """The payment once it is in one of these states."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            status, found = self.get(payment)
            assert status == 200, found
            if found["state"] in states:
                return dict(found)
            time.sleep(0.02)
        raise AssertionError(f"{found} is not {states} after {WAIT_SECONDS:.0f} s")

    def take(self, content: dict[str, Any]) -> None:
        status, answer = self.post(content)
        taken = {"result": "accepted", "event": content["id"], "payment": content["payment"]["id"]}
        assert (status, answer) == (200, taken)

    # -------------------------------------------------------------------------------------------- the chain

    def issued(self) -> list[tuple[str, int]]:
        """Recipient and amount of all that was issued by receipt."""
        contract = web3.eth.contract(address=self.shop.sales.address, abi=self.shop.sales.abi)
        logs = contract.events.IssuedByReceipt().get_logs(from_block=0)
        return [(log["args"]["recipient"], log["args"]["amount"]) for log in logs]

    def gifts(self, name: str = "GiftGiven(address,uint256)") -> int:
        """How many links were made, or other events of the certificates."""
        topic = web3.keccak(text=name).to_0x_hex()
        address = self.shop.world.certificates.address
        return len(web3.eth.get_logs({"address": address, "fromBlock": 0, "topics": [topic]}))

    def held(self, person: Any) -> int:
        return int(self.shop.world.certificates.balanceOf(str(person), self.series))


def prepared(shop: sales.Shop) -> int:
    """A series that the shop issues for the issuer, who has money for it."""
    series = shop.series()
    world = shop.world
    world.fund(world.issuer, 10**12)
    world.token.approve(shop.sales, 10**12, {"from": world.issuer})
    return series


@contextlib.contextmanager
def processing(shop: sales.Shop, series: int, node_url: str, database_url: str) -> Iterator[Processor]:
    """A webhook that serves in this process."""
    engine = open_database(database_url, TABLES)
    webhook = Webhook([issuer_of(settings_of(shop, node_url))], engine, retry_seconds=0.3)
    with serving(make_app(webhook, Rates(1e6, 1e6))) as client:
        yield Processor(_asks(client), shop, series)
    engine.dispose()


def _asks(client: httpx.Client) -> Callable[..., tuple[int, Any]]:
    def ask(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        answer = client.request(method, path, content=body, headers=headers)
        is_json = "json" in answer.headers["content-type"]
        return answer.status_code, answer.json() if is_json else answer.text

    return ask
