"""giveSigned: the giver's signature, somebody else's gas."""

from typing import Any

import pytest

from largesse.eip712 import address_of, keccak, sign_digest
from largesse.signed.certificates import GiftOrder
from tests.fixtures.accounts import MakeAccount, delegate_7702
from tests.support.certificates import DAY, NEVER, NO_SIGNATURE, ZERO, World
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused

KEY = address_of(secret_of("give signed"))
HASH = keccak(b"message")


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


def fields(world: World, series_id: int, **overrides: Any) -> dict[str, Any]:
    """The members of a `GiftOrder` in their order."""
    now = world.now()
    values: dict[str, Any] = {
        "series_id": series_id,
        "amount": 400,
        "key": KEY,
        "recipient": ZERO,
        "deliver_at": now + 2 * DAY,
        "reclaim_at": now + 9 * DAY,
        "message_hash": HASH,
    }
    assert overrides.keys() <= values.keys()
    return values | overrides


def action(world: World, series_id: int) -> SignedAction:
    order = fields(world, series_id)
    return SignedAction(
        world,
        series_id,
        world.giver,
        lambda nonce, deadline: GiftOrder(str(world.giver), *order.values(), nonce, deadline),
        lambda authorization: world.certificates.giveSigned(
            world.giver, tuple(order.values()), authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_give_signed_reverts_on_a_faulty_authorization(world: World, series: int, fault: str) -> None:
    check_refused(action(world, series), fault)


def test_give_signed_acts_once(world: World, series: int) -> None:
    check_accepted(action(world, series))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("amount", 401),
        ("key", address_of(secret_of("thief"))),
        ("recipient", address_of(secret_of("thief"))),
        ("deliver_at", 0),
        ("reclaim_at", 0),
        ("message_hash", keccak(b"another message")),
    ],
)
def test_give_signed_reverts_when_any_member_was_changed(
    world: World, series: int, member: str, value: Any
) -> None:
    deadline = world.now() + DAY
    signed = GiftOrder(str(world.giver), *fields(world, series).values(), 1, deadline)
    authorization = world.authorize(signed, world.giver)
    sent = fields(world, series, **{member: value})
    digest = GiftOrder(str(world.giver), *sent.values(), 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        world.certificates.giveSigned(
            world.giver, tuple(sent.values()), authorization, {"from": world.relayer}
        )


def test_give_signed_binds_the_series(world: World, series: int) -> None:
    other = world.create_series()
    world.issue(other, world.giver, 1_000)
    deadline = world.now() + DAY
    order = fields(world, series)
    authorization = world.authorize(GiftOrder(str(world.giver), *order.values(), 1, deadline), world.giver)
    moved = order | {"series_id": other}
    digest = GiftOrder(str(world.giver), *moved.values(), 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        world.certificates.giveSigned(
            world.giver, tuple(moved.values()), authorization, {"from": world.relayer}
        )


def test_give_signed_debits_the_giver_not_the_relayer(world: World, series: int) -> None:
    world.issue(series, world.relayer, 1_000)
    order = fields(world, series)
    limitation = world.certificates.terms(series)[3]
    message = GiftOrder(str(world.giver), *order.values(), 7, world.now() + DAY)
    tx = world.certificates.giveSigned(
        world.giver, tuple(order.values()), world.authorize(message, world.giver), {"from": world.relayer}
    )
    assert world.certificates.account(series, world.giver) == (600, 0, 7)
    assert world.certificates.account(series, world.relayer) == (1_000, 0, 0)
    assert logs_of(tx, world.certificates) == [
        ("AuthorizationUsed", world.giver, series, 7),
        ("TransferSingle", world.relayer, world.giver, ZERO, series, 400),
        ("GiftGiven", KEY, (limitation << 80) | (order["reclaim_at"] << 40) | order["deliver_at"]),
        ("GiftAddressed", ZERO, HASH),
    ]


def test_give_signed_needs_no_signature_from_the_giver_itself(world: World, series: int) -> None:
    order = fields(world, series)
    tx = world.certificates.giveSigned(
        world.giver, tuple(order.values()), NO_SIGNATURE, {"from": world.giver}
    )
    assert world.certificates.account(series, world.giver) == (600, 0, 0)
    assert "AuthorizationUsed" not in tx.events


def test_give_signed_reverts_with_the_dates_of_a_plain_gift(world: World, series: int) -> None:
    terms = world.certificates.terms(series)
    order = fields(world, series, deliver_at=terms[2], reclaim_at=0)
    message = GiftOrder(str(world.giver), *order.values(), 1, world.now() + DAY)
    with reverts("GiftCertificates_GiftDates", terms[2], NEVER, terms[2], terms[3]):
        world.certificates.giveSigned(
            world.giver, tuple(order.values()), world.authorize(message, world.giver), {"from": world.relayer}
        )


def test_give_signed_by_a_contract_wallet(world: World, series: int, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", world.giver)
    world.issue(series, wallet, 500)
    order = fields(world, series)
    message = GiftOrder(wallet.address, *order.values(), 1, world.now() + DAY)
    digest = message.digest(world.domain)
    forged = (1, message.deadline, sign_digest(digest, world.key(world.stranger)))
    with reverts("GiftCertificates_InvalidSignature", wallet, digest):
        world.certificates.giveSigned(wallet, tuple(order.values()), forged, {"from": world.relayer})
    signed = (1, message.deadline, sign_digest(digest, world.key(world.giver)))
    world.certificates.giveSigned(wallet, tuple(order.values()), signed, {"from": world.relayer})
    assert world.certificates.account(series, wallet) == (100, 0, 1)


def test_give_signed_by_an_account_with_borrowed_code(world: World, series: int, delegate_code: Any) -> None:
    delegate_7702(world.giver, delegate_code, world.relayer)
    check_accepted(action(world, series))
    assert world.certificates.balanceOf(world.giver, series) == 600
