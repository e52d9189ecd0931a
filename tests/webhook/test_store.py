"""What is decided of a payment, by its events and the chain's time; in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from largesse.database import open_database
from largesse.sender import TABLES
from largesse.webhook.events import EVENT
from largesse.webhook.store import GIVING, ISSUED, ISSUING, Record, Store
from tests.support.paid import NAME, event

NOW, HOUR = 1_900_000_000, 3_600


@pytest.fixture
def payments(database_url: str) -> Iterator[Store]:
    found = Store(open_database(database_url, TABLES))
    yield found
    found.engine.dispose()


def tell(payments: Store, kind: str, payment: str, window_end: int = 0, **values: Any) -> bool:
    return payments.take(NAME, EVENT.validate_python(event(kind, payment, **values)), window_end)


def tell_paid(payments: Store, payment: str, window_end: int = 0) -> bool:
    values = {"method": "card", "currency": "T", "amount": "5", "series": "1"}
    return tell(payments, "payment.succeeded", payment, window_end, created=1, **values)


def is_held(payments: Store, payment: str) -> bool:
    found = payments.find(NAME, payment)
    assert found is not None
    return found[1]


def begun(payments: Store, payment: str, now: int = NOW) -> Record:
    found = payments.begin(NAME, payment, now)
    assert found is not None
    return found


DISPUTE = {"dispute.opened": 10, "dispute.lost": 20, "dispute.won": 30}


@pytest.mark.parametrize("last", ["dispute.won", "dispute.lost"])
@pytest.mark.parametrize("order", list(permutations(DISPUTE)), ids="-".join)
def test_of_a_disputes_outcomes_the_later_counts_whichever_comes_first(
    payments: Store, order: tuple[str, ...], last: str
) -> None:
    """By the processor's clock."""
    times = DISPUTE | ({"dispute.lost": 40} if last == "dispute.lost" else {})
    tell_paid(payments, "p")
    for kind in order:
        tell(payments, kind, "p", created=times[kind], dispute="d")
    assert is_held(payments, "p") is (last == "dispute.lost")


def test_each_dispute_and_the_refund_holds_by_itself(payments: Store) -> None:
    tell_paid(payments, "p")
    for name in ("a", "b"):
        tell(payments, "dispute.opened", "p", number=name, created=1, dispute=name)
    tell(payments, "dispute.won", "p", number="a", created=2, dispute="a")
    assert is_held(payments, "p")
    tell(payments, "dispute.won", "p", number="b", created=2, dispute="b")
    assert not is_held(payments, "p")
    tell(payments, "payment.refunded", "p", created=3, amount="5")
    assert is_held(payments, "p")


def test_what_was_given_back_before_it_was_issued_is_not_issued(payments: Store) -> None:
    tell_paid(payments, "p")
    tell(payments, "payment.refunded", "p", created=2, amount="5")
    assert payments.begin(NAME, "p", NOW) is None
    assert payments.due() == []


@pytest.mark.parametrize(
    ("left", "deliver_in"),
    [(HOUR + 1, HOUR + 1), (HOUR, HOUR), (HOUR - 1, HOUR), (1, HOUR), (0, None), (-1, None)],
)
def test_a_link_is_delivered_at_the_windows_end_an_hour_later_at_least_or_at_once(
    payments: Store, left: int, deliver_in: int | None
) -> None:
    tell_paid(payments, "p", window_end=NOW + left)
    issuing = begun(payments, "p")
    assert issuing.state == ISSUING
    payments.finish(issuing, state=ISSUED)
    giving = begun(payments, "p")
    assert giving.state == GIVING
    assert giving.deliver_at == (0 if deliver_in is None else NOW + deliver_in)


def test_a_link_that_was_decided_and_not_sent_is_not_delivered_while_it_is_held_up(payments: Store) -> None:
    """What was paid by bank would be delivered at once: a dispute comes before the link is sent."""
    tell_paid(payments, "p")
    payments.finish(begun(payments, "p"), state=ISSUED)
    assert begun(payments, "p").deliver_at == 0
    tell(payments, "dispute.opened", "p", created=1, dispute="d")
    assert begun(payments, "p").deliver_at == NOW + HOUR
    # The delivery date came nearer and passed meanwhile.
    assert begun(payments, "p", NOW + HOUR - 1).deliver_at == NOW + HOUR
    assert begun(payments, "p", NOW + HOUR).deliver_at == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("window", "series", "deliver_in"),
    [
        (HOUR // 2, HOUR + 1, HOUR),
        (HOUR // 2, HOUR, HOUR // 2),
        (1, 2, 1),
        (0, 2, None),
        (-HOUR, -1, None),
    ],
)
def test_a_link_is_delivered_before_its_series_ends(
    payments: Store, window: int, series: int, deliver_in: int | None
) -> None:
    tell_paid(payments, "p", window_end=NOW + window)
    payments.finish(begun(payments, "p"), state=ISSUED)
    giving = payments.begin(NAME, "p", NOW, NOW + series)
    assert giving is not None
    assert giving.deliver_at == (0 if deliver_in is None else NOW + deliver_in)


def test_what_is_held_up_in_its_series_last_hour_is_not_delivered_at_once(payments: Store) -> None:
    tell_paid(payments, "p")
    payments.finish(begun(payments, "p"), state=ISSUED)
    assert begun(payments, "p").deliver_at == 0
    tell(payments, "dispute.opened", "p", created=1, dispute="d")
    giving = payments.begin(NAME, "p", NOW, NOW + HOUR)
    assert giving is not None
    assert giving.deliver_at == NOW + HOUR - 1
