"""A relayer for a currency of 6 decimals: certificates, jars and accounts over one GiftCertificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from largesse.relayer.actions import Kind
from tests.support.certificates import World
from tests.support.jars import Jars
from tests.support.prepaid import PAYERS, Prepaid
from tests.support.relaying import Desk, relaying


@pytest.fixture(scope="module")
def accounts_of_jars(jars: Jars, project: Any) -> Prepaid:
    """PrepaidAccounts over the same certificates."""
    contract = project.PrepaidAccounts.deploy(jars.world.certificates, {"from": jars.world.deployer})
    prepaid = Prepaid(jars.world, contract)
    for role in PAYERS:
        prepaid.token.approve(contract, 2**256 - 1, {"from": getattr(jars.world, role)})
    return prepaid


@pytest.fixture(scope="module")
def certified(jars: Jars) -> World:
    """The world under the jars, its holder and giver with 100,000 of series 1."""
    world = jars.world
    series = world.create_series()
    world.issue(series, world.holder, 100_000)
    world.issue(series, world.giver, 100_000)
    return world


@pytest.fixture(scope="module")
def contracts(certified: World, jars: Jars, accounts_of_jars: Prepaid) -> Mapping[str, Kind]:
    return {
        certified.certificates.address: Kind.CERTIFICATES,
        jars.escrow.address: Kind.JARS,
        accounts_of_jars.contract.address: Kind.ACCOUNTS,
    }


@pytest.fixture
def make_desk(node_url: str, contracts: Mapping[str, Kind]) -> Iterator[Callable[..., Desk]]:
    """Relayers over a database; they end with the test."""
    with ExitStack() as stack:
        yield lambda url, **settings: stack.enter_context(relaying(node_url, url, contracts, **settings))


@pytest.fixture
def desk(make_desk: Callable[..., Desk], sqlite_url: str) -> Desk:
    return make_desk(sqlite_url)
