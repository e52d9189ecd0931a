"""Bad payments: each its status code, a reason for programs, and what to do next; nothing is charged."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from largesse.gateway.gateway import Keeping, Limits
from largesse.gateway.wire import REQUIRED, SIGNATURE, encode
from tests.fixtures.gateways import ARTICLE, NO_LIMITS, WORDS, Served
from tests.support.clock import at, later
from tests.support.prepaid import DAY, HOUR, Key, Prepaid

PLENTY = 1_000_000


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    return prepaid.open(PLENTY)


def refused(served: Served, client: httpx.Client, headers: dict[str, str], status: int, reason: str) -> Any:
    """The body of a refusal, which says what to do next and charges nothing."""
    lines = {key: served.line(key) for key in list(served.desk.keys())}
    answer = client.get(served.url + "/articles/1", headers=headers)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, reason), body
    assert body["message"] and body["next"]
    if status == 402:
        required = json.loads(base64.b64decode(answer.headers[REQUIRED]))
        assert required["error"] == reason
        assert required["accepts"][0]["amount"] == str(ARTICLE)
    for key, line in lines.items():
        # A line that is new begins with what the chain has paid.
        charged = line[1] if line != (0, 0) else served.desk.money(key)[1]
        assert served.line(key)[1] in (0, charged)
    return body


@pytest.mark.parametrize(
    "header",
    [
        "", "%%%", base64.b64encode(b"not json").decode(), base64.b64encode(b"[]").decode(), "e30=x",
        base64.b64encode(b"\xff\xfe").decode(), base64.b64encode(b"[" * 9_000).decode(),
        encode({"x402Version": 2}), encode({"x402Version": 2, "accepted": [], "payload": {}}),
        encode({"x402Version": 2, "accepted": {}, "payload": "x"}), "A" * 16_385,
    ],
)  # fmt: skip
def test_a_malformed_header(served: Served, client: httpx.Client, header: str) -> None:
    if header == "":
        refused(served, client, {SIGNATURE: header}, 402, "payment_required")
    else:
        refused(served, client, {SIGNATURE: header}, 400, "malformed_payment")


@pytest.mark.parametrize("version", [1, 3, "2", None])
def test_another_version(served: Served, client: httpx.Client, version: Any) -> None:
    header = encode({"x402Version": version, "accepted": {}, "payload": {}})
    refused(served, client, {SIGNATURE: header}, 400, "other_version")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("scheme", "exact", "wrong_scheme"),
        ("scheme", None, "wrong_scheme"),
        ("network", "eip155:1", "wrong_chain"),
        ("asset", "0x" + "11" * 20, "wrong_asset"),
        ("payTo", "0x" + "11" * 20, "wrong_pay_to"),
        ("amount", str(ARTICLE - 1), "wrong_amount"),
        ("amount", ARTICLE, "wrong_amount"),
    ],
)
def test_other_requirements(
    served: Served, client: httpx.Client, key: Key, name: str, value: Any, reason: str
) -> None:
    refused(served, client, served.payment(key, ARTICLE, **{name: value}), 402, reason)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", 1), ("index", "-1"), ("index", "1.0"), ("index", str(2**64)), ("index", "9" * 5_000),
        ("index", "٣"), ("amount", ""), ("amount", str(2**47)), ("amount", None), ("signature", "0x1"),
        ("signature", "12"), ("signature", "0xzz"), ("signature", "0x" + "00" * 2_049), ("signature", 5),
    ],
)  # fmt: skip
def test_a_malformed_voucher(served: Served, client: httpx.Client, key: Key, name: str, value: Any) -> None:
    header = json.loads(base64.b64decode(served.payment(key, ARTICLE)[SIGNATURE]))
    header["payload"][name] = value
    refused(served, client, {SIGNATURE: encode(header)}, 400, "malformed_payment")


@pytest.mark.parametrize("signature", [b"", b"\1" * 64, b"\1" * 65, b"\xff" * 65, b"\0" * 64 + b"\x1b"])
def test_a_signature_of_nobody(served: Served, client: httpx.Client, key: Key, signature: bytes) -> None:
    refused(served, client, served.payment(key, ARTICLE, signature=signature), 402, "wrong_signer")


def test_another_ones_signature(served: Served, client: httpx.Client, key: Key) -> None:
    desk = served.desk
    other = desk.open(PLENTY, salt=1)
    theirs = desk.voucher(key, ARTICLE, private_key=desk.session(other)).signature
    refused(served, client, served.payment(key, ARTICLE, signature=theirs), 402, "wrong_signer")
    # A good voucher for another amount, account, counterparty, currency is none for this.
    for changed in (
        {"amount": ARTICLE + 1}, {"index": other[1]}, {"counterparty": str(desk.stranger)},
        {"currency": str(desk.stranger)},
    ):  # fmt: skip
        bent = desk.voucher(key, ARTICLE, **changed).signature
        refused(served, client, served.payment(key, ARTICLE, signature=bent), 402, "wrong_signer")


def test_an_account_that_nobody_opened(served: Served, client: httpx.Client) -> None:
    refused(served, client, served.payment(served.desk.key(9), ARTICLE), 402, "unknown_account")


def test_an_account_for_somebody_else(served: Served, client: httpx.Client) -> None:
    other = served.desk.open(PLENTY, counterparty=served.desk.other_merchant)
    refused(served, client, served.payment(other, ARTICLE), 402, "unknown_account")


def test_too_little(served: Served, client: httpx.Client, key: Key) -> None:
    body = refused(served, client, served.payment(key, ARTICLE - 1), 402, "not_covered")
    assert (body["charged"], body["needed"]) == ("0", str(ARTICLE))
    client.get(served.url + "/articles/1", headers=served.payment(key, ARTICLE))
    body = refused(served, client, served.payment(key, 2 * ARTICLE - 1), 402, "not_covered")
    assert (body["charged"], body["best"], body["needed"]) == (str(ARTICLE), str(ARTICLE), str(2 * ARTICLE))


def test_over_the_deposit(served: Served, client: httpx.Client, key: Key) -> None:
    refused(served, client, served.payment(key, PLENTY + 1), 402, "over_deposit")
    assert client.get(served.url + "/articles/1", headers=served.payment(key, PLENTY)).status_code == 200


def test_a_voucher_that_the_chain_has_passed(served: Served, client: httpx.Client, key: Key) -> None:
    served.desk.settle(served.desk.voucher(key, 5 * ARTICLE))
    body = refused(served, client, served.payment(key, 5 * ARTICLE), 402, "stale_voucher")
    assert body["needed"] == str(6 * ARTICLE)
    answer = client.get(served.url + "/articles/1", headers=served.payment(key, 6 * ARTICLE))
    assert answer.status_code == 200


@pytest.mark.parametrize("what", ["expiry", "withdrawal", "signer"])
def test_an_account_that_ends_before_it_can_be_settled(
    served: Served, client: httpx.Client, what: str
) -> None:
    """And is taken again when that is called off."""
    desk, margin = served.desk, served.gateway.vouchers.settle_seconds
    start = desk.now()
    key = desk.open(PLENTY, delay=HOUR, expires_at=start + HOUR if what == "expiry" else 0)
    if what == "withdrawal":
        desk.request_withdrawal(key)
    if what == "signer":
        desk.request_signer(key, desk.stranger)
    url = served.url + "/articles/1"
    served.gateway.book.refresh()
    assert client.get(url, headers=served.payment(key, ARTICLE)).status_code == 200
    later(start + HOUR - margin - desk.now() + 5)
    served.gateway.book.refresh()
    body = refused(served, client, served.payment(key, 2 * ARTICLE), 402, "account_closing")
    assert str(margin) in body["message"]
    if what == "withdrawal":
        desk.cancel_withdrawal(key)
    elif what == "signer":
        desk.request_signer(key, "0x" + "00" * 20)
    else:
        return
    served.gateway.book.refresh()
    assert client.get(url, headers=served.payment(key, 2 * ARTICLE)).status_code == 200


def test_the_last_second_in_which_a_voucher_is_taken(
    served: Served, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifteen minutes before the account ends."""
    end = served.desk.now() + HOUR
    key = served.desk.open(PLENTY, expires_at=end)
    with monkeypatch.context() as patch:
        patch.setattr(served.gateway.book, "now", lambda: end - 901)
        answer = client.get(served.url + "/articles/1", headers=served.payment(key, ARTICLE))
        assert answer.status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(served.gateway.book, "now", lambda: end - 900)
        refused(served, client, served.payment(key, 2 * ARTICLE), 402, "account_closing")


@pytest.mark.parametrize("what", ["withdrawal", "signer"])
def test_what_was_asked_for_and_has_lapsed_is_no_threat(
    served: Served, client: httpx.Client, what: str
) -> None:
    desk, url = served.desk, served.url + "/articles/1"
    start = desk.now()
    key = desk.open(PLENTY, delay=HOUR)
    if what == "withdrawal":
        desk.request_withdrawal(key)
    else:
        desk.request_signer(key, desk.stranger)
    later(start + 2 * HOUR - desk.now() - 5)
    served.gateway.book.refresh()
    refused(served, client, served.payment(key, ARTICLE), 402, "account_closing")
    later(60)
    served.gateway.book.refresh()
    assert client.get(url, headers=served.payment(key, ARTICLE)).status_code == 200


def test_after_a_withdrawal_nothing_is_taken(served: Served, client: httpx.Client, key: Key) -> None:
    desk = served.desk
    start = desk.now()
    desk.request_withdrawal(key)
    at(start + DAY + 9)
    desk.withdraw(key)
    served.gateway.book.refresh()
    refused(served, client, served.payment(key, ARTICLE), 402, "over_deposit")


def test_the_old_signers_vouchers_are_refused_once_there_is_a_new_one(
    served: Served, client: httpx.Client, key: Key
) -> None:
    desk = served.desk
    assert client.get(served.url + "/articles/1", headers=served.payment(key, ARTICLE)).status_code == 200
    start = desk.now()
    desk.request_signer(key, desk.stranger)
    at(start + DAY + 9)
    desk.change_signer(key)
    served.gateway.book.refresh()
    refused(served, client, served.payment(key, 2 * ARTICLE), 402, "wrong_signer")
    signed = desk.voucher(key, 2 * ARTICLE, private_key=desk.world.key(desk.stranger)).signature
    answer = client.get(
        served.url + "/articles/1", headers=served.payment(key, 2 * ARTICLE, signature=signed)
    )
    assert answer.status_code == 200


def test_a_chain_that_cannot_be_seen(served: Served, client: httpx.Client, key: Key) -> None:
    served.gateway.book.stale_seconds = -1.0
    body = refused(served, client, served.payment(key, ARTICLE), 503, "blind")
    assert "minute" in body["next"]
    health = client.get(served.url + "/health")
    assert (health.status_code, health.json()["ok"]) == (503, False)


def test_a_node_that_is_away(
    served: Served, client: httpx.Client, key: Key, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked about accounts that are new here, and about signatures of contract wallets."""
    desk, url = served.desk, served.url + "/articles/1"
    wallet = project.Wallet1271.deploy(desk.stranger, {"from": desk.deployer})
    walled = desk.open(PLENTY, salt=1, signer=wallet)

    def payment(amount: int) -> dict[str, str]:
        signed = desk.voucher(walled, amount, private_key=desk.world.key(desk.stranger)).signature
        return served.payment(walled, amount, signature=signed)

    assert client.get(url, headers=payment(ARTICLE)).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(served.prepaid.node.web3.manager, "request_blocking", away)
        for headers in (served.payment(key, ARTICLE), payment(2 * ARTICLE)):
            answer = client.get(url, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (503, "blind")
            assert answer.json()["next"]
    assert (served.line(key)[1], served.line(walled)[1]) == (0, ARTICLE)
    for headers in (served.payment(key, ARTICLE), payment(2 * ARTICLE)):
        assert client.get(url, headers=headers).status_code == 200


def away(*_: Any) -> Any:
    raise ConnectionError("nobody is there")


def test_a_body_that_is_too_large(make_gateway: Any, prepaid: Prepaid, client: httpx.Client) -> None:
    served = make_gateway(prepaid, limits=replace(NO_LIMITS, body_bytes=100))
    key = prepaid.open(PLENTY)
    headers = served.payment(key, WORDS, WORDS)
    for content in (b"x" * 101, iter([b"x" * 60, b"x" * 60])):
        answer = client.post(served.url + "/words", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert served.line(key)[1] == 0


def test_too_many_at_once(make_gateway: Any, prepaid: Prepaid, client: httpx.Client) -> None:
    served = make_gateway(prepaid, limits=replace(NO_LIMITS, per_account=0.001, burst=2_000.0))
    key = prepaid.open(PLENTY)
    for n in (1, 2):
        answer = client.get(served.url + "/articles/1", headers=served.payment(key, n * ARTICLE))
        assert answer.status_code == 200
    refusal = client.get(served.url + "/articles/1", headers=served.payment(key, 3 * ARTICLE))
    assert (refusal.status_code, refusal.json()["error"]) == (429, "too_often")
    assert int(refusal.headers["retry-after"]) > 1
    assert served.line(key)[1] == 2 * ARTICLE


def test_an_address_that_asks_too_often(make_gateway: Any, prepaid: Prepaid, client: httpx.Client) -> None:
    """Whatever it asks for, but for the service's own pages."""
    served = make_gateway(prepaid, limits=replace(NO_LIMITS, per_address=0.001, burst=2_000.0))
    assert [client.get(served.url + "/").status_code for _ in range(3)] == [200, 200, 429]
    refusal = client.get(served.url + "/articles/1")
    assert (refusal.status_code, refusal.json()["error"]) == (429, "too_often")
    assert [client.get(served.url + page).status_code for page in ("/health", "/metrics")] == [200, 200]


def test_who_makes_the_node_be_asked_too_often(
    make_gateway: Any, prepaid: Prepaid, client: httpx.Client
) -> None:
    """Vouchers of accounts that nobody opened cost nothing. Who has been here before pays on."""
    served = make_gateway(prepaid, limits=replace(NO_LIMITS, questions=0.001, burst=3_000.0))
    key = prepaid.open(PLENTY)
    url, stranger = served.url + "/articles/1", replace_index(served.payment(key, ARTICLE))
    assert client.get(url, headers=served.payment(key, ARTICLE)).status_code == 200
    told = [client.get(url, headers=stranger) for _ in range(3)]
    assert [answer.json()["error"] for answer in told] == ["unknown_account", "unknown_account", "too_often"]
    assert told[-1].status_code == 429 and int(told[-1].headers["retry-after"]) > 1
    assert client.get(url, headers=served.payment(key, 2 * ARTICLE)).status_code == 200


def replace_index(payment: dict[str, str]) -> dict[str, str]:
    """The same of an account that there is not."""
    voucher = json.loads(base64.b64decode(payment[SIGNATURE]))
    voucher["payload"]["index"] = "12345"
    return {SIGNATURE: encode(voucher)}


def test_limits_and_times_by_default() -> None:
    limits, keeping = Limits(), Keeping()
    assert (limits.body_bytes, limits.seconds) == (2**20, 60)
    assert (limits.per_address, limits.per_account, limits.questions, limits.burst) == (200, 100, 50, 4)
    assert (keeping.answers, keeping.payments) == (DAY, 400 * DAY)


def test_answers_and_paid_calls_are_cleared_in_their_time(
    served: Served, client: httpx.Client, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer after a day, a call after 400 days where its voucher is settled."""
    gateway, url = served.gateway, served.url + "/articles/1"
    unsettled = served.desk.open(PLENTY, salt=1)
    payments = [served.payment(one, ARTICLE) for one in (key, unsettled)]
    begun = int(time.time())
    assert [client.get(url, headers=one).status_code for one in payments] == [200, 200]
    ended = int(time.time())
    gateway.ledger.mark_settled({key[1]: ARTICLE}, begun)

    def cleared(now: int) -> list[tuple[bool, bool]]:
        """Of each call, whether it is known, and its answer is kept."""
        with monkeypatch.context() as patch:
            patch.setattr("largesse.gateway.gateway.time", SimpleNamespace(time=lambda: now))
            gateway._clear()
        found = [gateway.ledger.paid(one[1], ARTICLE) for one in (key, unsettled)]
        return [(one is not None, one is not None and one.answer is not None) for one in found]

    assert cleared(begun + DAY) == [(True, True)] * 2
    assert cleared(ended + DAY + 1) == [(True, False)] * 2
    gone = client.get(url, headers=payments[1])
    assert (gone.status_code, gone.json()["error"]) == (410, "answer_gone")
    assert cleared(begun + 400 * DAY) == [(True, False)] * 2
    assert cleared(ended + 400 * DAY + 1) == [(False, False), (True, False)]
