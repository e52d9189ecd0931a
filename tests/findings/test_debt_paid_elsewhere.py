"""Finding: a payout that the currency had refused and that its merchant had paid to another address was no
line of the merchant's settlement, which so lacked it for good; and where the other address was another
merchant's, it was a line of that one's.
"""

from __future__ import annotations

import pytest

from largesse.report import settlement
from tests.support.told_events import NOBODY, RECORD, Told, certificates, money, person, transfer

ISSUER, ANNA, SHOP, OTHER_SHOP = map(person, (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain here."""


@pytest.mark.parametrize("to", [person(5), OTHER_SHOP], ids=["nobody known", "another merchant"])
def test_what_was_owed_is_paid_whose_it_was(to: str) -> None:
    told = Told()
    told.series(1, ISSUER)
    told.issue(1, 1, ANNA, 100)
    told.tell(2, transfer(1, ANNA, NOBODY, 60, SHOP), certificates("PayoutOwed", payee=SHOP, amount=60))
    here = RECORD.certificates
    told.tell(3, transfer(1, ANNA, NOBODY, 40, OTHER_SHOP), money(here, OTHER_SHOP, 40))
    paid = certificates("OwedPaid", payee=SHOP, to=to, amount=60)
    told.tell(4, paid, money(here, to, 60))
    history = told.history()
    lines = settlement._lines(history)
    assert [(line.merchant, line.kind, line.net, line.paid) for line in lines] == [
        (SHOP, "redemption", 60, 0),
        (OTHER_SHOP, "redemption", 40, 40),
        (SHOP, "owed", 0, 60),
    ]
    assert settlement.reconcile(history) == []
