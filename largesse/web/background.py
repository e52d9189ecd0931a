"""What a service does in the background, again and again, whatever the node or the database does."""

from __future__ import annotations

import threading
from collections.abc import Callable

from largesse.web.logs import log


def repeat(run: Callable[[], object], seconds: float, stop: threading.Event, failed: str) -> None:
    """`run` every so many seconds until `stop`; what fails is logged as `failed`, and tried again."""
    while not stop.wait(seconds):
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next time may go well
            log(failed, error=error)
