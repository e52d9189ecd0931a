"""Calls paid by vouchers, over HTTP, against a real chain."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from largesse.gateway.purse import Paying, PurseError
from largesse.gateway.receipts import HEADER, Receipt, ReceiptDigests, from_header, receipts_domain
from tests.fixtures.gateways import ARTICLE, WORDS, Served


def test_a_hundred_calls_and_one_settlement(served: Served) -> None:
    desk = served.desk
    key = desk.open(1_000_000)
    purse = served.purse(key)
    with httpx.Client(auth=Paying(purse), base_url=served.url) as client:
        for _ in range(100):
            answer = client.post("/words", json={"text": "a b a"})
            assert answer.status_code == 200, answer.text
            assert answer.json()["total"] == 3
    assert served.line(key) == (100 * WORDS, 100 * WORDS)
    assert (purse.charged, purse.signed, purse.calls) == (100 * WORDS, 100 * WORDS, 100)


def test_what_is_free_is_free(served: Served, client: httpx.Client) -> None:
    assert client.get(served.url + "/").json()["1"] == "How vouchers work"


def test_an_answer_without_payment_says_how_to_pay(served: Served, client: httpx.Client) -> None:
    answer = client.get(served.url + "/articles/1")
    assert answer.status_code == 402
    body = answer.json()
    assert body["error"] == "payment_required"
    (accept,) = body["accepts"]
    assert accept["scheme"] == "largesse-voucher"
    assert accept["amount"] == str(ARTICLE)
    assert accept["payTo"] == served.seller.address


def test_a_receipt_says_what_was_bought(served: Served) -> None:
    key = served.desk.open(1_000_000)
    with httpx.Client(auth=Paying(served.purse(key)), base_url=served.url) as client:
        answer = client.get("/articles/2")
    domain = receipts_domain(served.prepaid.node.chain_id, served.prepaid.address)
    receipt = from_header(answer.headers[HEADER], domain, served.seller.address)
    assert (receipt.index, receipt.amount, receipt.price) == (key[1], ARTICLE, ARTICLE)


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**48 - 1),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**40 - 1),
)
def test_receipts_are_hashed_alike(index: int, amount: int, price: int, digest: bytes, at: int) -> None:
    seller, currency = "0x" + "11" * 20, "0x" + "22" * 20
    domain = receipts_domain(31_337, currency)
    receipt = Receipt(seller, currency, index, amount, price, digest, digest[::-1], at)
    assert ReceiptDigests(domain, seller, currency).of(receipt) == receipt.digest(domain)


def test_a_call_that_fails_is_not_charged(served: Served) -> None:
    key = served.desk.open(1_000_000)
    purse = served.purse(key)
    with httpx.Client(auth=Paying(purse), base_url=served.url) as client:
        assert client.get("/articles/99").status_code == 404
        assert served.line(key) == (0, 0)
        assert purse.charged == 0
        assert client.get("/articles/1").status_code == 200
    assert served.line(key) == (ARTICLE, ARTICLE)


def test_a_purse_never_pays_over_its_budget(served: Served) -> None:
    key = served.desk.open(1_000_000)
    purse = served.purse(key, budget=ARTICLE + 1)
    with httpx.Client(auth=Paying(purse), base_url=served.url) as client:
        client.get("/articles/1")
        with pytest.raises(PurseError, match="1 of 10001 are left"):
            client.get("/articles/2")
    assert served.line(key) == (ARTICLE, ARTICLE)
