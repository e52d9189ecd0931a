"""A printed card said until when its series lasts, and nothing of the date from which its giver can take the
gift back, or of the one before which nobody can claim it."""

from __future__ import annotations

import pytest

from largesse.printed_cards import prepare
from largesse.printing.lettering import lettering
from scripts import give
from tests.fixtures.desk import KR, Desk


@pytest.mark.parametrize(
    ("dates", "shown"),
    (
        ((), "until 2031-12-31 15:00 UTC"),
        (("reclaim=2030-01-31",), "until 2030-01-31 00:00 UTC"),
        (("deliver=2029-12-24T18:00",), "from 2029-12-24 18:00 until 2031-12-31 15:00 UTC"),
        (
            ("deliver=2029-12-24T18:00", "reclaim=2030-01-31"),
            "from 2029-12-24 18:00 until 2030-01-31 00:00 UTC",
        ),
    ),
)
def test_a_card_says_from_when_to_when_it_is_its_holders(
    desk: Desk, dates: tuple[str, ...], shown: str
) -> None:
    desk.issue("giver", "50000")
    one = give.main(f"series={KR}", "amount=1000", *dates)
    many = give.many(f"series={KR}", "amount=1000", "count=1", f"name=dates{abs(hash(dates))}", *dates)
    assert one is not None
    assert many is not None
    cards = prepare([one.link, *many], {desk.krw.address: desk.krw}, lettering())
    assert [card.expiry for card in cards] == [shown, shown]
