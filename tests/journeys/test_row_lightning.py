"""Row lightning: 10,000 signed vouchers between one deposit and one settlement, whose totals are equal; and a
payment from payer to hub to seller under one hash-lock is made on both hops or on neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from brownie import web3
from eth_abi.abi import decode

from largesse.eip712 import recover, sign_digest
from largesse.signed.accounts import Voucher
from largesse.vouchers import SignedLockedVoucher, SignedVoucher, lock_of
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.prepaid import Key, Prepaid, settled

PAYMENTS = 10_000
DEPOSIT = 5_000_000
MINUTE = 60
MARGIN = 30 * MINUTE
"""What settling takes at the worst: by so much the payer's lock outlives the seller's."""
FEE = 2
"""Micro-units that the hub asks of each payment."""
PUT_DOWN = 100_000
"""In each account of a route."""
SECRET = bytes(range(32))


# many instant payments, two transactions


def test_ten_thousand_vouchers_between_one_deposit_and_one_settlement(prepaid: Prepaid) -> None:
    """The seller looks at every voucher as it comes, keeps the latest, and settles once."""
    rng = Random(10_000)
    blocks, sent = web3.eth.block_number, prepaid.agent.nonce
    key = prepaid.open(DEPOSIT)
    signer, private_key = prepaid.signer(key), prepaid.session(key)
    spent, earlier = 0, []
    for number in range(PAYMENTS):
        spent += rng.randrange(1, 2 * DEPOSIT // PAYMENTS - 100)
        message = Voucher(key[0], prepaid.token.address, key[1], spent)
        digest = message.digest(prepaid.domain)
        latest = SignedVoucher(key[1], spent, sign_digest(digest, private_key))
        assert recover(digest, latest.signature) == signer  # what the seller does before it serves
        if number % 1_000 == 0:
            earlier.append(latest)
    report = settled(prepaid.settle(latest))
    assert web3.eth.block_number == blocks + 2
    assert prepaid.agent.nonce == sent + 1
    assert report.payout == spent == prepaid.balance(prepaid.merchant)
    assert prepaid.money(key) == (DEPOSIT, spent)
    # none of the others is worth anything any more
    assert settled(prepaid.settle(*earlier)).payout == 0
    # and what is left is the payer's
    before = prepaid.balance(prepaid.agent)
    leave(prepaid, key, prepaid.agent)
    assert prepaid.balance(prepaid.agent) - before == DEPOSIT - spent
    assert prepaid.held() == 0


def leave(prepaid: Prepaid, key: Key, owner: Any) -> None:
    """The owner has the rest, after the delay."""
    prepaid.request_withdrawal(key, owner)
    later(prepaid.state(key).delay_seconds)
    prepaid.withdraw(key, owner)


# through a hub


@dataclass
class Route:
    """The agent pays the merchant through a hub, the supporter: two accounts, and what each signed last.

    A promise is a locked voucher over what was taken so far and this payment. When its preimage is shown in
    time, it is settled, or a plain voucher over the same sum takes its place; when not, it is forgotten.
    """

    prepaid: Prepaid
    to_hub: Key
    to_seller: Key
    paid_hub: int = 0
    paid_seller: int = 0
    plain: dict[Key, SignedVoucher] = field(default_factory=dict)

    @property
    def hub(self) -> Any:
        return self.prepaid.supporter

    def promise(
        self, amount: int, preimage: bytes, margin: int = MARGIN
    ) -> tuple[SignedLockedVoucher, SignedLockedVoucher]:
        """Both hops' promises of one payment, the seller's for a minute: first the payer's, then the
        hub's."""
        until = self.prepaid.now() + MINUTE
        first = self.prepaid.locked(self.to_hub, self.paid_hub + amount + FEE, preimage, until + margin)
        return first, self.prepaid.locked(self.to_seller, self.paid_seller + amount, preimage, until)

    def resolve(self, amount: int) -> None:
        """The preimage went from seller to hub to payer: plain vouchers take the promises' place."""
        self.paid_hub += amount + FEE
        self.paid_seller += amount
        self.plain[self.to_hub] = self.prepaid.voucher(self.to_hub, self.paid_hub)
        self.plain[self.to_seller] = self.prepaid.voucher(self.to_seller, self.paid_seller)

    def settle_seller(self, *vouchers: SignedLockedVoucher) -> Any:
        """The seller takes what the hub promised."""
        return self.prepaid.settle_locked(*vouchers, counterparty=self.prepaid.merchant)

    def settle_hub(self, *vouchers: SignedLockedVoucher) -> Any:
        """The hub takes what the payer promised."""
        return self.prepaid.settle_locked(*vouchers, counterparty=self.hub)

    def paid(self) -> tuple[int, int]:
        """What the payer's account has paid the hub, and the hub's the seller."""
        return self.prepaid.money(self.to_hub)[1], self.prepaid.money(self.to_seller)[1]


@pytest.fixture
def route(prepaid: Prepaid) -> Route:
    to_hub = prepaid.open(PUT_DOWN, counterparty=prepaid.supporter)
    return Route(prepaid, to_hub, prepaid.open(PUT_DOWN, owner=prepaid.supporter))


def shown(tx: Any) -> bytes:
    """The preimage that a settlement of one locked voucher showed to everybody: what its row ends with."""
    _, packed = decode(["address", "bytes"], bytes.fromhex(tx.input[10:]))
    return bytes(packed[-32:])


def opened_by(promise: SignedLockedVoucher, preimage: bytes) -> SignedLockedVoucher:
    """What a counterparty settles that was given the promise and heard of the preimage."""
    return SignedLockedVoucher(promise.voucher, promise.expires_at, preimage)


def test_both_hops_are_paid_with_one_preimage(route: Route) -> None:
    """The hub knows nothing but the lock until the seller takes its money; then it has what it needs."""
    prepaid = route.prepaid
    first, onward = route.promise(1_000, SECRET)
    tx = route.settle_seller(onward)
    assert prepaid.balance(prepaid.merchant) == 1_000
    assert lock_of(shown(tx)) == lock_of(SECRET)
    later(MINUTE)
    before = prepaid.balance(route.hub)
    route.settle_hub(opened_by(first, shown(tx)))
    assert prepaid.balance(route.hub) - before == 1_000 + FEE
    assert route.paid() == (1_000 + FEE, 1_000)
    prepaid.check_books()


@pytest.mark.parametrize("guess", [bytes(32), lock_of(SECRET), SECRET[::-1]])
def test_without_the_preimage_neither_hop_is_paid(route: Route, guess: bytes) -> None:
    """Not by the hub, which knows the lock, nor by the seller, if it forgot; and then both expire."""
    first, onward = route.promise(1_000, SECRET)
    for settle, promise in ((route.settle_hub, first), (route.settle_seller, onward)):
        assert settled(settle(opened_by(promise, guess))).skipped == [0]
    at(first.expires_at)
    for settle, promise in ((route.settle_hub, first), (route.settle_seller, onward)):
        assert settled(settle(promise)).skipped == [0]
    assert route.paid() == (0, 0)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_the_sellers_last_second(route: Route, late: int) -> None:
    """Until just before its lock expires it is paid, and the hub has all of the margin; from then on it is
    not, though the payer's lock is still open."""
    first, onward = route.promise(1_000, SECRET)
    at(onward.expires_at + late)
    tx = route.settle_seller(onward)
    if late >= 0:
        assert settled(tx).skipped == [0]
        assert route.paid() == (0, 0)
        return
    assert first.expires_at - onward.expires_at == MARGIN
    at(first.expires_at - 1)
    route.settle_hub(opened_by(first, shown(tx)))
    assert route.paid() == (1_000 + FEE, 1_000)


def test_why_the_margin(route: Route) -> None:
    """Were both locks to end together, the seller's last second would be the hub's last too: it would have
    paid, and could only hope to be mined in the same second."""
    first, onward = route.promise(1_000, SECRET, margin=0)
    at(onward.expires_at - 1)
    route.settle_seller(onward)
    at(first.expires_at)
    assert settled(route.settle_hub(first)).skipped == [0]
    assert route.paid() == (0, 1_000)


def test_an_expired_promise_is_in_nobodys_way(route: Route) -> None:
    """The next payment builds on what was paid, not on what was promised."""
    lost, _ = route.promise(9_000, SECRET)
    later(MINUTE + MARGIN)
    first, onward = route.promise(400, bytes(32))
    route.settle_seller(onward)
    route.settle_hub(first)
    assert route.paid() == (400 + FEE, 400)
    assert settled(route.settle_hub(lost)).payout == 0


def test_a_payer_that_withdraws_does_not_outrun_the_hub(route: Route) -> None:
    """The delay of an account is longer than any lock that a hub takes in it."""
    prepaid = route.prepaid
    assert prepaid.state(route.to_hub).delay_seconds > MINUTE + MARGIN
    prepaid.request_withdrawal(route.to_hub)
    first, onward = route.promise(1_000, SECRET)
    route.settle_seller(onward)
    last = at(first.expires_at - 1)
    with reverts("Accounts_NotYet", prepaid.state(route.to_hub).withdrawable_at, last):
        prepaid.withdraw(route.to_hub)
    at(last)
    route.settle_hub(first)
    assert route.paid() == (1_000 + FEE, 1_000)


def test_a_hundred_routed_payments_and_two_settlements(route: Route) -> None:
    """Some of them fail. Whatever happened, the hub has gained its fees and lost nothing, and the payer
    has paid what the seller has, and the fees."""
    prepaid, rng = route.prepaid, Random(100)
    people = (prepaid.agent, route.hub, prepaid.merchant)
    before = [prepaid.balance(person) for person in people]
    blocks, made, volume, failed = web3.eth.block_number, 0, 0, []
    for number in range(100):
        amount = rng.randrange(1, 900)
        promises = route.promise(amount, number.to_bytes(32, "big"))
        if rng.random() < 0.2:
            failed.append(promises)  # the seller never shows the preimage
        else:
            route.resolve(amount)
            made, volume = made + 1, volume + amount
    assert web3.eth.block_number == blocks  # nothing of that was on the chain
    prepaid.settle(route.plain[route.to_seller])
    prepaid.settle(route.plain[route.to_hub], counterparty=route.hub)
    assert web3.eth.block_number == blocks + 2
    assert route.paid() == (volume + made * FEE, volume)
    # what failed takes nothing later, even with its preimages
    later(MINUTE + MARGIN)
    assert settled(route.settle_hub(*(first for first, _ in failed))).payout == 0
    assert settled(route.settle_seller(*(onward for _, onward in failed))).payout == 0
    leave(prepaid, route.to_hub, prepaid.agent)
    leave(prepaid, route.to_seller, route.hub)
    gains = [prepaid.balance(person) - purse for person, purse in zip(people, before, strict=True)]
    fees = made * FEE
    assert gains == [PUT_DOWN - volume - fees, PUT_DOWN + fees, volume]
    assert (len(failed) > 10, prepaid.held()) == (True, 0)
