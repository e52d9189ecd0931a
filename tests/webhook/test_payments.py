"""POST /payments/{issuer}: issued once, locked through a window, frozen, taken back, given again."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from brownie import web3

from largesse.database import open_database
from largesse.gifts.links import GiftLink, parse_link
from largesse.sender import TABLES
from largesse.web.limits import Rates
from largesse.webhook import store
from largesse.webhook.app import make_app
from largesse.webhook.events import EVENT
from largesse.webhook.service import Webhook, payment_id
from tests.support.certificates import ART
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.paid import CARD, NAME, NEW, OLD, Processor, event, processing
from tests.support.processes import serving
from tests.support.sales import Shop
from tests.support.waiting import until

AMOUNT = 25_000_000


def claim(processor: Processor, link: GiftLink, to: Any) -> None:
    world = processor.shop.world
    gift = link.gift
    values = (
        gift.giver, gift.key, gift.recipient, gift.series_id, gift.amount, gift.deliver_at, gift.reclaim_at,
        gift.created_at, gift.limitation_at, gift.message_hash,
    )  # fmt: skip
    signature = world.claim_signature(link.private_key, gift.gift_id(), to)
    world.certificates.claim(values, to, signature, {"from": world.relayer})


def test_a_bank_payment_is_issued_to_its_recipient_once(processor: Processor) -> None:
    holder = processor.shop.world.holder
    paid = processor.paid("p1", recipient=str(holder))
    for _ in range(5):
        processor.take(paid)
    found = processor.wait("p1", "delivered")
    assert "link" not in found
    # Another event of the same payment is no other payment.
    processor.take(processor.paid("p1", number="2", recipient=str(holder)))
    processor.take(processor.paid("p2"))
    processor.wait("p2", "given")
    assert processor.get("p1")[1] == found
    assert processor.issued() == [(str(holder), AMOUNT), (str(processor.shop.world.issuer), AMOUNT)]
    assert processor.held(holder) == AMOUNT


def test_without_a_recipient_there_is_a_link_for_whoever_has_it(processor: Processor) -> None:
    processor.take(processor.paid("p1"))
    link = parse_link(processor.wait("p1", "given")["link"])
    claim(processor, link, processor.shop.world.holder)
    assert processor.held(processor.shop.world.holder) == AMOUNT


def test_a_card_payment_is_locked_through_its_window(processor: Processor) -> None:
    holder = processor.shop.world.holder
    paid = processor.paid("p1", "card", recipient=str(holder))
    processor.take(paid)
    found = processor.wait("p1", "given")
    link = parse_link(found["link"])
    end = paid["created"] + CARD
    assert found["deliver_at"] == link.gift.deliver_at == end
    at(end - 1)
    with reverts("GiftCertificates_NotYetDelivered", end, end - 1):
        claim(processor, link, holder)
    mine_at(end)
    claim(processor, link, holder)
    assert processor.held(holder) == AMOUNT
    # What was delivered stays: a dispute that comes too late changes nothing.
    processor.take(processor.about("dispute.lost", "p1", dispute="d1"))
    processor.wait("p1", "delivered")
    assert processor.held(holder) == AMOUNT


def test_told_of_after_its_window_it_is_delivered_at_once(processor: Processor) -> None:
    processor.take(processor.paid("p1", "card", created=processor.shop.world.now() - CARD))
    link = parse_link(processor.wait("p1", "given")["link"])
    claim(processor, link, processor.shop.world.holder)


def test_a_dispute_freezes_and_a_won_one_releases(processor: Processor) -> None:
    issuer = processor.shop.world.issuer
    processor.take(processor.paid("p1", "card"))
    first = parse_link(processor.wait("p1", "given")["link"])
    processor.take(processor.about("dispute.opened", "p1", dispute="d1"))
    assert processor.wait("p1", "issued")["held"] is True
    assert processor.held(issuer) == AMOUNT
    processor.take(processor.about("dispute.won", "p1", dispute="d1"))
    # An opening that comes late opens nothing again.
    processor.take(processor.about("dispute.opened", "p1", "late", dispute="d1"))
    found = processor.wait("p1", "given")
    assert found["held"] is False
    second = parse_link(found["link"])
    assert second.private_key != first.private_key
    mine_at(second.gift.deliver_at)
    with reverts("GiftCertificates_NoSuchGift", first.gift.gift_id()):
        claim(processor, first, processor.shop.world.holder)
    claim(processor, second, processor.shop.world.holder)
    assert processor.gifts("GiftRecalled(bytes32)") == 1


@pytest.mark.parametrize("kind", ["payment.refunded", "dispute.lost"])
def test_given_back_before_delivery_it_is_taken_back(processor: Processor, kind: str) -> None:
    values = {"amount": str(AMOUNT)} if kind == "payment.refunded" else {"dispute": "d1"}
    processor.take(processor.paid("p1", "card"))
    processor.wait("p1", "given")
    for number in ("1", "2"):
        processor.take(processor.about(kind, "p1", number, **values))
    assert processor.wait("p1", "issued")["held"] is True
    assert processor.held(processor.shop.world.issuer) == AMOUNT
    assert (processor.gifts(), processor.gifts("GiftRecalled(bytes32)")) == (1, 1)


def test_events_in_any_order(processor: Processor) -> None:
    processor.take(processor.about("payment.refunded", "p1", amount=str(AMOUNT)))
    processor.take(processor.about("dispute.won", "p2", dispute="d1"))
    processor.take(processor.about("dispute.opened", "p3", dispute="d1"))
    for payment in ("p1", "p2", "p3"):
        assert processor.wait(payment, "told")["held"] is (payment != "p2")
        processor.take(processor.paid(payment, "card"))
    processor.wait("p2", "given")
    assert processor.wait("p1", "accepted")["held"] is True
    processor.take(processor.about("dispute.won", "p3", dispute="d1"))
    processor.wait("p3", "given")
    assert len(processor.issued()) == 2


def test_when_money_is_missing_it_waits_for_it(processor: Processor) -> None:
    world = processor.shop.world
    world.token.approve(processor.shop.sales, 0, {"from": world.issuer})
    processor.take(processor.paid("p1", recipient=str(world.holder)))
    processor.take(processor.paid("p2", recipient=str(world.holder)))
    until(lambda: all("error" in processor.get(one)[1] for one in ("p1", "p2")))
    assert processor.wait("p2", "issuing")["error"] == "ERC20InsufficientAllowance"
    # Given back meanwhile, it does not go to its recipient when the money is there.
    processor.take(processor.about("payment.refunded", "p2", amount=str(AMOUNT)))
    world.token.approve(processor.shop.sales, 10**12, {"from": world.issuer})
    assert "error" not in processor.wait("p1", "delivered")
    processor.wait("p2", "issued")
    assert (processor.held(world.holder), processor.held(world.issuer)) == (AMOUNT, AMOUNT)


def test_a_payment_id_that_is_used_on_the_chain_is_not_issued_again(
    processor: Processor, shop: Shop, series: int, node_url: str, postgres_url: str
) -> None:
    """As when the database was lost."""
    processor.take(processor.paid("p1", recipient=str(shop.world.holder)))
    processor.wait("p1", "delivered")
    with processing(shop, series, node_url, postgres_url) as other:
        other.take(other.paid("p1", recipient=str(shop.world.holder)))
        assert other.wait("p1", "failed")["error"] == "CertificateSales_PaymentUsed"
    assert len(processor.issued()) == 1


def test_a_payment_for_a_series_that_is_not_sold_any_more_has_failed(processor: Processor) -> None:
    closes_at = int(processor.shop.world.certificates.terms(processor.series)[1])
    mine_at(closes_at)
    processor.take(processor.paid("p1"))
    assert processor.wait("p1", "failed")["error"] == "GiftCertificates_SalesClosed"


def test_two_processors_may_use_the_same_payment_id() -> None:
    """Of one account that issues for both, neither takes the other's payment for its own."""
    assert payment_id("books", "p1") != payment_id("films", "p1")


def test_what_was_tried_often_holds_up_nobody(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Payments that the chain keeps refusing come after those that were never tried."""
    monkeypatch.setattr(store, "DUE_AT_ONCE", 1)
    payments = store.Store(open_database(database_url, TABLES))
    for name in ("stuck", "fresh"):
        said = event(
            "payment.succeeded", name, created=1, method="bank", currency="T", amount="1", series="1"
        )
        payments.take("books", EVENT.validate_python(said), 0)
        if name == "stuck":
            assert payments.due() == [("books", "stuck")]
            for _ in range(3):
                assert payments.begin("books", "stuck", 1) is not None
    assert payments.due() == [("books", "fresh")]
    payments.engine.dispose()


def test_two_services_that_are_told_the_same_at_once(
    shop: Shop, series: int, node_url: str, database_url: str
) -> None:
    before = web3.eth.get_transaction_count(str(shop.world.issuer))
    with (
        processing(shop, series, node_url, database_url) as one,
        processing(shop, series, node_url, database_url) as two,
    ):
        events = [one.paid(f"p{number}", "card") for number in range(8)]
        events += [one.about("dispute.opened", f"p{number}", dispute="d") for number in range(4)]

        def tell(processor: Processor) -> None:
            for event in events:
                processor.take(event)

        threads = [threading.Thread(target=tell, args=(processor,)) for processor in (one, two, one)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4, 8):
            two.wait(f"p{number}", "given")
        for number in range(4):
            found = one.wait(f"p{number}", "issued", "accepted")
            assert found["held"] is True
        web3.provider.make_request("evm_mine", [])
        issued, given, taken = len(one.issued()), one.gifts(), one.gifts("GiftRecalled(bytes32)")
        assert 4 <= issued <= 8
        assert given - taken == 4
        assert one.held(shop.world.issuer) == (issued - 4) * AMOUNT
        sent = web3.eth.get_transaction_count(str(shop.world.issuer)) - before
        # Of a step that both decide at the same moment the chain refuses one: gas is all it costs.
        assert issued + given + taken <= sent <= issued + given + taken + 4


# ------------------------------------------------------------------------------------------- who, and what


def test_both_secrets_are_good_while_they_are_changed(processor: Processor) -> None:
    for number, secret in enumerate((OLD, NEW)):
        assert processor.post(processor.paid(f"p{number}"), secret=secret)[0] == 200


def test_events_of_other_types_are_left_alone(processor: Processor) -> None:
    assert processor.post({"id": "e", "type": "customer.created", "x": [1]}) == (
        200,
        {"result": "ignored"},
    )
    assert processor.get("e")[0] == 404


def test_bad_signatures(processor: Processor) -> None:
    paid, now = processor.paid("p1"), int(time.time())
    mac = "0" * 64
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"header": None}, 401, "no_signature"),
        ({"header": "x"}, 401, "malformed_signature"),
        ({"header": f"t={now}"}, 401, "malformed_signature"),
        ({"header": f"t={now},t={now},v1={mac}"}, 401, "malformed_signature"),
        ({"header": f"t={now},v1={mac.upper()}x"}, 401, "malformed_signature"),
        ({"header": "t=1," + f"v1={mac}," * 20}, 401, "malformed_signature"),
        ({"header": f"t={now},v1={mac}"}, 401, "wrong_signature"),
        ({"secret": "a secret of somebody else's"}, 401, "wrong_signature"),
        ({"at": now - 400}, 401, "stale_signature"),
        ({"at": now + 400}, 401, "stale_signature"),
        ({"path": "/payments/nobody"}, 404, "unknown_issuer"),
    ]
    for changes, status, reason in cases:
        answer = processor.post(paid, **changes)
        assert (answer[0], answer[1]["error"]) == (status, reason), changes
        assert answer[1]["message"]
        assert answer[1]["next"]
    status, answer = processor.request("GET", f"/payments/{NAME}/p1", None, {})
    assert (status, answer["error"]) == (401, "no_signature")
    assert processor.get("p1")[0] == 404
    assert processor.issued() == []


def test_bad_events(processor: Processor) -> None:
    def paid(**changes: Any) -> dict[str, Any]:
        return processor.paid("p1", **changes)

    holder = str(processor.shop.world.holder)
    now = processor.shop.world.now()
    other = processor.shop.world.certificates.terms(processor.series)[2] - CARD
    cases: list[tuple[Any, int, str]] = [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"\xff", 400, "bad_json"),
        (b"[" * 60_000, 400, "bad_json"),
        (b'{"type": "x", "type": "x"}', 400, "bad_json"),
        (b'{"type": NaN}', 400, "bad_json"),
        ([], 400, "bad_event"),
        ({}, 400, "bad_event"),
        ({"type": 1}, 400, "bad_event"),
        ({"type": "payment.succeeded"}, 400, "bad_event"),
        (paid() | {"extra": 1}, 400, "bad_event"),
        (paid() | {"created": "1"}, 400, "bad_event"),
        (paid() | {"created": now + 0.5}, 400, "bad_event"),
        (paid(amount=25), 400, "bad_event"),
        (paid(amount="0"), 400, "bad_event"),
        (paid(amount="-1"), 400, "bad_event"),
        (paid(amount="1.5"), 400, "bad_event"),
        (paid(amount=str(2**96)), 400, "amount_too_large"),
        (paid(recipient="0x12"), 400, "bad_event"),
        (paid(recipient=holder.lower()), 400, "unchecksummed_address"),
        (paid(recipient="0x" + "0" * 40), 400, "zero_address"),
        (processor.paid("../p1"), 400, "bad_event"),
        (paid(method="cheque"), 422, "unknown_method"),
        (paid(currency="USDC"), 422, "wrong_currency"),
        (paid(series="9"), 422, "GiftCertificates_UnknownSeries"),
        (paid(method="card", created=other), 422, "window_past_expiry"),
        (b" " * 65_536, 400, "bad_json"),
        (b" " * 65_537, 413, "too_large"),
    ]
    for content, status, reason in cases:
        answer = processor.post(content)
        assert (answer[0], answer[1]["error"]) == (status, reason), (content, answer)
        assert answer[1]["message"]
        assert answer[1]["next"]
    assert processor.get("p1")[0] == 404
    assert processor.issued() == []


def test_a_window_ends_before_its_series_expires(processor: Processor) -> None:
    expires_at = int(processor.shop.world.certificates.terms(processor.series)[2])
    for number, seconds, status in ((1, 0, 422), (2, -1, 200)):
        paid = processor.paid(f"p{number}", "card", created=expires_at - CARD + seconds)
        assert processor.post(paid)[0] == status
    found = processor.wait("p2", "given")
    assert found["deliver_at"] == expires_at - 1


def test_contradictions(processor: Processor) -> None:
    paid = processor.paid("p1", "card")
    processor.take(paid)
    processor.wait("p1", "given")
    changed = {**paid, "payment": {**paid["payment"], "amount": "26000000"}}
    refund = processor.about("payment.refunded", "p1", amount="1")
    cases = [
        (changed, "event_changed"),
        (changed | {"id": "another"}, "payment_changed"),
        (refund, "partial_refund"),
    ]
    for content, reason in cases:
        answer = processor.post(content)
        assert (answer[0], answer[1]["error"]) == (409, reason)
        assert answer[1]["next"]
    found = processor.wait("p1", "given")
    assert (found["held"], found["amount"]) == (False, str(AMOUNT))
    # What was refused is not taken for known.
    assert processor.post(refund)[1]["error"] == "partial_refund"


def test_a_series_of_somebody_elses(processor: Processor) -> None:
    world = processor.shop.world
    world.certificates.createSeries(world.terms(), [], ART, {"from": world.giver})
    number = int(world.certificates.seriesCount())
    answer = processor.post(processor.paid("p1", series=str(number)))
    assert (answer[0], answer[1]["error"]) == (422, "not_the_issuer")


def test_who_asks_too_often_waits(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one address 500 at once, and 50 a second then; here no time passes."""

    def frozen(per_second: float, burst: float) -> Rates:
        assert per_second == 50
        return Rates(per_second, burst, clock=lambda: 0.0)

    monkeypatch.setattr("largesse.webhook.app.Rates", frozen)
    engine = open_database(sqlite_url, TABLES)
    with serving(make_app(Webhook([], engine))) as client:
        assert {client.get("/health").status_code for _ in range(500)} == {200}
        refused = client.get("/health")
    engine.dispose()
    assert (refused.status_code, refused.json()["error"]) == (429, "too_often")
    assert refused.headers["retry-after"] == "1"
