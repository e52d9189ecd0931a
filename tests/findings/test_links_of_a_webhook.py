"""The webhook's script could not be told where its links lead: whoever bought a card on a live chain was sent
to `largesse.example`, where nobody is."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.errors import LinkError
from largesse.webhook.service import Webhook
from largesse.webhook.store import GIVEN, Record
from scripts import sell
from tests.fixtures.desk import KR, Desk

PAGE = "https://cards.shop.test/claim"


@pytest.fixture
def start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts the webhook's script, which ends at once; the webhook that it would have served."""
    script = importlib.import_module("scripts.webhook")
    started: list[Webhook] = []
    monkeypatch.setattr(script, "make_app", started.append)
    monkeypatch.setattr(script, "serve", lambda *_: None)
    monkeypatch.setattr(script, "write_logs", lambda: None)
    for name in ("SECRET", "LINK_SECRET"):
        monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", f"a {name} of the test's alone")
    sell.main(f"series={KR}")

    def run(page: str) -> Webhook:
        script.main("currency=KRWT", "issuer=books", f"page={page}")
        return started.pop()

    return run


def test_links_lead_to_the_page_that_was_named(start: Any, capsys: pytest.CaptureFixture[str]) -> None:
    given = Record(
        "books", "pay-1", GIVEN, "bank", 1, 50_000, ZERO_ADDRESS, 0, direct=False, step=2, round=0,
        deliver_at=0, created_at=1_900_000_000, error="", message="",
    )  # fmt: skip
    link = start(PAGE).link(given)
    assert link is not None
    assert link.url().startswith(f"{PAGE}#")
    assert f"its links lead to {PAGE}" in capsys.readouterr().out


@pytest.mark.parametrize("page", ("http://cards.shop.test/claim", f"{PAGE}#here", "cards.shop.test"))
def test_a_page_that_no_link_can_lead_to_is_refused_at_the_start(start: Any, page: str) -> None:
    with pytest.raises(LinkError) as failed:
        start(page)
    assert failed.value.reason == "bad_base_url"
