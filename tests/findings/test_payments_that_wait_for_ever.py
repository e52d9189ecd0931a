"""A webhook accepted a payment for no whole number of certificates, and was refused by the chain every few
seconds for ever; so was every payment after another key had been named as the issuer's receipt signer.
Neither failed, no figure told of them, and the log said `NoneType: None` in the place of the reason."""

from __future__ import annotations

import importlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from largesse.database import open_database
from largesse.errors import LargesseError
from largesse.sender import TABLES
from largesse.web.logs import JsonLines
from largesse.webhook.events import EVENT
from largesse.webhook.store import Store
from scripts import sell
from tests.fixtures.accounts import MakeAccount
from tests.fixtures.desk import KR, Desk
from tests.support.paid import NAME, Processor, prepared, processing
from tests.support.sales import Shop
from tests.support.waiting import until

FACE = 50_000
ZERO = "0x" + "0" * 40


@pytest.fixture
def series(shop: Shop) -> int:
    prepared(shop)
    return shop.series(denomination=FACE)


@pytest.fixture
def processor(shop: Shop, series: int, node_url: str, sqlite_url: str) -> Iterator[Processor]:
    with processing(shop, series, node_url, sqlite_url) as found:
        yield found


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is logged, as it is written."""
    stream, logger = io.StringIO(), logging.getLogger("largesse")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def figures(processor: Processor) -> tuple[float, float]:
    """How many payments wait, and for how many seconds the first of them does."""
    _, page = processor.request("GET", "/metrics", None, {})
    values = dict(line.split(" ") for line in page.splitlines() if not line.startswith("#"))
    return float(values["webhook_payments_waiting"]), float(values["webhook_oldest_waiting_seconds"])


def test_what_is_no_whole_number_of_certificates_is_refused(processor: Processor) -> None:
    for amount in ("30000", "50001", "1"):
        status, answer = processor.post(processor.paid("p1", amount=amount))
        assert (status, answer["error"]) == (422, "not_whole_certificates")
        assert amount in answer["message"] and str(FACE) in answer["message"]
    assert processor.get("p1")[0] == 404
    processor.take(processor.paid("p1", amount="100000"))
    processor.wait("p1", "given")


def test_one_that_was_accepted_before_has_failed(processor: Processor, sqlite_url: str) -> None:
    store = Store(open_database(sqlite_url, TABLES))
    store.take(NAME, EVENT.validate_python(processor.paid("p1", amount="30000")), 0)
    found = processor.wait("p1", "failed")
    assert found["error"] == "GiftCertificates_NotWholeCertificates"
    assert "30000" in found["message"] and str(FACE) in found["message"]
    store.engine.dispose()


def test_a_recipient_that_takes_no_certificates(processor: Processor, make_account: MakeAccount) -> None:
    refuser = make_account("Refuser1155", processor.shop.world.holder, mode="WrongMagic")
    processor.take(processor.paid("p1", amount="50000", recipient=str(refuser)))
    assert processor.wait("p1", "failed")["error"] == "ERC1155InvalidReceiver"


def test_while_another_key_signs_receipts_payments_wait_and_say_so(processor: Processor, lines: Any) -> None:
    world, sales = processor.shop.world, processor.shop.sales
    sales.setReceiptSigner(world.operator, {"from": world.issuer})
    processor.take(processor.paid("p1", amount="50000", recipient=str(world.holder)))
    until(lambda: "error" in processor.get("p1")[1])
    found = processor.wait("p1", "issuing")
    assert found["error"] == "other_receipt_signer"
    assert str(world.operator) in found["message"] and "signer=none" in found["message"]
    until(lambda: figures(processor)[0] == 1 and figures(processor)[1] > 0)
    _, health = processor.request("GET", "/health", None, {})
    assert health["paymentsWaiting"] == 1 and health["oldestWaitsSeconds"] > 0
    refused = [line for line in lines() if line["event"] == "webhook.refused"]
    assert refused
    for line in refused:
        assert line["reason"] == "other_receipt_signer" and "signer=none" in line["why"]
        assert "error" not in line
    sales.setReceiptSigner(ZERO, {"from": world.issuer})
    assert "error" not in processor.wait("p1", "delivered")
    until(lambda: figures(processor) == (0, 0))


def test_a_webhook_whose_receipts_count_for_nothing_does_not_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = importlib.import_module("scripts.webhook")
    started: list[object] = []
    monkeypatch.setattr(script, "serve", lambda *_: started.append(1))
    monkeypatch.setattr(script, "write_logs", lambda: None)
    for name in ("SECRET", "LINK_SECRET"):
        monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", f"a {name} of the test's alone")
    sell.main(f"series={KR}")
    sell.receipts("currency=KRWT", "signer=operator")
    block = desk.block()
    with pytest.raises(LargesseError, match="signer=none") as error:
        script.main("currency=KRWT")
    assert (error.value.reason, desk.block(), started) == ("other_receipt_signer", block, [])
    sell.receipts("currency=KRWT", "signer=none")
    script.main("currency=KRWT")
    assert started
