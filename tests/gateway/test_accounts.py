"""Until when an account's vouchers are good, and for how long what was read of the chain is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.clients.accounts import PrepaidAccount
from largesse.gateway.accounts import STALE_SECONDS, AccountBook, BlindError, Standing
from tests.fixtures.gateways import Served

NOW, DELAY = 1_900_000_000, 3_600
PLAIN = PrepaidAccount(
    owner="0x" + "11" * 20,
    signer="0x" + "22" * 20,
    deposit=1_000,
    paid=0,
    delay_seconds=DELAY,
    expires_at=0,
    series_id=0,
    withdrawable_at=0,
    new_signer=ZERO_ADDRESS,
    new_signer_at=0,
)


def good_until(now: int, limitation_at: int | None = None, **changes: int) -> int | None:
    return Standing(replace(PLAIN, **changes), is_wallet=False, limitation_at=limitation_at).good_until(now)


def test_plain_money_that_nobody_asked_for_is_good_for_ever() -> None:
    assert good_until(2**40) is None


@pytest.mark.parametrize("asked", ["withdrawable_at", "new_signer_at"])
def test_what_was_asked_for_is_a_threat_until_it_has_lapsed(asked: str) -> None:
    for now in (NOW - DELAY, NOW, NOW + DELAY - 1):
        assert good_until(now, **{asked: NOW}) == NOW
    assert good_until(NOW + DELAY, **{asked: NOW}) is None


def test_expiry_and_limitation_do_not_lapse() -> None:
    for now in (NOW - 1, NOW, NOW + 100 * DELAY):
        assert good_until(now, expires_at=NOW) == NOW
        assert good_until(now, limitation_at=NOW - DELAY) == NOW


def test_what_comes_first_counts() -> None:
    dates = {"expires_at": NOW + 40, "withdrawable_at": NOW + 30, "new_signer_at": NOW + 20}
    assert good_until(NOW, limitation_at=NOW - DELAY + 10, **dates) == NOW + 10
    for gone, first in (("new_signer_at", 30), ("withdrawable_at", 40)):
        del dates[gone]
        assert good_until(NOW, **dates) == NOW + first


def test_what_was_read_is_good_for_a_minute(served: Served) -> None:
    now = [0.0]
    book = AccountBook(served.prepaid, served.seller.address, clock=lambda: now[0])
    for begin in (0.0, 1_000.0):
        now[0] = begin
        book.refresh()
        now[0] = begin + 60
        assert STALE_SECONDS == 60
        assert book.kept(1) is None
        now[0] = begin + 60.1
        with pytest.raises(BlindError):
            book.kept(1)
