"""A payer checks what the seller has signed for a call against what it asked and what it was answered."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from largesse.gateway import receipts
from largesse.gateway.purse import Paying, Purse, receipt_signer
from largesse.gateway.receipts import HEADER, Receipt, ReceiptError, receipts_domain, to_header
from tests.fixtures.gateways import ARTICLE, WORDS, Served

ASKED = {"json": {"text": "a b a"}}


@pytest.fixture
def purse(served: Served) -> Purse:
    return served.purse(served.desk.open(1_000_000))


def paid(
    served: Served, purse: Purse, method: str = "POST", path: str = "/words", **asked: Any
) -> httpx.Response:
    with httpx.Client(auth=Paying(purse), base_url=served.url) as client:
        return client.request(method, path, **asked)


def test_each_answer_has_one_that_is_so(served: Served, purse: Purse) -> None:
    words, article = paid(served, purse, **ASKED), paid(served, purse, "GET", "/articles/1?q=%2F%20a#b")
    for answer, price, amount in ((words, WORDS, WORDS), (article, ARTICLE, WORDS + ARTICLE)):
        found = purse.receipt(answer)
        assert (found.price, found.amount, found.index) == (price, amount, purse.account.index)
        assert purse.receipt(answer, signer=served.seller.address.lower()) == found
        assert receipt_signer(answer) == served.seller.address


def test_one_of_a_call_that_was_asked_again(served: Served, purse: Purse) -> None:
    """It is the one of before, over the sum of before."""
    headers = {"Idempotency-Key": "one call"}
    first, again = (paid(served, purse, headers=headers, **ASKED) for _ in range(2))
    assert purse.receipt(again) == purse.receipt(first)
    assert purse.receipt(first).amount == WORDS


def test_many_at_once(served: Served, purse: Purse) -> None:
    async def call() -> list[httpx.Response]:
        async with httpx.AsyncClient(auth=Paying(purse), base_url=served.url) as client:
            return await asyncio.gather(*(client.post("/words", json={"text": f"a {n}"}) for n in range(20)))

    found = [purse.receipt(answer) for answer in asyncio.run(call())]
    assert sum(one.price for one in found) == purse.charged == 20 * WORDS
    assert len({(one.amount, one.call) for one in found}) == 20


def test_below_a_path_that_a_proxy_takes_off(served: Served, purse: Purse) -> None:
    answer = paid(served, purse, **ASKED)
    answer.request.url = httpx.URL(served.url + "/api/words")
    assert purse.receipt(answer, root="/api").price == WORDS
    with pytest.raises(ReceiptError, match="another call than POST /api/words"):
        purse.receipt(answer)


def forged(served: Served, paid_for: httpx.Response, key: bytes | None = None, **changes: Any) -> None:
    """Put another receipt of the same seller's beside an answer."""
    domain = receipts_domain(served.prepaid.node.chain_id, served.prepaid.address)
    good = receipts.from_header(paid_for.headers[HEADER], domain, served.seller.address)
    other = Receipt(**{**good.__dict__, **changes})
    paid_for.headers[HEADER] = to_header(other, other.sign(domain, key or served.seller.key))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("other_account", {"index": 7}),
        ("other_account", {"currency": "0x" + "11" * 20}),
        ("other_account", {"counterparty": "0x" + "11" * 20}),
        ("other_sum", {"amount": WORDS + 1}),
        ("other_sum", {"price": WORDS + 1}),
        ("other_sum", {"price": 0}),
        ("other_call", {"call": bytes(32)}),
        ("other_answer", {"answer": bytes(32)}),
        ("other_signer", {"key": bytes(31) + b"\1"}),
    ],
)
def test_what_is_not_so_is_no_receipt(served: Served, purse: Purse, reason: str, changes: Any) -> None:
    answer = paid(served, purse, **ASKED)
    forged(served, answer, **changes)
    with pytest.raises(ReceiptError) as error:
        purse.receipt(answer)
    assert error.value.reason == reason


def test_a_price_that_was_not_allowed(served: Served) -> None:
    purse = served.purse(served.desk.open(1_000_000), most_per_call=WORDS)
    first, second = (paid(served, purse, **ASKED) for _ in range(2))
    forged(served, second, price=2 * WORDS)
    with pytest.raises(ReceiptError) as error:
        purse.receipt(second)
    assert error.value.reason == "other_sum"
    assert purse.receipt(first).price == WORDS


@pytest.mark.parametrize(
    "shown",
    [
        b"no base64",
        pytest.param(base64.b64encode(b"[" * 50_000), id="deep"),
        base64.b64encode(b"[]"),
        base64.b64encode(json.dumps({"counterparty": "0x" + "11" * 20}).encode()),
    ],
)
def test_what_is_none(served: Served, purse: Purse, shown: bytes) -> None:
    answer = paid(served, purse, **ASKED)
    answer.headers[HEADER] = shown.decode()
    with pytest.raises(ReceiptError) as error:
        purse.receipt(answer)
    assert error.value.reason == "malformed"


@pytest.mark.parametrize("at", [float("inf"), float("nan"), 2**40, -1, "x"])
def test_a_date_that_is_none(served: Served, purse: Purse, at: Any) -> None:
    answer = paid(served, purse, **ASKED)
    shown = json.loads(base64.b64decode(answer.headers[HEADER])) | {"at": at}
    answer.headers[HEADER] = base64.b64encode(json.dumps(shown).encode()).decode()
    with pytest.raises(ReceiptError) as error:
        purse.receipt(answer)
    assert error.value.reason == "malformed"


def test_an_answer_that_was_free(served: Served, purse: Purse) -> None:
    with pytest.raises(ReceiptError) as error:
        purse.receipt(paid(served, purse, "GET", "/"))
    assert error.value.reason == "missing"


def test_an_answer_that_names_nobody(served: Served, purse: Purse) -> None:
    answer = paid(served, purse, **ASKED)
    del answer.request.headers["PAYMENT-SIGNATURE"]
    with pytest.raises(ReceiptError) as error:
        purse.receipt(answer)
    assert error.value.reason == "missing"
    assert purse.receipt(answer, signer=served.seller.address).price == WORDS
