"""The scripts of the relayer and of the webhook: everything but the waiting."""

from __future__ import annotations

import importlib
import json
import time
from typing import Any

import httpx
import pytest

from largesse.clients.certificates import gift_tuple
from largesse.errors import LargesseError
from largesse.gifts.links import key_address, new_link_key
from largesse.relayer.actions import Kind
from largesse.signed.certificates import Claim
from largesse.webhook.signatures import HEADER, sign
from scripts import sell
from tests.fixtures.desk import KR, Desk
from tests.support.served import Server
from tests.support.waiting import WAIT_SECONDS

SECRET, OLD, LINKS = (f"{name} secret of the test's alone" for name in ("new", "old", "link"))


class Serving:
    """Stands in for the script's `serve`: serves, asks, and stops."""

    def __init__(self, script: Any, monkeypatch: pytest.MonkeyPatch, ask: Any) -> None:
        self.ports: list[int] = []
        self.ask = ask
        monkeypatch.setattr(script, "serve", self)
        monkeypatch.setattr(script, "write_logs", lambda: None)

    def __call__(self, app: Any, host: str, port: int) -> None:
        assert host == "127.0.0.1"
        server = Server(app)
        try:
            assert httpx.get(f"{server.url}/health").json()["ok"] is True
            self.ask(server.url)
            self.ports.append(port)
        finally:
            server.stop()


def until(url: str, state: str) -> dict[str, Any]:
    """The answer at `url` once it is in `state`."""
    end, found = time.monotonic() + WAIT_SECONDS, {}
    while time.monotonic() < end:
        path = httpx.URL(url).path.encode()
        signed = {HEADER: sign(SECRET, int(time.time()), path)}
        found = httpx.get(url, headers=signed).json()
        if found["state"] == state:
            return dict(found)
        time.sleep(0.05)
    raise AssertionError(f"{found} is not {state}")


def test_the_relayers_script(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    script = importlib.import_module("scripts.relayer")
    desk.issue("holder", "50000")
    nobody = key_address(new_link_key())
    certificates = desk.krw
    given = certificates.give(desk.wallet("holder"), 1, 50_000)

    def ask(url: str) -> None:
        about = httpx.get(url).json()
        assert about["relayer"] == desk.address("relayer")
        assert about["actions_an_hour"] == 3
        assert about["contracts"][certificates.address] == "GiftCertificates"
        assert len(about["contracts"]) == len(Kind) * len(desk.session.deployment().currencies)
        gift = given.link.gift
        claim = Claim(gift.gift_id(), nobody, bytes(32)).sign(certificates.domain, given.link.private_key)
        data = certificates.contract.encode_abi("claim", [gift_tuple(gift), nobody, claim])
        body = {"chain": about["chain"], "contract": certificates.address, "data": data}
        answer = httpx.post(f"{url}/relay", json=body)
        assert answer.status_code in (200, 202), answer.text
        until(f"{url}/actions/{answer.json()['id']}", "done")

    serving = Serving(script, monkeypatch, ask)
    script.main("hourly=3")
    assert serving.ports == [8403]
    assert certificates.account(1, nobody).balance == 50_000
    for argument, reason in (
        ("hourly=0", "out_of_range"),
        ("port=70000", "out_of_range"),
        ("database=mysql://x/y", "bad_url"),
        ("from=nobody", "unknown_role"),
    ):
        with pytest.raises(LargesseError) as error:
            script.main(argument)
        assert error.value.reason == reason


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SECRET", SECRET), ("OLD_SECRET", OLD), ("LINK_SECRET", LINKS)):
        monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", value)


def test_the_webhooks_script(desk: Desk, secrets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    script = importlib.import_module("scripts.webhook")
    sell.main(f"series={KR}")
    paid = {
        "id": "e1",
        "type": "payment.succeeded",
        "created": desk.session.node.now(),
        "payment": {"id": "p1", "method": "bank", "currency": "KRWT", "amount": "50000", "series": "1"},
    }
    paid["payment"]["recipient"] = desk.address("holder")  # type: ignore[index]
    body = json.dumps(paid).encode()

    def ask(url: str) -> None:
        for secret in (SECRET, OLD, SECRET):
            signed = {HEADER: sign(secret, int(time.time()), body)}
            answer = httpx.post(f"{url}/payments/books", content=body, headers=signed)
            assert answer.status_code == 200, answer.text
        until(f"{url}/payments/books/p1", "delivered")

    serving = Serving(script, monkeypatch, ask)
    for _ in range(2):
        script.main("currency=KRWT", "issuer=books", "budget=100000")
    assert serving.ports == [8404, 8404]
    assert desk.krw.account(1, desk.address("holder")).balance == 50_000


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("windows=card", "bad_windows"),
        ("windows=card:1,card:2", "bad_windows"),
        ("windows=card:-1", "bad_windows"),
        ("issuer=a/b", "bad_name"),
        ("budget=0.5", "too_many_decimals"),
        ("port=70000", "out_of_range"),
        ("database=mysql://x/y", "bad_url"),
    ],
)
def test_webhooks_that_do_not_start(desk: Desk, secrets: None, argument: str, reason: str) -> None:
    script, block = importlib.import_module("scripts.webhook"), desk.block()
    with pytest.raises(LargesseError) as error:
        script.main("currency=KRWT", argument)
    assert (error.value.reason, desk.block()) == (reason, block)


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET", ""), ("SECRET", "short"), ("OLD_SECRET", "short"), ("LINK_SECRET", "")]
)
def test_a_webhook_needs_its_secrets(
    desk: Desk, secrets: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", value)
    script = importlib.import_module("scripts.webhook")
    with pytest.raises(LargesseError) as error:
        script.main("currency=KRWT")
    assert error.value.reason == "bad_secret"
    assert f"LARGESSE_WEBHOOK_{name}" in error.value.message
    assert "short" not in error.value.message
