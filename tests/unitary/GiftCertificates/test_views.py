"""What anybody can read, for series that are and series that are not."""

import base64
import json

import pytest
from brownie import Contract

from largesse.eip712 import keccak
from tests.fixtures.accounts import container
from tests.support.certificates import ART, DAY, NEVER, ZERO, World
from tests.support.clock import mine_at
from tests.support.errors import reverts

NOTHING = 7
"""A series that is never created here."""


@pytest.fixture(scope="module")
def series(world: World) -> int:
    return world.create_series([world.merchant], named=True, denomination=50, refund_on_removal=True)


@pytest.mark.parametrize("view", ["terms", "state", "cardFacts", "uri"])
def test_views_of_an_unknown_series_revert(world: World, view: str) -> None:
    for unknown in (0, NOTHING):
        with reverts("GiftCertificates_UnknownSeries", unknown):
            getattr(world.certificates, view)(unknown)
    with reverts("GiftCertificates_UnknownSeries", NOTHING):
        world.certificates.refundable(NOTHING, world.holder)


def test_views_that_answer_with_nothing(world: World) -> None:
    certificates, holder = world.certificates, world.holder
    assert certificates.balanceOf(holder, NOTHING) == 0
    assert certificates.account(NOTHING, holder) == (0, 0, 0)
    assert certificates.isMerchant(NOTHING, holder) is False
    assert certificates.merchantUntil(NOTHING, holder) == 0
    assert certificates.operatorLimit(NOTHING, holder) == (0, 0)
    assert certificates.placed(NOTHING, holder, holder) == 0
    assert bytes(certificates.art(NOTHING)) == b""
    assert certificates.owed(holder) == certificates.totalOwed() == 0
    assert certificates.isGiftOpen(bytes(32)) is False
    assert certificates.batchRemaining(bytes(32)) == 0
    assert certificates.isClaimedFromBatch(bytes(32), 2**256 - 1) is False
    assert certificates.isOrderUsed(holder, 2**64 - 1) is False


def test_currency_and_domain(world: World) -> None:
    assert world.certificates.currency() == world.token
    assert bytes(world.certificates.DOMAIN_SEPARATOR()) == world.domain.separator


def test_a_wallet_reads_the_domain_by_erc_5267(world: World) -> None:
    whole = Contract.from_abi("Domain", world.certificates.address, container("GiftCertificates").abi)
    parts = (
        "0x0f",
        "Largesse GiftCertificates",
        "1",
        world.chain.id,
        world.certificates,
        "0x" + "00" * 32,
        (),
    )
    assert tuple(whole.eip712Domain()) == parts


def test_status_follows_the_dates(world: World, series: int) -> None:
    """Each date belongs to what begins with it."""
    _, close, expiry, limitation = world.certificates.terms(series)[:4]
    for time, status in (
        (close - 1, 0),
        (close, 1),
        (expiry - 1, 1),
        (expiry, 3),
        (limitation - 1, 3),
        (limitation, 4),
    ):
        mine_at(time)
        assert world.certificates.cardFacts(series)[5] == status
    world.certificates.forfeit(series, {"from": world.stranger})
    assert world.certificates.cardFacts(series)[5] == 5


def test_status_of_a_series_wound_down(world: World, series: int) -> None:
    world.certificates.windDown(series, {"from": world.issuer})
    _, close, expiry, limitation = world.certificates.terms(series)[:4]
    for time, status in ((close, 2), (expiry - 1, 2), (expiry, 3), (limitation, 4)):
        mine_at(time)
        assert world.certificates.cardFacts(series)[5] == status


def test_card_facts(world: World, series: int) -> None:
    terms = world.certificates.terms(series)
    assert world.certificates.cardFacts(series) == (50, terms[2], terms[3], True, terms[15], 0)
    assert bytes(terms[15]) == keccak(b"terms")


def test_uri_is_a_document_with_a_picture(world: World, series: int) -> None:
    head, _, body = world.certificates.uri(series).partition(",")
    assert head == "data:application/json;base64"
    document = json.loads(base64.b64decode(body))
    assert document["name"].startswith("Culture card")
    picture_head, _, picture = document["image"].partition(",")
    assert picture_head == "data:image/svg+xml;base64"
    assert base64.b64decode(picture).startswith(b"<svg")
    assert bytes(world.certificates.art(series)) == ART


def test_open_series_know_no_merchants_and_take_all(world: World) -> None:
    opened = world.create_series()
    for anybody in (world.merchant, world.stranger, world.token):
        assert world.certificates.isMerchant(opened, anybody) is True
        assert world.certificates.merchantUntil(opened, anybody) == 0
    for nobody in (ZERO, world.certificates.address):
        assert world.certificates.isMerchant(opened, nobody) is False


def test_named_series_know_theirs(world: World, series: int) -> None:
    assert world.certificates.isMerchant(series, world.merchant) is True
    assert world.certificates.merchantUntil(series, world.merchant) == NEVER
    assert world.certificates.isMerchant(series, world.stranger) is False


def test_operator_limits_are_of_the_day(world: World, series: int) -> None:
    midnight = mine_at((world.now() // DAY + 1) * DAY)
    world.certificates.setOperator(series, world.operator, 500, {"from": world.issuer})
    world.fund(world.operator, 100)
    world.certificates.issue(series, world.holder, 100, {"from": world.operator})
    assert world.certificates.operatorLimit(series, world.operator) == (500, 100)
    mine_at(midnight + DAY - 1)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 100)
    mine_at(midnight + DAY)
    assert world.certificates.operatorLimit(series, world.operator) == (500, 0)
