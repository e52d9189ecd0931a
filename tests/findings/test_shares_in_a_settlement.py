"""An issuer may be a merchant of its own cards, and the beneficiary of their refunds. What was owed to it as
that stood among the payments of its settlement, once it had fetched it; and where somebody paid it and had a
refund in one transaction, the payment, which had arrived, stood there as refused.
"""

from __future__ import annotations

import pytest

from largesse.report import settlement
from tests.support.told_events import NOBODY, RECORD, Told, certificates, money, person, transfer

ISSUER, ANNA, SHOP = person(1), person(2), person(800)
"""The shop is the series' beneficiary."""
HERE = RECORD.certificates


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


def test_a_beneficiarys_share_is_no_merchants_payment() -> None:
    told = Told()
    told.series(1, ISSUER)
    told.issue(1, 1, ANNA, 300)
    paid = [transfer(1, ANNA, NOBODY, 10, SHOP), money(HERE, SHOP, 10)]
    refund = [
        transfer(1, ANNA, NOBODY, 100),
        certificates("Refunded", seriesId=1, holder=ANNA, right=4, amount=100, payout=90),
        certificates("PayoutOwed", payee=SHOP, amount=10),
        money(HERE, ANNA, 90),
    ]
    told.tell(2, *paid, *refund)
    refused = [
        transfer(1, ANNA, NOBODY, 60, SHOP),
        certificates("PayoutOwed", payee=SHOP, amount=60),
    ]
    told.tell(3, *refused)
    fetched = [certificates("OwedPaid", payee=SHOP, to=SHOP, amount=70), money(HERE, SHOP, 70)]
    told.tell(4, *fetched)
    told.tell(5, *refund)
    told.tell(6, certificates("OwedPaid", payee=SHOP, to=SHOP, amount=10), money(HERE, SHOP, 10))
    history = told.history()
    assert settlement.reconcile(history) == []
    lines = [(line.kind, line.net, line.paid) for line in settlement._lines(history)]
    assert lines == [("redemption", 10, 10), ("redemption", 60, 0), ("owed", 0, 60)]
