"""What runs in the background goes on after whatever failed, and says so under its own name."""

from __future__ import annotations

import logging
import threading

import pytest

from largesse.web.background import repeat


def test_what_failed_is_said_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    stop, runs = threading.Event(), []

    def run() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise OSError("no node")
        stop.set()

    with caplog.at_level(logging.INFO, "largesse"):
        repeat(run, 0, stop, "gateway.not_claimed")
    assert runs == [0, 1]
    assert [one.message for one in caplog.records] == ["gateway.not_claimed"]


def test_nothing_runs_after_the_stop() -> None:
    stop, runs = threading.Event(), []
    stop.set()
    repeat(lambda: runs.append(1), 60, stop, "gateway.not_claimed")
    assert runs == []
