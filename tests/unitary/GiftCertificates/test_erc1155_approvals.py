"""ERC-1155, to the letter: approvals, balances, ERC-165."""

import pytest

from tests.support.certificates import ZERO, World
from tests.support.errors import reverts, reverts_without_data
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.holder, 100)
    return series_id


def test_approval_reverts_for_nobody(world: World) -> None:
    for approved in (True, False):
        with reverts("ERC1155InvalidOperator", ZERO):
            world.certificates.setApprovalForAll(ZERO, approved, {"from": world.holder})


def test_approval_is_given_and_taken_back(world: World, series: int) -> None:
    assert not world.certificates.isApprovedForAll(world.holder, world.agent)
    for approved in (True, True, False, False):
        tx = world.certificates.setApprovalForAll(world.agent, approved, {"from": world.holder})
        assert world.certificates.isApprovedForAll(world.holder, world.agent) is approved
        assert logs_of(tx, world.certificates) == [("ApprovalForAll", world.holder, world.agent, approved)]
    with reverts("ERC1155MissingApprovalForAll", world.agent, world.holder):
        world.certificates.safeTransferFrom(world.holder, world.agent, series, 1, b"", {"from": world.agent})


def test_approval_goes_one_way_and_no_further(world: World, series: int) -> None:
    world.certificates.setApprovalForAll(world.agent, True, {"from": world.holder})
    assert not world.certificates.isApprovedForAll(world.agent, world.holder)
    assert not world.certificates.isApprovedForAll(world.giver, world.agent)
    world.certificates.setApprovalForAll(world.stranger, True, {"from": world.agent})
    with reverts("ERC1155MissingApprovalForAll", world.stranger, world.holder):
        world.certificates.safeTransferFrom(
            world.holder, world.stranger, series, 1, b"", {"from": world.stranger}
        )


def test_approval_covers_every_series_and_transfers_only(world: World, series: int) -> None:
    """An approved marketplace can move certificates; it can't spend, refund or give them."""
    other = world.create_series()
    world.issue(other, world.holder, 7)
    world.certificates.setApprovalForAll(world.agent, True, {"from": world.holder})
    world.certificates.safeBatchTransferFrom(
        world.holder, world.recipient, [series, other], [1, 7], b"", {"from": world.agent}
    )
    assert world.certificates.balanceOf(world.recipient, other) == 7
    unsigned = (0, 0, b"")
    with reverts("GiftCertificates_NotYourCard", world.holder, world.agent):
        world.certificates.refund(world.holder, series, 1, 0, unsigned, {"from": world.agent})
    order = (series, 1, world.agent.address, ZERO, 0, 0, bytes(32))
    with reverts("GiftCertificates_NotYourCard", world.holder, world.agent):
        world.certificates.giveSigned(world.holder, order, unsigned, {"from": world.agent})
    with reverts("GiftCertificates_NotYourCard", world.holder, world.agent):
        world.certificates.transferSigned(
            world.holder, world.agent, series, 1, unsigned, {"from": world.agent}
        )


def test_balances_of_many(world: World, series: int) -> None:
    other = world.create_series()
    world.issue(other, world.giver, 7)
    holders = [world.holder, world.giver, world.holder, world.giver, ZERO]
    ids = [series, series, other, other, series]
    assert world.certificates.balanceOfBatch(holders, ids) == (100, 0, 0, 7, 0)
    assert world.certificates.balanceOfBatch([], []) == ()


@pytest.mark.parametrize(("holders", "ids"), [(1, 0), (0, 1), (3, 2)])
def test_balances_of_many_revert_when_lengths_differ(
    world: World, series: int, holders: int, ids: int
) -> None:
    with reverts("ERC1155InvalidArrayLength", ids, holders):
        world.certificates.balanceOfBatch([world.holder] * holders, [series] * ids)


@pytest.mark.parametrize(
    ("interface", "supported"),
    [
        ("0x01ffc9a7", True),  # ERC-165
        ("0xd9b67a26", True),  # ERC-1155
        ("0x0e89341c", True),  # ERC-1155 metadata
        ("0xffffffff", False),  # never, says ERC-165
        ("0x4e2312e0", False),  # a receiver of ERC-1155
        ("0x80ac58cd", False),  # ERC-721
        ("0x00000000", False),
    ],
)
def test_supported_interfaces(world: World, interface: str, supported: bool) -> None:
    assert world.certificates.supportsInterface(interface) is supported


def test_supports_interface_costs_less_than_the_standard_allows(world: World) -> None:
    call = {"gas": 30_000 + 21_000 + 16 * 36}
    assert world.certificates.supportsInterface.call("0xd9b67a26", call)


def test_what_nobody_answers_reverts(world: World) -> None:
    for data in ("0x", "0x12345678"):
        with reverts_without_data():
            world.stranger.transfer(world.certificates, 0, data=data)
    with reverts_without_data():
        world.stranger.transfer(world.certificates, 1)
