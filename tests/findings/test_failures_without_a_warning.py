"""What failed in a gateway or a notifier was logged like what went well: an operator who looks for warnings,
as of relayer and webhook, heard nothing of a settlement that failed or of a database that was away."""

from __future__ import annotations

import logging
import threading
from typing import Any, NoReturn

import pytest
from starlette.responses import Response

from largesse.chain import ChainError
from largesse.database import DatabaseError, open_database
from largesse.notices.outbox import TABLES, Cursor, Outbox
from largesse.notices.service import Notifier
from largesse.web.api import make_api
from largesse.web.background import repeat
from largesse.web.limits import Rates
from largesse.web.logs import log
from largesse.web.metrics import Metrics
from tests.python.test_notices import NOW, Moody, entries, moody, sender_to  # noqa: F401 - a fixture
from tests.support.processes import serving


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Any:
    """The events that were logged as warnings."""
    caplog.set_level(logging.INFO, "largesse")
    return lambda: [one.message for one in caplog.records if one.levelno >= logging.WARNING]


def away(*_: object) -> NoReturn:
    raise DatabaseError("away", "it is away")


def test_an_error_is_a_warning_and_what_went_well_is_none(warnings: Any) -> None:
    log("gateway.settled", payout=1)
    log("gateway.claim_failed", error=ChainError("too_dear", "gas costs too much"))
    assert warnings() == ["gateway.claim_failed"]


def test_what_fails_in_the_background(warnings: Any) -> None:
    stop = threading.Event()

    def fail() -> NoReturn:
        stop.set()
        away()

    repeat(fail, 0, stop, "gateway.not_settled")
    assert warnings() == ["gateway.not_settled"]


def test_a_database_that_is_away(warnings: Any) -> None:
    app = make_api(
        "A service", "", Metrics("s"), lambda: {"ok": True}, rates=Rates(1, 9), start=int, close=int
    )
    app.get("/")(lambda: away())
    with serving(app) as client:
        assert client.get("/").status_code == 503
    assert warnings() == ["web.no_database"]


def test_a_notifier_that_sees_nothing(warnings: Any) -> None:
    class Away:
        step = staticmethod(away)

    class Puzzled:
        """As of a node whose answer nobody foresaw."""

        step = forget = staticmethod(lambda: int("?"))

    rounds = iter((True, False))
    Notifier(Away(), Puzzled(), poll_seconds=0).run(lambda: next(rounds))  # type: ignore[arg-type]
    assert warnings() == ["no notices entered", "no notices taken", "no notices forgotten"]


def test_a_notice_that_is_put_off(warnings: Any, sqlite_url: str, moody: Moody) -> None:  # noqa: F811
    outbox = Outbox(open_database(sqlite_url, TABLES), give_up_seconds=1_000)
    outbox.enter("c", "0x1", Cursor(1, 1), entries(1), NOW)
    moody.answers = [Response("no", 500)]
    assert sender_to(moody.server.url, outbox, moody.clock).step() == 0
    assert warnings() == ["notice put off"]
