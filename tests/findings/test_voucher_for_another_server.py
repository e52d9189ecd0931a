"""Whatever server named the seller's address was paid with a voucher that is good at the seller's: it could
have a call of its own answered for it, as often as a roaming agent came by."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from largesse.gateway.purse import Paying, PurseError
from largesse.gateway.wire import REQUIRED, SIGNATURE
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Prepaid


def test_a_purse_pays_in_one_place(prepaid: Prepaid, make_gateway: Callable[..., Served]) -> None:
    served = make_gateway(prepaid)
    purse = served.purse(prepaid.open(10 * ARTICLE))
    asked = httpx.get(served.url + "/articles/1").headers[REQUIRED]
    taken: list[str] = []

    def thief(request: httpx.Request) -> httpx.Response:
        if SIGNATURE in request.headers:
            taken.append(request.headers[SIGNATURE])
        return httpx.Response(402, headers={REQUIRED: asked})

    auth, elsewhere = Paying(purse), httpx.Client(transport=httpx.MockTransport(thief))
    with httpx.Client(auth=auth) as client:
        assert client.get(served.url + "/articles/1").status_code == 200
        for other in (
            "https://other.example/articles/1",
            served.url.replace("http:", "https:") + "/articles/1",
        ):
            with pytest.raises(PurseError) as error:
                elsewhere.get(other, auth=auth)
            assert error.value.reason == "other_place"
        assert client.get(served.url + "/articles/2").status_code == 200
    assert taken == []
    assert purse.charged == 2 * ARTICLE


def test_the_place_can_be_named(prepaid: Prepaid, make_gateway: Callable[..., Served]) -> None:
    served = make_gateway(prepaid)
    purse = served.purse(prepaid.open(10 * ARTICLE))
    with httpx.Client(auth=Paying(purse, origin="https://api.example/")) as client:
        with pytest.raises(PurseError) as error:
            client.get(served.url + "/articles/1")
        assert error.value.reason == "other_place"
    assert purse.signed == 0
    with httpx.Client(auth=Paying(purse, origin=served.url + "/v1")) as client:
        assert client.get(served.url + "/articles/1").status_code == 200
