"""recall: the giver takes an unclaimed gift back before its delivery, or from the reclaim date on."""

from typing import Any

import pytest

from largesse.eip712 import keccak
from largesse.signed.certificates import Recall
from tests.fixtures.accounts import MakeAccount, call_as
from tests.support.certificates import DAY, NEVER, NO_SIGNATURE, ZERO, World, gift_id
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of
from tests.support.signed import FAULTS, SignedAction, check_accepted, check_refused

SECRET = secret_of("recall")
Link = tuple[tuple[Any, ...], bytes]


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series()
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def link(world: World, series: int) -> Link:
    """A link over 400 that delivers in 5 days and may be taken back from day 10 on."""
    now = world.now()
    _, gift, identity = world.give(
        series, 400, secret=SECRET, deliver_at=now + 5 * DAY, reclaim_at=now + 10 * DAY
    )
    return gift, identity


def recall(world: World, link: Link) -> Any:
    return world.certificates.recall(link[0], NO_SIGNATURE, {"from": world.giver})


def action(world: World, link: Link) -> SignedAction:
    return SignedAction(
        world,
        link[0][3],
        world.giver,
        lambda nonce, deadline: Recall(str(world.giver), link[1], nonce, deadline),
        lambda authorization: world.certificates.recall(link[0], authorization, {"from": world.relayer}),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_recall_reverts_on_a_faulty_authorization(world: World, link: Link, fault: str) -> None:
    check_refused(action(world, link), fault)


def test_recall_acts_once(world: World, link: Link) -> None:
    tx = check_accepted(action(world, link), "GiftCertificates_NoSuchGift", link[1])
    assert world.certificates.account(link[0][3], world.giver)[0] == 1_000
    assert ("TransferSingle", world.relayer, ZERO, world.giver, link[0][3], 400) in logs_of(
        tx, world.certificates
    )


def test_recall_by_signature_binds_the_gift(world: World, series: int, link: Link) -> None:
    _, other, identity = world.give(series, 100, deliver_at=link[0][5])
    good = action(world, link).signed()
    digest = Recall(str(world.giver), identity, good[0], good[1]).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", world.giver, digest):
        world.certificates.recall(other, good, {"from": world.relayer})


def test_recall_reverts_for_an_unknown_gift(world: World, link: Link) -> None:
    larger = (*link[0][:4], 401, *link[0][5:])
    with reverts("GiftCertificates_NoSuchGift", gift_id(larger)):
        world.certificates.recall(larger, NO_SIGNATURE, {"from": world.giver})


def test_recall_reverts_the_second_time(world: World, link: Link) -> None:
    recall(world, link)
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        recall(world, link)


def test_recall_reverts_after_the_claim(world: World, link: Link) -> None:
    at(link[0][5])
    world.certificates.claim(
        link[0],
        world.recipient,
        world.claim_signature(SECRET, link[1], world.recipient),
        {"from": world.relayer},
    )
    at(link[0][6])
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        recall(world, link)


@pytest.mark.parametrize("who", ["stranger", "issuer", "recipient", "beneficiary"])
def test_recall_reverts_for_anybody_but_the_giver(world: World, link: Link, who: str) -> None:
    caller = world.people[who]
    with reverts("GiftCertificates_NotYourCard", world.giver, caller):
        world.certificates.recall(link[0], NO_SIGNATURE, {"from": caller})


def test_recall_passes_until_the_last_second_before_delivery(world: World, link: Link) -> None:
    at(link[0][5] - 1)
    recall(world, link)
    assert world.certificates.balanceOf(world.giver, link[0][3]) == 1_000


@pytest.mark.parametrize("past", ["deliver", "deliver + 1", "reclaim - 1"])
def test_recall_reverts_between_delivery_and_the_reclaim_date(world: World, link: Link, past: str) -> None:
    deliver, reclaim = link[0][5], link[0][6]
    time = at({"deliver": deliver, "deliver + 1": deliver + 1, "reclaim - 1": reclaim - 1}[past])
    with reverts("GiftCertificates_NotRecallable", deliver, reclaim, time):
        recall(world, link)
    assert world.certificates.isGiftOpen(link[1])


@pytest.mark.parametrize("past", [0, 1])
def test_recall_passes_from_the_reclaim_date_on(world: World, link: Link, past: int) -> None:
    at(link[0][6] + past)
    recall(world, link)
    assert world.certificates.balanceOf(world.giver, link[0][3]) == 1_000


def test_recall_reverts_for_ever_without_a_reclaim_date(world: World, series: int) -> None:
    _, gift, identity = world.give(series, 100)
    limitation = gift[8]
    time = at(limitation - 1)
    with reverts("GiftCertificates_NotRecallable", gift[5], NEVER, time):
        recall(world, (gift, identity))


def test_recall_reverts_from_limitation_on(world: World, link: Link) -> None:
    limitation = link[0][8]
    at(limitation)
    with reverts("GiftCertificates_AfterLimitation", link[0][3], limitation):
        recall(world, link)


def test_recall_passes_in_the_last_second_before_limitation(world: World, link: Link) -> None:
    at(link[0][8] - 1)
    recall(world, link)
    assert world.certificates.balanceOf(world.giver, link[0][3]) == 1_000


def test_recall_gives_everything_back(world: World, series: int, link: Link) -> None:
    before = (world.certificates.state(series)[1], world.reserve())
    tx = recall(world, link)
    assert world.certificates.account(series, world.giver) == (1_000, 0, 0)
    assert (world.certificates.state(series)[1], world.reserve()) == before
    assert world.reserve() == world.liabilities()
    assert not world.certificates.isGiftOpen(link[1])
    assert logs_of(tx, world.certificates) == [
        ("GiftRecalled", link[1]),
        ("TransferSingle", world.giver, ZERO, world.giver, series, 400),
    ]


def test_a_recalled_gift_cannot_be_claimed(world: World, link: Link) -> None:
    recall(world, link)
    at(link[0][5])
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        world.certificates.claim(
            link[0],
            world.recipient,
            world.claim_signature(SECRET, link[1], world.recipient),
            {"from": world.relayer},
        )


def test_recall_after_expiry_leads_to_the_right_that_follows(world: World, series: int, link: Link) -> None:
    at(world.certificates.terms(series)[2])
    recall(world, link)
    assert world.certificates.refundable(series, world.giver) == (4, 1_000, 900)


def test_recall_to_a_contract_asks_for_its_acceptance(
    world: World, series: int, make_account: MakeAccount
) -> None:
    wallet = make_account("Refuser1155", world.giver, "Accepts")
    world.issue(series, wallet, 50)
    now = world.now()
    order = (series, 50, ZERO, world.recipient.address, now + DAY, 0, keccak(b"note"))
    tx = call_as(wallet, world.giver, world.certificates.give, order)
    gift = (
        wallet.address, ZERO, world.recipient.address, series, 50, now + DAY, NEVER, tx.timestamp,
        world.certificates.terms(series)[3], keccak(b"note"),
    )  # fmt: skip
    wallet.setMode(0, {"from": world.giver})
    with reverts("ERC1155InvalidReceiver", wallet):
        call_as(wallet, world.giver, world.certificates.recall, gift, NO_SIGNATURE)
    wallet.setMode(5, {"from": world.giver})
    call_as(wallet, world.giver, world.certificates.recall, gift, NO_SIGNATURE)
    assert world.certificates.balanceOf(wallet, series) == 50
