"""Row layer_2: the same bytecode and tests on two chain ids; a signature for one is refused on the other.

Both chains get the contracts at the same addresses, so nothing but the chain id tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from largesse.artifacts import artifact
from largesse.chain import Node, RefusedError, Wallet, development_wallet
from largesse.clients.certificates import Certificates
from largesse.deploying import deploy, plan_deployment
from largesse.development import mint
from largesse.eip712 import Message
from largesse.holdings import Account, Refundable, Right, SignedCard
from largesse.nodes import development_node
from largesse.signed.certificates import (
    Cancellation,
    Claim,
    GiftOrder,
    Redemption,
    Refund,
    Restoration,
    Transfer,
)
from largesse.terms.fields import Terms
from tests.support.certificates import ART, YEAR, gift_id

MAINNET_LIKE, LAYER_2 = 31_337, 8_453
FACE = 10**12
ZERO = "0x" + "00" * 20
START = 2_000_000_000  # both chains stand at one time, so that one deadline serves both


@dataclass(frozen=True)
class Place:
    """One chain with the contracts, a series, and a holder who has 1,000,000 units of it."""

    node: Node
    certificates: Certificates
    series: int

    def sends(self, wallet: Wallet, name: str, *values: Any) -> None:
        self.node.send(self.certificates.contract.functions[name](*values), wallet)


def wallet(role: str) -> Wallet:
    return development_wallet(role)


def settle(url: str) -> Place:
    """Deploy and open shop, with the very same transactions on every chain."""
    node = Node.at(url)
    node.jump_to(START)
    deployer, issuer = wallet("deployer"), wallet("issuer")
    token = artifact("TestToken")
    factory = node.web3.eth.contract(abi=token.abi, bytecode=token.creation_code)
    data = factory.constructor("Test Dollar", "TUSD", 6).data_in_transaction
    made = node.send_raw_call(deployer, None, bytes.fromhex(data[2:]))
    address = str(made["contractAddress"])
    for role in ("issuer", "merchant"):
        mint(node, address, wallet(role).address, FACE, deployer)
    deployment = deploy(node, deployer, plan_deployment(node, [address]))
    certificates = Certificates(node, deployment.currencies[0].certificates)
    terms = Terms(
        wallet("beneficiary").address, START + YEAR, START + 2 * YEAR, START + 5 * YEAR, 250,
        True, False, True, False, 1_000_000, 6_000, 9_000, 0, 0, 0, bytes(32),
    )  # fmt: skip
    series = certificates.create_series(issuer, terms, [wallet("merchant").address], ART)
    for role in ("issuer", "merchant"):
        certificates.allow_payment(wallet(role), FACE)
    certificates.issue(issuer, series, wallet("holder").address, 1_000_000)
    return Place(node, certificates, series)


@pytest.fixture(scope="module")
def chains() -> Iterator[dict[int, Place]]:
    """Two nodes, each with the contracts."""
    with development_node(MAINNET_LIKE) as first, development_node(LAYER_2) as second:
        yield {MAINNET_LIKE: settle(first), LAYER_2: settle(second)}


@pytest.fixture(autouse=True)
def as_they_were(chains: dict[int, Place]) -> Iterator[None]:
    """Take back what a test does to either chain."""
    before = {place: place.node.develop("evm_snapshot", []) for place in chains.values()}
    yield
    for place, snapshot in before.items():
        assert place.node.develop("evm_revert", [snapshot]) is True


@pytest.fixture(params=[MAINNET_LIKE, LAYER_2])
def here(request: pytest.FixtureRequest, chains: dict[int, Place]) -> Place:
    return chains[request.param]


@pytest.fixture
def there(here: Place, chains: dict[int, Place]) -> Place:
    """The other chain."""
    (other,) = (place for place in chains.values() if place is not here)
    return other


# the same on both


def test_the_bytecode_and_the_addresses_are_the_same(chains: dict[int, Place]) -> None:
    first, second = chains.values()
    assert (first.node.chain_id, second.node.chain_id) == (MAINNET_LIKE, LAYER_2)
    assert first.certificates.address == second.certificates.address
    backs = [place.certificates.contract for place in chains.values()]
    codes = [place.node.web3.eth.get_code(place.certificates.address) for place in chains.values()]
    # but for the domain separator, which is made of the chain's id when the contract is deployed
    separators = [bytes(back.functions.DOMAIN_SEPARATOR().call()) for back in backs]
    assert separators[0] != separators[1]
    blank = [bytes(code).replace(own, bytes(32)) for code, own in zip(codes, separators, strict=True)]
    blank = [
        code.replace(place.node.chain_id.to_bytes(32, "big"), bytes(32))
        for code, place in zip(blank, chains.values(), strict=True)
    ]
    assert blank[0] == blank[1]
    assert len(codes[0]) > 10_000


def test_a_till_is_paid(here: Place) -> None:
    book, holder, merchant = here.certificates, wallet("holder"), wallet("merchant")
    before = book.token.balance(merchant.address)
    request = book.request_payment(merchant, 7, 620_000, START + YEAR // 2, least=604_500)
    book.pay(request, [book.sign_card(holder, request, here.series)], wallet("relayer"))
    assert book.token.balance(merchant.address) - before == 620_000 - 15_500
    assert book.account(here.series, holder.address) == Account(380_000, 620_000, 1)
    assert book.is_order_used(merchant.address, 7)
    assert book.refundable(here.series, holder.address) == Refundable(Right.REMAINDER, 380_000, 380_000)


def test_a_remainder_is_refunded_and_a_sale_restored(here: Place) -> None:
    book, holder, merchant = here.certificates, wallet("holder"), wallet("merchant")
    book.redeem(holder, here.series, 700_000, merchant.address)
    book.restore_signed(merchant, book.sign_restoration(holder, here.series, 50_000, merchant.address))
    assert book.account(here.series, holder.address) == Account(350_000, 650_000, 1)
    book.refund(holder, here.series, 350_000, 350_000, relayer=wallet("relayer"))
    assert book.token.balance(holder.address) == 350_000
    assert book.token.balance(book.address) == book.state(here.series).fees_accrued == 17_500


def test_a_gift_is_given_and_claimed(here: Place) -> None:
    book = here.certificates
    given = book.give(wallet("holder"), here.series, 250_000)
    book.claim(given.link, wallet("recipient").address, wallet("relayer"))
    assert book.account(here.series, wallet("recipient").address) == Account(250_000, 0, 0)


# what was signed for one


def signed_for(place: Place, message: Message, role: str = "holder") -> tuple[int, int, bytes]:
    """An `Authorization` that is good on this chain."""
    signature = message.sign(place.certificates.domain, wallet(role).key)
    return (message.nonce, message.deadline, signature)  # type: ignore[attr-defined]


Attempt = tuple[Message, Callable[[Place, tuple[int, int, bytes]], None]]
DEADLINE = START + YEAR // 2


def redemption(place: Place) -> Attempt:
    holder, merchant = wallet("holder"), wallet("merchant")
    message = Redemption(holder.address, place.series, 10, merchant.address, ZERO, 0, b"", 1, DEADLINE)

    def use(where: Place, authorization: tuple[int, int, bytes]) -> None:
        card = SignedCard(holder.address, where.series, 10, 0, 1, DEADLINE, authorization[2])
        where.sends(merchant, "redeemSigned", card.as_tuple())

    return message, use


def transfer(place: Place) -> Attempt:
    holder, to = wallet("holder").address, wallet("stranger")
    message = Transfer(holder, to.address, place.series, 10, 1, DEADLINE)
    return message, lambda where, authorization: where.sends(
        to, "transferSigned", holder, to.address, where.series, 10, authorization
    )


def refund(place: Place) -> Attempt:
    holder = wallet("holder").address
    message = Refund(holder, place.series, 10, 10, 1, DEADLINE)
    return message, lambda where, authorization: where.sends(
        wallet("relayer"), "refund", holder, where.series, 10, 10, authorization
    )


def restoration(place: Place) -> Attempt:
    holder, merchant = wallet("holder").address, wallet("merchant")
    message = Restoration(holder, place.series, 10, merchant.address, 1, DEADLINE)
    return message, lambda where, authorization: where.sends(
        merchant, "restore", holder, where.series, 10, authorization
    )


def cancellation(place: Place) -> Attempt:
    holder = wallet("holder").address
    message = Cancellation(holder, place.series, 1, DEADLINE)
    return message, lambda where, authorization: where.sends(
        wallet("relayer"), "cancelAuthorizations", holder, where.series, authorization
    )


def gift_order(place: Place) -> Attempt:
    holder, key = wallet("holder").address, wallet("reader").address
    order = (place.series, 10, key, ZERO, 0, 0, bytes(32))
    message = GiftOrder(holder, *order[:4], 0, 0, bytes(32), 1, DEADLINE)
    return message, lambda where, authorization: where.sends(
        wallet("relayer"), "giveSigned", holder, order, authorization
    )


MESSAGES = (redemption, transfer, refund, restoration, cancellation, gift_order)


@pytest.mark.parametrize("make", MESSAGES)
def test_a_holders_signature_for_one_chain_is_refused_on_the_other(
    here: Place, there: Place, make: Callable[[Place], Attempt]
) -> None:
    """Refused there as no signature of the holder's; good here, so that nothing else was wrong with it."""
    for place in (here, there):  # so that a refund and a restoration would be due on both
        place.certificates.redeem(wallet("holder"), place.series, 600_000, wallet("merchant").address)
    message, use = make(here)
    authorization = signed_for(here, message)
    before = there.certificates.account(there.series, wallet("holder").address)
    with pytest.raises(RefusedError) as refused:
        use(there, authorization)
    signer, digest = refused.value.values
    assert refused.value.reason == "GiftCertificates_InvalidSignature"
    assert signer.lower() == wallet("holder").address.lower()
    assert bytes(digest) == message.digest(there.certificates.domain)
    assert there.certificates.account(there.series, wallet("holder").address) == before
    use(here, authorization)
    assert here.certificates.account(here.series, wallet("holder").address).nonce == 1


def test_a_merchants_request_for_one_chain_is_refused_on_the_other(here: Place, there: Place) -> None:
    holder, merchant = wallet("holder"), wallet("merchant")
    request = here.certificates.request_payment(merchant, 7, 500, DEADLINE, least=488)
    # the holder pays on the other chain, with the request of this one
    payment = (request.merchant, ZERO, 7, 500, 488, DEADLINE, b"", request.signature)
    own = (holder.address, there.series, 500, 7, 0, 0, b"")
    with pytest.raises(RefusedError) as refused:
        there.sends(holder, "pay", payment, [own])
    assert refused.value.reason == "GiftCertificates_InvalidSignature"
    assert refused.value.values[0].lower() == merchant.address.lower()
    assert not there.certificates.is_order_used(merchant.address, 7)
    here.sends(holder, "pay", payment, [own])
    assert here.certificates.is_order_used(merchant.address, 7)


def test_a_gift_links_signature_for_one_chain_is_refused_on_the_other(here: Place, there: Place) -> None:
    """The same gift, given in the same second on both chains: the claim for one does not open the other."""
    holder, key, recipient = wallet("holder"), wallet("reader"), wallet("recipient").address
    given_at, later = START + 10_000, START + 20_000
    for place in (here, there):
        place.node.develop("evm_setNextBlockTimestamp", [given_at])
        place.sends(holder, "give", (place.series, 10, key.address, ZERO, later, 0, bytes(32)))
        place.node.jump_to(later)
    limitation = START + 5 * YEAR
    gift = (
        holder.address, key.address, ZERO, here.series, 10, later, 2**40 - 1, given_at, limitation, bytes(32),
    )  # fmt: skip
    assert all(place.certificates.is_gift_open(gift_id(gift)) for place in (here, there))
    claim = Claim(gift_id(gift), recipient, bytes(32))
    signature = claim.sign(here.certificates.domain, key.key)
    with pytest.raises(RefusedError) as refused:
        there.sends(wallet("relayer"), "claim", gift, recipient, signature)
    assert refused.value.reason == "GiftCertificates_InvalidSignature"
    assert refused.value.values[0].lower() == key.address.lower()
    here.sends(wallet("relayer"), "claim", gift, recipient, signature)
    assert here.certificates.account(here.series, recipient) == Account(10, 0, 0)
    assert there.certificates.account(there.series, recipient) == Account(0, 0, 0)
