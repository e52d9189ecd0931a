"""What a gateway that runs on its own is told: its API and its prices."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from largesse.amounts import parse_amount
from largesse.errors import LargesseError
from largesse.gateway.pricing import Price


class ConfigError(LargesseError):
    """An API or a price list that can't be served."""


def load_app(name: str) -> ASGIApp:
    """The ASGI app `module:attribute`. Raises ConfigError no_such_app."""
    module, _, attribute = name.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError("no_such_app", f"{name!r}: {error}; write module:name") from error
    if not callable(found):
        raise ConfigError("no_such_app", f"{name!r} is no ASGI app")
    app: ASGIApp = found
    return app


def read_prices(path: Path, decimals: int) -> list[Price]:
    """The ``[[price]]`` tables of a TOML file: `method`, `path`, and `amount` in whole currency as a text.

    Raises ConfigError bad_prices, PriceError, AmountError.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError("bad_prices", f"{path}: {error}") from error
    rows = tables.pop("price", None)
    if not isinstance(rows, list) or not rows or tables:
        raise ConfigError("bad_prices", f"{path}: it must hold [[price]] tables and nothing else")
    found = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or row.keys() != {"method", "path", "amount"}:
            raise ConfigError("bad_prices", f"{path}: price {number} must have method, path and amount")
        if not all(isinstance(value, str) for value in row.values()):
            raise ConfigError("bad_prices", f"{path}: price {number}: write all three as texts, in quotes")
        amount = parse_amount(row["amount"], decimals)
        found.append(Price(row["method"].upper(), row["path"], amount))
    return found
