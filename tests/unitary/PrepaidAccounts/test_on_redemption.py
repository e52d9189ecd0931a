"""onRedemption: certificates are redeemed into an account; a named series' money goes back as it came."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from largesse.signed.certificates import Redemption
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts, reverts_without_data
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.payments import assert_books
from tests.support.prepaid import MAX_DEPOSIT, Key, Prepaid, State, settled, use

PLENTY = 10_000_000


@pytest.fixture(scope="module")
def open_series(prepaid: Prepaid) -> int:
    series = prepaid.world.create_series()
    for person in (prepaid.holder, prepaid.giver):
        prepaid.world.issue(series, person, PLENTY)
    return series


@pytest.fixture(scope="module")
def named(prepaid: Prepaid) -> int:
    """The merchant is in its set, and the accounts are a service of it."""
    return named_series(prepaid, PLENTY)


def named_series(prepaid: Prepaid, face: int, **terms: Any) -> int:
    series = prepaid.world.named_series(services=[prepaid.contract], **terms)
    for person in (prepaid.holder, prepaid.giver):
        prepaid.world.issue(series, person, face)
    return series


def card(prepaid: Prepaid, series: int, amount: int, holder: Any = None) -> tuple[Any, ...]:
    return prepaid.world.own_card(series, amount, holder)


def signed_card(prepaid: Prepaid, series: int, amount: int, data: bytes, holder: Any, nonce: int = 1) -> Any:
    return prepaid.world.redemption(
        series,
        amount,
        holder=holder,
        merchant=prepaid.contract,
        payee=prepaid.merchant,
        data=data,
        nonce=nonce,
    )


def holders_key(prepaid: Prepaid, salt: int = 0) -> Key:
    return prepaid.key(salt, owner=prepaid.holder)


def digest_of(prepaid: Prepaid, series: int, data: bytes, signed: tuple[Any, ...]) -> bytes:
    message = Redemption(
        str(prepaid.holder),
        series,
        500,
        prepaid.contract.address,
        prepaid.merchant.address,
        0,
        data,
        1,
        signed[5],
    )
    return message.digest(prepaid.world.domain)


def opening(prepaid: Prepaid, salt: int = 0, **other: Any) -> bytes:
    """The data that open the holder's account."""
    values = prepaid.opening(salt, owner=prepaid.holder, **other)
    return use("Open", *values[1:])


def open_with(prepaid: Prepaid, series: int, amount: int, salt: int = 0, **other: Any) -> Key:
    prepaid.redeem([card(prepaid, series, amount)], opening(prepaid, salt, **other))
    return holders_key(prepaid, salt)


def withdraw(prepaid: Prepaid, key: Key) -> Any:
    """After a request and its delay."""
    prepaid.request_withdrawal(key, prepaid.holder)
    later(prepaid.state(key).delay_seconds)
    return prepaid.withdraw(key, prepaid.holder)


# reverts


def test_on_redemption_reverts_for_any_other_caller(prepaid: Prepaid) -> None:
    """A stranger that reports a payment that never happened."""
    portion = (str(prepaid.stranger), 1, 100)
    for caller in (prepaid.stranger, prepaid.merchant, prepaid.deployer):
        with reverts("Accounts_NotCertificates", caller):
            prepaid.contract.onRedemption(
                prepaid.merchant, 100, 0, [portion], opening(prepaid), {"from": caller}
            )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 31,
        encode(["uint8"], [2]),
        encode(["uint256"], [256]),
        encode(["uint8"], [0]),
        encode(["uint8"], [1]),
        use("TopUp", 5)[:-1],
        encode(["uint8", "uint256"], [1, 2**64]),
        encode(["uint8", "uint256", "uint256", "uint256", "uint256"], [0, 2**96, 1, DAY, 0]),
        encode(["uint8", "uint256", "uint256", "uint256", "uint256"], [0, 1, 2**160, DAY, 0]),
        encode(["uint8", "uint256", "uint256", "uint256", "uint256"], [0, 1, 1, 2**24, 0]),
        encode(["uint8", "uint256", "uint256", "uint256", "uint256"], [0, 1, 1, DAY, 2**40]),
    ],
    ids=[
        "none",
        "short",
        "a third use",
        "the 257th",
        "no opening",
        "no index",
        "a byte less",
        "wide index",
        "wide salt",
        "wide signer",
        "wide delay",
        "wide expiry",
    ],
)
def test_on_redemption_reverts_for_data_that_says_nothing(
    prepaid: Prepaid, open_series: int, data: bytes
) -> None:
    with reverts_without_data():
        prepaid.redeem([card(prepaid, open_series, 100)], data)
    assert prepaid.world.certificates.account(open_series, prepaid.holder) == (PLENTY, 0, 0)


def test_on_redemption_reverts_as_open_does(prepaid: Prepaid, open_series: int) -> None:
    now = prepaid.now()
    cards = [card(prepaid, open_series, 100)]
    with reverts("Accounts_ZeroSigner"):
        prepaid.redeem(cards, opening(prepaid, signer=ZERO))
    with reverts("Accounts_DelayOutOfRange", 3_599, 3_600, 180 * DAY):
        prepaid.redeem(cards, opening(prepaid, delay=3_599))
    with reverts("Accounts_ExpiryPassed", now, now):
        prepaid.redeem(cards, opening(prepaid, expires_at=now))
    key = open_with(prepaid, open_series, 100)
    with reverts("Accounts_Exists", *key):
        prepaid.redeem(cards, opening(prepaid))
    assert prepaid.money(key) == (100, 0)


def test_on_redemption_reverts_as_top_up_does(prepaid: Prepaid, open_series: int) -> None:
    cards = [card(prepaid, open_series, 100)]
    unknown = holders_key(prepaid, 9)
    with reverts("Accounts_Unknown", *unknown):
        prepaid.redeem(cards, use("TopUp", unknown[1]))
    full = prepaid.open(MAX_DEPOSIT - 99)
    with reverts("Accounts_DepositTooLarge", MAX_DEPOSIT + 1, MAX_DEPOSIT):
        prepaid.redeem(cards, use("TopUp", full[1]))
    # of another counterparty's account: the payee is the merchant
    other = prepaid.open(counterparty=prepaid.creator, owner=prepaid.holder, salt=3)
    with reverts("Accounts_Unknown", prepaid.merchant, other[1]):
        prepaid.redeem(cards, use("TopUp", other[1]))


def test_on_redemption_reverts_for_part_of_a_micro_unit(make_prepaid: Any, eurt: Any) -> None:
    """Of a currency with 18 decimals; the cards together, not each, are whole."""
    prepaid: Prepaid = make_prepaid(eurt)
    unit = prepaid.unit
    series = prepaid.world.create_series()
    prepaid.world.issue(series, prepaid.holder, 10 * unit)
    with reverts("Accounts_Dust", unit + 1, unit):
        prepaid.redeem([card(prepaid, series, unit + 1)], opening(prepaid))
    halves = [card(prepaid, series, unit // 2), card(prepaid, series, unit - unit // 2)]
    prepaid.redeem(halves, opening(prepaid))
    key = holders_key(prepaid)
    assert prepaid.money(key) == (1, 0)
    with reverts("Accounts_Dust", unit - 1, unit):
        prepaid.redeem([card(prepaid, series, unit - 1)], use("TopUp", key[1]))
    prepaid.redeem([card(prepaid, series, 2 * unit)], use("TopUp", key[1]))
    assert prepaid.money(key) == (3, 0)
    prepaid.check_books()


def test_on_redemption_reverts_for_more_than_an_account_holds(prepaid: Prepaid) -> None:
    series = prepaid.world.create_series()
    prepaid.world.issue(series, prepaid.holder, 2**95)
    with reverts("Accounts_DepositTooLarge", 2**95, MAX_DEPOSIT):
        open_with(prepaid, series, 2**95)
    with reverts("Accounts_DepositTooLarge", MAX_DEPOSIT + 1, MAX_DEPOSIT):
        open_with(prepaid, series, MAX_DEPOSIT + 1)
    assert prepaid.money(open_with(prepaid, series, MAX_DEPOSIT)) == (MAX_DEPOSIT, 0)


@pytest.mark.parametrize("kind", ["open", "top up"])
def test_on_redemption_reverts_for_cards_of_two_holders(
    prepaid: Prepaid, open_series: int, named: int, kind: str
) -> None:
    """Whoever's is first would own it all: nobody pays with somebody else's card."""
    for series in (open_series, named):
        data = opening(prepaid, 5)
        if kind == "top up":
            data = use("TopUp", open_with(prepaid, series, 10, salt=series)[1])
        mine = card(prepaid, series, 100)
        theirs = signed_card(prepaid, series, 50, data, prepaid.giver)
        named_id = series if series == named else 0
        with reverts("Accounts_MixedCards", prepaid.giver, prepaid.holder, named_id, named_id):
            prepaid.redeem([mine, theirs], data)
        with reverts("Accounts_MixedCards", prepaid.holder, prepaid.giver, named_id, named_id):
            prepaid.redeem([theirs, mine], data)
        with reverts("Accounts_MixedCards", prepaid.giver, prepaid.holder, named_id, named_id):
            prepaid.redeem([mine, mine, theirs, mine], data)


@pytest.mark.parametrize("kind", ["open", "top up"])
def test_on_redemption_reverts_for_named_and_open_cards_together(
    prepaid: Prepaid, open_series: int, named: int, kind: str
) -> None:
    """In any order, however many; and for two named series."""
    twin = named_series(prepaid, 50_000)
    data = opening(prepaid, 5)
    if kind == "top up":
        data = use("TopUp", open_with(prepaid, open_series, 10)[1])
    plain, first, second = (card(prepaid, series, 10) for series in (open_series, named, twin))
    me = prepaid.holder
    for cards, other, one in (
        ([plain, first], named, 0),
        ([first, plain], 0, named),
        ([first, first, plain], 0, named),
        ([first, second], twin, named),
        ([plain, plain, second, plain], twin, 0),
    ):
        with reverts("Accounts_MixedCards", me, me, other, one):
            prepaid.redeem(cards, data)


def test_money_of_a_named_series_and_other_money_stay_apart(
    prepaid: Prepaid, open_series: int, named: int
) -> None:
    """Else it could be had as cash, or cash be bound to a card."""
    bound, free = open_with(prepaid, named, 100, salt=1), open_with(prepaid, open_series, 100, salt=2)
    with reverts("Accounts_SeriesDiffers", named, 0):
        prepaid.top_up(bound, 5, prepaid.holder)
    with reverts("Accounts_SeriesDiffers", named, 0):
        prepaid.redeem([card(prepaid, open_series, 5)], use("TopUp", bound[1]))
    with reverts("Accounts_SeriesDiffers", 0, named):
        prepaid.redeem([card(prepaid, named, 5)], use("TopUp", free[1]))
    twin = named_series(prepaid, 50_000)
    with reverts("Accounts_SeriesDiffers", named, twin):
        prepaid.redeem([card(prepaid, twin, 5)], use("TopUp", bound[1]))
    assert (prepaid.money(bound), prepaid.money(free)) == ((100, 0), (100, 0))


def test_on_redemption_reverts_for_a_named_card_that_is_not_the_owners(prepaid: Prepaid, named: int) -> None:
    """What is left goes back to the owner's card: somebody else's face would change hands."""
    key = open_with(prepaid, named, 100)
    with reverts("Accounts_NotOwnersCard", prepaid.holder, prepaid.giver):
        prepaid.redeem([card(prepaid, named, 5, prepaid.giver)], use("TopUp", key[1]), sender=prepaid.giver)


def test_a_named_series_pays_only_whom_its_issuer_admitted(prepaid: Prepaid, named: int) -> None:
    with reverts("GiftCertificates_NotMerchant", named, prepaid.stranger):
        prepaid.redeem([card(prepaid, named, 100)], opening(prepaid), payee=prepaid.stranger)
    other = prepaid.world.named_series()
    prepaid.world.issue(other, prepaid.holder, 50_000)
    with reverts("GiftCertificates_NotService", other, prepaid.contract):
        prepaid.redeem([card(prepaid, other, 100)], opening(prepaid))


# it takes them


@pytest.mark.parametrize("kind", ["open", "named"])
def test_redeem_into_a_new_account(prepaid: Prepaid, open_series: int, named: int, kind: str) -> None:
    series = open_series if kind == "open" else named
    key, signer = holders_key(prepaid, 2**96 - 1), prepaid.signer(holders_key(prepaid, 2**96 - 1))
    expires_at = prepaid.now() + 300 * DAY
    data = opening(prepaid, 2**96 - 1, delay=2 * DAY, expires_at=expires_at)
    tx = prepaid.redeem([card(prepaid, series, 700), card(prepaid, series, 3)], data)
    own = series if kind == "named" else 0
    assert prepaid.state(key) == State(
        str(prepaid.holder), signer, 703, 0, 2 * DAY, expires_at, own, 0, ZERO, 0
    )
    assert logs_of(tx, prepaid.contract) == [
        ("AccountOpened", prepaid.holder, *key, signer, 2 * DAY, expires_at, own, 703)
    ]
    assert prepaid.held() == 703
    assert prepaid.world.certificates.account(series, prepaid.holder) == (PLENTY - 703, 703, 0)
    tx = prepaid.redeem([card(prepaid, series, 7)], use("TopUp", key[1]))
    assert logs_of(tx, prepaid.contract) == [("Deposited", *key, 7, 710)]
    assert prepaid.state(key).deposit == 710
    prepaid.settle(prepaid.voucher(key, 710))
    assert prepaid.balance(prepaid.merchant) == 710
    assert_books(prepaid.world)


def test_ten_certificates_become_one_balance_in_one_transaction(prepaid: Prepaid) -> None:
    """Of ten open series; signed by their holder, who needs no currency, and sent by somebody else."""
    series = [prepaid.world.create_series() for _ in range(10)]
    for one in series:
        prepaid.world.issue(one, prepaid.holder, 5_000)
    data = opening(prepaid)
    tx = prepaid.redeem(
        [signed_card(prepaid, one, 5_000, data, prepaid.holder) for one in series],
        data,
        sender=prepaid.relayer,
    )
    key = holders_key(prepaid)
    assert prepaid.money(key) == (50_000, 0)
    assert len([log for log in logs_of(tx, prepaid.token) if log[0] == "Transfer"]) == 1
    prepaid.redeem([card(prepaid, open_one(prepaid), 9)] * 2, use("TopUp", key[1]))
    assert prepaid.money(key) == (50_018, 0)
    assert_books(prepaid.world)


def open_one(prepaid: Prepaid) -> int:
    series = prepaid.world.create_series()
    prepaid.world.issue(series, prepaid.holder, 100)
    return series


def test_a_card_of_an_open_series_tops_up_anybodys_account(prepaid: Prepaid, open_series: int) -> None:
    """As money does: it is the owner's from then on."""
    key = prepaid.open(100)
    prepaid.redeem([card(prepaid, open_series, 5)], use("TopUp", key[1]))
    prepaid.request_withdrawal(key)
    later(DAY)
    assert returned(prepaid.withdraw(key)) == 105


def test_withdraw_what_came_of_an_open_series_as_cash(prepaid: Prepaid, open_series: int) -> None:
    """An open series is as good as cash, and its terms say so."""
    key = open_with(prepaid, open_series, 100)
    prepaid.settle(prepaid.voucher(key, 30))
    before = prepaid.balance(prepaid.holder)
    assert returned(withdraw(prepaid, key)) == 70
    assert prepaid.balance(prepaid.holder) - before == 70
    assert prepaid.world.certificates.account(open_series, prepaid.holder) == (PLENTY - 100, 100, 0)


@pytest.mark.parametrize("taken", [0, 30, 99])
def test_withdraw_restores_the_card_of_a_named_series(prepaid: Prepaid, named: int, taken: int) -> None:
    """As face, never as cash."""
    key = open_with(prepaid, named, 100)
    if taken:
        prepaid.settle(prepaid.voucher(key, taken))
    cash = prepaid.balance(prepaid.holder)
    left = 100 - taken
    tx = withdraw(prepaid, key)
    assert returned(tx) == left
    assert prepaid.balance(prepaid.holder) == cash
    assert prepaid.world.certificates.account(named, prepaid.holder) == (PLENTY - taken, taken, 0)
    assert prepaid.world.certificates.placed(named, prepaid.contract, prepaid.holder) == taken
    assert logs_of(tx, prepaid.contract) == [("Withdrawn", *key, left)]
    assert prepaid.money(key) == (taken, taken)
    assert prepaid.balance(prepaid.merchant) == taken
    assert prepaid.held() == 0
    assert_books(prepaid.world)


def test_withdraw_restores_each_of_several_accounts(prepaid: Prepaid, named: int) -> None:
    """Of one holder and one series: what was placed is enough for all."""
    keys = [open_with(prepaid, named, 100, salt=salt) for salt in range(3)]
    prepaid.settle(prepaid.voucher(keys[1], 50))
    for key in keys:
        withdraw(prepaid, key)
    assert prepaid.world.certificates.account(named, prepaid.holder) == (PLENTY - 50, 50, 0)
    assert_books(prepaid.world)


def test_a_fee_of_the_series_is_not_taken_into_an_account(prepaid: Prepaid) -> None:
    """Of a named series all of it arrives and all of it can come back; an open one with a fee stays out."""
    series = named_series(prepaid, 50_000, fee_bps=200)
    key = open_with(prepaid, series, 1_000)
    assert prepaid.money(key) == (1_000, 0)
    assert returned(withdraw(prepaid, key)) == 1_000
    assert prepaid.world.certificates.account(series, prepaid.holder) == (50_000, 0, 0)
    with_fee = prepaid.world.create_series(fee_bps=200)
    prepaid.world.issue(with_fee, prepaid.holder, 1_000)
    with reverts("GiftCertificates_FeeBarsService", with_fee, 200):
        open_with(prepaid, with_fee, 1_000, salt=1)
    assert_books(prepaid.world)


def test_withdraw_restores_after_the_accounts_and_the_merchant_were_removed(
    prepaid: Prepaid, named: int
) -> None:
    """An issuer can't lock up what was placed: vouchers are paid, and the rest comes back."""
    certificates, issuer = prepaid.world.certificates, {"from": prepaid.issuer}
    key = open_with(prepaid, named, 100)
    certificates.removeMerchant(named, prepaid.contract, issuer)
    certificates.removeMerchant(named, prepaid.merchant, issuer)
    certificates.windDown(named, issuer)
    later(60 * DAY)
    prepaid.settle(prepaid.voucher(key, 40))
    assert prepaid.balance(prepaid.merchant) == 40
    assert returned(withdraw(prepaid, key)) == 60
    assert certificates.account(named, prepaid.holder) == (PLENTY - 40, 40, 0)
    assert_books(prepaid.world)


def test_withdraw_restores_after_the_series_has_expired(prepaid: Prepaid, named: int) -> None:
    """With what its terms grant then."""
    key = open_with(prepaid, named, 100)
    at(int(prepaid.world.certificates.terms(named)[2]))
    assert returned(withdraw(prepaid, key)) == 100
    assert prepaid.world.certificates.account(named, prepaid.holder) == (PLENTY, 0, 0)
    right, amount, payout = prepaid.world.certificates.refundable(named, prepaid.holder)
    assert right and payout == amount * 9 // 10


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_withdraw_after_limitation_pays_the_beneficiary(prepaid: Prepaid, named: int, late: int) -> None:
    """Never the owner: the card would be worth nothing by then."""
    limitation = int(prepaid.world.certificates.terms(named)[3])
    key = open_with(prepaid, named, 100, expires_at=limitation - 9)
    at(limitation + late)
    cash = prepaid.balance(prepaid.holder)
    tx = prepaid.withdraw(key, prepaid.holder)
    assert returned(tx) == 100
    assert logs_of(tx, prepaid.contract) == [("Withdrawn", *key, 100)]
    restored = 100 if late < 0 else 0
    assert prepaid.balance(prepaid.holder) == cash
    assert prepaid.balance(prepaid.beneficiary) == 100 - restored
    assert prepaid.world.certificates.account(named, prepaid.holder)[0] == PLENTY - 100 + restored
    assert_books(prepaid.world)


def test_withdraw_after_the_series_was_forfeited(prepaid: Prepaid, named: int) -> None:
    """What lies in accounts was no face any more, so it went to nobody yet."""
    key = open_with(prepaid, named, 100)
    at(int(prepaid.world.certificates.terms(named)[3]))
    prepaid.world.certificates.forfeit(named, {"from": prepaid.stranger})
    assert prepaid.balance(prepaid.beneficiary) == 2 * PLENTY - 100
    prepaid.settle(prepaid.voucher(key, 40))
    assert returned(withdraw(prepaid, key)) == 60
    assert prepaid.balance(prepaid.beneficiary) == 2 * PLENTY - 40
    assert prepaid.balance(prepaid.merchant) == 40


def test_withdraw_by_signature_restores_the_owners_card(prepaid: Prepaid, named: int) -> None:
    """Whoever sends it."""
    key = open_with(prepaid, named, 100, expires_at=prepaid.now() + 10)
    later(10)
    consent = prepaid.consent("Withdraw", str(prepaid.holder), *key, signer=prepaid.holder)
    assert returned(prepaid.contract.withdraw(key, consent, {"from": prepaid.relayer})) == 100
    assert prepaid.world.certificates.account(named, prepaid.holder) == (PLENTY, 0, 0)


def test_a_signed_card_opens_once_and_only_as_signed(prepaid: Prepaid, open_series: int) -> None:
    """Its holder signed salt, signer, delay and expiry with it."""
    data = opening(prepaid, 3)
    signed = signed_card(prepaid, open_series, 500, data, prepaid.holder)
    for other in (opening(prepaid, 4), opening(prepaid, 3, signer=prepaid.relayer), use("TopUp", 3)):
        with reverts(
            "GiftCertificates_InvalidSignature",
            prepaid.holder,
            digest_of(prepaid, open_series, other, signed),
        ):
            prepaid.redeem([signed], other, sender=prepaid.relayer)
    prepaid.redeem([signed], data, sender=prepaid.relayer)
    assert prepaid.money(holders_key(prepaid, 3)) == (500, 0)
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        prepaid.redeem([signed], data, sender=prepaid.relayer)


def test_a_named_account_is_settled_and_rotated_like_any_other(prepaid: Prepaid, named: int) -> None:
    key = open_with(prepaid, named, 100)
    prepaid.request_signer(key, prepaid.supporter, prepaid.holder)
    later(DAY)
    prepaid.change_signer(key, prepaid.holder)
    voucher = prepaid.voucher(key, 60, private_key=prepaid.world.key(prepaid.supporter))
    assert settled(prepaid.settle(prepaid.voucher(key, 50), voucher)).skipped == [0]
    assert prepaid.state(key).series_id == named
    prepaid.redeem([card(prepaid, named, 1)], use("TopUp", key[1]))
    assert prepaid.money(key) == (101, 60)
