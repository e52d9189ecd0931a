"""Uniswap V2's pools in exact integers, from its white paper and documentation: the product of the reserves
never falls, 0.3 % of what comes in stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from tests.model.currency import Currency
from tests.model.words import Refused, refuse


@dataclass
class Pool:
    """Its reserves are its balances. `last`: second of the last trade."""

    address: str
    tokens: frozenset[str]
    last: int


@dataclass
class Pools:
    """All of one factory, and its router, which those who `allowed` it may trade at."""

    router: str
    tokens: Mapping[str, Currency]
    pools: Sequence[Pool] = field(default_factory=list)
    allowed: frozenset[str] = frozenset()

    def pool(self, first: str, second: str) -> Pool | None:
        """That of two tokens."""
        return next((one for one in self.pools if one.tokens == {first, second}), None)

    def quote(self, amount: int, path: Sequence[str]) -> list[int]:
        """What each hop gives. Raises Refused."""
        amounts = [amount]
        for first, second in pairwise(path):
            pool = self.pool(first, second)
            if pool is None:
                raise refuse("")  # no contract answers
            here, there = (self.tokens[token].of(pool.address) for token in (first, second))
            if amounts[-1] == 0:
                raise refuse("Error", "UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT")
            paid = amounts[-1] * 997
            amounts.append(paid * there // (here * 1_000 + paid))
        return amounts

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is in it happens, or (Refused) nothing of it has."""
        tokens = self.tokens.values()
        balances, last = [dict(one.balances) for one in tokens], [pool.last for pool in self.pools]
        try:
            yield
        except Refused:
            for one, held in zip(tokens, balances, strict=True):
                one.balances = held
            for pool, second in zip(self.pools, last, strict=True):
                pool.last = second
            raise

    def swap(self, source: str, amount: int, minimum: int, path: Sequence[str], to: str, now: int) -> None:
        """All of it. Raises Refused, and may have moved something then: `whole` takes it back."""
        amounts = self.quote(amount, path)
        if amounts[-1] < minimum:
            raise refuse("Error", "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT")
        hops = [self.pool(first, second) for first, second in pairwise(path)]
        pools = [pool for pool in hops if pool]
        reserve = {
            (one.address, token): self.tokens[token].of(one.address) for one in pools for token in one.tokens
        }
        try:
            if source not in self.allowed:
                raise refuse("")
            self.tokens[path[0]].transfer(self.router, source, pools[0].address, amount)
        except Refused:
            raise refuse("Error", "TransferHelper: TRANSFER_FROM_FAILED") from None
        for i, pool in enumerate(pools):
            if amounts[i + 1] == 0:
                raise refuse("Error", "UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT")
            target = pools[i + 1].address if i + 1 < len(pools) else to
            given = self.tokens[path[i + 1]]
            reserves = [reserve[pool.address, token] for token in path[i : i + 2]]
            try:
                given.transfer(pool.address, pool.address, target, amounts[i + 1])
            except Refused:
                raise refuse("Error", "UniswapV2: TRANSFER_FAILED") from None
            balances = [self.tokens[token].of(pool.address) for token in path[i : i + 2]]
            _check_product(reserves, balances, amounts[i + 1])
            pool.last = now
            reserve |= {
                (pool.address, token): self.tokens[token].of(pool.address) for token in path[i : i + 2]
            }


def _check_product(reserves: Sequence[int], balances: Sequence[int], out: int) -> None:
    """Of the token that came in and of that of which `out` went: 0.3 % of what came stay. Raises Refused."""
    paid = [max(balances[0] - reserves[0], 0), max(balances[1] - (reserves[1] - out), 0)]
    if not any(paid):
        raise refuse("Error", "UniswapV2: INSUFFICIENT_INPUT_AMOUNT")
    left = [balance * 1_000 - came * 3 for balance, came in zip(balances, paid, strict=True)]
    if left[0] * left[1] < reserves[0] * reserves[1] * 1_000**2:
        raise refuse("Error", "UniswapV2: K")
