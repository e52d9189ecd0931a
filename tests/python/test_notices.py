"""Notices without a chain: signatures, the operator's file, the outbox in both databases, sending."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from largesse.database import open_database
from largesse.notices.__main__ import main
from largesse.notices.outbox import FAILED, NOTICES, PENDING, SENT, TABLES, Cursor, Entry, Outbox
from largesse.notices.receivers import (
    DEFAULT_DAYS,
    Receiver,
    Receivers,
    ReceiversError,
    check_url,
    read_receivers,
)
from largesse.notices.sending import DAY, Patience, Sender
from largesse.notices.service import Notifier
from largesse.notices.signatures import ID, SIGNATURE, TIMESTAMP, NoticeError, read_secrets, sign, verify
from tests.support.served import Server

KEY, OLD = bytes(range(32)), bytes(range(1, 33))
SECRET, OLD_SECRET = ("whsec_" + base64.b64encode(key).decode() for key in (KEY, OLD))
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOW = 1_900_000_000


# ----------------------------------------------------------------------------------------------- signatures


def test_a_signature_is_as_the_standard_has_it() -> None:
    """The example of Standard Webhooks' reference libraries."""
    secret = read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "x")
    headers = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers[SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_believes_what_is_signed_and_fresh() -> None:
    headers = sign((KEY, OLD), "n1", NOW, b"body")
    for keys in ((KEY,), (OLD,)):
        assert verify(headers, b"body", keys, NOW + 300) == "n1"
    cases = (
        (headers, b"bodY", (KEY,), NOW, "wrong_signature"),
        (headers, b"body", (bytes(32),), NOW, "wrong_signature"),
        (headers | {ID: "n2"}, b"body", (KEY,), NOW, "wrong_signature"),
        (headers | {TIMESTAMP: str(NOW + 1)}, b"body", (KEY,), NOW, "wrong_signature"),
        (
            headers | {SIGNATURE: headers[SIGNATURE].replace("v1,", "v2,")},
            b"body",
            (KEY,),
            NOW,
            "wrong_signature",
        ),
        (headers, b"body", (KEY,), NOW + 301, "stale_signature"),
        (headers, b"body", (KEY,), NOW - 301, "stale_signature"),
        (headers | {SIGNATURE: ""}, b"body", (KEY,), NOW, "no_signature"),
        (headers | {TIMESTAMP: "-1"}, b"body", (KEY,), NOW, "no_signature"),
    )
    for given, body, keys, now, reason in cases:
        with pytest.raises(NoticeError) as error:
            verify(given, body, keys, now)
        assert error.value.reason == reason


@pytest.mark.parametrize("text", ("", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_???", SECRET[6:]))
def test_a_secret_that_is_none_is_not_told(text: str) -> None:
    with pytest.raises(NoticeError) as error:
        read_secrets(text, "the variable HOOK")
    assert error.value.reason == "bad_secret"
    assert "HOOK" in str(error.value)
    assert not text or text not in str(error.value).replace("whsec_ and", "")


def test_a_secret_has_24_to_64_bytes() -> None:
    for length, good in ((23, False), (24, True), (64, True), (65, False)):
        key = bytes(range(length))
        text = "whsec_" + base64.b64encode(key).decode()
        if good:
            assert read_secrets(f"{SECRET} {text}", "x") == (KEY, key)
            continue
        with pytest.raises(NoticeError) as error:
            read_secrets(f"{SECRET} {text}", "x")
        assert error.value.reason == "bad_secret"


# --------------------------------------------------------------------------------------------- the receivers


def config(**changes: str) -> str:
    lines = {
        "name": '"hook"',
        "url": '"https://books.example/hook"',
        "secret_env": '"HOOK"',
        "accounts": f'["{ALICE}"]',
    }
    lines |= changes
    listed = "\n".join(f"{name} = {value}" for name, value in lines.items() if value)
    return f"version = 1\n[[receiver]]\n{listed}\n"


def read(text: str, folder: Path = Path()) -> Receivers:
    return read_receivers(text, {"HOOK": f"{SECRET} {OLD_SECRET}", "EMPTY": ""}, folder, "receivers.toml")


def test_a_file_of_receivers_is_read(tmp_path: Path) -> None:
    found = read(config())
    (one,) = found.all
    assert (one.name, one.url, one.secrets, found.days) == (
        "hook",
        "https://books.example/hook",
        (KEY, OLD),
        DEFAULT_DAYS,
    )
    assert one.hears(ALICE, "") and not one.hears("0x", ALICE)
    assert "whsec" not in repr(found) and repr(KEY) not in repr(found)
    assert read(config() + "[reminders]\ndays = [1, 60]\n").days == (60, 1)
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    assert read(config(secret_env="", secret_file='"secret"'), tmp_path).all[0].secrets == (KEY,)
    secret.chmod(0o644)
    with pytest.raises(ReceiversError, match="chmod 600"):
        read(config(secret_env="", secret_file='"secret"'), tmp_path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    (
        ({"url": '"http://books.example/hook"'}, "bad_url"),
        ({"url": '"https://localhost/hook"'}, "bad_url"),
        ({"accounts": ""}, "nobody"),
        ({"accounts": '["0x70997970C51812dc3A010C7d01b50e0d17dc79c8"]'}, "bad_checksum"),
        ({"issuers": '["issuer"]'}, "bad_value"),
        ({"secret_env": '"EMPTY"'}, "bad_secret"),
        ({"secret_env": '"MISSING"'}, "bad_secret"),
        ({"secret_env": ""}, "secret"),
        ({"secret_env": "", "secret_file": '"nowhere"'}, "bad_secret"),
        ({"name": '"A B"'}, "bad_value"),
        ({"colour": '"red"'}, "unknown_key"),
    ),
)
def test_a_file_that_is_wrong_names_each_problem(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(ReceiversError) as error:
        read(config(**changes))
    assert [one.reason for one in error.value.problems] == [reason]
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("days", ("[]", "[0]", "[true]", '["30"]', "[4000]", "7"))
def test_days_that_are_none(days: str) -> None:
    if days == "[]":
        assert read(config() + "[reminders]\ndays = []\n").days == ()
        return
    with pytest.raises(ReceiversError):
        read(config() + f"[reminders]\ndays = {days}\n")


@pytest.mark.parametrize(
    ("url", "local"),
    (
        ("https://hooks.example/", False),
        ("https://hooks.example:8443/a?b=c", False),
        ("https://8.8.8.8/", False),
        ("http://localhost:8000/", True),
        ("http://127.0.0.1:8000/", True),
        ("http://[::1]:8000/", True),
    ),
)
def test_addresses_that_are_sent_to(url: str, local: bool) -> None:
    check_url(url, allow_localhost=local)
    if local:
        with pytest.raises(NoticeError):
            check_url(url, allow_localhost=False)


@pytest.mark.parametrize(
    "url",
    (
        "http://hooks.example/", "ftp://hooks.example/", "https://", "hooks.example", "https://10.0.0.1/",
        "https://169.254.169.254/latest", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
        "https://0x7f.1/", "https://0/", "https://user:word@hooks.example/", "https://hooks.example/#x",
        "https://hooks.example:99999/", "https://hooks.example/\n", "https://höoks.example/", "file:///etc/passwd",
    ),
)  # fmt: skip
def test_addresses_that_are_not(url: str) -> None:
    for local in (False, True):
        with pytest.raises(NoticeError) as error:
            check_url(url, allow_localhost=local)
        assert error.value.reason == "bad_url"


# ------------------------------------------------------------------------------------------------ the outbox


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url, TABLES)
    yield engine
    engine.dispose()


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine, give_up_seconds=1_000)


def entries(count: int) -> list[Entry]:
    return [Entry(f"n{number:03}", "hook", "kind", ALICE, f'{{"n":{number}}}') for number in range(count)]


def next_due(outbox: Outbox) -> float:
    """When the only notice that waits is to be sent."""
    with outbox.engine.connect() as connection:
        return float(
            connection.execute(select(NOTICES.c.next_at).where(NOTICES.c.state == PENDING)).scalar_one()
        )


def test_a_block_that_is_read_twice_enters_once(outbox: Outbox) -> None:
    assert outbox.cursor("c", "0x1") is None
    outbox.enter("c", "0x1", Cursor(5, 50), entries(2), NOW)
    outbox.enter("c", "0x1", Cursor(4, 40), entries(3), NOW)
    assert outbox.cursor("c", "0x1") == Cursor(5, 50)
    assert outbox.counts() == {("hook", PENDING): 3}
    assert outbox.cursor("d", "0x1") is None


def test_a_claim_is_one_process_s_until_it_lapses(outbox: Outbox) -> None:
    outbox.enter("c", "0x1", Cursor(1, 1), entries(1), NOW)
    assert outbox.claim("other", NOW, NOW + 60, 8) == []
    assert outbox.claim("hook", NOW - 1, NOW + 60, 8) == []
    (first,) = outbox.claim("hook", NOW, NOW + 60, 8)
    assert outbox.claim("hook", NOW + 59, NOW + 120, 8) == []
    (second,) = outbox.claim("hook", NOW + 60, NOW + 120, 8)
    assert (first.attempt, second.attempt, first.id) == (1, 2, second.id)
    # The first one's word no longer counts.
    assert outbox.put_off(first, NOW + 2_000, "late", NOW + 61)
    assert outbox.counts() == {("hook", PENDING): 1}
    outbox.sent(second, NOW + 62)
    assert outbox.counts() == {("hook", SENT): 1}
    assert outbox.claim("hook", NOW + 500, NOW + 560, 8) == []


def test_many_claim_at_once_and_none_gets_another_s(outbox: Outbox, engine: Engine) -> None:
    outbox.enter("c", "0x1", Cursor(1, 1), entries(24), NOW)
    taken: list[str] = []
    begin = threading.Barrier(4)

    def work() -> None:
        mine = Outbox(engine, give_up_seconds=1_000)
        begin.wait()
        while found := mine.claim("hook", NOW, NOW + 60, 3):
            taken.extend(one.id for one in found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A thread whose page others took ends early; what is left is still there.
    taken += [one.id for one in outbox.claim("hook", NOW, NOW + 60, 99)]
    assert sorted(taken) == [one.id for one in entries(24)]


def test_a_notice_is_given_up_and_shown_and_revived(outbox: Outbox) -> None:
    outbox.enter("c", "0x1", Cursor(1, 1), entries(1), NOW)
    (claimed,) = outbox.claim("hook", NOW, NOW + 60, 1)
    assert not outbox.put_off(claimed, NOW + 1_000, "status 500", NOW)
    assert next_due(outbox) == NOW + 1_000
    (claimed,) = outbox.claim("hook", NOW + 1_000, NOW + 1_060, 1)
    assert outbox.put_off(claimed, NOW + 1_001, "status 503", NOW + 1_000)
    assert outbox.counts() == {("hook", FAILED): 1}
    (lost,) = outbox.lost()
    assert (lost.id, lost.attempts, lost.error) == ("n000", 2, "status 503")
    assert outbox.revive("other", NOW + 5_000) == 0
    assert outbox.revive("hook", NOW + 5_000) == 1
    assert len(outbox.claim("hook", NOW + 5_000, NOW + 5_060, 1)) == 1


def test_what_was_taken_is_kept_for_400_days(outbox: Outbox) -> None:
    """And what was given up until somebody sends it again."""
    clock = Clock()
    sender = Sender(outbox, Receivers(()), clock=clock)
    outbox.enter("c", "0x1", Cursor(1, 1), entries(3), NOW)
    taken, lost, _ = outbox.claim("hook", NOW, NOW + 60, 3)
    outbox.sent(taken, NOW)
    assert outbox.put_off(lost, NOW + 2_000, "status 500", NOW)
    for days, count in ((0, 0), (400, 0), (400.01, 0), (400.1, 1), (500, 0)):
        clock.now = NOW + days * DAY
        assert sender.forget() == count  # it looks once an hour
    assert outbox.counts() == {("hook", PENDING): 1, ("hook", FAILED): 1}


# --------------------------------------------------------------------------------------------------- sending


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


class Moody:
    """A receiver that answers as it is told, one answer a post, and counts ids."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.clock = Clock()
        self.ids: list[str] = []
        self.server = Server(Starlette(routes=[Route("/{rest:path}", self.take, methods=["POST", "GET"])]))

    async def take(self, request: Request) -> Response:
        self.ids.append(verify(request.headers, await request.body(), [KEY], self.clock()))
        return self.answers.pop(0) if self.answers else Response(status_code=204)


@pytest.fixture
def moody() -> Iterator[Moody]:
    receiver = Moody()
    yield receiver
    receiver.server.stop()


def sender_to(url: str, outbox: Outbox, clock: Clock, post: float = 15.0) -> Sender:
    receiver = Receiver("hook", url, frozenset({ALICE}), frozenset(), (KEY,))
    patience = Patience(post=post, first=10, longest=40, give_up=1_000)
    return Sender(outbox, Receivers((receiver,)), patience, clock=clock)


async def long() -> AsyncIterator[bytes]:
    """64 MB that nobody needs to read."""
    for _ in range(1_000):
        yield b"x" * 65_536
        await asyncio.sleep(0)


def test_a_failure_is_sent_again_later_under_its_id(sqlite_url: str, moody: Moody) -> None:
    """Errors, a redirection that is not followed, a long answer that is not read."""
    outbox, clock = Outbox(open_database(sqlite_url, TABLES), give_up_seconds=1_000), moody.clock
    sender = sender_to(moody.server.url, outbox, clock)
    outbox.enter("c", "0x1", Cursor(1, 1), entries(1), NOW)
    moody.answers = [
        Response("no", 500),
        RedirectResponse(moody.server.url + "/elsewhere", 307),
        StreamingResponse(long(), 404),
        StreamingResponse(long(), 200),
    ]
    for attempt, (least, most) in enumerate(((5, 15), (10, 30), (20, 60)), 1):
        assert sender.step() == 0
        assert len(moody.ids) == attempt
        due = next_due(outbox)
        assert least <= due - clock.now <= most
        assert sender.step() == 0 and len(moody.ids) == attempt  # not before its time
        clock.now = due
    assert sender.step() == 1
    assert moody.ids == ["n000"] * 4
    assert outbox.counts() == {("hook", SENT): 1}


def test_who_is_away_or_silent_costs_no_more_than_its_time(sqlite_url: str) -> None:
    outbox, clock = Outbox(open_database(sqlite_url, TABLES), give_up_seconds=5), Clock()
    outbox.enter("c", "0x1", Cursor(1, 1), entries(3), NOW)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        begin = time.monotonic()
        assert sender_to(url, outbox, clock, post=0.2).step() == 0
        assert time.monotonic() - begin < 60
    assert outbox.counts() == {("hook", FAILED): 3} or outbox.counts() == {("hook", PENDING): 3}
    clock.now += 10_000
    assert sender_to(url, outbox, clock, post=0.2).step() == 0
    assert outbox.counts() == {("hook", FAILED): 3}
    assert outbox.lost()[0].error in ("ConnectError", "ConnectTimeout", "no answer within 0 s")


def test_a_post_has_15_seconds() -> None:
    """And a claim a minute, so that clocks may differ."""
    patience = Patience()
    assert (patience.post, patience.claim, patience.first, patience.longest) == (15, 60, 5, 6 * 3_600)


@pytest.mark.parametrize("error", (OSError(), NoticeError("behind", "events end too early")))
def test_a_node_that_is_away_delays_what_is_new_alone(
    sqlite_url: str, moody: Moody, error: Exception
) -> None:
    outbox = Outbox(open_database(sqlite_url, TABLES), give_up_seconds=1_000)
    outbox.enter("c", "0x1", Cursor(1, 1), entries(2), NOW)
    rounds = iter((True, True, False))

    class Away:
        """What is watched can't be seen, and one more notice waits since the first look."""

        looks = 0

        def step(self) -> int:
            self.looks += 1
            outbox.enter("c", "0x1", Cursor(1, 1), entries(2 + self.looks), NOW)
            raise error

    away = Away()
    notifier = Notifier(away, sender_to(moody.server.url, outbox, moody.clock), poll_seconds=0)  # type: ignore[arg-type]
    notifier.run(lambda: next(rounds))
    assert away.looks == 2
    assert outbox.counts() == {("hook", SENT): 4}
    assert sorted(moody.ids) == [one.id for one in entries(4)]


@pytest.mark.parametrize("address", ("127.0.0.1", "::1"))
def test_a_name_that_leads_to_a_private_address_is_sent_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Whoever has the name decides where it leads, and may do so after the operator looked."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    asked = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        return asked(address if host in ("hooks.example", b"hooks.example") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    outbox, clock = Outbox(open_database(sqlite_url, TABLES), give_up_seconds=1), Clock()
    outbox.enter("c", "0x1", Cursor(1, 1), entries(1), NOW)
    with socket.socket(family) as listening:
        listening.bind((address, 0))
        listening.listen()
        listening.settimeout(10)
        url = f"https://hooks.example:{listening.getsockname()[1]}/"
        assert sender_to(url, outbox, clock, post=2.0).step() == 0
        with listening.accept()[0] as line:
            line.settimeout(10)
            assert line.recv(1) == b""
    assert outbox.lost()[0].error == "no public address"


@pytest.mark.parametrize("given", ("--confirmations=0", "--give-up-days=0", "--give-up-days=-5"))
def test_numbers_that_are_none_are_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--receivers=missing.toml", "--database=sqlite:///missing.db", "--status", given])
    assert given.partition("=")[0] in capsys.readouterr().err


def test_pauses_double_up_to_a_bound() -> None:
    patience = Patience()
    assert [patience.pause(attempt, 0.5) for attempt in (1, 2, 3, 10)] == [5, 10, 20, 2_560]
    assert patience.pause(999, 0.5) == 6 * 3_600
    assert (patience.pause(1, 0.0), patience.pause(1, 1.0)) == (2.5, 7.5)
    assert patience.give_up == 5 * DAY
    with pytest.raises(ValueError, match="too short"):
        Patience(post=40)
