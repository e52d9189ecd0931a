"""transferSigned: a transfer by signature, which needs no approval and no gas of the holder's."""

from dataclasses import replace

import pytest

from largesse.signed.certificates import Transfer
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, Authorization, SignedAction, check_accepted, check_refused


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.holder, 100)
    return series_id


def action(world: World, series: int) -> SignedAction:
    return SignedAction(
        world,
        series,
        world.holder,
        lambda nonce, deadline: Transfer(
            str(world.holder), str(world.recipient), series, 30, nonce, deadline
        ),
        lambda authorization: world.certificates.transferSigned(
            world.holder, world.recipient, series, 30, authorization, {"from": world.relayer}
        ),
    )


def transfer(world: World, message: Transfer, authorization: Authorization | None = None) -> None:
    world.certificates.transferSigned(
        message.from_,
        message.to,
        message.series_id,
        message.amount,
        authorization or world.authorize(message, world.holder),
        {"from": world.relayer},
    )


def message(world: World, series: int) -> Transfer:
    return Transfer(str(world.holder), str(world.recipient), series, 30, 1, world.now() + DAY)


@pytest.mark.parametrize("fault", FAULTS)
def test_transfer_signed_reverts_on_a_faulty_authorization(world: World, series: int, fault: str) -> None:
    check_refused(action(world, series), fault)


def test_transfer_signed_acts_once(world: World, series: int) -> None:
    check_accepted(action(world, series))
    assert world.certificates.balanceOf(world.recipient, series) == 30


@pytest.mark.parametrize("changed", ["to", "amount", "series"])
def test_transfer_signed_binds_what_it_says(world: World, series: int, changed: str) -> None:
    signed = message(world, series)
    sent = {
        "to": replace(signed, to=str(world.relayer)),
        "amount": replace(signed, amount=31),
        "series": replace(signed, series_id=world.create_series()),
    }[changed]
    with reverts("GiftCertificates_InvalidSignature", world.holder, sent.digest(world.domain)):
        transfer(world, sent, world.authorize(signed, world.holder))


def test_transfer_signed_reverts_to_nobody(world: World, series: int) -> None:
    with reverts("ERC1155InvalidReceiver", ZERO):
        transfer(world, replace(message(world, series), to=ZERO))


def test_transfer_signed_reverts_over_balance(world: World, series: int) -> None:
    with reverts("ERC1155InsufficientBalance", world.holder, 100, 101, series):
        transfer(world, replace(message(world, series), amount=101))


def test_transfer_signed_reverts_once_forfeited(world: World, series: int) -> None:
    at(world.certificates.terms(series)[3])
    world.certificates.forfeit(series, {"from": world.stranger})
    with reverts("GiftCertificates_Forfeited", series):
        transfer(world, message(world, series))


def test_transfer_signed_moves_the_amount(world: World, series: int) -> None:
    authorization = action(world, series).signed(nonce=9)
    tx = action(world, series).send(authorization)
    assert world.certificates.account(series, world.holder) == (70, 0, 9)
    assert world.certificates.account(series, world.recipient) == (30, 0, 0)
    assert logs_of(tx, world.certificates) == [
        ("AuthorizationUsed", world.holder, series, 9),
        ("TransferSingle", world.relayer, world.holder, world.recipient, series, 30),
    ]


def test_transfer_signed_to_oneself_keeps_balance_and_nonce(world: World, series: int) -> None:
    transfer(world, replace(message(world, series), to=str(world.holder)))
    assert world.certificates.account(series, world.holder) == (100, 0, 1)


def test_transfer_signed_asks_a_contract_for_its_acceptance(
    world: World, series: int, make_account: MakeAccount
) -> None:
    refuser = make_account("Refuser1155", world.agent, "Reverts")
    with reverts("Refuser1155_Refused", world.relayer, world.holder, series, 30):
        transfer(world, replace(message(world, series), to=refuser.address))
    assert world.certificates.account(series, world.holder) == (100, 0, 0)


def test_transfer_signed_reverts_for_nobody(world: World, series: int) -> None:
    """A signature that leads to no signer is not the zero address's."""
    signed = Transfer(ZERO, str(world.stranger), series, 0, 1, world.now() + DAY)
    authorization = (signed.nonce, signed.deadline, bytes(65))
    with reverts("GiftCertificates_InvalidSignature", ZERO, signed.digest(world.domain)):
        world.certificates.transferSigned(
            ZERO, world.stranger, series, 0, authorization, {"from": world.stranger}
        )
