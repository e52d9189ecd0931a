"""A purse believed a server that said that all its calls had cost nothing. For each it signed a sum that it
had not signed yet, one micro-unit above the one before, and in the end more than its budget."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from largesse.eip712 import Domain
from largesse.gateway.purse import PaidAccount, Paying, Purse, PurseError

CONTRACT, CURRENCY, SELLER = ("0x" + digit * 40 for digit in "123")
BUDGET, PRICE = 1_000, 300


def purse() -> Purse:
    account = PaidAccount(1, CONTRACT, CURRENCY, SELLER, 1)
    return Purse(account, bytes(31) + b"\1", Domain("Largesse", "1", 1, CONTRACT), budget=BUDGET)


@pytest.mark.parametrize("said", [0, 1])
def test_no_more_than_the_budget_is_signed(said: int) -> None:
    own = purse()
    with pytest.raises(PurseError) as error:
        for _ in range(BUDGET):
            own.charge(own.pay({"extra": {"micros": str(PRICE)}}), said)
    assert error.value.reason == "over_budget"
    assert own.signed == BUDGET


@pytest.mark.parametrize("price", [float("inf"), float("nan"), "1e3", "9" * 5_000, None, 0, -1])
def test_what_is_no_price_is_not_paid(price: object) -> None:
    own = purse()
    with pytest.raises(PurseError) as error:
        own.pay({"extra": {"micros": price}})
    assert (error.value.reason, own.signed) == ("bad_price", 0)


REQUIRED = {"scheme": "largesse-voucher", "network": "eip155:1", "asset": CURRENCY, "payTo": SELLER}
OFFER = {"accepts": [REQUIRED | {"extra": {"accounts": CONTRACT, "micros": str(PRICE)}}]}
DEEP = pytest.param(b"[" * 50_000 + b"]" * 50_000, id="deep")


def asked(own: Purse, required: bytes, paid: httpx.Response | None = None) -> int:
    """The status of a call that costs money, and is answered so when it is paid."""

    def serve(request: httpx.Request) -> httpx.Response:
        if paid is not None and "payment-signature" in request.headers:
            return paid
        return httpx.Response(402, headers={"PAYMENT-REQUIRED": base64.b64encode(required).decode()})

    with httpx.Client(auth=Paying(own), transport=httpx.MockTransport(serve)) as client:
        return client.get("http://shop/").status_code


@pytest.mark.parametrize(
    "required",
    [
        b"[]",
        b"null",
        DEEP,
        b"\xff",
        *(
            json.dumps({"accepts": accepts}).encode()
            for accepts in (
                None,
                7,
                "x",
                ["x"],
                [None],
                [REQUIRED | {"extra": ["accounts"]}],
                [REQUIRED | {"extra": CONTRACT}],
                {"extra": {}},
            )
        ),
    ],
)
def test_what_is_no_offer_is_not_paid(required: bytes) -> None:
    """And whoever asked hears so by the purse's own error."""
    own = purse()
    with pytest.raises(PurseError) as error:
        asked(own, required)
    assert error.value.reason in ("malformed", "not_payable")
    assert own.signed == 0


@pytest.mark.parametrize("said", [b'{"extra": {"charged": Infinity}}', DEEP, b"[]", b'{"extra": 1}', b"{}"])
def test_an_answer_that_was_paid_comes_whatever_the_seller_says_of_it(said: bytes) -> None:
    """And counts for what it cost."""
    own, header = purse(), {"PAYMENT-RESPONSE": base64.b64encode(said).decode()}
    assert asked(own, json.dumps(OFFER).encode(), httpx.Response(200, headers=header)) == 200
    assert (own.charged, own.left) == (PRICE, BUDGET - PRICE)


@pytest.mark.parametrize("said", [b'{"charged": Infinity}', DEEP, b"[]", b'"x"'])
def test_an_error_of_a_seller_is_an_answer_whatever_it_says(said: bytes) -> None:
    own = purse()
    assert asked(own, json.dumps(OFFER).encode(), httpx.Response(500, content=said)) == 500
    assert (own.charged, own.left) == (0, BUDGET)
