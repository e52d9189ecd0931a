"""Limits on what a client can make a service do: size of a body, time of an answer, requests a second.

Plain ASGI: what is refused costs the service as little as can be.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from largesse.web.problems import Problem

Clock = Callable[[], float]


class _TooLargeError(Exception):
    """The body went over its limit while it was read."""


class BodyLimit:
    """Refuses a request whose body is over `most` bytes, announced or not: 413."""

    def __init__(self, app: ASGIApp, most: int = 65_536) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > self.most:
            await self._refuse(send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self.most:
                    raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if started or seen <= self.most:  # else it is what the app makes of a body that broke off
                started = True
                await send(message)

        with suppress(_TooLargeError):
            await self.app(scope, counted, noted)
        if seen > self.most and not started:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        await Problem(413, "too_large", f"a body has {self.most} bytes at most", "send less at once").send(
            send
        )


class TimeLimit:
    """Ends a request that takes longer than `seconds`: 504."""

    def __init__(self, app: ASGIApp, seconds: float = 30.0) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds):
                await self.app(scope, receive, noted)
        except TimeoutError:
            if started:
                raise
            await Problem(
                504, "too_slow", f"no answer within {self.seconds:g} s", "ask again; nothing is done twice"
            ).send(send)


@dataclass
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Token buckets: each key may do `burst` things at once and `per_second` in the long run.

    The `most_keys` keys seen last are remembered: a flood of new keys makes no service run out of memory.
    """

    def __init__(
        self, per_second: float, burst: float, *, most_keys: int = 100_000, clock: Clock = time.monotonic
    ) -> None:
        self.per_second = per_second
        self.burst = burst
        self.most_keys = most_keys
        self.clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str, cost: float = 1.0) -> float:
        """0 where `key` may go on, and is charged for it; else the seconds after which it may."""
        now = self.clock()
        bucket = self._buckets.pop(key, None)
        if bucket is None:
            bucket = _Bucket(self.burst, now)
            if len(self._buckets) >= self.most_keys:
                self._buckets.popitem(last=False)
        bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.at) * self.per_second)
        bucket.at = now
        self._buckets[key] = bucket
        if bucket.tokens >= cost:
            bucket.tokens -= cost
            return 0.0
        return (cost - bucket.tokens) / self.per_second


def client_of(scope: Scope) -> str:
    """What the client of a request counts as."""
    return client_network((scope.get("client") or ("unknown", 0))[0])


@lru_cache(10_000)
def client_network(address: str) -> str:
    """What a client counts as: an IPv4 address, or the /64 of an IPv6 address, which is one household's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def client_block(address: str) -> str:
    """The addresses that somebody who has one of them may well have too: 256 of IPv4, or a /48 of IPv6."""
    try:
        network = ipaddress.ip_network(client_network(address))
    except ValueError:
        return address[:64]
    return str(network.supernet(new_prefix=24 if network.version == 4 else 48))


class RateLimit:
    """Refuses a client that asks too often: 429."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app = app
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (seconds := self.rates.wait(client_of(scope))):
            await too_often(seconds).send(send)
            return
        await self.app(scope, receive, send)


def too_often(seconds: float) -> Problem:
    """429, with when to ask again."""
    whole = str(int(seconds) + 1)
    return Problem(
        429, "too_often", "too many requests", f"ask again in {whole} s", headers={"retry-after": whole}
    )
