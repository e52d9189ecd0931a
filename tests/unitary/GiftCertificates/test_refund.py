"""refund: five cases, one at a time, and which of them goes first."""

from typing import Any

import pytest

from largesse.eip712 import sign_digest
from largesse.signed.certificates import Refund
from tests.fixtures.accounts import MakeAccount
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY, MAX_AMOUNT, NEVER, NO_SIGNATURE, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.entitlements import FULL, NONE, POST_EXPIRY, REMAINDER, SMALL_REST
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused

FACE = 100
RIGHTS: dict[str, Any] = {
    "named": True,
    "denomination": FACE,
    "use_threshold_bps": 6_000,
    "post_expiry_bps": 9_000,
}
SMALL: dict[str, Any] = {"named": True, "denomination": FACE, "cash_out_from": 5, "cash_out_below": 15}


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """The holder's three certificates of 100: the rest back from 60 % of use on, 90 % after expiry."""
    return series_of(world, **RIGHTS)


def series_of(world: World, certificates: int = 3, **terms: Any) -> int:
    series_id = world.create_series([world.merchant], **terms)
    world.issue(series_id, world.holder, certificates * FACE)
    return series_id


def spend(world: World, series: int, amount: int, holder: Any = None) -> None:
    world.certificates.redeem(series, amount, world.merchant, {"from": holder or world.holder})


def refund(world: World, series: int, amount: int, minimum: int = 0, holder: Any = None) -> Any:
    holder = holder or world.holder
    return world.certificates.refund(holder, series, amount, minimum, NO_SIGNATURE, {"from": holder})


def expire(world: World, series: int) -> int:
    return mine_at(world.certificates.terms(series)[2])


def action(world: World, series: int, amount: int = 40, minimum: int = 40) -> SignedAction:
    return SignedAction(
        world,
        series,
        world.holder,
        lambda nonce, deadline: Refund(str(world.holder), series, amount, minimum, nonce, deadline),
        lambda authorization: world.certificates.refund(
            world.holder, series, amount, minimum, authorization, {"from": world.relayer}
        ),
    )


# by signature


@pytest.mark.parametrize("fault", FAULTS)
def test_refund_reverts_on_a_faulty_authorization(world: World, series: int, fault: str) -> None:
    spend(world, series, 60)
    check_refused(action(world, series), fault)


def test_refund_acts_once(world: World, series: int) -> None:
    spend(world, series, 60)
    check_accepted(action(world, series))
    assert world.certificates.account(series, world.holder)[:2] == (200, 100)
    assert world.token.balanceOf(world.holder) == 40


@pytest.mark.parametrize("changed", ["amount", "minimum", "series"])
def test_refund_by_signature_binds_what_it_says(world: World, series: int, changed: str) -> None:
    other = series_of(world, **RIGHTS) if changed == "series" else series
    spend(world, series, 60)
    deadline = world.now() + DAY
    signed = Refund(str(world.holder), series, 40, 40, 1, deadline)
    sent = Refund(
        str(world.holder), other, 40 - (changed == "amount"), 40 - (changed == "minimum"), 1, deadline
    )
    with reverts("GiftCertificates_InvalidSignature", world.holder, sent.digest(world.domain)):
        world.certificates.refund(
            world.holder,
            sent.series_id,
            sent.amount,
            sent.min_payout,
            world.authorize(signed, world.holder),
            {"from": world.relayer},
        )


def test_refund_by_signature_pays_the_holder_not_the_relayer(world: World, series: int) -> None:
    spend(world, series, 60)
    good = action(world, series).signed(nonce=3)
    tx = action(world, series).send(good)
    assert (world.token.balanceOf(world.holder), world.token.balanceOf(world.relayer)) == (40, 0)
    assert logs_of(tx, world.certificates) == [
        ("AuthorizationUsed", world.holder, series, 3),
        ("TransferSingle", world.relayer, world.holder, ZERO, series, 40),
        ("Refunded", series, world.holder, REMAINDER, 40, 40),
    ]


def test_refund_by_a_contract_wallets_signature(world: World, series: int, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", world.agent)
    world.issue(series, wallet, FACE)
    expire(world, series)
    message = Refund(wallet.address, series, FACE, 90, 1, world.now() + DAY)
    digest = message.digest(world.domain)
    for signer, passes in ((world.stranger, False), (world.agent, True)):
        signed = (1, message.deadline, sign_digest(digest, world.key(signer)))
        args = (wallet, series, FACE, 90, signed, {"from": world.relayer})
        if passes:
            world.certificates.refund(*args)
        else:
            with reverts("GiftCertificates_InvalidSignature", wallet, digest):
                world.certificates.refund(*args)
    assert world.token.balanceOf(wallet) == 90


# no right


def test_refund_reverts_in_an_unknown_series(world: World, series: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series + 1):
        refund(world, series + 1, 1)


def test_refund_reverts_without_a_right(world: World, series: int) -> None:
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 1, 0):
        refund(world, series, 1)


def test_refund_reverts_with_amount_zero(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        refund(world, series, 0)
    spend(world, series, 60)
    with reverts("GiftCertificates_ZeroAmount", series):
        refund(world, series, 0)


def test_refund_reverts_for_somebody_with_nothing(world: World, series: int) -> None:
    expire(world, series)
    with reverts("GiftCertificates_OverEntitlement", 1, 0):
        refund(world, series, 1, holder=world.stranger)


def test_a_series_without_a_denomination_has_no_right_before_expiry(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.holder, FACE)
    spend(world, series, 99)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)


# the remainder after use


@pytest.mark.parametrize(("spent", "right"), [(59, NONE), (60, REMAINDER), (61, REMAINDER), (99, REMAINDER)])
def test_the_remainder_is_refunded_from_the_threshold_on(
    world: World, series: int, spent: int, right: int
) -> None:
    spend(world, series, spent)
    rest = FACE - spent if right else 0
    assert world.certificates.refundable(series, world.holder) == (right, rest, rest)
    with reverts("GiftCertificates_OverEntitlement", rest + 1, rest):
        refund(world, series, rest + 1)
    if right:
        refund(world, series, rest, rest)
        assert world.certificates.account(series, world.holder) == (200, 100, 0)


@pytest.mark.parametrize(("spent", "rest"), [(100, 0), (159, 0), (160, 40), (200, 0), (259, 0), (260, 40)])
def test_the_remainder_is_of_the_certificate_in_use(world: World, series: int, spent: int, rest: int) -> None:
    spend(world, series, spent)
    expected = (REMAINDER, rest, rest) if rest else (NONE, 0, 0)
    assert world.certificates.refundable(series, world.holder) == expected


def test_the_remainder_in_parts_is_the_remainder(world: World, series: int) -> None:
    spend(world, series, 60)
    refund(world, series, 15)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 25, 25)
    refund(world, series, 25)
    assert world.token.balanceOf(world.holder) == 40
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 1, 0):
        refund(world, series, 1)


def test_the_remainder_is_no_more_than_the_balance(world: World, series: int) -> None:
    spend(world, series, 260)
    world.certificates.safeTransferFrom(
        world.holder, world.recipient, series, 30, b"", {"from": world.holder}
    )
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 10, 10)
    with reverts("GiftCertificates_OverEntitlement", 11, 10):
        refund(world, series, 11)
    refund(world, series, 10)
    assert world.certificates.account(series, world.holder) == (0, 270, 0)


def test_a_remainder_that_was_used_up_by_refund_is_no_use_of_the_next(world: World, series: int) -> None:
    """A refund counts as spent, so it opens no right to the next certificate."""
    spend(world, series, 160)
    refund(world, series, 40)
    assert world.certificates.account(series, world.holder) == (100, 200, 0)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)


def test_a_threshold_that_no_unit_hits_is_rounded_against_nobody(world: World) -> None:
    """60.01 % of 100 is reached with 61, not with 60."""
    series = series_of(world, **RIGHTS | {"use_threshold_bps": 6_001})
    spend(world, series, 60)
    assert world.certificates.refundable(series, world.holder)[0] == NONE
    spend(world, series, 1)
    assert world.certificates.refundable(series, world.holder) == (REMAINDER, 39, 39)


def test_a_threshold_of_the_whole_is_never_reached_within_a_certificate(world: World) -> None:
    series = series_of(world, **RIGHTS | {"use_threshold_bps": 10_000})
    for _ in range(2):
        spend(world, series, 99)
        assert world.certificates.refundable(series, world.holder)[0] == NONE
        spend(world, series, 1)
        assert world.certificates.refundable(series, world.holder)[0] == NONE


# the small rest


@pytest.mark.parametrize(
    ("spent", "right"),
    [(85, NONE), (86, SMALL_REST), (94, SMALL_REST), (95, SMALL_REST), (96, NONE), (99, NONE), (100, NONE)],
)
def test_a_rest_is_paid_out_between_its_bounds(world: World, spent: int, right: int) -> None:
    series = series_of(world, **SMALL)
    spend(world, series, spent)
    rest = FACE - spent if right else 0
    assert world.certificates.refundable(series, world.holder) == (right, rest, rest)
    with reverts("GiftCertificates_OverEntitlement", rest + 1, rest):
        refund(world, series, rest + 1)


@pytest.mark.parametrize("unused", [False, True])
def test_an_unused_certificate_is_paid_out_only_where_the_terms_say_so(world: World, unused: bool) -> None:
    series = series_of(world, **SMALL | {"cash_out_below": FACE + 1, "cash_out_unused": unused})
    expected = (SMALL_REST, FACE, FACE) if unused else (NONE, 0, 0)
    assert world.certificates.refundable(series, world.holder) == expected
    if unused:
        for _ in range(3):  # one certificate after the other
            refund(world, series, FACE)
        assert world.certificates.account(series, world.holder) == (0, 300, 0)
        assert world.token.balanceOf(world.holder) == 300


def test_a_small_rest_in_parts_may_fall_below_its_minimum(world: World) -> None:
    series = series_of(world, **SMALL)
    spend(world, series, 90)
    refund(world, series, 6)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)


def test_a_small_rest_leaves_the_other_certificates_alone(world: World) -> None:
    series = series_of(world, **SMALL)
    spend(world, series, 90)
    tx = refund(world, series, 10)
    assert world.certificates.account(series, world.holder) == (200, 100, 0)
    assert logs_of(tx, world.certificates)[-1] == ("Refunded", series, world.holder, SMALL_REST, 10, 10)


# after expiry


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_after_expiry_a_share_is_paid(world: World, series: int, past: int) -> None:
    expires_at = world.certificates.terms(series)[2]
    at(expires_at + past)
    if past < 0:
        with reverts("GiftCertificates_OverEntitlement", 300, 0):
            refund(world, series, 300)
        return
    tx = refund(world, series, 300, 270)
    assert world.token.balanceOf(world.holder) == 270
    assert world.certificates.owed(world.beneficiary) == 30
    assert world.certificates.account(series, world.holder) == (0, 300, 0)
    assert world.reserve() == world.liabilities() == 30
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.holder, world.holder, ZERO, series, 300),
        ("Refunded", series, world.holder, POST_EXPIRY, 300, 270),
        ("PayoutOwed", world.beneficiary, 30),
    ]


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_a_refund_reverts_from_limitation_on(world: World, series: int, past: int) -> None:
    limitation = world.certificates.terms(series)[3]
    at(limitation + past)
    if past < 0:
        refund(world, series, 300)
        assert world.token.balanceOf(world.holder) == 270
        return
    with reverts("GiftCertificates_AfterLimitation", series, limitation):
        refund(world, series, 300)


@pytest.mark.parametrize(
    ("share", "amount", "payout"),
    [
        (9_000, 1, 0),
        (9_000, 9, 8),
        (9_000, 10, 9),
        (9_999, 1, 0),
        (10_000, 1, 1),
        (1, 9_999, 0),
        (1, 10_000, 1),
    ],
)
def test_a_share_is_rounded_down_and_the_rest_is_the_beneficiarys(
    world: World, share: int, amount: int, payout: int
) -> None:
    series = world.create_series(post_expiry_bps=share)
    world.issue(series, world.holder, 10_000)
    expire(world, series)
    refund(world, series, amount)
    assert world.token.balanceOf(world.holder) == payout
    assert world.certificates.owed(world.beneficiary) == amount - payout
    assert world.reserve() == world.liabilities()


def test_a_refund_reverts_under_the_holders_minimum(world: World, series: int) -> None:
    expire(world, series)
    with reverts("GiftCertificates_UnderMinimum", 270, 271):
        refund(world, series, 300, 271)
    refund(world, series, 300, 270)
    assert world.token.balanceOf(world.holder) == 270


def test_a_share_of_zero_is_no_right(world: World) -> None:
    series = series_of(world, **RIGHTS | {"post_expiry_bps": 0})
    spend(world, series, 60)
    expire(world, series)
    assert world.certificates.refundable(series, world.holder) == (NONE, 0, 0)
    with reverts("GiftCertificates_OverEntitlement", 1, 0):
        refund(world, series, 1)


def test_the_remainder_right_ends_with_expiry(world: World, series: int) -> None:
    """From expiry on there is one right only: the share, also of a certificate in use."""
    spend(world, series, 60)
    expire(world, series)
    assert world.certificates.refundable(series, world.holder) == (POST_EXPIRY, 240, 216)


# full refund


def test_a_full_refund_goes_before_every_other_right(world: World) -> None:
    series = series_of(world, **RIGHTS | {"cash_out_below": 50, "cash_out_unused": True})
    spend(world, series, 60)
    assert world.certificates.refundable(series, world.holder)[0] == REMAINDER
    world.certificates.windDown(series, {"from": world.issuer})
    assert world.certificates.refundable(series, world.holder) == (FULL, 240, 240)
    tx = refund(world, series, 40)
    assert logs_of(tx, world.certificates)[-1] == ("Refunded", series, world.holder, FULL, 40, 40)
    expire(world, series)
    assert world.certificates.refundable(series, world.holder) == (FULL, 200, 200)
    refund(world, series, 200, 200)
    assert world.certificates.owed(world.beneficiary) == 0
    assert world.certificates.state(series)[1] == 0
    assert world.reserve() == world.liabilities()


def test_the_remainder_goes_before_the_small_rest(world: World) -> None:
    series = series_of(world, **RIGHTS | {"cash_out_from": 0, "cash_out_below": 100})
    spend(world, series, 59)
    assert world.certificates.refundable(series, world.holder)[0] == SMALL_REST
    spend(world, series, 1)
    assert world.certificates.refundable(series, world.holder)[0] == REMAINDER


def test_a_full_refund_reverts_over_balance_and_from_limitation_on(world: World, series: int) -> None:
    world.certificates.windDown(series, {"from": world.issuer})
    with reverts("GiftCertificates_OverEntitlement", 301, 300):
        refund(world, series, 301)
    limitation = world.certificates.terms(series)[3]
    at(limitation)
    with reverts("GiftCertificates_AfterLimitation", series, limitation):
        refund(world, series, 300)


def test_an_open_series_refunds_in_full_when_wound_down(world: World) -> None:
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, world.holder, 77)
    world.certificates.windDown(series, {"from": world.issuer})
    refund(world, series, 77, 77)
    assert world.token.balanceOf(world.holder) == 77


def test_refund_takes_amounts_of_96_bits(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.holder, MAX_AMOUNT)
    expire(world, series)
    refund(world, series, MAX_AMOUNT)
    assert world.token.balanceOf(world.holder) == MAX_AMOUNT * 9_000 // 10_000
    assert world.certificates.owed(world.beneficiary) == MAX_AMOUNT - MAX_AMOUNT * 9_000 // 10_000
    assert world.certificates.account(series, world.holder) == (0, MAX_AMOUNT, 0)


# when the currency refuses


def test_a_refund_that_the_currency_refuses_is_owed(make_world: Any, make_token: MakeToken) -> None:
    token = make_token("BlacklistToken")
    world: World = make_world(token)
    series = world.create_series()
    world.issue(series, world.holder, 100)
    expire(world, series)
    token.blacklist(world.holder, {"from": world.deployer})
    tx = refund(world, series, 100, 90)
    assert world.certificates.owed(world.holder) == 90
    assert world.certificates.owed(world.beneficiary) == 10
    assert world.certificates.totalOwed() == world.reserve() == world.liabilities() == 100
    assert logs_of(tx, world.certificates)[-2:] == [
        ("PayoutOwed", world.beneficiary, 10),
        ("PayoutOwed", world.holder, 90),
    ]
