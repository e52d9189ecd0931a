"""What the HTTP services share: limits, logs without secrets, problems, databases that can't be used."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from largesse.database import DatabaseError, insert_or_leave, open_database, sqlite_url, transaction
from largesse.gateway.pricing import Price, PriceError, PriceList
from largesse.web import serving as serving_module
from largesse.web.api import make_api
from largesse.web.limits import BodyLimit, RateLimit, Rates, TimeLimit
from largesse.web.logs import JsonLines, log
from largesse.web.metrics import Metrics
from largesse.web.problems import Problem
from largesse.web.serving import ServingError, listen
from tests.support import served
from tests.support.processes import serving

TABLES = MetaData()
THINGS = Table("things", TABLES, Column("id", Integer, primary_key=True), Column("count", Integer))


# ---------------------------------------------------------------------------------------------------- limits


def test_rates() -> None:
    now = [0.0]
    rates = Rates(2.0, 3.0, most_keys=2, clock=lambda: now[0])
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [rates.wait("a"), rates.wait("a")] == [0, 0.5]
    now[0] = 100.0
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]  # never more than the burst
    rates.wait("b")
    rates.wait("c")  # "a" was seen longest ago, and is forgotten
    assert rates.wait("a", cost=3) == 0


async def answered(app: Any, messages: list[dict[str, Any]], headers: list[tuple[bytes, bytes]]) -> list[Any]:
    sent: list[Any] = []
    given = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(given)

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
    return sent


async def reads_all(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def listening(app: Any) -> Iterator[tuple[str, int]]:
    """Where a service listens."""
    server = served.Server(app)
    try:
        yield server.socket.getsockname()
    finally:
        server.stop()


async def count(_scope: Any, receive: Any, send: Any) -> None:
    """Says how long a request's body was."""
    number, more = 0, True
    while more:
        message = await receive()
        number, more = number + len(message.get("body", b"")), message.get("more_body", False)
    await say(str(number).encode(), send)


async def say(body: bytes, send: Any) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def counting() -> Iterator[tuple[str, int]]:
    with listening(count) as address:
        yield address


def exchanged(address: tuple[str, int], *pieces: bytes) -> bytes:
    """What a service answers to pieces that are sent one after the other, until it closes the connection.

    Raises TimeoutError where it does not.
    """
    answer = b""
    with socket.create_connection(address, timeout=5) as line, suppress(ConnectionError):
        for piece in pieces:
            line.sendall(piece)
            time.sleep(0.005)
        while piece := line.recv(65_536):
            answer += piece
    return answer


HEAD = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"a: ", *[b"x" * 4_096] * 30],
        [HEAD, *[b"a: b\r\n" * 500] * 40],
        [b"GET /", *[b"x" * 4_096] * 30],
        [CHUNKED + b"1\r\nx\r\n0\r\n", *[b"a: b\r\n" * 500] * 40],
        [CHUNKED + b"1;", *[b"x" * 4_096] * 30],
    ],
    ids=["one header", "many headers", "address", "trailers", "between pieces of the body"],
)
def test_what_is_no_body_is_cut_off(counting: tuple[str, int], pieces: list[bytes]) -> None:
    assert b"HTTP/1.1 200 " not in exchanged(counting, *pieces)
    assert exchanged(counting, HEAD + b"content-length: 1\r\n\r\nx").endswith(b"\r\n\r\n1")


def test_bodies_and_rows_of_requests_are_as_long_as_they_like(counting: tuple[str, int]) -> None:
    million = exchanged(counting, HEAD + b"content-length: 1000000\r\n\r\n", *[b"x" * 100_000] * 10)
    assert million.endswith(b"\r\n\r\n1000000")
    chunks = exchanged(counting, CHUNKED, *[b"1f4\r\n" + b"x" * 500 + b"\r\n"] * 200, b"0\r\n\r\n")
    assert chunks.endswith(b"\r\n\r\n100000")
    row = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * 40
    answers = exchanged(counting, *[row] * 30, HEAD + b"\r\n")
    assert answers.count(b"HTTP/1.1 200 OK") == 1_201


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\na: ", b"x"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n", b"x"),
        (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", b"\r\n"),
        (b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\na: ", b"x"),
    ],
    ids=["nothing", "a head", "a body that nobody reads", "lines between requests", "a second head"],
)
def test_who_sends_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch, head: bytes, more: bytes) -> None:
    monkeypatch.setattr(serving_module, "HEAD_SECONDS", 0.4)

    async def answers_at_once(_scope: Any, _receive: Any, send: Any) -> None:
        await say(b"done", send)

    began = time.monotonic()
    with listening(answers_at_once) as address, socket.create_connection(address, timeout=0.02) as line:
        line.sendall(head)
        with suppress(ConnectionError):
            while time.monotonic() < began + 5:
                line.sendall(more)
                with suppress(TimeoutError):
                    if not line.recv(65_536):
                        break
    assert time.monotonic() < began + 5


def test_who_sends_or_answers_slowly_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "HEAD_SECONDS", 0.2)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await count(scope, receive, send)

    with listening(slow) as address:
        drops = [b"x"] * 100
        assert exchanged(address, HEAD + b"content-length: 100\r\n\r\n", *drops).endswith(b"\r\n\r\n100")


@pytest.mark.parametrize("requests", [1, 3])
def test_who_has_said_all_it_has_to_say_is_answered(requests: int) -> None:
    """A client may close its side when it has asked: it gets its answers, and then the connection ends."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await count(scope, receive, send)

    with listening(slow) as address, socket.create_connection(address, timeout=5) as line:
        line.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc" * requests)
        line.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.count(b"HTTP/1.1 200") == requests and answer.endswith(b"\r\n\r\n3")


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"content-length: 9\r\n\r\nabc"])
def test_who_ends_in_the_middle_is_cut_off(said: bytes) -> None:
    seen: list[str] = []

    async def reads(scope: Any, receive: Any, _send: Any) -> None:
        if scope["type"] != "http":
            return
        while (message := await receive())["type"] == "http.request":
            seen.append("body")
        seen.append(message["type"])

    with listening(reads) as address, socket.create_connection(address, timeout=5) as line:
        line.sendall(HEAD + said if said.startswith(b"c") else said)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(65_536) == b""
    assert seen in ([], ["body", "http.disconnect"])


if sys.platform == "linux":  # the others have no such time-out

    def test_who_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serving_module, "READ_SECONDS", 1)
        ended = threading.Event()

        async def long(_scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(30):
                await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
            assert (await receive())["type"] == "http.disconnect"
            ended.set()

        with listening(long) as address, socket.create_connection(address) as line:
            line.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert ended.wait(10)


def test_no_limit_is_passed_by_an_upgrade() -> None:
    """Limits are of HTTP: what asks to go on as a WebSocket is answered as any other request."""
    app = RateLimit(count, Rates(0.001, 1))
    upgrade = (
        b"upgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
    )
    asked = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\n" + upgrade + b"\r\n"
    with listening(app) as address:
        assert [exchanged(address, asked)[9:12] for _ in range(2)] == [b"200", b"429"]


@pytest.mark.parametrize(
    ("parts", "length", "status"),
    [
        ([b"x" * 10], b"10", 200), ([b"x" * 10], None, 200), ([b"x" * 5, b"x" * 5], None, 200),
        ([b"x" * 11], b"11", 413), ([b"x" * 11], None, 413), ([b"x" * 6, b"x" * 5], None, 413),
        ([b"x" * 11], b"1", 413), ([b""], b"-1", 413), ([b""], b"many", 413),
    ],
)  # fmt: skip
def test_a_body_of_ten_bytes_and_no_more(parts: list[bytes], length: bytes | None, status: int) -> None:
    messages = [
        {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]
    headers = [] if length is None else [(b"content-length", length)]
    sent = asyncio.run(answered(BodyLimit(reads_all, 10), messages, headers))
    assert sent[0]["status"] == status


def test_what_an_app_makes_of_a_body_that_broke_off_is_not_sent() -> None:
    async def answers_all_the_same(scope: Any, receive: Any, send: Any) -> None:
        with suppress(Exception):
            await reads_all(scope, receive, send)
        await say(b"the body makes no sense", send)

    messages = [{"type": "http.request", "body": b"x" * 11, "more_body": True}]
    sent = asyncio.run(answered(BodyLimit(answers_all_the_same, 10), messages, []))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]) == (413, "too_large")


def test_an_answer_that_takes_too_long() -> None:
    async def slow(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(5)

    sent = asyncio.run(answered(TimeLimit(slow, 0.01), [], []))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]) == (504, "too_slow")


def test_a_problem_says_what_to_do() -> None:
    problem = Problem(418, "teapot", "it is one", "take a cup", {"size": 2}, {"X-Kind": "pot"})
    assert json.loads(problem.body()) == {
        "error": "teapot", "message": "it is one", "next": "take a cup", "size": 2,
    }  # fmt: skip
    assert problem.response().headers["x-kind"] == "pot"


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("busy", "held by others"),
        OperationalError("SELECT 1", {}, Exception("the line to db.internal went dead")),
        PoolTimeoutError("no connection is free"),
    ],
)
def test_a_database_that_is_away(error: Exception) -> None:
    app = make_api(
        "a service", "", Metrics("a"), lambda: {"ok": True}, rates=Rates(9, 9), start=int, close=int
    )

    @app.get("/")
    def page() -> None:
        raise error

    with serving(app) as client:
        answer = client.get("/")
    assert (answer.status_code, answer.json()["error"]) == (503, "database_away")
    assert int(answer.headers["retry-after"]) > 0 and "internal" not in answer.text


# ------------------------------------------------------------------------------------------------------ logs


def test_logs_hold_no_secrets() -> None:
    stream, logger = io.StringIO(), logging.getLogger("largesse")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    secret = "ab" * 65
    try:
        log(
            "x.done",
            amount=5,
            signature=secret,
            session_secret="hush",
            note=f"with 0x{secret} in it",
            key="k",
        )
        try:
            raise ValueError(f"bad {secret}")
        except ValueError as error:
            log("x.failed", error=error, Authorization="Bearer y")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    text = stream.getvalue()
    assert secret not in text and "hush" not in text and "Bearer" not in text
    first, second = map(json.loads, text.splitlines())
    assert (first["event"], first["amount"], first["signature"], first["key"]) == ("x.done", 5, "…", "…")
    assert "ValueError" in second["error"]


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        (
            "HTTPSConnectionPool(host='node.example'): Max retries exceeded with url: /v2/hush?k=hush (x)",
            "HTTPSConnectionPool(host='node.example'): Max retries exceeded with url: … (x)",
        ),
        (
            "429 Client Error: for url: https://node.example/v2/hush",
            "429 Client Error: for url: https://node.example/…",
        ),
        ("wss://me:hush@node.example:8546/hush is away", "wss://node.example:8546/… is away"),
        ("postgresql://me:hush@db.example/largesse", "postgresql://db.example/…"),
        ("nothing of the kind: a/b at 5:30", "nothing of the kind: a/b at 5:30"),
    ],
)
def test_logs_say_of_an_address_its_host_alone(said: str, logged: str) -> None:
    """A node's address often holds its user's key, and a database's its password."""
    record = logging.LogRecord("largesse", logging.WARNING, "", 0, "x.postponed", (), None)
    record.values = {"why": said}
    assert json.loads(JsonLines().format(record))["why"] == logged


# ------------------------------------------------------------------------------------------------- databases


def test_a_transaction_is_all_or_nothing(database_url: str) -> None:
    engine = open_database(database_url, TABLES)
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        connection.execute(insert(THINGS).values(id=1, count=1))
        raise ZeroDivisionError
    with transaction(engine) as connection:
        connection.execute(insert_or_leave(connection, THINGS).values(id=1, count=2))
        connection.execute(insert_or_leave(connection, THINGS).values(id=1, count=3))
        assert connection.execute(select(THINGS.c.count)).scalars().all() == [2]
    engine.dispose()
    again = open_database(database_url, TABLES)
    with transaction(again) as connection:
        assert connection.execute(select(THINGS.c.count)).scalars().all() == [2]
    again.dispose()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "bad_url"), ("mysql://x/y", "bad_url"), ("sqlite://", "bad_url"),
        ("sqlite:////nowhere/at/all.db", "unreachable"),
        ("postgresql://somebody:secret@127.0.0.1:1/none", "unreachable"),
    ],
)  # fmt: skip
def test_databases_that_cannot_be_used(url: str, reason: str) -> None:
    with pytest.raises(DatabaseError) as error:
        open_database(url, TABLES)
    assert error.value.reason == reason
    assert "secret" not in error.value.message


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("something else, and long enough to be read as a header by whoever looks at it" * 20)
    with pytest.raises(DatabaseError, match=r"notes\.txt"):
        open_database(sqlite_url(path), TABLES)
    assert path.read_text().startswith("something else")


def test_an_address_that_is_taken() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServingError, match=str(port)):
            listen("127.0.0.1", port)


# ---------------------------------------------------------------------------------------------------- prices


def test_prices_by_route() -> None:
    prices = PriceList([Price("get", "/a", 5), Price("GET", "/a/{b}", 6), Price("POST", "/a", 7)])
    assert [prices.find("GET", path) for path in ("/a", "/a/x", "/a/x/y", "/b", "/a/")] == [
        5,
        6,
        None,
        None,
        None,
    ]
    assert (prices.find("POST", "/a"), prices.find("HEAD", "/a"), prices.find("PUT", "/a")) == (7, 5, None)
    assert prices.amounts == {5, 6, 7}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("GET", "/a", 0)], "no_price"), ([("GET", "/a", -1)], "no_price"), ([("GET", "a", 1)], "bad_path"),
        ([("GET", "/a", 1), ("get", "/a", 2)], "priced_twice"),
    ],
)  # fmt: skip
def test_prices_that_are_none(rows: list[tuple[str, str, int]], reason: str) -> None:
    with pytest.raises(PriceError) as error:
        PriceList([Price(*row) for row in rows])
    assert error.value.reason == reason
