"""give: face leaves the giver's balance and waits, still outstanding, under one commitment."""

from typing import Any

import pytest

from largesse.eip712 import address_of, keccak
from tests.support.certificates import NEVER, YEAR, ZERO, World, gift_id
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of

KEY = address_of(secret_of("give"))
FACE = 1_000


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, FACE)
    return series_id


@pytest.fixture(scope="module")
def dates(world: World, series: int) -> tuple[int, int]:
    """Expiry and limitation of the series."""
    terms = world.certificates.terms(series)
    return terms[2], terms[3]


def order(series_id: int, amount: int = 400, **overrides: Any) -> tuple[Any, ...]:
    """A `GiftOrder`: a bearer link that delivers now and is never taken back, unless told otherwise."""
    fields = {"key": KEY, "recipient": ZERO, "deliver_at": 0, "reclaim_at": 0, "message_hash": bytes(32)}
    fields |= overrides
    return (series_id, amount, *fields.values())


def test_give_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series + 1):
        world.certificates.give(order(series + 1), {"from": world.giver})


def test_give_reverts_with_neither_key_nor_recipient(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        world.certificates.give(order(series, key=ZERO), {"from": world.giver})


def test_give_reverts_with_amount_zero(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        world.certificates.give(order(series, 0), {"from": world.giver})


def test_give_reverts_over_balance(world: World, series: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", FACE, FACE + 1):
        world.certificates.give(order(series, FACE + 1), {"from": world.giver})
    with reverts("GiftCertificates_InsufficientBalance", 0, 1):
        world.certificates.give(order(series, 1), {"from": world.stranger})


def test_give_reverts_with_a_delivery_in_the_past(world: World, series: int, dates: tuple[int, int]) -> None:
    now = at(world.now() + 10)
    with reverts("GiftCertificates_GiftDates", now - 1, NEVER, *dates):
        world.certificates.give(order(series, deliver_at=now - 1), {"from": world.giver})


def test_give_takes_a_delivery_at_this_very_second(world: World, series: int) -> None:
    now = at(world.now() + 10)
    world.certificates.give(order(series, deliver_at=now), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


@pytest.mark.parametrize("past", [0, 1])
def test_give_reverts_with_a_delivery_from_expiry_on(
    world: World, series: int, dates: tuple[int, int], past: int
) -> None:
    with reverts("GiftCertificates_GiftDates", dates[0] + past, NEVER, *dates):
        world.certificates.give(order(series, deliver_at=dates[0] + past), {"from": world.giver})


def test_give_takes_a_delivery_in_the_last_second_before_expiry(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    world.certificates.give(order(series, deliver_at=dates[0] - 1), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


def test_give_reverts_once_expired(world: World, series: int, dates: tuple[int, int]) -> None:
    at(dates[0])
    with reverts("GiftCertificates_GiftDates", dates[0], NEVER, *dates):
        world.certificates.give(order(series), {"from": world.giver})


def test_give_takes_the_last_second_before_expiry(world: World, series: int, dates: tuple[int, int]) -> None:
    at(dates[0] - 1)
    world.certificates.give(order(series), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


@pytest.mark.parametrize("gap", [0, -1])
def test_give_reverts_when_reclaimed_not_after_delivery(
    world: World, series: int, dates: tuple[int, int], gap: int
) -> None:
    deliver = world.now() + 1_000
    with reverts("GiftCertificates_GiftDates", deliver, deliver + gap, *dates):
        world.certificates.give(
            order(series, deliver_at=deliver, reclaim_at=deliver + gap), {"from": world.giver}
        )


def test_give_takes_a_reclaim_one_second_after_delivery(world: World, series: int) -> None:
    deliver = world.now() + 1_000
    world.certificates.give(order(series, deliver_at=deliver, reclaim_at=deliver + 1), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


@pytest.mark.parametrize("past", [0, 1])
def test_give_reverts_when_reclaimed_from_limitation_on(
    world: World, series: int, dates: tuple[int, int], past: int
) -> None:
    now = at(world.now() + 10)
    with reverts("GiftCertificates_GiftDates", now, dates[1] + past, *dates):
        world.certificates.give(order(series, reclaim_at=dates[1] + past), {"from": world.giver})


def test_give_takes_a_reclaim_in_the_last_second_before_limitation(
    world: World, series: int, dates: tuple[int, int]
) -> None:
    world.certificates.give(order(series, reclaim_at=dates[1] - 1), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


def test_give_takes_never_by_zero_only(world: World) -> None:
    """`NEVER` as a date is no date before a limitation, not even before one that never comes."""
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, world.giver, FACE)
    now = at(world.now() + 10)
    with reverts("GiftCertificates_GiftDates", now, NEVER, NEVER, NEVER):
        world.certificates.give(order(series, reclaim_at=NEVER), {"from": world.giver})
    world.certificates.give(order(series, reclaim_at=NEVER - 1), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == FACE - 400


def test_give_reverts_for_the_same_gift_in_the_same_second(world: World, series: int) -> None:
    _, gift, gift_hash = world.give(series, 400, secret=secret_of("give"))
    at(world.now())
    with reverts("GiftCertificates_GiftExists", gift_hash):
        world.certificates.give(order(series), {"from": world.giver})
    at(world.now() + 1)
    world.certificates.give(order(series), {"from": world.giver})  # a second later it is another gift
    again = (*gift[:5], world.now(), gift[6], world.now(), *gift[8:])
    assert world.certificates.isGiftOpen(gift_id(again))
    assert world.certificates.isGiftOpen(gift_hash)


def test_give_debits_the_giver_and_nothing_else(world: World, series: int, dates: tuple[int, int]) -> None:
    reserve = world.reserve()
    deliver, reclaim = world.now() + 1_000, world.now() + YEAR
    tx = world.certificates.give(order(series, deliver_at=deliver, reclaim_at=reclaim), {"from": world.giver})
    gift = (
        world.giver.address, KEY, ZERO, series, 400, deliver, reclaim, tx.timestamp, dates[1], bytes(32)
    )  # fmt: skip
    assert world.certificates.isGiftOpen(gift_id(gift))
    # Given away is not spent: no right to a refund grows out of it.
    assert world.certificates.account(series, world.giver) == (FACE - 400, 0, 0)
    assert world.certificates.state(series)[1] == FACE
    assert world.reserve() == world.liabilities() == reserve
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.giver, world.giver, ZERO, series, 400),
        ("GiftGiven", KEY, (dates[1] << 80) | (reclaim << 40) | deliver),
    ]


def test_give_delivers_now_when_no_date_is_named(world: World, series: int, dates: tuple[int, int]) -> None:
    tx = world.certificates.give(order(series), {"from": world.giver})
    assert tx.events["GiftGiven"]["dates"] == (dates[1] << 80) | (NEVER << 40) | tx.timestamp


@pytest.mark.parametrize("message", [bytes(32), keccak(b"happy birthday")], ids=["silent", "message"])
@pytest.mark.parametrize("named", [False, True], ids=["bearer", "named"])
def test_give_announces_a_message_or_a_recipient(
    world: World, series: int, message: bytes, named: bool
) -> None:
    recipient = world.recipient.address if named else ZERO
    tx = world.certificates.give(
        order(series, recipient=recipient, message_hash=message), {"from": world.giver}
    )
    addressed = [entry for entry in logs_of(tx, world.certificates) if entry[0] == "GiftAddressed"]
    assert addressed == ([("GiftAddressed", recipient, message)] if named or any(message) else [])


def test_give_whole_balance_leaves_nothing_to_give(world: World, series: int) -> None:
    world.certificates.give(order(series, FACE), {"from": world.giver})
    assert world.certificates.balanceOf(world.giver, series) == 0
    with reverts("GiftCertificates_InsufficientBalance", 0, 1):
        world.certificates.give(order(series, 1), {"from": world.giver})


def test_give_takes_parts_of_a_certificate(world: World) -> None:
    """Denominations bind the sale, not the holder."""
    series = world.create_series(denomination=50)
    world.issue(series, world.giver, 100)
    _, gift, gift_hash = world.give(series, 7)
    assert world.certificates.isGiftOpen(gift_hash)
    assert gift[4] == 7
    assert world.certificates.account(series, world.giver) == (93, 0, 0)
