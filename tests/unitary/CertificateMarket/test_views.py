"""CertificateMarket's views, and what it is made with."""

from __future__ import annotations

from typing import Any

from tests.support.certificates import ZERO
from tests.support.errors import reverts
from tests.support.market import Market


def test_views(market: Market) -> None:
    contract = market.contract
    assert contract.certificates() == market.world.certificates
    assert contract.currency() == market.token
    assert bytes(contract.DOMAIN_SEPARATOR()) == market.domain.separator
    assert (contract.epoch(market.giver), contract.filled(market.giver, 1)) == (0, 0)


def test_it_is_made_for_certificates(market: Market, project: Any) -> None:
    for nobody in (ZERO, market.stranger):
        with reverts("Market_ZeroAddress"):
            project.CertificateMarket.deploy(nobody, {"from": market.deployer})
