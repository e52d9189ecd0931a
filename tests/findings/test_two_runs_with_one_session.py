"""Two runs of `brownie run pay` at once with one session signed the same sums, and wrote over each other's
state. And a run without the state of those before it was refused, and did not say what it lacked."""

from __future__ import annotations

import os

import pytest

from largesse.arguments import ArgumentError
from largesse.files import lock_file
from largesse.gateway.purse import PurseError
from largesse.gateway.session_keys import SessionKey
from scripts import pay
from tests.fixtures.desk import Desk
from tests.scripts.test_micropayments import crawler, shop  # noqa: F401 - fixtures

# ruff: noqa: F811


def test_one_run_at_a_time_pays_from_a_session(desk: Desk, crawler: SessionKey, shop: str) -> None:
    lock = lock_file(desk.session.out("sessions") / "crawler.lock")
    with pytest.raises(ArgumentError) as error:
        pay.main(f"url={shop}/articles/1", "session=crawler")
    assert error.value.reason == "session_in_use"
    os.close(lock)
    for _ in range(2):
        pay.main(f"url={shop}/articles/1", "session=crawler")


def test_a_run_that_lost_its_state(desk: Desk, crawler: SessionKey, shop: str) -> None:
    state = desk.session.out("sessions") / "crawler.spent.json"
    pay.main(f"url={shop}/articles/1", "session=crawler", "calls=2")
    state.unlink()
    with pytest.raises(PurseError, match="begin=20000"):
        pay.main(f"url={shop}/articles/2", "session=crawler")
    state.unlink()
    purse = pay.main(f"url={shop}/articles/1", "session=crawler", "begin=0.02")
    assert purse.charged == 30_000
