"""More accounts than a gateway keeps in its memory at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from largesse.gateway import vouchers
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Prepaid


def test_an_account_that_is_forgotten_while_its_call_is_looked_up(
    make_gateway: Callable[..., Served], prepaid: Prepaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others come between: its call is answered again all the same."""
    monkeypatch.setattr(vouchers, "_MOST_LINES", 1)
    served = make_gateway(prepaid)
    first, second = prepaid.open(1_000_000), prepaid.open(1_000_000, salt=1)
    url, payment = served.url + "/articles/1", served.payment(first, ARTICLE)
    paid = httpx.get(url, headers=payment)
    assert paid.status_code == 200
    lookups, looking, go_on = served.gateway.ledger._lookups, threading.Event(), threading.Event()
    find = lookups._work

    def find_slowly(batch: Sequence[Any]) -> Sequence[Any]:
        looking.set()
        assert go_on.wait(20)
        return find(batch)

    lookups._work = find_slowly
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(httpx.get(url, headers=payment, timeout=30)))
    thread.start()
    assert looking.wait(20)
    assert httpx.get(url, headers=served.payment(second, ARTICLE)).status_code == 200
    go_on.set()
    thread.join()
    assert (answers[0].status_code, answers[0].content) == (200, paid.content)
    assert served.line(first) == (ARTICLE, ARTICLE)
