"""A router takes a path that a line feed follows for the path without it, and, below an app's own root path,
the rest for the path. The price list did neither: `GET /work%0A` had what `GET /work` costs for nothing."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from largesse.gateway.pricing import Price
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Prepaid


async def sold() -> dict[str, str]:
    return {"article": "worth its price"}


def api(root_path: str) -> FastAPI:
    """Routes, one with a name in it, and one that is mounted."""
    app, shop = FastAPI(), FastAPI()
    app.root_path = root_path
    shop.add_api_route("/work", sold)
    app.add_api_route("/work", sold)
    app.add_api_route("/items/{name}", sold)
    app.mount("/shop", shop)
    return app


PRICES = tuple(Price("GET", path, ARTICLE) for path in ("/work", "/items/{kind:path}", "/shop/work"))


@pytest.mark.parametrize("root_path", ["", "/api"])
def test_no_spelling_of_a_priced_route_is_free(
    make_gateway: Callable[..., Served], prepaid: Prepaid, client: httpx.Client, root_path: str
) -> None:
    served = make_gateway(prepaid, api(root_path), PRICES)
    for path in ("/work", "/items/one", "/items/o%0Ae", "/shop/work"):
        for spelling in (path, path + "%0A", root_path + path, root_path + path + "%0A"):
            answer = client.get(served.url + spelling)
            assert (answer.status_code, answer.json()["error"]) == (402, "payment_required"), spelling
