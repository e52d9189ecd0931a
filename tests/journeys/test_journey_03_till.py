"""Journey 3: a till asks for 31,000 of a 50,000-won card by QR code, and gets that less the stated fee.

The series is the demo's Korean one: fee 3 %, the remainder refunds once 60 % of a certificate are used (the
standard terms of new-type gift certificates, Korea Fair Trade Commission; 80 % where the face is 10,000 won
or less).
"""

from pathlib import Path

import pytest

from largesse.chain import RefusedError
from largesse.clients.certificates import ClientError
from largesse.holdings import Account, Refundable, Right, SignedCard
from largesse.qr import qr_png
from largesse.scanning import read_qr
from largesse.signed.certificates import Redemption
from largesse.tills import PaymentRequest, parse_request
from tests.fixtures.desk import Desk

SERIES = 1
FACE, ASKED, ORDER = 50_000, 31_000, 7_001
FEE = 930  # 3 % of 31,000


@pytest.fixture
def card(desk: Desk) -> Desk:
    """The holder has one certificate of 50,000."""
    desk.issue("holder", str(FACE))
    return desk


@pytest.fixture
def scanned(card: Desk, tmp_path: Path) -> PaymentRequest:
    """What the customer's phone read off the till's screen."""
    krw = card.krw
    ends_at = krw.node.now() + 600
    request = krw.request_payment(card.wallet("bookshop"), ORDER, ASKED, ends_at, least=ASKED - FEE)
    picture = tmp_path / "till.png"
    picture.write_bytes(qr_png(request.uri()))
    seen = parse_request(read_qr(picture))
    assert seen == request
    return seen


def reserve(desk: Desk) -> int:
    return desk.won.balance(desk.krw.address)


def pay(desk: Desk, request: PaymentRequest, amount: int | None = None) -> SignedCard:
    """Sign at the phone, submit at the till; what was signed."""
    signed = desk.krw.sign_card(desk.wallet("holder"), request, SERIES, amount)
    desk.krw.pay(request, [signed], desk.wallet("bookshop"))
    return signed


def test_the_terms_are_the_stated_ones(card: Desk) -> None:
    terms = card.krw.terms(SERIES)
    assert (terms.fee_bps, terms.denomination, terms.use_threshold_bps) == (300, FACE, 6_000)


def test_the_till_gets_what_it_asked_for_less_the_fee(card: Desk, scanned: PaymentRequest) -> None:
    before = card.won.balance(card.address("bookshop"))
    held = reserve(card)
    pay(card, scanned)
    assert card.won.balance(card.address("bookshop")) - before == ASKED - FEE
    assert card.krw.account(SERIES, card.address("holder")) == Account(FACE - ASKED, ASKED, 1)
    assert held - reserve(card) == ASKED - FEE
    state = card.krw.state(SERIES)
    assert (state.outstanding, state.fees_accrued) == (FACE - ASKED, FEE)
    assert reserve(card) == FACE - ASKED + FEE
    assert card.krw.is_order_used(card.address("bookshop"), ORDER)


def test_a_till_that_accepts_no_fee_gets_nothing_less(card: Desk) -> None:
    """Which is so unless the shop says otherwise. The phone is told; so is the till, by the chain."""
    krw, shop = card.krw, card.wallet("bookshop")
    request = krw.request_payment(shop, ORDER, ASKED, krw.node.now() + 600)
    assert request.least == ASKED
    with pytest.raises(ClientError) as unwilling:
        krw.sign_card(card.wallet("holder"), request, SERIES)
    assert unwilling.value.reason == "fee_too_high"
    with pytest.raises(RefusedError) as refused:
        krw.pay(request, [_signed_anyway(card, request)], shop)
    assert refused.value.reason == "GiftCertificates_PayoutBelowLeast"
    assert refused.value.values == (ASKED - FEE, ASKED)
    assert not krw.is_order_used(shop.address, ORDER)


def test_a_replay_is_refused_by_the_chain(card: Desk, scanned: PaymentRequest) -> None:
    signed = pay(card, scanned)
    card.issue("holder", str(FACE))  # so that the balance would do for a second time
    before = card.krw.account(SERIES, card.address("holder"))
    with pytest.raises(RefusedError) as refused:
        card.krw.pay(scanned, [signed], card.wallet("bookshop"))
    assert (refused.value.reason, refused.value.values) == ("GiftCertificates_NonceTooLow", (1, 1))
    assert card.krw.account(SERIES, card.address("holder")) == before


def test_a_fresh_signature_for_the_paid_order_is_refused(card: Desk, scanned: PaymentRequest) -> None:
    """The phone says so before it signs; the chain says so to a phone that signs anyway."""
    card.issue("holder", str(FACE))
    signed_first = card.krw.sign_card(card.wallet("holder"), scanned, SERIES)
    card.krw.pay(scanned, [signed_first], card.wallet("bookshop"))
    with pytest.raises(ClientError) as unwilling:
        card.krw.sign_card(card.wallet("holder"), scanned, SERIES)
    assert unwilling.value.reason == "order_used"
    card.issue("giver", str(FACE))
    other = card.krw.request_payment(
        card.wallet("bookshop"), ORDER + 1, ASKED, scanned.deadline, least=ASKED - FEE
    )
    signed = card.krw.sign_card(card.wallet("giver"), other, SERIES)
    card.krw.pay(other, [signed], card.wallet("bookshop"))
    with pytest.raises(RefusedError) as refused:
        card.krw.pay(other, [_signed_anyway(card, other)], card.wallet("bookshop"))
    merchant = card.address("bookshop")
    assert refused.value.reason == "GiftCertificates_OrderUsed"
    assert (refused.value.values[0].lower(), refused.value.values[1]) == (merchant.lower(), ORDER + 1)


def _signed_anyway(desk: Desk, request: PaymentRequest) -> SignedCard:
    """A card signed without asking whether the order is free."""
    holder = desk.wallet("holder")
    nonce = desk.krw.account(SERIES, holder.address).nonce + 1
    message = Redemption(
        holder.address,
        SERIES,
        request.total,
        request.merchant,
        "0x" + "00" * 20,
        request.order,
        b"",
        nonce,
        request.deadline,
    )
    signature = message.sign(desk.krw.domain, holder.key)
    return SignedCard(
        holder.address, SERIES, request.total, request.order, nonce, request.deadline, signature
    )


@pytest.mark.parametrize(
    ("used", "right", "rest"),
    [
        (29_999, Right.NONE, 0),  # 59.998 %
        (30_000, Right.REMAINDER, 20_000),  # 60 %
        (30_001, Right.REMAINDER, 19_999),
        (ASKED, Right.REMAINDER, 19_000),  # 62 %
    ],
)
def test_the_remainder_refunds_from_sixty_percent_on(card: Desk, used: int, right: Right, rest: int) -> None:
    krw = card.krw
    ends_at, least = krw.node.now() + 600, used - used * 3 // 100
    request = krw.request_payment(card.wallet("bookshop"), ORDER, used, ends_at, least=least)
    pay(card, request)
    assert krw.refundable(SERIES, card.address("holder")) == Refundable(right, rest, rest)
    if right is Right.NONE:
        with pytest.raises(RefusedError) as refused:
            krw.refund(card.wallet("holder"), SERIES, 1, 1)
        assert (refused.value.reason, refused.value.values) == ("GiftCertificates_OverEntitlement", (1, 0))


def test_the_rest_of_the_card_comes_back_to_the_unit(card: Desk, scanned: PaymentRequest) -> None:
    pay(card, scanned)
    krw, holder = card.krw, card.wallet("holder")
    with pytest.raises(RefusedError) as refused:
        krw.refund(holder, SERIES, 19_001, 19_001)
    assert refused.value.reason == "GiftCertificates_OverEntitlement"
    assert refused.value.values == (19_001, 19_000)
    before = card.won.balance(holder.address)
    krw.refund(holder, SERIES, 19_000, 19_000)
    assert card.won.balance(holder.address) - before == 19_000
    assert krw.account(SERIES, holder.address) == Account(0, FACE, 1)
    assert reserve(card) == FEE
    assert krw.refundable(SERIES, holder.address) == Refundable(Right.NONE, 0, 0)
