"""What the routes of an API cost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import compile_path

from largesse.errors import LargesseError


class PriceError(LargesseError):
    """A route that can't be priced as asked."""


@dataclass(frozen=True)
class Price:
    """A route costs `amount` base units a call. `path` may have parameters, as in ``/articles/{id}``."""

    method: str
    path: str
    amount: int

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise PriceError(
                "no_price", f"{self.method} {self.path}: {self.amount} is no price; leave it out"
            )
        if not self.path.startswith("/"):
            raise PriceError("bad_path", f"{self.path!r} must begin with /")


class PriceList:
    """Finds the price of a request. A route that is not in it is free."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self.prices = tuple(prices)
        self._plain: dict[tuple[str, str], int] = {}
        self._patterns: list[tuple[str, re.Pattern[str], int]] = []
        seen: set[tuple[str, str]] = set()
        for price in self.prices:
            route = (price.method.upper(), price.path)
            if route in seen:
                raise PriceError("priced_twice", f"{route[0]} {route[1]} has two prices")
            seen.add(route)
            if "{" in price.path:
                pattern = re.compile(compile_path(price.path)[0].pattern, re.DOTALL)
                self._patterns.append((route[0], pattern, price.amount))
            else:
                self._plain[route] = price.amount

    def find(self, method: str, path: str) -> int | None:
        """Base units, or None for what is free. HEAD costs what GET costs."""
        method = "GET" if method == "HEAD" else method
        # Routers match by `$`, which a line feed at the end may follow.
        found = self._plain.get((method, path.removesuffix("\n")))
        if found is None:
            for one, pattern, amount in self._patterns:
                if one == method and pattern.match(path):
                    return amount
        return found

    @property
    def amounts(self) -> frozenset[int]:
        """All prices there are."""
        return frozenset(price.amount for price in self.prices)
