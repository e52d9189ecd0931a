"""A transaction counts under twelve blocks on a live chain, for every script but these: a report, and what
merchants were paid, were of the latest block, whose payments a re-org may take back once they are told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.deployment import save
from largesse.report.opening import open_source
from tests.indexer.conftest import chain, followed_one, isolation  # noqa: F401 - fixtures
from tests.support.followed import Followed

# ruff: noqa: F811


@pytest.mark.parametrize(("confirmations", "back"), ((1, 0), (12, 11), (10_000, 0)))
def test_what_is_final_is_reported(chain: Followed, tmp_path: Path, confirmations: int, back: int) -> None:
    """Of a deployment that is younger than that, all there is."""
    save(tmp_path, chain.deployment)
    chain.node.develop("anvil_mine", [hex(20)])
    with open_source(chain.node.again(confirmations=confirmations), tmp_path) as (_, source):
        assert source.head == chain.node.block_number() - back
