"""issueBatch: many rows, one payment; a contract that refuses its row doesn't stop the others."""

from typing import Any

import pytest
from brownie import Contract, web3

from tests.fixtures.accounts import MakeAccount, container
from tests.support.certificates import DAY, MAX_AMOUNT, ONLY_NEW, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.payments import selector
from tests.zoo.raw import raw_call, raw_send

Rows = list[tuple[Any, int]]


@pytest.fixture(scope="module")
def series(world: World) -> int:
    world.fund(world.issuer, 1_000_000)
    return world.create_series()


def issue(world: World, series: int, rows: Rows, caller: Any = None) -> Any:
    return world.certificates.issueBatch(
        series, [(str(to), amount) for to, amount in rows], {"from": caller or world.issuer}
    )


def test_issue_batch_reverts_without_rows(world: World, series: int) -> None:
    with reverts("GiftCertificates_NoCards"):
        issue(world, series, [])


def test_issue_batch_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series + 1):
        issue(world, series + 1, [(world.holder, 1)])


def test_issue_batch_reverts_for_a_stranger(world: World, series: int) -> None:
    world.fund(world.stranger, 100)
    with reverts("GiftCertificates_NotOperator", series, world.stranger):
        issue(world, series, [(world.stranger, 1)], caller=world.stranger)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_issue_batch_reverts_as_a_whole_for_one_bad_row(world: World, series: int, place: int) -> None:
    good: Rows = [(world.holder, 5), (world.giver, 6)]
    with reverts("GiftCertificates_ZeroAddress"):
        issue(world, series, [*good[:place], (ZERO, 1), *good[place:]])
    with reverts("GiftCertificates_ZeroAmount", series):
        issue(world, series, [*good[:place], (world.holder, 0), *good[place:]])
    denominated = world.create_series(denomination=10)
    tens: Rows = [(world.holder, 10), (world.giver, 20)]
    with reverts("GiftCertificates_NotWholeCertificates", 15, 10):
        issue(world, denominated, [*tens[:place], (world.holder, 15), *tens[place:]])
    assert world.certificates.state(series)[1] == world.certificates.state(denominated)[1] == 0


def test_issue_batch_reverts_from_the_close_of_sales_on(world: World, series: int) -> None:
    close = world.certificates.terms(series)[1]
    at(close - 1)
    issue(world, series, [(world.holder, 1)])
    at(close)
    with reverts("GiftCertificates_SalesClosed", series, close):
        issue(world, series, [(world.holder, 1)])


def test_issue_batch_reverts_once_wound_down(world: World, series: int) -> None:
    world.certificates.windDown(series, {"from": world.issuer})
    with reverts("GiftCertificates_AlreadyWoundDown", series):
        issue(world, series, [(world.holder, 1)])


def test_issue_batch_reverts_over_96_bits(world: World, series: int) -> None:
    half = 2**95
    with reverts("GiftCertificates_Overflow", 0, MAX_AMOUNT + 1):
        issue(world, series, [(world.holder, half), (world.giver, half)])
    issue(world, series, [(world.holder, 1)])
    with reverts("GiftCertificates_Overflow", 1, MAX_AMOUNT):
        issue(world, series, [(world.holder, half), (world.giver, half - 1)])


def test_issue_batch_reverts_without_the_money(world: World, series: int) -> None:
    world.token.approve(world.certificates, 10, {"from": world.issuer})
    with reverts("ERC20InsufficientAllowance", world.certificates, 10, 11):
        issue(world, series, [(world.holder, 5), (world.giver, 6)])


def test_issue_batch_counts_the_sum_against_the_daily_limit(world: World, series: int) -> None:
    mine_at((world.now() // DAY + 1) * DAY)
    world.certificates.setOperator(series, world.operator, 10, {"from": world.issuer})
    world.fund(world.operator, 100)
    rows: Rows = [(world.holder, 5), (world.giver, 6)]
    with reverts("GiftCertificates_OverDailyLimit", 11, 10):
        issue(world, series, rows, caller=world.operator)
    issue(world, series, [(world.holder, 5), (world.giver, 5)], caller=world.operator)
    assert world.certificates.operatorLimit(series, world.operator) == (10, 10)


def test_issue_batch_takes_the_sum_once(world: World, series: int) -> None:
    purse, reserve = world.token.balanceOf(world.issuer), world.reserve()
    rows: Rows = [(world.holder, 5), (world.giver, 6), (world.holder, 7)]
    tx = issue(world, series, rows)
    assert world.certificates.balanceOf(world.holder, series) == 12
    assert world.certificates.balanceOf(world.giver, series) == 6
    assert world.certificates.state(series)[1] == 18
    assert world.token.balanceOf(world.issuer) == purse - 18
    assert world.reserve() == world.liabilities() == reserve + 18
    assert logs_of(tx, world.token) == [("Transfer", world.issuer, world.certificates, 18)]
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.issuer, ZERO, to, series, amount) for to, amount in rows
    ]


def test_issue_batch_answers_what_was_issued(world: World, series: int, make_account: MakeAccount) -> None:
    refuser = make_account("Refuser1155", world.agent, "Reverts")
    rows = [(world.holder.address, 5), (refuser.address, 100)]
    assert world.certificates.issueBatch.call(series, rows, {"from": world.issuer}) == 5


@pytest.mark.parametrize("mode", ["WrongMagic", "Reverts", "RevertsEmpty", "RevertsHuge", "BurnsGas"])
def test_issue_batch_skips_a_contract_that_refuses(
    world: World, series: int, make_account: MakeAccount, mode: str
) -> None:
    refuser = make_account("Refuser1155", world.agent, mode)
    willing = make_account("Refuser1155", world.agent, "Accepts")
    purse, reserve = world.token.balanceOf(world.issuer), world.reserve()
    tx = issue(world, series, [(world.holder, 5), (refuser, 6), (willing, 7), (refuser, 8), (world.giver, 9)])
    balances = [
        world.certificates.balanceOf(who, series) for who in (world.holder, refuser, willing, world.giver)
    ]
    assert balances == [5, 0, 7, 9]
    assert world.certificates.state(series)[1] == 21
    assert world.token.balanceOf(world.issuer) == purse - 21
    assert world.reserve() == world.liabilities() == reserve + 21
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.issuer, ZERO, world.holder, series, 5),
        ("IssuanceSkipped", 1, refuser, 6),
        ("TransferSingle", world.issuer, ZERO, willing, series, 7),
        ("IssuanceSkipped", 3, refuser, 8),
        ("TransferSingle", world.issuer, ZERO, world.giver, series, 9),
    ]


def test_issue_batch_of_refusals_only_creates_nothing(
    world: World, series: int, make_account: MakeAccount
) -> None:
    refuser = make_account("Refuser1155", world.agent, "RevertsEmpty")
    purse = world.token.balanceOf(world.issuer)
    issue(world, series, [(refuser, 6), (world.token, 8)])
    assert world.token.balanceOf(world.issuer) == purse
    assert world.certificates.state(series)[1] == world.liabilities() == 0


def test_issue_batch_counts_no_refusals_of_an_unlimited_operator(
    world: World, series: int, make_account: MakeAccount
) -> None:
    refuser = make_account("Refuser1155", world.agent, "RevertsEmpty")
    world.certificates.setOperator(series, world.operator, MAX_AMOUNT, {"from": world.issuer})
    world.fund(world.operator, 20)
    rows = [(str(refuser), 6), (str(world.holder), 8)]
    world.certificates.issueBatch(series, rows, {"from": world.operator})
    assert world.certificates.operatorLimit(series, world.operator) == (MAX_AMOUNT, 0)
    assert world.token.balanceOf(world.operator) == 12


def test_issue_batch_never_skips_for_want_of_gas(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """With too little gas for a contract's fair chance the batch reverts; it doesn't call that a refusal."""
    willing = make_account("Refuser1155", world.agent, "Accepts")
    rows = [(willing.address, 7)] * 3
    statuses = set()
    for gas in range(180_000, 480_000, 20_000):
        receipt = raw_send(world.certificates.issueBatch, series, rows, sender=world.issuer, gas=gas)
        statuses.add(receipt["status"])
        assert world.certificates.balanceOf(willing, series) % 21 == 0
    assert statuses == {0, 1}
    assert world.certificates.state(series)[1] == world.certificates.balanceOf(willing, series)


def test_issue_batch_says_that_the_gas_was_too_little(
    world: World, series: int, make_account: MakeAccount
) -> None:
    willing = make_account("Refuser1155", world.agent, "Accepts")
    rows = [(willing.address, 7)]
    answer = raw_call(world.certificates.issueBatch, series, rows, sender=world.issuer, gas=300_000)
    assert (answer.succeeded, answer.data[:4]) == (False, selector("GiftCertificates_GasFloor"))
    assert int.from_bytes(answer.data[36:68], "big") == 250_000


def test_the_row_that_a_batch_hands_out_by_itself_is_nobody_elses(world: World, series: int) -> None:
    back_office = [item for item in world.certificates.abi if item.get("name") == "creditAccepted"]
    assert back_office == []  # not part of the interface either
    direct = Contract.from_abi("Direct", world.certificates.address, container("CertificateBackOffice").abi)
    for caller in (world.issuer, world.stranger):
        with reverts("GiftCertificates_NotOperator", series, caller):
            direct.creditAccepted(caller, caller, series, 10, {"from": caller})


def test_issue_batch_tells_a_contract_that_it_comes_from_nobody(world: World, series: int) -> None:
    """As one card that is issued alone does, and as ERC-1155 says of what is made."""
    box = "0x00000000000000000000000000000000000B0C55"
    web3.provider.make_request("anvil_setCode", [box, ONLY_NEW])
    issue(world, series, [(box, 7), (world.holder, 5)])
    world.certificates.issue(series, box, 2, {"from": world.issuer})
    assert world.certificates.balanceOf(box, series) == 9
    with reverts("ERC1155InvalidReceiver", box):
        world.certificates.safeTransferFrom(world.holder, box, series, 1, b"", {"from": world.holder})
