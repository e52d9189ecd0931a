"""claim: the link's key names the recipient, anybody may pay the gas."""

from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import address_of, certificates_domain, keccak, sign_digest
from largesse.signed.certificates import Claim
from tests.fixtures.accounts import REFUSER_MODES, MakeAccount, delegate_7702
from tests.support.certificates import NEVER, YEAR, ZERO, World, gift_id
from tests.support.clock import at
from tests.support.errors import reverts, reverts_without_data
from tests.support.gifts import secret_of
from tests.support.logs import logs_of

SECRET = secret_of("claim")
Link = tuple[tuple[Any, ...], bytes]


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def link(world: World, series: int) -> Link:
    """A bearer link over 400, delivered at once: the gift and its id."""
    _, gift, identity = world.give(series, 400, secret=SECRET)
    return gift, identity


@pytest.fixture(scope="module")
def later(world: World, series: int) -> Link:
    """A bearer link over 100 that delivers in 1,000 seconds and may be taken back 1,000 seconds later."""
    now = world.now()
    _, gift, identity = world.give(series, 100, secret=SECRET, deliver_at=now + 1_000, reclaim_at=now + 2_000)
    return gift, identity


def claim(world: World, link: Link, recipient: Any = None, signature: bytes | None = None) -> Any:
    """Have the relayer deliver the link to the recipient, signed by the link's key unless told otherwise."""
    recipient = recipient or world.recipient
    if signature is None:
        signature = world.claim_signature(SECRET, link[1], recipient)
    return world.certificates.claim(link[0], recipient, signature, {"from": world.relayer})


MEMBERS = (
    "giver",
    "key",
    "recipient",
    "seriesId",
    "amount",
    "deliverAt",
    "reclaimAt",
    "createdAt",
    "limitationAt",
    "messageHash",
)


@pytest.mark.parametrize("place", range(len(MEMBERS)), ids=MEMBERS)
def test_claim_reverts_when_any_member_of_the_gift_was_changed(world: World, link: Link, place: int) -> None:
    """A longer limitation, an earlier delivery or a larger amount would be another commitment."""
    value = link[0][place]
    if isinstance(value, bytes):
        changed: Any = keccak(b"other")
    elif isinstance(value, str):
        changed = world.stranger.address
    else:
        changed = value - 1
    forged = (*link[0][:place], changed, *link[0][place + 1 :])
    with reverts("GiftCertificates_NoSuchGift", gift_id(forged)):
        claim(world, (forged, gift_id(forged)))


def test_claim_reverts_the_second_time(world: World, link: Link) -> None:
    claim(world, link)
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        claim(world, link)
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        claim(world, link, world.stranger)
    assert world.certificates.balanceOf(world.recipient, link[0][3]) == 400


def test_claim_reverts_before_delivery(world: World, later: Link) -> None:
    deliver = later[0][5]
    at(deliver - 1)
    with reverts("GiftCertificates_NotYetDelivered", deliver, deliver - 1):
        claim(world, later)


@pytest.mark.parametrize("past", [0, 1])
def test_claim_passes_from_delivery_on(world: World, later: Link, past: int) -> None:
    at(later[0][5] + past)
    claim(world, later)
    assert world.certificates.balanceOf(world.recipient, later[0][3]) == 100


@pytest.mark.parametrize("past", [0, 1])
def test_claim_reverts_from_limitation_on(world: World, link: Link, past: int) -> None:
    at(link[0][8] + past)
    with reverts("GiftCertificates_AfterLimitation", link[0][3], link[0][8]):
        claim(world, link)


def test_claim_passes_in_the_last_second_before_limitation(world: World, link: Link) -> None:
    at(link[0][8] - 1)
    claim(world, link)
    assert world.certificates.balanceOf(world.recipient, link[0][3]) == 400


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_claim_outlives_expiry_into_the_right_that_follows(
    world: World, series: int, link: Link, past: int
) -> None:
    expires_at = world.certificates.terms(series)[2]
    at(expires_at + past)
    claim(world, link)
    entitled = world.certificates.refundable(series, world.recipient)
    assert entitled == ((0, 0, 0) if past < 0 else (4, 400, 360))


def test_claim_reverts_for_nobody(world: World, link: Link) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        claim(world, link, ZERO)


def test_claim_reverts_without_the_keys_signature(world: World, link: Link) -> None:
    digest = Claim(link[1], str(world.recipient), bytes(32)).digest(world.domain)
    good = world.claim_signature(SECRET, link[1], world.recipient)
    elsewhere = replace(world.domain, chain_id=1)
    other_contract = certificates_domain(world.domain.chain_id, world.token.address)
    message = Claim(link[1], str(world.recipient), bytes(32))
    for bad in (
        b"",
        good[:63],
        good + b"\0",
        good[:64] + bytes([good[64] ^ 7]),
        sign_digest(digest, world.key(world.recipient)),
        sign_digest(digest, world.key(world.giver)),
        world.claim_signature(SECRET, keccak(b"another gift"), world.recipient),
        world.claim_signature(SECRET, link[1], world.recipient, keccak(b"a payment")),
        message.sign(elsewhere, SECRET),
        message.sign(other_contract, SECRET),
    ):
        with reverts("GiftCertificates_InvalidSignature", link[0][1], digest):
            claim(world, link, signature=bad)
    assert world.certificates.isGiftOpen(link[1])


def test_claim_reverts_for_another_recipient_than_the_key_signed(world: World, link: Link) -> None:
    signature = world.claim_signature(SECRET, link[1], world.recipient)
    digest = Claim(link[1], str(world.stranger), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", link[0][1], digest):
        claim(world, link, world.stranger, signature)


def test_claim_mints_to_the_recipient(world: World, series: int, link: Link) -> None:
    reserve, outstanding = world.reserve(), world.certificates.state(series)[1]
    tx = claim(world, link)
    assert world.certificates.account(series, world.recipient) == (400, 0, 0)
    assert world.certificates.state(series)[1] == outstanding  # a link is outstanding face already
    assert world.reserve() == world.liabilities() == reserve
    assert not world.certificates.isGiftOpen(link[1])
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.relayer, ZERO, world.recipient, series, 400),
        ("GiftClaimed", link[1]),
    ]


def test_claim_adds_to_what_the_recipient_has(world: World, series: int, link: Link) -> None:
    world.issue(series, world.recipient, 50)
    world.certificates.redeem(series, 20, world.merchant, {"from": world.recipient})
    claim(world, link)
    assert world.certificates.account(series, world.recipient) == (430, 20, 0)


def test_claim_stays_open_after_the_reclaim_date_until_it_is_taken_back(world: World, later: Link) -> None:
    at(later[0][6] + 1)
    claim(world, later)
    assert world.certificates.balanceOf(world.recipient, later[0][3]) == 100


def test_claim_passes_after_the_wind_down(world: World, series: int, link: Link) -> None:
    world.certificates.windDown(series, {"from": world.issuer})
    claim(world, link)
    assert world.certificates.refundable(series, world.recipient) == (1, 400, 400)


# named recipients


def named(world: World, series: int, key: str) -> Link:
    _, gift, identity = world.give(series, 30, key=key, recipient=world.recipient)
    return gift, identity


def test_claim_reverts_for_another_than_the_named_recipient(world: World, series: int) -> None:
    link = named(world, series, address_of(SECRET))
    with reverts("GiftCertificates_WrongRecipient", world.stranger, world.recipient):
        claim(world, link, world.stranger)


def test_claim_by_a_named_recipient_still_needs_the_key_there_is(world: World, series: int) -> None:
    link = named(world, series, address_of(SECRET))
    digest = Claim(link[1], str(world.recipient), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", address_of(SECRET), digest):
        claim(world, link, signature=b"")
    claim(world, link)
    assert world.certificates.balanceOf(world.recipient, series) == 30


def test_claim_without_a_key_is_anybodys_to_deliver(world: World, series: int) -> None:
    link = named(world, series, ZERO)
    with reverts("GiftCertificates_WrongRecipient", world.stranger, world.recipient):
        claim(world, link, world.stranger, b"")
    world.certificates.claim(link[0], world.recipient, b"", {"from": world.stranger})
    assert world.certificates.balanceOf(world.recipient, series) == 30


# keys that are contracts, recipients that are contracts


def test_claim_with_a_contract_wallet_as_key(world: World, series: int, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", world.agent)
    _, gift, identity = world.give(series, 30, key=wallet.address)
    digest = Claim(identity, str(world.recipient), bytes(32)).digest(world.domain)
    forged = sign_digest(digest, world.key(world.stranger))
    with reverts("GiftCertificates_InvalidSignature", wallet, digest):
        claim(world, (gift, identity), signature=forged)
    claim(world, (gift, identity), signature=sign_digest(digest, world.key(world.agent)))
    assert world.certificates.balanceOf(world.recipient, series) == 30


def test_claim_with_borrowed_code_at_the_key(world: World, series: int, delegate_code: Any) -> None:
    _, gift, identity = world.give(series, 30, key=world.agent.address)
    delegate_7702(world.agent, delegate_code, world.relayer)
    signature = world.claim_signature(world.key(world.agent), identity, world.recipient)
    claim(world, (gift, identity), signature=signature)
    assert world.certificates.balanceOf(world.recipient, series) == 30


@pytest.mark.parametrize("mode", [mode for mode in REFUSER_MODES if mode != "RevertsHuge"])
def test_claim_by_a_contract_depends_on_its_acceptance(
    world: World, series: int, link: Link, make_account: MakeAccount, mode: str
) -> None:
    recipient = make_account("Refuser1155", world.agent, mode)
    if mode == "Accepts":
        claim(world, link, recipient)
        assert world.certificates.balanceOf(recipient, series) == 400
        return
    if mode == "Reverts":
        refusal = reverts("Refuser1155_Refused", world.relayer, ZERO, series, 400)
    else:
        refusal = reverts("ERC1155InvalidReceiver", recipient)
    with refusal:
        claim(world, link, recipient)
    assert world.certificates.isGiftOpen(link[1])


def test_claim_takes_no_money(world: World, link: Link) -> None:
    with reverts_without_data():
        world.certificates.claim(
            link[0],
            world.recipient,
            world.claim_signature(SECRET, link[1], world.recipient),
            {"from": world.relayer, "value": 1},
        )


def test_claim_without_limitation(world: World) -> None:
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, world.giver, 10)
    _, gift, identity = world.give(series, 10, secret=SECRET)
    at(world.now() + 300 * YEAR)
    claim(world, (gift, identity))
    assert world.certificates.balanceOf(world.recipient, series) == 10
