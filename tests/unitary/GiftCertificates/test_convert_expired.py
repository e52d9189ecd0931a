"""convertExpired: after expiry, face becomes face of a live series of the same issuer, at 100 %."""

from typing import Any

import pytest
from brownie import web3

from largesse.signed.certificates import Conversion
from tests.fixtures.accounts import MakeAccount, call_as
from tests.support.certificates import (
    ART,
    DAY,
    MAX_AMOUNT,
    NO_SIGNATURE,
    ONLY_NEW,
    YEAR,
    ZERO,
    World,
)
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.payments import selector
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused

Pair = tuple[int, int]
LIVE: dict[str, Any] = {"named": True, "convertible": True}


@pytest.fixture(scope="module")
def pair(world: World) -> Pair:
    """A convertible series of which the holder has 100, and one that outlives it."""
    now = world.now()
    old = world.create_series([world.merchant], **LIVE)
    new = world.create_series(
        [world.merchant],
        **LIVE,
        sales_close_at=now + 3 * YEAR,
        expires_at=now + 4 * YEAR,
        limitation_at=now + 9 * YEAR,
        denomination=50,
    )
    world.issue(old, world.holder, 100)
    return old, new


@pytest.fixture(scope="module")
def expired(world: World, pair: Pair) -> Pair:
    """The same, the first at its expiry."""
    mine_at(world.certificates.terms(pair[0])[2])
    return pair


def convert(world: World, old: int, new: int, amount: int = 30) -> Any:
    return world.certificates.convertExpired(
        world.holder, old, new, amount, NO_SIGNATURE, {"from": world.holder}
    )


def action(world: World, pair: Pair) -> SignedAction:
    return SignedAction(
        world,
        pair[0],
        world.holder,
        lambda nonce, deadline: Conversion(str(world.holder), *pair, 30, nonce, deadline),
        lambda authorization: world.certificates.convertExpired(
            world.holder, *pair, 30, authorization, {"from": world.relayer}
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_convert_reverts_on_a_faulty_authorization(world: World, expired: Pair, fault: str) -> None:
    check_refused(action(world, expired), fault)


def test_convert_acts_once(world: World, expired: Pair) -> None:
    check_accepted(action(world, expired))
    assert world.certificates.balanceOf(world.holder, expired[1]) == 30


def test_convert_tells_an_account_with_code_that_it_comes_from_nobody(world: World, expired: Pair) -> None:
    web3.provider.make_request("anvil_setCode", [str(world.holder), ONLY_NEW])
    check_accepted(action(world, expired))
    assert world.certificates.balanceOf(world.holder, expired[1]) == 30


@pytest.mark.parametrize("changed", ["amount", "target"])
def test_convert_by_signature_binds_what_it_says(world: World, expired: Pair, changed: str) -> None:
    now = world.now()
    other = world.create_series(
        [world.merchant], named=True, sales_close_at=now + YEAR, expires_at=now + 2 * YEAR
    )
    deadline = now + DAY
    authorization = world.authorize(Conversion(str(world.holder), *expired, 30, 1, deadline), world.holder)
    target, amount = (other, 30) if changed == "target" else (expired[1], 31)
    digest = Conversion(str(world.holder), expired[0], target, amount, 1, deadline).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.holder, digest):
        world.certificates.convertExpired(
            world.holder, expired[0], target, amount, authorization, {"from": world.relayer}
        )


def test_convert_reverts_between_unknown_series(world: World, expired: Pair) -> None:
    for old, new in ((99, expired[1]), (expired[0], 99)):
        with reverts("GiftCertificates_UnknownSeries", 99):
            convert(world, old, new)


def test_convert_reverts_before_expiry(world: World, pair: Pair) -> None:
    expires_at = world.certificates.terms(pair[0])[2]
    live = world.create_series([world.merchant], **LIVE, sales_close_at=world.now() + 2 * YEAR)
    world.issue(live, world.holder, 10)
    still = world.certificates.terms(live)[2]
    assert still > expires_at
    with reverts("GiftCertificates_NotExpired", live, still):
        convert(world, live, pair[1], 10)


def test_convert_begins_with_expiry(world: World) -> None:
    now = world.now()
    old = world.create_series([world.merchant], **LIVE, sales_close_at=now + DAY, expires_at=now + 2 * DAY)
    new = world.create_series([world.merchant], named=True)
    world.issue(old, world.holder, 10)
    at(now + 2 * DAY - 1)
    with reverts("GiftCertificates_NotExpired", old, now + 2 * DAY):
        convert(world, old, new, 10)
    at(now + 2 * DAY)
    convert(world, old, new, 10)
    assert world.certificates.balanceOf(world.holder, new) == 10


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_convert_ends_with_limitation(world: World, past: int) -> None:
    now = world.now()
    old = world.create_series(
        [world.merchant],
        **LIVE,
        sales_close_at=now + DAY,
        expires_at=now + 2 * DAY,
        limitation_at=now + 3 * DAY,
    )
    new = world.create_series([world.merchant], named=True)
    world.issue(old, world.holder, 10)
    at(now + 3 * DAY + past)
    if past < 0:
        convert(world, old, new, 10)
        assert world.certificates.balanceOf(world.holder, new) == 10
        return
    with reverts("GiftCertificates_AfterLimitation", old, now + 3 * DAY):
        convert(world, old, new, 10)


def test_convert_reverts_from_a_series_that_grants_none(world: World, expired: Pair) -> None:
    now = world.now()
    old = world.create_series(
        [world.merchant], named=True, sales_close_at=now + DAY, expires_at=now + 2 * DAY
    )
    world.issue(old, world.holder, 10)
    at(now + 2 * DAY)
    with reverts("GiftCertificates_NotConvertible", old, expired[1]):
        convert(world, old, expired[1], 10)


def test_convert_reverts_into_an_open_series(world: World, expired: Pair) -> None:
    """Into one, credit would become cash."""
    target = world.create_series()
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


def test_convert_reverts_into_another_issuers_series(world: World, expired: Pair) -> None:
    world.certificates.createSeries(
        world.terms(named=True), [world.merchant.address], ART, {"from": world.stranger}
    )
    target = world.certificates.seriesCount()
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


def test_convert_reverts_into_a_series_that_was_wound_down(world: World, expired: Pair) -> None:
    world.certificates.windDown(expired[1], {"from": world.issuer})
    with reverts("GiftCertificates_NotConvertible", *expired):
        convert(world, *expired)


def test_convert_reverts_into_a_series_with_a_refund_window_announced(world: World, expired: Pair) -> None:
    """Already during the notice: who converts must not get cash 30 days later."""
    target = world.create_series(
        [world.merchant, world.creator], named=True, refund_on_removal=True, sales_close_at=world.now() + YEAR
    )
    world.certificates.removeMerchant(target, world.creator, {"from": world.issuer})
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)
    world.certificates.addMerchants(target, [world.creator.address], {"from": world.issuer})
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


def test_convert_reverts_into_a_series_that_cashes_out_the_unused(world: World, expired: Pair) -> None:
    target = world.create_series(
        [world.merchant], named=True, denomination=10, cash_out_below=11, cash_out_unused=True
    )
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


@pytest.mark.parametrize(("share", "passes"), [(8_999, True), (9_000, True), (9_001, False)])
def test_convert_reverts_into_a_series_that_pays_more_after_expiry(
    world: World, expired: Pair, share: int, passes: bool
) -> None:
    now = world.now()
    target = world.create_series(
        [world.merchant], named=True, sales_close_at=now + DAY, post_expiry_bps=share
    )
    if passes:
        convert(world, expired[0], target)
        assert world.certificates.balanceOf(world.holder, target) == 30
        return
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


# the target's rights, and whether the source grants as much (60 % of 100 used, rests below 15 of 100)
MORE_CASH: list[tuple[dict[str, int], bool]] = [
    ({"use_threshold_bps": 5_999}, False),
    ({"use_threshold_bps": 6_000}, True),
    ({"use_threshold_bps": 6_001}, True),
    ({"use_threshold_bps": 6_000, "denomination": 10}, True),  # a share is the same of any face
    ({"cash_out_below": 14}, True),
    ({"cash_out_below": 15}, True),
    ({"cash_out_below": 16}, False),
    ({"cash_out_below": 15, "denomination": 99}, False),  # a small rest of a smaller face comes sooner
    ({"cash_out_below": 15, "denomination": 101}, True),
]


@pytest.mark.parametrize(("rights", "passes"), MORE_CASH)
def test_convert_reverts_into_a_series_that_pays_more_before_expiry(
    world: World, rights: dict[str, int], passes: bool
) -> None:
    now = world.now()
    old = world.create_series(
        [world.merchant],
        **LIVE,
        denomination=100,
        use_threshold_bps=6_000,
        cash_out_below=15,
        sales_close_at=now + DAY,
        expires_at=now + 2 * DAY,
    )
    new = world.create_series([world.merchant], named=True, **{"denomination": 100} | rights)
    world.issue(old, world.holder, 100)
    at(now + 2 * DAY)
    if passes:
        convert(world, old, new)
        assert world.certificates.balanceOf(world.holder, new) == 30
        return
    with reverts("GiftCertificates_NotConvertible", old, new):
        convert(world, old, new)


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_convert_reverts_into_a_series_whose_sales_are_closed(world: World, expired: Pair, past: int) -> None:
    close = world.now() + DAY
    target = world.create_series([world.merchant], named=True, sales_close_at=close)
    at(close + past)
    if past < 0:
        convert(world, expired[0], target)
        assert world.certificates.balanceOf(world.holder, target) == 30
        return
    with reverts("GiftCertificates_NotConvertible", expired[0], target):
        convert(world, expired[0], target)


def test_convert_reverts_into_itself(world: World, expired: Pair) -> None:
    with reverts("GiftCertificates_NotConvertible", expired[0], expired[0]):
        convert(world, expired[0], expired[0])


def test_convert_reverts_with_amount_zero_and_over_balance(world: World, expired: Pair) -> None:
    with reverts("GiftCertificates_ZeroAmount", expired[0]):
        convert(world, *expired, 0)
    with reverts("GiftCertificates_InsufficientBalance", 100, 101):
        convert(world, *expired, 101)


def test_convert_reverts_when_the_target_is_full(world: World, expired: Pair) -> None:
    target = world.create_series([world.merchant], named=True)
    world.issue(target, world.giver, MAX_AMOUNT - 29)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - 29, 30):
        convert(world, expired[0], target)
    convert(world, expired[0], target, 29)
    assert world.certificates.state(target)[1] == MAX_AMOUNT


def test_convert_moves_the_whole_face_and_no_money(world: World, expired: Pair) -> None:
    reserve = world.reserve()
    tx = convert(world, *expired, 30)
    assert world.certificates.account(expired[0], world.holder) == (70, 30, 0)
    assert world.certificates.account(expired[1], world.holder) == (30, 0, 0)
    assert world.certificates.state(expired[0])[1] == 70
    assert world.certificates.state(expired[1])[1] == 30
    assert world.reserve() == world.liabilities() == reserve
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.holder, world.holder, ZERO, expired[0], 30),
        ("TransferSingle", world.holder, ZERO, world.holder, expired[1], 30),
        ("Converted", *expired, world.holder, 30),
    ]
    assert logs_of(tx, world.token) == []


def test_what_was_converted_is_spent_like_any_other(world: World, expired: Pair) -> None:
    convert(world, *expired, 30)
    world.certificates.redeem(expired[1], 30, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 30


def test_convert_finds_the_door_shut_for_whom_it_asks(
    world: World, pair: Pair, make_account: MakeAccount
) -> None:
    wallet, new, now = make_account("ReentrantReceiver1155", world.agent), pair[1], world.now()
    old = world.create_series([world.merchant], **LIVE, sales_close_at=now + DAY, expires_at=now + 2 * DAY)
    world.issue(old, wallet, 100)
    mine_at(now + 2 * DAY)
    again = world.certificates.convertExpired.encode_input(wallet, old, new, 30, NO_SIGNATURE)
    wallet.program(world.certificates, again, 1, {"from": world.agent})
    call_as(wallet, world.agent, world.certificates.convertExpired, wallet, old, new, 30, NO_SIGNATURE)
    assert (wallet.callsMade(), wallet.succeeded()) == (1, False)
    assert bytes.fromhex(str(wallet.returned())[2:]) == selector("ReentrancyGuardReentrantCall")
    assert world.certificates.balanceOf(wallet, new) == 30


@pytest.mark.parametrize("accepts", [True, False])
def test_convert_asks_a_contract_for_its_acceptance(
    world: World, pair: Pair, make_account: MakeAccount, accepts: bool
) -> None:
    wallet = make_account("Refuser1155", world.agent, "Accepts")
    now = world.now()
    old = world.create_series([world.merchant], **LIVE, sales_close_at=now + DAY, expires_at=now + 2 * DAY)
    world.issue(old, wallet, 10)
    at(now + 2 * DAY)
    if not accepts:
        wallet.setMode(0, {"from": world.agent})
        with reverts("ERC1155InvalidReceiver", wallet):
            call_as(
                wallet, world.agent, world.certificates.convertExpired, wallet, old, pair[1], 10, NO_SIGNATURE
            )
        return
    call_as(wallet, world.agent, world.certificates.convertExpired, wallet, old, pair[1], 10, NO_SIGNATURE)
    assert world.certificates.balanceOf(wallet, pair[1]) == 10
