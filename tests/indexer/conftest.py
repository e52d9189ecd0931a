"""A chain of the module's own: what re-orgs do to it is nobody else's business."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.followed import Followed, followed_chain


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Brownie's chain is not used here."""


@pytest.fixture(scope="module")
def module_chain() -> Iterator[Followed]:
    with followed_chain() as chain:
        yield chain


@pytest.fixture
def chain(module_chain: Followed) -> Iterator[Followed]:
    """Fresh for each test: what a test does is taken back."""
    snapshot, deployment = module_chain.node.develop("evm_snapshot", []), module_chain.deployment
    yield module_chain
    assert module_chain.node.develop("evm_revert", [snapshot]) is True
    module_chain.deployment = deployment
