"""A call whose answer was lost twice, the first time before it reached the server, left its payer with a
voucher that had paid: it signed the same sum for its next call. The server took that for the same call, whose
path and body it had, and answered it with the other one's answer, unexecuted. Found by a hundred kills."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from largesse.gateway.pricing import Price
from largesse.gateway.purse import Paying, Purse
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid


@pytest.fixture
def served(make_gateway: Callable[..., Served], prepaid: Prepaid) -> Iterator[Served]:
    """Each execution has a number."""
    app, executions = FastAPI(), count(1)

    @app.get("/count")
    async def number() -> dict[str, int]:
        return {"execution": next(executions)}

    yield make_gateway(prepaid, app, (Price("GET", "/count", ARTICLE),))


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    return prepaid.open(1_000_000)


class Loses(httpx.HTTPTransport):
    """Breaks paid requests: as `plan` says, before they are sent or when they are answered."""

    def __init__(self, *plan: str) -> None:
        super().__init__()
        self.plan = list(plan)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fate = self.plan.pop(0) if "payment-signature" in request.headers and self.plan else "served"
        if fate == "unsent":
            raise httpx.ConnectError("nobody is there")
        response = super().handle_request(request)
        if fate == "unanswered":
            response.read()
            raise httpx.ReadError("the line went dead")
        return response


def until_answered(purse: Purse, url: str, name: str, transport: Loses) -> int:
    """Which execution answered the call. Each try knows no price, as a process that was started again."""
    while True:
        client = httpx.Client(auth=Paying(purse), transport=transport)
        try:
            answer = client.get(url, headers={"Idempotency-Key": name})
        except httpx.TransportError:
            continue
        assert answer.status_code == 200, answer.text
        return int(answer.json()["execution"])


@pytest.mark.parametrize(
    "plan", [("unsent", "unanswered"), ("unanswered", "unanswered"), ("unsent", "unsent", "unanswered")]
)
def test_each_call_is_executed_and_charged(served: Served, key: Key, plan: tuple[str, ...]) -> None:
    purse, url, transport = served.purse(key), served.url + "/count", Loses(*plan)
    found = [until_answered(purse, url, f"call {number}", transport) for number in range(3)]
    assert found == [1, 2, 3]
    assert served.line(key)[1] == purse.charged == 3 * ARTICLE


def test_a_purse_that_was_killed_meanwhile_signs_none_of_them_again(
    served: Served, key: Key, tmp_path: Path
) -> None:
    state, url, transport = tmp_path / "purse.json", served.url + "/count", Loses("unsent", "unanswered")
    first = until_answered(served.purse(key, state=state), url, "call 1", transport)
    second = until_answered(served.purse(key, state=state), url, "call 2", transport)
    assert (first, second) == (1, 2)
    assert served.line(key)[1] == 2 * ARTICLE


def test_a_purse_of_before_is_read(served: Served, key: Key, tmp_path: Path) -> None:
    """Its file says nothing of vouchers whose answers were lost: it signs above all it has signed."""
    state = tmp_path / "purse.json"
    until_answered(served.purse(key, state=state), served.url + "/count", "call 1", Loses("unsent"))
    kept = json.loads(state.read_text())
    del kept["used"]
    state.write_text(json.dumps(kept))
    purse = served.purse(key, state=state)
    assert until_answered(purse, served.url + "/count", "call 2", Loses()) == 2
    assert purse.signed > kept["signed"]


def test_a_voucher_that_paid_under_a_key_pays_for_no_other_key(
    served: Served, client: httpx.Client, key: Key
) -> None:
    """The path and the body are the same; the caller says that the call is not."""
    payment = served.payment(key, ARTICLE)
    url = served.url + "/count"
    first = client.get(url, headers=payment | {"Idempotency-Key": "one"})
    assert first.json() == {"execution": 1}
    for key_of_another in ({"Idempotency-Key": "two"}, {}):
        other = client.get(url, headers=payment | key_of_another)
        assert (other.status_code, other.json()["error"]) == (409, "used")
    assert client.get(url, headers=payment | {"Idempotency-Key": "one"}).json() == {"execution": 1}
    assert served.line(key) == (ARTICLE, ARTICLE)
