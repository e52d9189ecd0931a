"""Row korea_qr: a till QR carries amount and order, the customer signs, the merchant submits; a second
scan is refused; an unmanned shop verifies the receipt by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hexbytes import HexBytes
from web3.logs import DISCARD
from web3.types import TxReceipt

from largesse.chain import RefusedError
from largesse.clients.certificates import Certificates, ClientError
from largesse.qr import qr_png
from largesse.scanning import read_qr
from largesse.tills import PaymentRequest, parse_request
from tests.fixtures.desk import Desk

SERIES = 1
ZERO = "0x" + "00" * 20


@dataclass(frozen=True)
class UnmannedShop:
    """A door that knows a node and nothing else: no key, no till, no server. It believes the chain only."""

    certificates: Certificates
    merchant: str

    def opens_for(self, order: int, price: int, tx_hash: bytes) -> bool:
        """Whether this transaction paid this order of this merchant in full, by the logs of the ledger."""
        receipt = self.certificates.node.web3.eth.get_transaction_receipt(HexBytes(tx_hash))
        return receipt["status"] == 1 and self._paid(receipt).get(order, 0) >= price

    def _paid(self, receipt: TxReceipt) -> dict[int, int]:
        """Face burnt for each order number. The rows of `RedeemedMany` (16 bytes: order 64, nonce 64) come in
        the order of the burns before it.
        """
        events = self.certificates.contract.events
        burns = [
            log["args"]
            for log in events.TransferSingle().process_receipt(receipt, errors=DISCARD)
            if log["address"] == self.certificates.address and log["args"]["to"] == ZERO
        ]
        rows = b"".join(
            bytes(log["args"]["rows"])
            for log in events.RedeemedMany().process_receipt(receipt, errors=DISCARD)
            if log["address"] == self.certificates.address
        )
        paid: dict[int, int] = {}
        for index, burn in enumerate(burns[: len(rows) // 16]):
            order = int.from_bytes(rows[16 * index : 16 * index + 8], "big")
            if burn["operator"] == self.merchant:
                paid[order] = paid.get(order, 0) + int(burn["value"])
        return paid


@pytest.fixture
def card(desk: Desk) -> Desk:
    """Holder and giver have a certificate of 50,000 each."""
    desk.issue("holder", "50000")
    desk.issue("giver", "50000")
    return desk


def till(desk: Desk, folder: Path, order: int, total: int, shop: str = "bookshop") -> Path:
    """The picture that the till shows; the shop accepts the series' fee of 3 %."""
    ends_at, least = desk.krw.node.now() + 600, total - total * 3 // 100
    request = desk.krw.request_payment(desk.wallet(shop), order, total, ends_at, least=least)
    picture = folder / f"{shop}-{order}.png"
    picture.write_bytes(qr_png(request.uri()))
    return picture


def scan(picture: Path) -> PaymentRequest:
    return parse_request(read_qr(picture))


def paid_by(desk: Desk, request: PaymentRequest, role: str = "holder", shop: str = "bookshop") -> bytes:
    """Sign on the phone, submit at the till; the transaction's hash, which is the receipt."""
    signed = desk.krw.sign_card(desk.wallet(role), request, SERIES)
    return bytes(desk.krw.pay(request, [signed], desk.wallet(shop))["transactionHash"])


def test_the_picture_carries_amount_and_order(card: Desk, tmp_path: Path) -> None:
    request = scan(till(card, tmp_path, 12, 4_500))
    assert (request.order, request.total, request.merchant) == (12, 4_500, card.address("bookshop"))
    assert (request.chain_id, request.certificates) == (card.krw.node.chain_id, card.krw.address)


def test_the_customer_signs_without_gas_and_the_merchant_submits(card: Desk, tmp_path: Path) -> None:
    web3, holder = card.krw.node.web3, card.wallet("holder").address
    gas_and_nonce = web3.eth.get_balance(holder), web3.eth.get_transaction_count(holder)
    before = card.won.balance(card.address("bookshop"))
    paid_by(card, scan(till(card, tmp_path, 12, 4_500)))
    assert card.won.balance(card.address("bookshop")) - before == 4_500 - 135
    assert (web3.eth.get_balance(holder), web3.eth.get_transaction_count(holder)) == gas_and_nonce


@pytest.mark.parametrize("again", ["holder", "giver"])
def test_a_second_scan_is_refused(card: Desk, tmp_path: Path, again: str) -> None:
    """By the phone, whoever holds it; and by the chain, when two phones had signed already."""
    picture = till(card, tmp_path, 12, 4_500)
    late = card.krw.sign_card(card.wallet("giver"), scan(picture), SERIES)
    paid_by(card, scan(picture))
    with pytest.raises(ClientError) as unwilling:
        paid_by(card, scan(picture), again)
    assert unwilling.value.reason == "order_used"
    with pytest.raises(RefusedError) as refused:
        card.krw.pay(scan(picture), [late], card.wallet("bookshop"))
    assert refused.value.reason == "GiftCertificates_OrderUsed"
    merchant, order = refused.value.values
    assert (merchant.lower(), order) == (card.address("bookshop").lower(), 12)
    assert card.krw.account(SERIES, card.address("giver")).balance == 50_000


def test_a_photographed_picture_pays_the_same_shop(card: Desk, tmp_path: Path) -> None:
    """A stranger who photographs the till's picture can only pay the shop's bill."""
    request = scan(till(card, tmp_path, 12, 4_500))
    before = card.won.balance(card.address("stranger"))
    signed = card.krw.sign_card(card.wallet("giver"), request, SERIES)
    card.krw.pay(request, [signed], card.wallet("stranger"))
    assert card.won.balance(card.address("stranger")) == before
    assert card.krw.is_order_used(card.address("bookshop"), 12)


def test_an_unmanned_shop_opens_for_its_receipt_only(card: Desk, tmp_path: Path) -> None:
    shop = UnmannedShop(card.krw, card.address("bookshop"))
    receipt = paid_by(card, scan(till(card, tmp_path, 12, 4_500)))
    assert shop.opens_for(12, 4_500, receipt)
    # another order, a higher price, another merchant's receipt, a receipt of something else
    assert not shop.opens_for(13, 4_500, receipt)
    assert not shop.opens_for(12, 4_501, receipt)
    elsewhere = paid_by(card, scan(till(card, tmp_path, 12, 4_500, "cinema")), "giver", "cinema")
    assert not shop.opens_for(12, 4_500, elsewhere)
    assert UnmannedShop(card.krw, card.address("cinema")).opens_for(12, 4_500, elsewhere)
    unordered = card.krw.redeem(card.wallet("holder"), SERIES, 4_500, card.address("bookshop"))
    assert not shop.opens_for(12, 4_500, bytes(unordered["transactionHash"]))
    moved = card.krw.transfer(card.wallet("holder"), card.address("giver"), SERIES, 4_500)
    assert not shop.opens_for(12, 4_500, bytes(moved["transactionHash"]))


def test_an_unmanned_shop_adds_up_two_cards(card: Desk, tmp_path: Path) -> None:
    shop = UnmannedShop(card.krw, card.address("bookshop"))
    request = scan(till(card, tmp_path, 15, 70_000))
    cards = [
        card.krw.sign_card(card.wallet("holder"), request, SERIES, 50_000),
        card.krw.sign_card(card.wallet("giver"), request, SERIES, 20_000),
    ]
    receipt = card.krw.pay(request, cards, card.wallet("relayer"))
    assert shop.opens_for(15, 70_000, bytes(receipt["transactionHash"]))
    assert not shop.opens_for(15, 70_001, bytes(receipt["transactionHash"]))


def test_an_expired_picture_is_refused(card: Desk, tmp_path: Path) -> None:
    request = scan(till(card, tmp_path, 12, 4_500))
    signed = card.krw.sign_card(card.wallet("holder"), request, SERIES)
    card.krw.node.jump_to(request.deadline)
    with pytest.raises(ClientError) as unwilling:
        card.krw.sign_card(card.wallet("holder"), request, SERIES)
    assert unwilling.value.reason == "request_expired"
    with pytest.raises(RefusedError) as refused:
        card.krw.pay(request, [signed], card.wallet("bookshop"))
    assert refused.value.reason == "GiftCertificates_DeadlinePassed"
    assert refused.value.values[0] == request.deadline
