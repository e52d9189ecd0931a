"""issue: face against the same amount of currency, and no other way."""

from typing import Any

import pytest

from tests.fixtures.accounts import REFUSER_MODES, MakeAccount
from tests.fixtures.tokens import FALSE_MODES, MakeToken
from tests.support.certificates import MAX_AMOUNT, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of


@pytest.fixture(scope="module")
def series(world: World) -> int:
    world.fund(world.issuer, 1_000_000)
    return world.create_series()


def issue(world: World, series: int, amount: int, to: Any = None, caller: Any = None) -> Any:
    return world.certificates.issue(series, to or world.holder, amount, {"from": caller or world.issuer})


def test_issue_reverts_in_an_unknown_series(world: World, series: int) -> None:
    for unknown in (0, series + 1, 2**256 - 1):
        with reverts("GiftCertificates_UnknownSeries", unknown):
            issue(world, unknown, 1)


def test_issue_reverts_for_a_stranger(world: World, series: int) -> None:
    world.fund(world.stranger, 100)
    with reverts("GiftCertificates_NotOperator", series, world.stranger):
        issue(world, series, 100, caller=world.stranger)


def test_issue_reverts_with_amount_zero(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        issue(world, series, 0)


def test_issue_reverts_to_nobody(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        issue(world, series, 1, to=ZERO)


@pytest.mark.parametrize("past", [0, 1])
def test_issue_reverts_from_the_close_of_sales_on(world: World, series: int, past: int) -> None:
    close = world.certificates.terms(series)[1]
    at(close + past)
    with reverts("GiftCertificates_SalesClosed", series, close):
        issue(world, series, 1)


def test_issue_passes_in_the_last_second_of_sales(world: World, series: int) -> None:
    at(world.certificates.terms(series)[1] - 1)
    issue(world, series, 1)
    assert world.certificates.balanceOf(world.holder, series) == 1


def test_issue_reverts_once_wound_down(world: World, series: int) -> None:
    world.certificates.windDown(series, {"from": world.issuer})
    with reverts("GiftCertificates_AlreadyWoundDown", series):
        issue(world, series, 1)


@pytest.mark.parametrize("amount", [1, 49, 51, 99])
def test_issue_reverts_for_parts_of_a_certificate(world: World, amount: int) -> None:
    series = world.create_series(denomination=50)
    with reverts("GiftCertificates_NotWholeCertificates", amount, 50):
        issue(world, series, amount)


def test_issue_takes_whole_certificates(world: World) -> None:
    world.fund(world.issuer, 200)
    series = world.create_series(denomination=50)
    issue(world, series, 50)
    issue(world, series, 150)
    assert world.certificates.balanceOf(world.holder, series) == 200


def test_issue_reverts_without_the_money(world: World, series: int) -> None:
    world.token.approve(world.certificates, 100, {"from": world.issuer})
    with reverts("ERC20InsufficientAllowance", world.certificates, 100, 101):
        issue(world, series, 101)
    world.token.approve(world.certificates, 2**256 - 1, {"from": world.issuer})
    held = world.token.balanceOf(world.issuer)
    with reverts("ERC20InsufficientBalance", world.issuer, held, held + 1):
        issue(world, series, held + 1)


def test_issue_takes_the_face_and_creates_as_much(world: World, series: int) -> None:
    reserve, purse = world.reserve(), world.token.balanceOf(world.issuer)
    tx = issue(world, series, 400)
    assert world.certificates.account(series, world.holder) == (400, 0, 0)
    assert world.certificates.state(series)[1] == 400
    assert world.token.balanceOf(world.issuer) == purse - 400
    assert world.reserve() == world.liabilities() == reserve + 400
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.issuer, ZERO, world.holder, series, 400)
    ]


def test_issue_by_an_operator_takes_the_operators_money(world: World, series: int) -> None:
    world.certificates.setOperator(series, world.operator, 500, {"from": world.issuer})
    world.fund(world.operator, 500)
    purse = world.token.balanceOf(world.issuer)
    issue(world, series, 500, caller=world.operator)
    assert world.token.balanceOf(world.operator) == 0
    assert world.token.balanceOf(world.issuer) == purse
    assert world.certificates.balanceOf(world.holder, series) == 500


def test_issue_adds_to_what_the_holder_has_and_keeps_its_history(world: World, series: int) -> None:
    issue(world, series, 100)
    world.certificates.redeem(series, 30, world.merchant, {"from": world.holder})
    world.certificates.cancelAuthorizations(world.holder, series, (9, 0, b""), {"from": world.holder})
    issue(world, series, 5)
    assert world.certificates.account(series, world.holder) == (75, 30, 9)


def test_issue_fills_a_series_to_96_bits_and_no_further(world: World, series: int) -> None:
    world.fund(world.issuer, MAX_AMOUNT)
    terms = world.certificates.terms(series)
    issue(world, series, MAX_AMOUNT - 1)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - 1, 2):
        issue(world, series, 2)
    issue(world, series, 1, to=world.giver)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 1):
        issue(world, series, 1)
    assert world.certificates.account(series, world.holder) == (MAX_AMOUNT - 1, 0, 0)
    assert world.certificates.state(series)[1] == MAX_AMOUNT
    assert world.certificates.terms(series) == terms  # the neighbours in the packed word are untouched
    other = world.create_series()
    issue(world, other, 1)
    assert world.certificates.state(other)[1] == 1


# currencies that misbehave


def test_issue_reverts_when_the_currency_keeps_a_fee(make_world: Any, make_token: MakeToken) -> None:
    token = make_token("FeeToken")
    world = make_world(token)
    series = world.create_series()
    world.fund(world.issuer, 10_000)
    token.setFeeBps(100, {"from": world.deployer})
    with reverts("GiftCertificates_ArrivedDiffers", 1_000, 990):
        issue(world, series, 1_000)
    assert (world.reserve(), world.certificates.state(series)[1]) == (0, 0)


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_issue_reverts_when_the_currency_moves_nothing(
    make_world: Any, make_token: MakeToken, mode: str
) -> None:
    token = make_token("FalseReturnToken")
    world = make_world(token)
    series = world.create_series()
    world.fund(world.issuer, 10_000)
    token.setMode(FALSE_MODES.index(mode), {"from": world.deployer})
    refusal = (
        reverts("SafeERC20FailedOperation", token)
        if mode == "Refusing"
        else reverts("GiftCertificates_ArrivedDiffers", 1_000, 0)
    )
    with refusal:
        issue(world, series, 1_000)
    assert world.certificates.state(series)[1] == 0


def test_issue_takes_a_currency_that_returns_nothing(make_world: Any, make_token: MakeToken) -> None:
    world = make_world(make_token("NoReturnToken"))
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    assert world.certificates.balanceOf(world.holder, series) == world.reserve() == 1_000


# recipients that are contracts


@pytest.mark.parametrize("mode", ["WrongMagic", "Reverts", "RevertsEmpty", "BurnsGas", "Accepts"])
def test_issue_to_a_contract_depends_on_its_acceptance(
    world: World, series: int, make_account: MakeAccount, mode: str
) -> None:
    assert mode in REFUSER_MODES
    recipient = make_account("Refuser1155", world.agent, mode)
    reserve = world.reserve()
    if mode == "Accepts":
        issue(world, series, 40, to=recipient)
        assert world.certificates.balanceOf(recipient, series) == 40
        return
    refusal = (
        reverts("Refuser1155_Refused", world.issuer, ZERO, series, 40)
        if mode == "Reverts"
        else reverts("ERC1155InvalidReceiver", recipient)
    )
    with refusal:
        issue(world, series, 40, to=recipient)
    assert (world.reserve(), world.certificates.state(series)[1]) == (reserve, 0)


def test_issue_to_a_contract_that_knows_nothing_of_certificates_reverts(world: World, series: int) -> None:
    with reverts("ERC1155InvalidReceiver", world.token):
        issue(world, series, 40, to=world.token)
    with reverts("ERC1155InvalidReceiver", world.certificates):
        issue(world, series, 40, to=world.certificates)
