"""Logs as JSON, a line an event, without anything that could be spent or used again.

``log("gateway.settled", payout=123, tx="0x…")``. Values of keys that hold secrets, and long texts of hex
(signatures, keys), are not written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any, Final, TextIO

_SECRET: Final = re.compile(
    r"secret|signature|authorization|password|private|preimage|payment|token$|^key$", re.I
)
_LONG_HEX: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{65,}")
_LOGGER: Final = logging.getLogger("largesse")


class JsonLines(logging.Formatter):
    """``{"time": …, "level": …, "event": …, …}``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": _clean(record.getMessage()),
        }
        for name, value in getattr(record, "values", {}).items():
            line[name] = "…" if _SECRET.search(name) else _clean(value)
        if record.exc_info:
            line["error"] = _clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def write_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Have this package's and uvicorn's logs written as JSON lines, to stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("largesse", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    # uvicorn's own access lines have whole URLs, which may have secrets in them
    logging.getLogger("uvicorn.access").disabled = True


def log(event: str, level: int = logging.INFO, *, error: BaseException | None = None, **values: Any) -> None:
    """One event with its values."""
    _LOGGER.log(level, event, extra={"values": values}, exc_info=error)


def _clean(value: Any) -> Any:
    return _LONG_HEX.sub("…", value) if isinstance(value, str) else value
