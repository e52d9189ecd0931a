"""Logs as JSON, a line an event, without anything that could be spent or used again.

``log("gateway.settled", payout=123, tx="0x…")``. Values of keys that hold secrets, long texts of hex
(signatures, keys), and of addresses all but scheme and host (a node's often holds its user's key) are not
written.
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
_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^\s/@]*@)?([^\s/?#'\"]*)[^\s'\")]*", re.I)
_PATH: Final = re.compile(r"(\burl: )/[^\s'\")]*")
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


def log(event: str, level: int | None = None, *, error: BaseException | None = None, **values: Any) -> None:
    """One event with its values; with an error it is a warning, unless another level is given."""
    if level is None:
        level = logging.INFO if error is None else logging.WARNING
    _LOGGER.log(level, event, extra={"values": values}, exc_info=error)


def _clean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    hosts = _URL.sub(r"\1\2/…", value)
    return _LONG_HEX.sub("…", _PATH.sub(r"\1…", hosts))
