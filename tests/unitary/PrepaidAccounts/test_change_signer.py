"""changeSigner: the signer that was asked for takes the old one's place."""

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.prepaid import MAX_DELAY, MIN_DELAY, Prepaid, settled

# reverts


def test_change_signer_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        prepaid.change_signer(key)


@pytest.mark.parametrize("who", ["merchant", "stranger", "signer", "new signer"])
def test_change_signer_reverts_for_anybody_but_the_owner(prepaid: Prepaid, who: str) -> None:
    key = prepaid.open(signer=prepaid.supporter)
    prepaid.request_signer(key, prepaid.giver)
    later(DAY)
    people = {"signer": prepaid.supporter, "new signer": prepaid.giver}
    other = people[who] if who in people else getattr(prepaid, who)
    with reverts("Custody_NotItself", prepaid.agent, other):
        prepaid.change_signer(key, other)


@pytest.mark.parametrize("how", ["never asked", "taken back", "changed"])
def test_change_signer_reverts_when_none_was_asked_for(prepaid: Prepaid, how: str) -> None:
    key = prepaid.open()
    if how != "never asked":
        prepaid.request_signer(key, prepaid.supporter)
    later(DAY)
    if how == "taken back":
        prepaid.request_signer(key, ZERO)
    elif how == "changed":
        prepaid.change_signer(key)
    with reverts("Accounts_NotRequested", *key):
        prepaid.change_signer(key)


@pytest.mark.parametrize("delay", [MIN_DELAY, MAX_DELAY])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_change_signer_reverts_before_the_delay_is_over(prepaid: Prepaid, delay: int, late: int) -> None:
    key = prepaid.open(delay=delay)
    prepaid.request_signer(key, prepaid.supporter)
    due = prepaid.now() + delay
    at(due + late)
    if late < 0:
        with reverts("Accounts_NotYet", due, due - 1):
            prepaid.change_signer(key)
    else:
        prepaid.change_signer(key)
        assert prepaid.state(key).signer == str(prepaid.supporter)


@pytest.mark.parametrize("delay", [MIN_DELAY, MAX_DELAY])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_change_signer_reverts_after_one_more_delay(prepaid: Prepaid, delay: int, late: int) -> None:
    key = prepaid.open(delay=delay)
    prepaid.request_signer(key, prepaid.supporter)
    lapses = prepaid.now() + 2 * delay
    at(lapses + late)
    if late < 0:
        prepaid.change_signer(key)
    else:
        with reverts("Accounts_Lapsed", lapses, lapses + late):
            prepaid.change_signer(key)


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_change_signer_waits_also_when_the_account_has_expired(prepaid: Prepaid, ahead: int) -> None:
    """Vouchers of the old signer are good until then: expiry only lets the owner withdraw."""
    key = prepaid.open(expires_at=prepaid.now() + DAY)
    later(DAY)
    prepaid.request_signer(key, prepaid.supporter)
    due = prepaid.now() + DAY
    at(due + ahead)
    if ahead < 0:
        with reverts("Accounts_NotYet", due, due - 1):
            prepaid.change_signer(key)
    else:
        prepaid.change_signer(key)


# it changes


def test_change_signer(any_prepaid: Prepaid) -> None:
    """From then on only the new one's vouchers count; what was taken stays taken."""
    prepaid = any_prepaid
    key = prepaid.open(100)
    prepaid.settle(prepaid.voucher(key, 10))
    old = prepaid.voucher(key, 30)
    new = prepaid.voucher(key, 20, private_key=prepaid.world.key(prepaid.supporter))
    prepaid.request_withdrawal(key)
    later(5)
    prepaid.request_signer(key, prepaid.supporter)
    before = prepaid.state(key)
    assert settled(prepaid.settle(new)).skipped == [0]
    at(before.new_signer_at)
    tx = prepaid.change_signer(key)
    assert prepaid.state(key) == before._replace(
        signer=str(prepaid.supporter), new_signer=ZERO, new_signer_at=0
    )
    assert logs_of(tx, prepaid.contract) == [("SignerChanged", *key, prepaid.supporter)]
    assert settled(prepaid.settle(old)).skipped == [0]
    with reverts(
        "Custody_InvalidSignature",
        prepaid.supporter,
        prepaid.digest("Voucher", key[0], prepaid.token, key[1], 30),
    ):
        prepaid.settle_one(key, 30, old.signature)
    assert settled(prepaid.settle(new)).rows == [(key[1], 20)]
    assert prepaid.money(key) == (100, 20)


def test_change_signer_leaves_a_delay_for_the_old_ones_vouchers(prepaid: Prepaid) -> None:
    key = prepaid.open(100)
    prepaid.request_signer(key, prepaid.supporter)
    at(prepaid.now() + DAY - 1)
    prepaid.settle(prepaid.voucher(key, 100))
    assert prepaid.balance(prepaid.merchant) == 100


def test_change_signer_to_a_contract_wallet_and_back(prepaid: Prepaid, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", prepaid.giver)
    key = prepaid.open(100)
    first = prepaid.voucher(key, 30)
    prepaid.request_signer(key, wallet)
    later(DAY)
    prepaid.change_signer(key)
    by_wallet = prepaid.voucher(key, 20, private_key=prepaid.world.key(prepaid.giver))
    assert settled(prepaid.settle(by_wallet, first)).skipped == [0, 1]
    prepaid.settle_one(key, 20, by_wallet.signature)
    prepaid.request_signer(key, prepaid.signer(key))
    later(DAY)
    prepaid.change_signer(key)
    # the old key is back, and its old voucher with it
    prepaid.settle(first)
    assert prepaid.money(key) == (100, 30)
