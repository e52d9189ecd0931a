"""On live chains too links led to `largesse.example`, where nobody is, wherever `page=` was forgotten; and
the webhook's script, whose links are what buyers are sent, could not be told of a page at all."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError
from largesse.chain import development_wallet
from largesse.errors import LinkError
from largesse.webhook.service import Webhook
from largesse.webhook.store import GIVEN, Record
from scripts import gift_subs, give, sell, subscribe
from tests.fixtures.desk import KR, Desk

PAGE = "https://cards.shop.test/claim"
CREATOR = development_wallet("creator").address
WEBHOOK: Any = importlib.import_module("scripts.webhook")
MAKING: dict[str, Callable[[], object]] = {
    "give": lambda: give.main(f"series={KR}", "amount=50000", "from=me"),
    "give many": lambda: give.many(f"series={KR}", "amount=1000", "count=3", "name=some", "from=me"),
    "gift_subs": lambda: gift_subs.main(
        "currency=USDC", f"to={CREATOR}", "count=3", "name=some", "reclaim=2040-01-01", "from=me"
    ),
    "webhook": lambda: WEBHOOK.main("currency=KRWT", "issuer=books", "from=me"),
}


@pytest.fixture
def start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts the webhook's script, which ends at once; the webhook that it would have served."""
    started: list[Webhook] = []
    monkeypatch.setattr(WEBHOOK, "make_app", started.append)
    monkeypatch.setattr(WEBHOOK, "serve", lambda *_: None)
    monkeypatch.setattr(WEBHOOK, "write_logs", lambda: None)
    for name in ("SECRET", "LINK_SECRET"):
        monkeypatch.setenv(f"LARGESSE_WEBHOOK_{name}", f"a {name} of the test's alone")
    sell.main(f"series={KR}")

    def run(page: str) -> Webhook:
        WEBHOOK.main("currency=KRWT", "issuer=books", f"page={page}")
        return started.pop()

    return run


def test_a_webhooks_links_lead_to_the_page_that_was_named(
    start: Any, capsys: pytest.CaptureFixture[str]
) -> None:
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


@pytest.mark.usefixtures("start")
@pytest.mark.parametrize("command", MAKING)
def test_on_a_live_chain_no_link_is_made_without_a_page(
    desk: Desk, live: Callable[..., list[str]], command: str
) -> None:
    subscribe.tier("currency=USDC", "tier=1", "price=5", "from=creator")
    live("", me=desk.wallet("creator"))
    block = desk.block()
    with pytest.raises(ArgumentError) as failed:
        MAKING[command]()
    assert failed.value.reason == "no_page"
    assert desk.block() == block
