"""A shop in a process of its own, to be killed."""

from pathlib import Path
from typing import Any

from largesse.web.serving import serve
from tests.support.x402_world import Shop, attached


def main(settings: dict[str, Any]) -> None:
    world = attached(settings["url"], settings["token"], settings["pay_to"])
    database, lease = Path(settings["database"]), settings["lease_seconds"]
    shop = Shop(world, database, lease_seconds=lease, settle_seconds=lease)
    serve(shop.app(), "127.0.0.1", settings["port"])
