"""Asking again: free where it was paid, refused where it is another call, and paid once whoever races."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from largesse.gateway.charging import MOST_KEPT_BYTES
from largesse.gateway.pricing import Price
from largesse.gateway.purse import Paying, ask
from largesse.gateway.receipts import HEADER
from largesse.gateway.wire import RESPONSE
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid
from tests.support.waiting import until

KEY = {"Idempotency-Key": "one"}


class Counting:
    """An app that counts its calls, waits while it is told to, and fails when it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self.app = FastAPI()

        @self.app.get("/count")
        async def count() -> dict[str, int]:
            self.calls += 1
            mine = self.calls
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
            return {"calls": mine}

        @self.app.get("/long")
        async def long() -> Response:
            return Response(b"x" * (MOST_KEPT_BYTES + 1))

        @self.app.get("/crash")
        async def crash() -> Response:
            raise RuntimeError("as planned")

        @self.app.get("/stream")
        async def stream() -> StreamingResponse:
            return StreamingResponse(iter([b"a" * 600, b"b" * 600]))

        @self.app.get("/status/{status}")
        async def answered_with(status: int) -> Response:
            return Response(status_code=status)

        @self.app.post("/echo")
        async def echo(request: Request) -> Response:
            return Response(await request.body(), headers={"X-Odd": "ü"})


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.go_on.set()


@pytest.fixture
def counted(make_gateway: Callable[..., Served], prepaid: Prepaid, counting: Counting) -> Served:
    paths = ("/count", "/long", "/crash", "/stream", "/status/{status}")
    prices = (*(Price("GET", path, ARTICLE) for path in paths), Price("POST", "/echo", ARTICLE))
    return make_gateway(prepaid, counting.app, prices)


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    return prepaid.open(1_000_000)


def get(served: Served, client: httpx.Client, path: str, headers: dict[str, str]) -> httpx.Response:
    return client.get(served.url + path, headers=headers)


def test_the_same_voucher_gets_the_same_answer(
    counted: Served, counting: Counting, client: httpx.Client, key: Key
) -> None:
    payment = counted.payment(key, ARTICLE)
    first, again = (get(counted, client, "/count", payment) for _ in range(2))
    assert first.json() == again.json() == {"calls": 1}
    assert first.headers[HEADER] == again.headers[HEADER]
    assert RESPONSE in again.headers
    assert counting.calls == 1
    assert counted.line(key) == (ARTICLE, ARTICLE)


def test_the_same_key_with_another_voucher_is_free(
    counted: Served, counting: Counting, client: httpx.Client, key: Key
) -> None:
    first = get(counted, client, "/count", counted.payment(key, ARTICLE) | KEY)
    again = get(counted, client, "/count", counted.payment(key, 2 * ARTICLE) | KEY)
    assert first.json() == again.json() == {"calls": 1}
    # The second voucher was not used: it pays for the next call.
    other = get(counted, client, "/count", counted.payment(key, 2 * ARTICLE))
    assert other.json() == {"calls": 2}
    assert counted.line(key) == (2 * ARTICLE, 2 * ARTICLE)


@pytest.mark.parametrize("how", ["voucher", "key"])
def test_what_paid_for_one_call_pays_for_no_other(
    counted: Served, client: httpx.Client, key: Key, how: str
) -> None:
    get(counted, client, "/count", counted.payment(key, ARTICLE) | KEY)
    payment = counted.payment(key, ARTICLE if how == "voucher" else 2 * ARTICLE)
    headers = payment if how == "voucher" else payment | KEY
    for path in ("/count?x=1", "/long"):
        answer = get(counted, client, path, headers)
        assert (answer.status_code, answer.json()["error"]) == (409, "used")
    assert client.head(counted.url + "/count", headers=headers).status_code == 409
    assert counted.line(key) == (ARTICLE, ARTICLE)


def test_a_body_is_part_of_the_call(counted: Served, client: httpx.Client, key: Key) -> None:
    payment = counted.payment(key, ARTICLE)
    url = counted.url + "/echo"
    assert client.post(url, content=b"one", headers=payment).content == b"one"
    assert client.post(url, content=b"two", headers=payment).status_code == 409
    again = client.post(url, content=b"one", headers=payment)
    assert (again.content, again.headers["x-odd"]) == (b"one", "ü")


def test_an_answer_that_is_too_long_to_keep(counted: Served, client: httpx.Client, key: Key) -> None:
    payment = counted.payment(key, ARTICLE)
    assert len(get(counted, client, "/long", payment).content) > MOST_KEPT_BYTES
    again = get(counted, client, "/long", payment)
    assert (again.status_code, again.json()["error"]) == (410, "answer_gone")
    assert counted.line(key) == (ARTICLE, ARTICLE)


def test_a_crash_is_not_charged(counted: Served, client: httpx.Client, key: Key) -> None:
    payment = counted.payment(key, ARTICLE)
    assert get(counted, client, "/crash", payment).status_code == 500
    assert counted.line(key) == (0, 0)
    assert get(counted, client, "/count", payment).status_code == 200


def test_an_answer_from_400_on_is_not_charged(counted: Served, client: httpx.Client, key: Key) -> None:
    """And its voucher pays for another call."""
    payment = counted.payment(key, ARTICLE)
    for status in (400, 404, 500, 599):
        answer = get(counted, client, f"/status/{status}", payment)
        assert (answer.status_code, RESPONSE in answer.headers) == (status, False)
        assert counted.line(key) == (0, 0)
    answer = get(counted, client, "/status/399", payment)
    assert (answer.status_code, RESPONSE in answer.headers) == (399, True)
    assert counted.line(key) == (ARTICLE, ARTICLE)


def test_a_stream_is_held_until_it_is_charged(counted: Served, client: httpx.Client, key: Key) -> None:
    answer = get(counted, client, "/stream", counted.payment(key, ARTICLE))
    assert answer.content == b"a" * 600 + b"b" * 600
    assert RESPONSE in answer.headers


def test_one_voucher_used_by_two_at_once(
    counted: Served, counting: Counting, client: httpx.Client, key: Key
) -> None:
    """The second is refused while the first is served; with one call's work done."""
    counting.go_on.clear()
    payment = counted.payment(key, ARTICLE)
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(get(counted, client, "/count", payment)))
    first.start()
    until(lambda: counting.calls)
    with httpx.Client(timeout=30) as other:
        second = get(counted, other, "/count", payment)
        keyed = get(counted, other, "/count", counted.payment(key, 2 * ARTICLE - 1))
    counting.go_on.set()
    first.join()
    assert (second.status_code, second.json()["error"]) == (409, "in_use")
    # And another voucher does not cover both.
    assert (keyed.status_code, keyed.json()["error"]) == (402, "not_covered")
    assert answers[0].status_code == 200
    assert counting.calls == 1
    assert counted.line(key) == (ARTICLE, ARTICLE)


def test_a_voucher_that_was_overtaken(counted: Served, counting: Counting, key: Key) -> None:
    """The higher one came first and is still being served: the lower one is covered by it."""
    counting.go_on.clear()
    answers: list[httpx.Response] = []

    def ask_for(micros: int) -> None:
        with httpx.Client(timeout=30) as client:
            answers.append(get(counted, client, "/count", counted.payment(key, micros)))

    def served_or_over(number: int, thread: threading.Thread) -> bool:
        return counting.calls >= number or not thread.is_alive()

    threads = [threading.Thread(target=ask_for, args=(n * ARTICLE,)) for n in (2, 1)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        until(partial(served_or_over, number, thread))
    counting.go_on.set()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert counted.line(key) == (2 * ARTICLE, 2 * ARTICLE)


def test_a_client_that_goes_away_is_not_charged_before_its_call_is_done(
    counted: Served, counting: Counting, key: Key
) -> None:
    """Whatever became of it, asking again with the same voucher costs nothing more."""
    counting.go_on.clear()
    payment = counted.payment(key, ARTICLE)
    with httpx.Client(timeout=0.3) as hasty, pytest.raises(httpx.ReadTimeout):
        get(counted, hasty, "/count", payment)
    counting.go_on.set()
    with httpx.Client(timeout=30) as patient:
        answer = get(counted, patient, "/count", payment)
        while answer.status_code == 409:
            answer = get(counted, patient, "/count", payment)
    assert answer.status_code == 200
    assert counted.line(key) == (ARTICLE, ARTICLE)


@pytest.mark.parametrize("workers", [16])
def test_many_at_once_are_all_served_and_charged_once(
    counted: Served, counting: Counting, key: Key, workers: int
) -> None:
    purse = counted.purse(key)

    async def calls() -> list[int]:
        async with httpx.AsyncClient(auth=Paying(purse), base_url=counted.url, timeout=60) as client:

            async def worker() -> list[int]:
                return [(await client.get("/count")).status_code for _ in range(5)]

            return [
                status
                for found in await asyncio.gather(*[worker() for _ in range(workers)])
                for status in found
            ]

    assert asyncio.run(calls()) == [200] * (5 * workers)
    best, charged = counted.line(key)
    assert charged == counting.calls * ARTICLE == 5 * workers * ARTICLE
    assert charged <= best <= charged + workers
    assert purse.charged == charged


def test_a_lost_answer_costs_nothing_more(counted: Served, counting: Counting, key: Key) -> None:
    """The connection breaks after the call was charged; the client asks again by itself."""
    purse = counted.purse(key)
    lost: list[int] = []

    class Loses(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if "payment-signature" in request.headers and not lost:
                response.read()
                lost.append(response.status_code)
                raise httpx.ReadError("the line went dead")
            return response

    with httpx.Client(auth=Paying(purse), transport=Loses()) as client:
        answer = ask(client, "GET", counted.url + "/count")
    assert (answer.status_code, lost, counting.calls) == (200, [200], 1)
    assert counted.line(key) == (ARTICLE, ARTICLE)
    assert purse.charged == ARTICLE


def test_it_goes_on_after_a_restart(
    make_gateway: Callable[..., Any], counted: Served, counting: Counting, client: httpx.Client, key: Key
) -> None:
    payment = counted.payment(key, ARTICLE)
    first = get(counted, client, "/count", payment)
    counted.stop()
    prices = (Price("GET", "/count", ARTICLE),)
    database = str(counted.gateway.engine.url)
    again = make_gateway(counted.desk, counting.app, prices, database=database)
    assert get(again, client, "/count", payment).json() == first.json()
    used = get(again, client, "/count?x=1", payment)
    assert (used.status_code, used.json()["error"]) == (409, "used")
    assert get(again, client, "/count", again.payment(key, 2 * ARTICLE)).status_code == 200
    assert again.line(key) == (2 * ARTICLE, 2 * ARTICLE)


def test_two_processes_behind_one_address(
    make_gateway: Callable[..., Any],
    prepaid: Prepaid,
    counting: Counting,
    client: httpx.Client,
    database_url: str,
) -> None:
    """A call that one has charged, the other answers as the first did."""
    prices = (Price("GET", "/count", ARTICLE),)
    one, two = (make_gateway(prepaid, counting.app, prices, database=database_url) for _ in range(2))
    key = prepaid.open(1_000_000)
    for n in range(1, 6):
        payment = one.payment(key, n * ARTICLE)
        answers = [get(served, client, "/count", payment).json() for served in (one, two, one)]
        assert answers[0] == answers[1] == answers[2]
    assert one.line(key) == two.line(key) == (5 * ARTICLE, 5 * ARTICLE)
    used = get(two, client, "/count?x=1", one.payment(key, 5 * ARTICLE))
    assert (used.status_code, used.json()["error"]) == (409, "used")
