"""A voucher that was settled stands on the chain for everybody to read. Who copied it from there got the
answer of the call that it had paid for; and after that call's row was forgotten, it paid for another one out
of what its account had signed for beyond its calls."""

from __future__ import annotations

import httpx
import pytest

from largesse.chain import ChainError
from largesse.gateway.settler import Policy, Settler
from largesse.sender import Sender
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid

PATH = "/articles/1"


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    return prepaid.open(1_000_000)


def ask(served: Served, client: httpx.Client, headers: dict[str, str], path: str = PATH) -> httpx.Response:
    return client.get(served.url + path, headers=headers)


def settle(served: Served, key: Key, amount: int) -> None:
    served.desk.settle(served.desk.voucher(key, amount))
    served.gateway.book.refresh()


@pytest.mark.parametrize("name", ["", "one"])
def test_its_answer_is_for_who_knows_the_key(
    served: Served, client: httpx.Client, key: Key, name: str
) -> None:
    payment = served.payment(key, ARTICLE)
    own = payment | ({"Idempotency-Key": name} if name else {})
    first = ask(served, client, own)
    assert ask(served, client, own).json() == first.json()  # still a secret of the two
    settle(served, key, ARTICLE)
    for guessed in ({}, {"Idempotency-Key": "two"}):
        answer = ask(served, client, payment | guessed)
        assert (answer.status_code, answer.json()["error"]) == (409, "used")
        assert "charged" not in answer.json()  # whoever asks has proved nothing
    if name:
        assert ask(served, client, own).json() == first.json()
    assert served.line(key) == (ARTICLE, ARTICLE)


def test_it_pays_nothing_when_its_call_is_forgotten(served: Served, client: httpx.Client, key: Key) -> None:
    payment = served.payment(key, ARTICLE)
    assert ask(served, client, payment).status_code == 200
    assert ask(served, client, served.payment(key, 3 * ARTICLE)).status_code == 200
    settle(served, key, 3 * ARTICLE)
    ledger = served.gateway.ledger
    ledger.mark_settled({key[1]: 3 * ARTICLE}, 1)
    assert ledger.forget_payments(2**40) == 2
    for path in (PATH, "/articles/2"):
        answer = ask(served, client, payment, path)
        body = answer.json()
        assert (answer.status_code, body["error"]) == (402, "stale_voucher")
        assert (body["charged"], body["best"]) == (str(2 * ARTICLE), str(3 * ARTICLE))
    assert served.line(key) == (3 * ARTICLE, 2 * ARTICLE)
    # What the account has signed for beyond its calls is still its own.
    assert ask(served, client, served.payment(key, int(body["needed"]))).status_code == 200
    assert served.line(key) == (3 * ARTICLE + 1, 3 * ARTICLE)


@pytest.mark.parametrize("name", ["", "one"])
def test_it_is_public_before_its_settlement_is_final(
    served: Served, client: httpx.Client, key: Key, name: str
) -> None:
    """Who watches what the nodes pass on reads it before any block has it."""
    payment, gateway = served.payment(key, ARTICLE), served.gateway
    own = payment | ({"Idempotency-Key": name} if name else {})
    first = ask(served, client, own)
    answers = []

    def unconfirmed(*_args: object) -> None:
        answers.append(ask(served, client, payment))
        raise ChainError("unconfirmed", "it is in no block")

    sender = Sender(gateway.prepaid.node, gateway.seller, gateway.engine)
    sender.send = unconfirmed  # type: ignore[assignment,method-assign]
    settler = Settler(gateway.book, gateway.ledger, sender, Policy(0, 1))
    with pytest.raises(ChainError):
        settler.run()
    (answer,) = answers
    assert (answer.status_code, answer.json()["error"]) == (409, "used")
    if name:
        assert ask(served, client, own).json() == first.json()
    assert served.line(key) == (ARTICLE, ARTICLE)
