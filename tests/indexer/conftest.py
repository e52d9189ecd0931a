"""A chain of these tests' own: what re-orgs do to it is nobody else's business."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.followed import Followed, followed_chain


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Brownie's chain is not used here."""


@pytest.fixture(scope="session")
def followed_one() -> Iterator[Followed]:
    with followed_chain() as chain:
        yield chain


@pytest.fixture
def chain(followed_one: Followed) -> Iterator[Followed]:
    """Fresh for each test: what a test does is taken back."""
    snapshot, deployment = followed_one.node.develop("evm_snapshot", []), followed_one.deployment
    yield followed_one
    assert followed_one.node.develop("evm_revert", [snapshot]) is True
    followed_one.deployment = deployment
