"""Who asked a webhook for a payment's link while its node was away was answered 500, without a word of what
to do; who told of a payment then, 503."""

from __future__ import annotations

from tests.support.changed_node import node_with
from tests.support.paid import processing
from tests.support.sales import Shop
from tests.webhook.conftest import series  # noqa: F401 - a fixture


def test_who_asks_is_told_to_ask_again(
    shop: Shop,
    series: int,  # noqa: F811
    node_url: str,
    sqlite_url: str,
) -> None:
    away: list[bool] = []
    with (
        node_with(node_url, lambda _, answer: None if away else answer) as node,
        processing(shop, series, node.url, sqlite_url) as processor,
    ):
        processor.take(processor.paid("p1"))
        found = processor.wait("p1", "given")
        away.append(True)
        for status, answer in (processor.get("p1"), processor.post(processor.paid("p2"))):
            assert (status, answer["error"]) == (503, "node_away")
        away.clear()
        assert processor.get("p1") == (200, found)
