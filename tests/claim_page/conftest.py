"""The desk of tests/scripts with a relayer, and the page that is set up for both, open in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from largesse.relayer.actions import Kind
from tests.fixtures.desk import Desk
from tests.support.claim_page import Visit, build, chromium, served
from tests.support.relaying import Desk as Relaying
from tests.support.relaying import relaying


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def relayer(desk: Desk, node_url: str, sqlite_url: str) -> Iterator[Relaying]:
    """It relays for KRWT's certificates and USDC's jars, and for no others."""
    contracts = {desk.krw.address: Kind.CERTIFICATES, desk.session.tips("USDC").address: Kind.JARS}
    with relaying(node_url, sqlite_url, contracts) as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, relayer: Relaying, node_url: str) -> Iterator[str]:
    """The page's address."""
    chains = {relayer.chain: {"relayer": str(relayer.client.base_url), "node": node_url}}
    with served(build(tmp_path / "page", chains)) as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A browser that nobody has used."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()
