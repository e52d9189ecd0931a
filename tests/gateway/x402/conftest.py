"""x402's tests have a chain of their own for each module: servers keep state about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.x402_world import Shop, X402World, serving, x402_world


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Brownie's chain is not used."""


@pytest.fixture(scope="module")
def world() -> Iterator[X402World]:
    with x402_world() as found:
        yield found


@pytest.fixture
def shop(world: X402World, tmp_path: Path) -> Shop:
    return Shop(world, tmp_path / "gateway.db")


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    with serving(shop.app()) as found:
        yield found
