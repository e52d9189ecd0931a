"""CertificateLens: views for the wallet, the till and the auditor."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak

from tests.support.certificates import DAY, World
from tests.support.clock import later, mine_at
from tests.support.errors import reverts

NONE, FULL, REMAINDER = 0, 1, 2
NO_FAILURE = "0x00000000"


def selector(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


@pytest.fixture(scope="module")
def lens(world: World, project: Any) -> Any:
    return project.CertificateLens.deploy({"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, lens: Any) -> int:
    """A named series with a fee of 2.5 %; the holder has two certificates of 50,000."""
    series = world.named_series(fee_bps=250)
    world.issue(series, world.holder, 100_000)
    return series


def test_solvency_of_nothing(world: World, lens: Any) -> None:
    assert lens.solvency(world.certificates) == (0, 0, 0, 0, 0, 0, 0)


def test_solvency_adds_up(world: World, lens: Any, named: int) -> None:
    world.certificates.redeem(named, 40_000, world.merchant, {"from": world.holder})
    world.token.mint(world.certificates, 7, {"from": world.issuer})
    assert lens.solvency(world.certificates) == (61_007, 60_000, 1_000, 0, 61_000, 7, 0)
    assert lens.liabilities(world.certificates, 1, named + 1) == (60_000, 1_000)
    assert lens.liabilities(world.certificates, named + 1, named + 1) == (0, 0)


def test_solvency_shows_what_is_missing(world: World, lens: Any, named: int) -> None:
    """The auditor's alarm: take one unit away from behind the contract."""
    slot = keccak(bytes(12) + bytes.fromhex(world.certificates.address[2:]) + bytes(32))
    from brownie import web3

    web3.provider.make_request(
        "anvil_setStorageAt",
        [world.token.address, "0x" + slot.hex(), "0x" + (99_999).to_bytes(32, "big").hex()],
    )
    assert world.reserve() == 99_999
    assert lens.solvency(world.certificates) == (99_999, 100_000, 0, 0, 100_000, 0, 1)


def test_refundable_is_what_the_contract_says(world: World, lens: Any, named: int) -> None:
    assert lens.refundable(world.certificates, world.holder, named) == (NONE, 0, 0)
    world.certificates.redeem(named, 30_000, world.merchant, {"from": world.holder})
    assert lens.refundable(world.certificates, world.holder, named) == (REMAINDER, 20_000, 20_000)
    assert world.certificates.refundable(named, world.holder) == (REMAINDER, 20_000, 20_000)


def test_wallet(world: World, lens: Any, named: int) -> None:
    opened = world.create_series()
    terms = world.certificates.terms(named)
    cards = lens.wallet(world.certificates, world.holder, [named, opened])
    assert cards[0] == (named, 100_000, 0, 0, 0, 50_000, terms[2], terms[3], NONE, 0, 0)
    assert cards[1][:6] == (opened, 0, 0, 0, 0, 0)
    world.certificates.windDown(named, {"from": world.issuer})
    (card,) = lens.wallet(world.certificates, world.holder, [named])
    assert (card[4], card[8:]) == (2, (FULL, 100_000, 100_000))


def test_wallet_reverts_for_an_unknown_series(world: World, lens: Any) -> None:
    with reverts("GiftCertificates_UnknownSeries", 999):
        lens.wallet(world.certificates, world.holder, [999])


def quote(world: World, lens: Any, series: int, **changes: Any) -> tuple[Any, ...]:
    query = {"holder": world.holder, "amount": 10_001, "merchant": world.merchant, "order": 0} | changes
    answer: tuple[Any, ...] = lens.quote(
        world.certificates, series, query["holder"], query["amount"], query["merchant"], query["order"]
    )
    return (str(answer[0]), *answer[1:])


def test_quote_is_what_a_redemption_pays(world: World, lens: Any, named: int) -> None:
    assert quote(world, lens, named) == (NO_FAILURE, 250, 9_751)
    world.certificates.redeem(named, 10_001, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 9_751


def test_quote_names_the_error(world: World, lens: Any, named: int) -> None:
    failures = {
        "GiftCertificates_NotMerchant(uint256,address)": {"merchant": world.stranger},
        "GiftCertificates_ZeroAmount(uint256)": {"amount": 0},
        "GiftCertificates_InsufficientBalance(uint256,uint256)": {"amount": 100_001},
    }
    for signature, changes in failures.items():
        assert quote(world, lens, named, **changes) == (selector(signature), 0, 0)
    unknown = selector("GiftCertificates_UnknownSeries(uint256)")
    assert quote(world, lens, 0)[0] == quote(world, lens, named + 1)[0] == unknown


def test_quote_of_a_used_order(world: World, lens: Any, named: int) -> None:
    assert quote(world, lens, named, order=7)[0] == NO_FAILURE
    world.certificates.redeemSigned(world.redemption(named, 1, order=7), {"from": world.merchant})
    assert quote(world, lens, named, order=7)[0] == selector("GiftCertificates_OrderUsed(address,uint256)")
    assert quote(world, lens, named, order=8)[0] == NO_FAILURE


def test_quote_at_expiry(world: World, lens: Any, named: int) -> None:
    expires_at = world.certificates.terms(named)[2]
    mine_at(expires_at - 1)
    assert quote(world, lens, named)[0] == NO_FAILURE
    mine_at(expires_at)
    assert quote(world, lens, named)[0] == selector("GiftCertificates_Expired(uint256,uint256)")


def test_quote_of_a_removed_merchant(world: World, lens: Any, named: int) -> None:
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    later(30 * DAY - 10)
    assert quote(world, lens, named)[0] == NO_FAILURE
    later(10)
    assert quote(world, lens, named)[0] == selector("GiftCertificates_NotMerchant(uint256,address)")
