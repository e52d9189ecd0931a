"""ERC-1155, to the letter: transfers, and who must accept them."""

from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount, call_as
from tests.support.certificates import MAX_AMOUNT, NO_SIGNATURE, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.zoo.raw import raw_call

Pair = tuple[int, int]
BEYOND = (MAX_AMOUNT + 1, 2**128, 2**256 - 1)
"""Amounts that would fit if their upper bits were cut off."""


@pytest.fixture(scope="module")
def pair(world: World) -> Pair:
    """Two series of which the holder has 100 and 200."""
    first, second = world.create_series(), world.create_series()
    world.issue(first, world.holder, 100)
    world.issue(second, world.holder, 200)
    return first, second


def send(world: World, series: int, amount: int, to: Any = None, **options: Any) -> Any:
    caller = options.pop("caller", world.holder)
    data = options.pop("data", b"")
    source = options.pop("source", world.holder)
    assert not options
    return world.certificates.safeTransferFrom(
        source, to or world.recipient, series, amount, data, {"from": caller}
    )


def send_batch(world: World, series: list[int], amounts: list[int], to: Any = None, **options: Any) -> Any:
    caller = options.pop("caller", world.holder)
    data = options.pop("data", b"")
    assert not options
    return world.certificates.safeBatchTransferFrom(
        world.holder, to or world.recipient, series, amounts, data, {"from": caller}
    )


# one series


def test_transfer_reverts_to_nobody(world: World, pair: Pair) -> None:
    with reverts("ERC1155InvalidReceiver", ZERO):
        send(world, pair[0], 1, ZERO)
    with reverts("ERC1155InvalidReceiver", ZERO):
        send(world, pair[0], 0, ZERO)


@pytest.mark.parametrize("amount", [101, *BEYOND])
def test_transfer_reverts_over_balance(world: World, pair: Pair, amount: int) -> None:
    with reverts("ERC1155InsufficientBalance", world.holder, 100, amount, pair[0]):
        send(world, pair[0], amount)


def test_transfer_reverts_from_nobody(world: World, pair: Pair) -> None:
    with reverts("ERC1155MissingApprovalForAll", world.holder, ZERO):
        send(world, pair[0], 0, source=ZERO)


def test_transfer_reverts_in_an_unknown_series(world: World, pair: Pair) -> None:
    with reverts("ERC1155InsufficientBalance", world.holder, 0, 1, pair[1] + 1):
        send(world, pair[1] + 1, 1)


def test_transfer_reverts_without_approval(world: World, pair: Pair) -> None:
    for caller in (world.stranger, world.issuer, world.recipient):
        with reverts("ERC1155MissingApprovalForAll", caller, world.holder):
            send(world, pair[0], 1, caller=caller)


def test_transfer_moves_the_amount(world: World, pair: Pair) -> None:
    tx = send(world, pair[0], 30, data=b"note")
    assert world.certificates.account(pair[0], world.holder) == (70, 0, 0)
    assert world.certificates.account(pair[0], world.recipient) == (30, 0, 0)
    assert world.certificates.balanceOf(world.holder, pair[1]) == 200
    assert world.certificates.state(pair[0])[1] == 100
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.holder, world.holder, world.recipient, pair[0], 30)
    ]


def test_transfer_moves_everything_and_then_nothing(world: World, pair: Pair) -> None:
    send(world, pair[0], 100)
    tx = send(world, pair[0], 0)
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.holder, world.holder, world.recipient, pair[0], 0)
    ]
    with reverts("ERC1155InsufficientBalance", world.holder, 0, 1, pair[0]):
        send(world, pair[0], 1)


@pytest.mark.parametrize("amount", [0, 1, 100])
def test_transfer_to_oneself_changes_nothing(world: World, pair: Pair, amount: int) -> None:
    tx = send(world, pair[0], amount, world.holder)
    assert world.certificates.account(pair[0], world.holder) == (100, 0, 0)
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.holder, world.holder, world.holder, pair[0], amount)
    ]
    with reverts("ERC1155InsufficientBalance", world.holder, 100, 101, pair[0]):
        send(world, pair[0], 101, world.holder)


def test_transfer_by_an_operator_names_it(world: World, pair: Pair) -> None:
    world.certificates.setApprovalForAll(world.agent, True, {"from": world.holder})
    tx = send(world, pair[0], 30, caller=world.agent)
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.agent, world.holder, world.recipient, pair[0], 30)
    ]


def test_transfer_leaves_history_where_it_is(world: World, pair: Pair) -> None:
    """What was spent and signed stays with the holder: rights don't follow a transfer."""
    world.certificates.redeem(pair[0], 40, world.merchant, {"from": world.holder})
    world.certificates.cancelAuthorizations(world.holder, pair[0], (5, 0, b""), {"from": world.holder})
    send(world, pair[0], 60)
    assert world.certificates.account(pair[0], world.holder) == (0, 40, 5)
    assert world.certificates.account(pair[0], world.recipient) == (60, 0, 0)


def test_transfer_passes_at_any_time_before_forfeiture(world: World, pair: Pair) -> None:
    terms = world.certificates.terms(pair[0])
    for time in (terms[2] - 1, terms[2], terms[3] - 1, terms[3], terms[3] + 1):
        at(time)
        send(world, pair[0], 1)
    assert world.certificates.balanceOf(world.recipient, pair[0]) == 5


def test_transfer_reverts_once_forfeited(world: World, pair: Pair) -> None:
    at(world.certificates.terms(pair[0])[3])
    world.certificates.forfeit(pair[0], {"from": world.stranger})
    for amount in (0, 1):
        with reverts("GiftCertificates_Forfeited", pair[0]):
            send(world, pair[0], amount)
    with reverts("GiftCertificates_Forfeited", pair[0]):
        send_batch(world, [pair[1], pair[0]], [1, 0])
    send(world, pair[1], 1)
    assert world.certificates.balanceOf(world.recipient, pair[1]) == 1


# several series


@pytest.mark.parametrize(("ids", "amounts"), [(1, 0), (0, 1), (2, 1), (1, 2)])
def test_batch_reverts_when_lengths_differ(world: World, pair: Pair, ids: int, amounts: int) -> None:
    with reverts("ERC1155InvalidArrayLength", ids, amounts):
        send_batch(world, list(pair[:ids]), [1] * amounts)


def test_batch_reverts_to_nobody(world: World, pair: Pair) -> None:
    with reverts("ERC1155InvalidReceiver", ZERO):
        send_batch(world, list(pair), [1, 1], ZERO)


def test_batch_reverts_without_approval(world: World, pair: Pair) -> None:
    with reverts("ERC1155MissingApprovalForAll", world.stranger, world.holder):
        send_batch(world, list(pair), [1, 1], caller=world.stranger)
    with reverts("ERC1155MissingApprovalForAll", world.stranger, world.holder):
        send_batch(world, [], [], caller=world.stranger)


@pytest.mark.parametrize("amount", [201, *BEYOND])
def test_batch_reverts_as_a_whole_over_balance(world: World, pair: Pair, amount: int) -> None:
    with reverts("ERC1155InsufficientBalance", world.holder, 200, amount, pair[1]):
        send_batch(world, list(pair), [1, amount])
    assert world.certificates.balanceOf(world.recipient, pair[0]) == 0


def test_batch_reverts_when_the_same_series_twice_is_too_much(world: World, pair: Pair) -> None:
    with reverts("ERC1155InsufficientBalance", world.holder, 40, 60, pair[0]):
        send_batch(world, [pair[0], pair[0]], [60, 60])


def test_batch_moves_every_row(world: World, pair: Pair) -> None:
    ids, amounts = [pair[1], pair[0], pair[1]], [7, 8, 9]
    tx = send_batch(world, ids, amounts, data=b"note")
    assert world.certificates.balanceOf(world.recipient, pair[0]) == 8
    assert world.certificates.balanceOf(world.recipient, pair[1]) == 16
    assert world.certificates.balanceOf(world.holder, pair[0]) == 92
    assert world.certificates.balanceOf(world.holder, pair[1]) == 184
    assert logs_of(tx, world.certificates) == [
        ("TransferBatch", world.holder, world.holder, world.recipient, tuple(ids), tuple(amounts))
    ]


def test_batch_to_oneself_changes_nothing(world: World, pair: Pair) -> None:
    send_batch(world, list(pair), [100, 200], world.holder)
    assert world.certificates.balanceOf(world.holder, pair[0]) == 100
    assert world.certificates.balanceOf(world.holder, pair[1]) == 200


def test_batch_of_nothing_is_an_event(world: World, pair: Pair) -> None:
    tx = send_batch(world, [], [])
    assert logs_of(tx, world.certificates) == [
        ("TransferBatch", world.holder, world.holder, world.recipient, (), ())
    ]


# acceptance


@pytest.mark.parametrize("kind", ["single", "batch"])
@pytest.mark.parametrize("mode", ["WrongMagic", "Reverts", "RevertsEmpty", "Accepts"])
def test_a_contract_must_accept(
    world: World, pair: Pair, make_account: MakeAccount, mode: str, kind: str
) -> None:
    recipient = make_account("Refuser1155", world.agent, mode)

    def go() -> None:
        if kind == "single":
            send(world, pair[0], 30, recipient)
        else:
            send_batch(world, list(pair), [30, 40], recipient)

    if mode == "Accepts":
        go()
        assert world.certificates.balanceOf(recipient, pair[0]) == 30
        return
    refusal = (
        reverts("Refuser1155_Refused", world.holder, world.holder, pair[0], 30)
        if mode == "Reverts"
        else reverts("ERC1155InvalidReceiver", recipient)
    )
    with refusal:
        go()
    assert world.certificates.balanceOf(world.holder, pair[0]) == 100


@pytest.mark.parametrize("kind", ["single", "batch"])
def test_a_contract_that_knows_nothing_of_certificates_gets_none(world: World, pair: Pair, kind: str) -> None:
    for blind in (world.token, world.certificates, world.card_art):
        with reverts("ERC1155InvalidReceiver", blind):
            if kind == "single":
                send(world, pair[0], 1, blind)
            else:
                send_batch(world, list(pair), [1, 1], blind)


def test_a_contract_is_asked_after_it_was_credited(
    world: World, pair: Pair, make_account: MakeAccount
) -> None:
    """It may pass on what it is just receiving (the standard demands the balance to be there)."""
    recipient = make_account("ReentrantReceiver1155", world.agent)
    onward = world.certificates.safeTransferFrom.encode_input(recipient, world.merchant, pair[0], 30, b"")
    recipient.program(world.certificates, onward, 1, {"from": world.agent})
    send(world, pair[0], 30, recipient)
    assert recipient.succeeded()
    assert world.certificates.balanceOf(recipient, pair[0]) == 0
    assert world.certificates.balanceOf(world.merchant, pair[0]) == 30


def test_a_contract_moves_its_own(world: World, pair: Pair, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", world.agent)
    send(world, pair[0], 30, wallet)
    call_as(
        wallet,
        world.agent,
        world.certificates.safeTransferFrom,
        wallet,
        world.merchant,
        pair[0],
        10,
        b"",
    )
    assert world.certificates.balanceOf(wallet, pair[0]) == 20


def test_nothing_is_asked_of_an_account_without_code(world: World, pair: Pair) -> None:
    nobody_yet = "0x" + "ab" * 20
    send(world, pair[0], 5, nobody_yet)
    assert raw_call(world.certificates.balanceOf, nobody_yet, pair[0], sender=nobody_yet).data[-1] == 5


def test_transfers_need_no_authorization_struct(world: World, pair: Pair) -> None:
    """The signed transfer, without a signature, is the caller's own."""
    world.certificates.transferSigned(
        world.holder, world.recipient, pair[0], 5, NO_SIGNATURE, {"from": world.holder}
    )
    assert world.certificates.account(pair[0], world.holder) == (95, 0, 0)
