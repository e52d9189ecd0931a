"""Prepaid accounts over every currency of the zoo that behaves: a whole life, and no unit is lost. And one
that begins to misbehave moves nothing in another's books.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError

from largesse.eip712 import sign_digest
from tests.fixtures.tokens import FALSE_MODES, MakeToken
from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.misbehaving import BEHAVING, GOING_BAD, go_bad
from tests.support.outputs import returned
from tests.support.prepaid import HOUR, ITSELF, MAX_DEPOSIT, Key, Prepaid, settled, use

SECRET = b"\x07" * 32
FINE = 24
"""Decimals of a currency that 96 bits hold few of: 79 thousand millions of micro-units."""


@pytest.fixture
def prepaid_of(make_prepaid: Any, make_token: MakeToken) -> Callable[..., Prepaid]:
    """Accounts over a new currency of a kind."""

    def make(kind: str, decimals: int = 6) -> Prepaid:
        prepaid: Prepaid = make_prepaid(make_token(kind, decimals))
        return prepaid

    return make


def pay_in(prepaid: Prepaid) -> list[Key]:
    """Opened and topped up by oneself, by a stranger, by signature: 1,500, 700 and 40 micro-units."""
    own = prepaid.open(1_000)
    prepaid.top_up(own, 500, prepaid.giver)
    key = prepaid.key(1)
    opening, amount = prepaid.opening(1), 600 * prepaid.unit
    consent = prepaid.consent("OpenAccount", str(prepaid.agent), *opening, amount, nonce=1)
    prepaid.contract.openSigned(prepaid.agent, opening, amount, consent, {"from": prepaid.relayer})
    amount = 100 * prepaid.unit
    consent = prepaid.consent("TopUpAccount", str(prepaid.agent), *key, amount, nonce=2)
    prepaid.contract.topUpSigned(key, prepaid.agent, amount, consent, {"from": prepaid.relayer})
    return [own, key, prepaid.open(40, salt=2)]


def pay_in_by_card(prepaid: Prepaid) -> tuple[int, Key]:
    """A card of 300 micro-units of a named series into an account of its holder's."""
    world, face = prepaid.world, 300 * prepaid.unit
    series = world.named_series(services=[prepaid.contract], denomination=0, use_threshold_bps=0)
    prepaid.token.mint(prepaid.issuer, face, {"from": prepaid.deployer})
    prepaid.token.approve(world.certificates, 2**256 - 1, {"from": prepaid.issuer})
    world.certificates.issue(series, prepaid.holder, face, {"from": prepaid.issuer})
    opening = prepaid.opening(owner=prepaid.holder)
    prepaid.redeem([world.own_card(series, face)], use("Open", *opening[1:]))
    return series, prepaid.key(owner=prepaid.holder)


@pytest.mark.parametrize(("kind", "decimals"), [*BEHAVING, ("TestToken", FINE)])
def test_a_whole_life(prepaid_of: Callable[..., Prepaid], kind: str, decimals: int) -> None:
    """Everything that can be done, in a currency that does as it is told: who is owed is paid, the rest goes
    back, and in the end the contract has nothing."""
    prepaid = prepaid_of(kind, decimals)
    unit, supply = prepaid.unit, int(prepaid.token.totalSupply())
    first, second, third = pay_in(prepaid)
    series, carded = pay_in_by_card(prepaid)
    supply += 300 * unit  # newly minted for the card
    assert prepaid.held() == (1_500 + 700 + 40 + 300) * unit

    # a batch of plain vouchers, of locked ones, and one alone; a stale one and one too many are skipped
    bad = [prepaid.voucher(first, 1), prepaid.voucher(third, 41)]
    plain = [prepaid.voucher(key, 30) for key in (first, second, third, carded)]
    report = settled(prepaid.settle(*plain, *bad))
    assert (report.payout, report.skipped) == (120 * unit, [4, 5])
    locked = [prepaid.locked(key, 40, SECRET, prepaid.now() + HOUR) for key in (first, second)]
    assert settled(prepaid.settle_locked(*locked)).payout == 20 * unit
    prepaid.settle_one(first, 100)
    assert prepaid.balance(prepaid.merchant) == 200 * unit

    # another session key, and what its first voucher takes
    prepaid.request_signer(first, prepaid.supporter)
    later(DAY)
    prepaid.change_signer(first)
    prepaid.settle(prepaid.voucher(first, 400, private_key=prepaid.world.key(prepaid.supporter)))
    assert prepaid.balance(prepaid.merchant) == 500 * unit
    prepaid.contract.countUsed([first, carded], {"from": prepaid.relayer})

    for key, owner in ((first, prepaid.agent), (second, prepaid.agent), (third, prepaid.agent)):
        prepaid.request_withdrawal(key, owner)
    prepaid.request_withdrawal(carded, prepaid.holder)
    later(DAY)
    taken = (1_100, 660, 10)
    for key, left in zip((first, second, third), taken, strict=True):
        assert returned(prepaid.withdraw(key)) == left * unit
    prepaid.withdraw(carded, prepaid.holder)
    assert prepaid.held() == 0
    assert prepaid.world.certificates.balanceOf(prepaid.holder, series) == 270 * unit
    assert prepaid.world.reserve() == 270 * unit
    purses = sum(prepaid.balance(person) for person in prepaid.world.people.values())
    assert purses + prepaid.world.reserve() == supply


def test_the_most_that_96_bits_hold(prepaid_of: Callable[..., Prepaid]) -> None:
    """Of a currency with very many decimals an account holds less than 47 bits of micro-units."""
    prepaid = prepaid_of("TestToken", FINE)
    most = (2**96 - 1) // prepaid.unit
    assert most < MAX_DEPOSIT
    key = prepaid.open(most)
    with reverts("Accounts_DepositTooLarge", most + 1, most):
        prepaid.top_up(key, 1)
    prepaid.settle(prepaid.voucher(key, most))
    assert (prepaid.balance(prepaid.merchant), prepaid.held()) == (most * prepaid.unit, 0)


# what one does, the other does not feel


def everything(prepaid: Prepaid, key: Key) -> tuple[Any, ...]:
    """What the books of some accounts say, and who holds what."""
    people = (prepaid.contract, prepaid.agent, prepaid.merchant)
    return (prepaid.state(key), prepaid.contract.totalOwed(), *map(prepaid.balance, people))


@pytest.mark.parametrize("kind", GOING_BAD)
def test_a_currency_that_goes_bad_harms_only_itself(prepaid_of: Callable[..., Prepaid], kind: str) -> None:
    good, bad = prepaid_of("TestToken"), prepaid_of(kind)
    keys = [prepaid.open(1_000) for prepaid in (good, bad)]
    assert keys[0] == keys[1]
    key = keys[0]
    for prepaid in (good, bad):
        prepaid.request_withdrawal(key)
    due = bad.state(key).withdrawable_at
    go_bad(bad.token, kind, bad.contract, bad.deployer)
    at(due)
    before = everything(good, key)

    # whatever is tried in the bad one
    for attempt in (
        lambda: bad.settle(bad.voucher(key, 100)),
        lambda: bad.settle_one(key, 200),
        lambda: bad.top_up(key, 100),
        lambda: bad.open(100, salt=1),
        lambda: bad.withdraw(key),
        lambda: bad.contract.withdrawOwed(bad.merchant, bad.merchant, ITSELF, {"from": bad.merchant}),
    ):
        with suppress(VirtualMachineError):
            attempt()
    assert everything(good, key) == before

    # the same vouchers and acts, over the other currency
    assert settled(good.settle(bad.voucher(key, 300))).payout == 0
    good.settle(good.voucher(key, 400))
    assert returned(good.withdraw(key)) == 600
    assert good.held() == 0


@pytest.mark.parametrize("kind", ["FeeToken", "SenderFeeToken"])
def test_a_fee_on_what_comes_in_is_refused(prepaid_of: Callable[..., Prepaid], kind: str) -> None:
    """Nothing is opened with less than was said; a fee on the sender's side comes in full."""
    prepaid = prepaid_of(kind)
    prepaid.token.setFeeBps(500, {"from": prepaid.deployer})
    if kind == "SenderFeeToken":
        prepaid.open(1_000)
        assert prepaid.held() == 1_000
        return
    with reverts("Custody_ArrivedDiffers", 1_000, 950):
        prepaid.open(1_000)
    assert (prepaid.held(), prepaid.keys()) == (0, [])


def test_a_currency_that_takes_more_than_it_pays_out_is_refused(prepaid_of: Callable[..., Prepaid]) -> None:
    """It would eat what is others': no settlement, until it behaves again; vouchers wait."""
    prepaid = prepaid_of("SenderFeeToken")
    keys = [prepaid.open(1_000, salt=salt) for salt in range(2)]
    prepaid.token.setFeeBps(500, {"from": prepaid.deployer})
    voucher = prepaid.voucher(keys[0], 100)
    with reverts("Custody_LeftDiffers", 100, 105):
        prepaid.settle(voucher)
    prepaid.token.setFeeBps(0, {"from": prepaid.deployer})
    prepaid.settle(voucher)
    prepaid.check_books()


def test_a_currency_that_shrank_and_was_made_good_pays_everybody(prepaid_of: Callable[..., Prepaid]) -> None:
    """Half of it vanished; who came first was paid, the other is owed; the issuer sends what was missing."""
    prepaid = prepaid_of("RebasingToken")
    key = prepaid.open(1_000)
    prepaid.request_withdrawal(key)
    later(DAY)
    prepaid.token.rebase(1, 2, {"from": prepaid.deployer})
    prepaid.settle(prepaid.voucher(key, 400))
    assert prepaid.balance(prepaid.merchant) == 400
    before = prepaid.balance(prepaid.agent)
    prepaid.withdraw(key)
    assert (prepaid.contract.owed(prepaid.agent), prepaid.held()) == (600, 100)
    prepaid.token.mint(prepaid.contract, 500, {"from": prepaid.deployer})
    prepaid.contract.withdrawOwed(prepaid.agent, prepaid.agent, ITSELF, {"from": prepaid.agent})
    assert prepaid.balance(prepaid.agent) == before + 600
    assert prepaid.held() == prepaid.contract.totalOwed() == 0


def test_a_seller_that_is_shut_out_settles_and_is_owed(prepaid_of: Callable[..., Prepaid]) -> None:
    """Its vouchers are booked before the owner withdraws; it names another account by its signature."""
    prepaid = prepaid_of("BlacklistToken")
    key = prepaid.open(1_000)
    prepaid.token.blacklist(prepaid.merchant, {"from": prepaid.deployer})
    prepaid.settle(prepaid.voucher(key, 250))
    deadline = prepaid.now() + DAY
    digest = prepaid.digest("OwedWithdrawal", str(prepaid.merchant), str(prepaid.recipient), 1, deadline)
    consent = (1, deadline, False, sign_digest(digest, prepaid.world.key(prepaid.merchant)))
    prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.recipient, consent, {"from": prepaid.relayer})
    assert prepaid.balance(prepaid.recipient) == 250
    prepaid.check_books()


def test_a_currency_that_lies_pays_nobody_and_owes(prepaid_of: Callable[..., Prepaid]) -> None:
    prepaid = prepaid_of("FalseReturnToken")
    key = prepaid.open(1_000)
    for mode in ("Refusing", "Lying"):
        prepaid.token.setMode(FALSE_MODES.index(mode), {"from": prepaid.deployer})
        paid = prepaid.state(key).paid
        prepaid.settle(prepaid.voucher(key, paid + 100))
        assert prepaid.state(key).paid == paid + 100
    assert prepaid.contract.owed(prepaid.merchant) == 200
    prepaid.token.setMode(FALSE_MODES.index("Honest"), {"from": prepaid.deployer})
    prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.merchant, ITSELF, {"from": prepaid.merchant})
    assert prepaid.balance(prepaid.merchant) == 200
    prepaid.check_books()
