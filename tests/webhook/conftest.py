"""A webhook over a shop that issues a series of the issuer's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.paid import Processor, prepared, processing
from tests.support.sales import Shop


@pytest.fixture(scope="module")
def series(shop: Shop) -> int:
    return prepared(shop)


@pytest.fixture
def processor(shop: Shop, series: int, node_url: str, sqlite_url: str) -> Iterator[Processor]:
    with processing(shop, series, node_url, sqlite_url) as found:
        yield found
