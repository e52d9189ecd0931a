"""Row atomic_swap: swap across chains or not at all. On two chain ids the preimage settles both legs; the
time-out refunds both; and nobody is left with one leg, whoever stops when.

The holder proposes: 1,000 of a card on the first chain, for 930 of currency on the second, which the merchant
has. The chains' clocks differ by two minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from web3 import Web3

from largesse.chain import Node, RefusedError, Wallet, development_wallet
from largesse.clients.certificates import Certificates
from largesse.clients.swaps import (
    CLAIM_MARGIN_SECONDS,
    CLAIMED,
    GAP_SECONDS,
    LOCKED,
    NONE,
    REFUNDED,
    Lock,
    SwapError,
    Swaps,
    hash_of,
    new_secret,
)
from tests.support.certificates import ART, DAY, YEAR
from tests.support.crowd import Crowd, deploy, settle_with
from tests.support.jars import NOON
from tests.support.two_chains import LAYER_2, MAINNET_LIKE, Chains, two_chains

pytestmark = pytest.mark.usefixtures("set_back_chains")
DRIFT = 120
CARD, PRICE, PURSE = 1_000, 930, 10_000
HOLDER, MERCHANT, ISSUER, RELAYER = map(development_wallet, ("holder", "merchant", "issuer", "relayer"))


def settled(web3: Web3) -> Crowd:
    """A currency, a series, and both people with money and cards."""
    crowd = settle_with(web3, deploy(web3, "TestToken", "Test Dollar", "TUSD", 6), "AtomicSwaps")
    token, certificates = (
        crowd.token.functions,
        web3.eth.contract(
            address=crowd.certificates.address,
            abi=Certificates(Node(web3), crowd.certificates.address).contract.abi,
        ),
    )
    late = NOON + 2 * YEAR
    terms = (ISSUER.address, late, late, late + 3 * YEAR, 0, *[False] * 4, 0, 0, 9_000, 0, 0, 0, bytes(32))
    crowd.send(token.mint(ISSUER.address, 2 * PURSE), "issuer")
    crowd.send(token.approve(certificates.address, 2 * PURSE), "issuer")
    crowd.send(certificates.functions.createSeries(terms, [], ART), "issuer")
    for person in (HOLDER, MERCHANT):
        crowd.send(certificates.functions.issue(1, person.address, PURSE), "issuer")
        crowd.send(token.mint(person.address, PURSE), "issuer")
    if web3.eth.chain_id == LAYER_2:
        crowd.mine_at(crowd.now() + DRIFT)
    return crowd


@pytest.fixture(scope="module")
def chains() -> Iterator[Chains]:
    """Two nodes, each with the contracts."""
    with two_chains(settled) as chains:
        yield chains


class Swap(NamedTuple):
    """Both legs, and what the two people have of either."""

    chains: Chains
    near: Swaps
    far: Swaps
    secret: bytes
    first: Lock
    second: Lock

    def have(self) -> tuple[int, int, int, int]:
        """The holder's and the merchant's cards on the first chain, and their money on the second."""
        face = [self.near.certificates.account(1, who.address).balance for who in (HOLDER, MERCHANT)]
        money = [self.far.token.balance(who.address) for who in (HOLDER, MERCHANT)]
        return face[0], face[1], money[0], money[1]

    def wait(self, until: int) -> None:
        """Both chains come to this second of the first one's clock."""
        self.chains[MAINNET_LIKE].mine_at(until)
        self.chains[LAYER_2].mine_at(until + DRIFT)

    def states(self) -> tuple[int, int]:
        return self.near.status(self.first), self.far.status(self.second)


BEFORE = (PURSE, PURSE, PURSE, PURSE)
SWAPPED = (PURSE - CARD, PURSE + CARD, PURSE + PRICE, PURSE - PRICE)


@pytest.fixture
def swap(chains: Chains) -> Swap:
    """As they agreed: the holder's lock holds for two days, the merchant's ends the gap before."""
    near, far = (
        Swaps(Certificates(Node(crowd.web3), crowd.certificates.address), crowd.contract.address)
        for crowd in (chains[MAINNET_LIKE], chains[LAYER_2])
    )
    secret, ends = new_secret(), near.node.now() + 2 * DAY
    first = Lock(HOLDER.address, MERCHANT.address, 1, CARD, hash_of(secret), ends)
    second = Lock(MERCHANT.address, HOLDER.address, 0, PRICE, hash_of(secret), ends - GAP_SECONDS)
    return Swap(chains, near, far, secret, first, second)


def lock_both(swap: Swap) -> None:
    swap.near.lock(HOLDER, swap.first)
    swap.far.answer(MERCHANT, swap.second, swap.first, swap.near)
    assert swap.states() == (LOCKED, LOCKED)


# the preimage settles both legs


def test_the_preimage_settles_both_legs(swap: Swap) -> None:
    """The merchant learns it from the second chain's logs alone."""
    lock_both(swap)
    assert swap.far.preimage(swap.second) is None
    swap.far.claim(HOLDER, swap.second, swap.secret)
    shown = swap.far.preimage(swap.second)
    assert shown == swap.secret
    swap.near.claim(MERCHANT, swap.first, shown, shown=True)
    assert (swap.states(), swap.have()) == ((CLAIMED, CLAIMED), SWAPPED)


def test_in_the_other_order_too(swap: Swap) -> None:
    """The secret is one: who has it may open the locks in either order, and somebody else may send both."""
    lock_both(swap)
    swap.near.claim(RELAYER, swap.first, swap.secret)
    shown = swap.near.preimage(swap.first)
    assert shown == swap.secret
    swap.far.claim(RELAYER, swap.second, shown, shown=True)
    assert (swap.states(), swap.have()) == ((CLAIMED, CLAIMED), SWAPPED)


def test_a_claim_in_the_last_second_leaves_time_for_the_other(swap: Swap) -> None:
    """It is mined in the second before the second lock's end; the gap is what the merchant then has."""
    lock_both(swap)
    swap.chains[MAINNET_LIKE].mine_at(swap.second.expires_at - 1 - DRIFT)
    swap.chains[LAYER_2].at(swap.second.expires_at - 1)
    call = swap.far.contract.functions.claim(swap.second.as_tuple(), swap.secret)
    swap.far.node.send(call, HOLDER, gas=300_000)
    with pytest.raises(RefusedError, match="Swaps_TooEarly"):
        swap.near.refund(HOLDER, swap.first)
    swap.wait(swap.first.expires_at - 1 - 60)
    swap.near.claim(MERCHANT, swap.first, swap.secret, shown=True)
    assert swap.have() == SWAPPED


# the time-out refunds both


@pytest.mark.parametrize("first_back", ["second", "first"])
def test_the_time_out_refunds_both(swap: Swap, first_back: str) -> None:
    lock_both(swap)
    with pytest.raises(RefusedError, match="Swaps_TooEarly"):
        swap.far.refund(MERCHANT, swap.second)
    swap.wait(swap.first.expires_at)
    back = [(swap.far, swap.second), (swap.near, swap.first)]
    for swaps, lock in back if first_back == "second" else reversed(back):
        with pytest.raises(RefusedError, match="Swaps_TooLate"):
            swaps.claim(RELAYER, lock, swap.secret, shown=True)
        swaps.refund(RELAYER, lock)
    assert (swap.states(), swap.have()) == ((REFUNDED, REFUNDED), BEFORE)


def test_nobody_answers(swap: Swap) -> None:
    swap.near.lock(HOLDER, swap.first)
    swap.wait(swap.first.expires_at)
    swap.near.refund(HOLDER, swap.first)
    assert (swap.states(), swap.have()) == ((REFUNDED, NONE), BEFORE)


# whose it is may name somebody else, and need not pay for it


def test_the_recipient_has_its_leg_paid_elsewhere_by_a_signature(swap: Swap) -> None:
    lock_both(swap)
    before = swap.far.token.balance(RELAYER.address)
    call = swap.far.sign_claim_to(HOLDER, swap.second, swap.secret, RELAYER.address)
    swap.far.submit(RELAYER, call)
    assert swap.far.token.balance(RELAYER.address) == before + PRICE
    shown = swap.far.preimage(swap.second)
    assert shown == swap.secret
    swap.near.claim(MERCHANT, swap.first, shown, shown=True)
    assert swap.states() == (CLAIMED, CLAIMED)


def test_the_sender_has_its_leg_paid_back_elsewhere_by_a_signature(swap: Swap) -> None:
    swap.near.lock(HOLDER, swap.first)
    swap.wait(swap.first.expires_at)
    swap.near.submit(RELAYER, swap.near.sign_refund_to(HOLDER, swap.first, RELAYER.address))
    assert swap.near.certificates.account(1, RELAYER.address).balance == CARD
    assert swap.states() == (REFUNDED, NONE)


# what is not safe is refused before anything is locked


def test_an_answer_that_ends_too_late_is_refused(swap: Swap) -> None:
    swap.near.lock(HOLDER, swap.first)
    late = replace(swap.second, expires_at=swap.second.expires_at + 1)
    with pytest.raises(SwapError, match="must end 21,600 s before theirs") as refused:
        swap.far.answer(MERCHANT, late, swap.first, swap.near)
    assert refused.value.reason == "gap_too_short"
    with pytest.raises(SwapError, match="less than 3,600 s"):
        swap.far.answer(MERCHANT, late, swap.first, swap.near, gap=60)
    assert (swap.states(), swap.have()[3]) == ((LOCKED, NONE), PURSE)


def test_an_answer_to_what_is_not_locked_for_you_is_refused(swap: Swap) -> None:
    """The chain is asked, not the ticket."""

    def refused(first: Lock, second: Lock, sender: Wallet = MERCHANT) -> str:
        with pytest.raises(SwapError) as caught:
            swap.far.answer(sender, second, first, swap.near)
        return caught.value.reason

    assert refused(swap.first, swap.second) == "not_locked"
    swap.near.lock(HOLDER, swap.first)
    assert refused(replace(swap.first, amount=CARD + 1), swap.second) == "not_locked"
    assert refused(swap.first, swap.second, RELAYER) == "not_for_you"
    assert refused(swap.first, replace(swap.second, hash=bytes(32))) == "other_hash"
    swap.wait(swap.first.expires_at)
    swap.near.refund(HOLDER, swap.first)
    assert refused(swap.first, swap.second) == "not_locked"


def test_the_secret_is_not_shown_when_it_may_be_for_nothing(swap: Swap) -> None:
    lock_both(swap)
    swap.chains[LAYER_2].mine_at(swap.second.expires_at - CLAIM_MARGIN_SECONDS + 1)
    with pytest.raises(SwapError, match="wait for your own lock to end") as refused:
        swap.far.claim(HOLDER, swap.second, swap.secret)
    assert refused.value.reason == "too_late"
    with pytest.raises(SwapError, match="it opens"):
        swap.far.claim(HOLDER, swap.second, new_secret())
    assert swap.states() == (LOCKED, LOCKED)


def test_a_signature_for_one_chain_is_none_on_the_other(chains: Chains, swap: Swap) -> None:
    """The contracts have one address on both; what was signed for the first locks nothing on the second."""
    assert swap.near.address == swap.far.address
    lock = replace(swap.first, series_id=0)
    call = swap.near.sign_lock(HOLDER, lock)
    with pytest.raises(RefusedError, match="ERC3009InvalidSignature"):
        swap.far.submit(RELAYER, call)
    swap.near.submit(RELAYER, call)
    assert swap.near.status(lock) == LOCKED
