"""Posting what is due: several at once, each within a time, again after a failure, with longer and longer
pauses.

An answer of 2xx means taken. Redirections are not followed, proxies of the environment not used, and of an
answer nothing but its status is read. A name that leads to a private address is sent nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from largesse.notices.outbox import Claimed, Outbox
from largesse.notices.receivers import Receiver, Receivers, is_local
from largesse.notices.signatures import NoticeError, sign
from largesse.web.logs import log

DAY: Final = 86_400.0
KEPT: Final = 400 * DAY
"""For so long after it was taken a notice can be looked at."""
_HOUR: Final = 3_600.0
_NO_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None)
"""Whoever waits in vain for another one's connection has failed for httpx."""


@dataclass(frozen=True)
class Patience:
    """Seconds. A post has `post` in all; a claim lasts `claim`, which must be more by a margin for clocks
    that differ. The first pause after a failure is `first`, each next one twice as long, at most `longest`;
    `give_up` after it was entered a notice is given up."""

    post: float = 15.0
    claim: float = 60.0
    first: float = 5.0
    longest: float = 6 * 3_600.0
    give_up: float = 5 * DAY

    def __post_init__(self) -> None:
        if self.claim < 2 * self.post:
            raise ValueError(f"a claim of {self.claim} s is too short for a post of {self.post} s")

    def pause(self, attempt: int, chance: float) -> float:
        """After failure number `attempt`; `chance`, 0 to 1, spreads it from half to one and a half times."""
        return min(self.longest, self.first * 2.0 ** min(attempt - 1, 40)) * (0.5 + chance)


class Sender:
    """Sends what the outbox has. `at_once` posts at the same time to each receiver."""

    def __init__(
        self,
        outbox: Outbox,
        receivers: Receivers,
        patience: Patience | None = None,
        *,
        at_once: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._receivers = receivers
        self._patience = patience or Patience()
        self._at_once = at_once
        self._clock = clock
        self._forgets_at = 0.0

    def forget(self) -> int:
        """Once an hour: drop what was taken so long ago that no re-org has it read again; how many there
        were."""
        now = self._clock()
        if now < self._forgets_at:
            return 0
        self._forgets_at = now + _HOUR
        return self._outbox.forget(now - KEPT)

    def step(self) -> int:
        """Send what is due now, for the time of two posts at most; how many were taken."""
        return asyncio.run(self._all())

    async def _all(self) -> int:
        async with httpx.AsyncClient(
            follow_redirects=False, trust_env=False, timeout=self._patience.post, limits=_NO_LIMITS
        ) as client:
            return sum(await asyncio.gather(*(self._to(client, one) for one in self._receivers.all)))

    async def _to(self, client: httpx.AsyncClient, receiver: Receiver) -> int:
        """To each receiver by itself: one that is ill or slow holds up no other. It has the time of a post,
        and is left alone once it takes nothing, until the next step."""
        taken, end = 0, self._clock() + self._patience.post
        while True:
            now = self._clock()
            # No more is claimed than is posted at once: what waits for its turn would lose its claim.
            due = self._outbox.claim(receiver.name, now, now + self._patience.claim, self._at_once)
            good = sum(await asyncio.gather(*(self._one(client, receiver, notice) for notice in due)))
            taken += good
            if not good or self._clock() > end:
                return taken

    async def _one(self, client: httpx.AsyncClient, receiver: Receiver, notice: Claimed) -> bool:
        if self._clock() + self._patience.post > notice.until:
            return False  # the database was slow: the claim could lapse before the post ends
        error = await self._post(client, receiver, notice)
        now = self._clock()
        if not error:
            self._outbox.sent(notice, now)
            return True
        pause = self._patience.pause(notice.attempt, random.random())  # noqa: S311 - spreads load, no secret
        lost = self._outbox.put_off(notice, now + pause, error, now)
        said = "notice given up" if lost else "notice put off"
        log(said, logging.WARNING, id=notice.id, to=receiver.name, why=error)
        return False

    async def _post(self, client: httpx.AsyncClient, receiver: Receiver, notice: Claimed) -> str:
        """What went wrong, "" for nothing."""
        body = notice.body.encode()
        headers = sign(receiver.secrets, notice.id, int(self._clock()), body)
        headers["content-type"] = "application/json"
        try:
            async with (
                asyncio.timeout(self._patience.post),
                client.stream(
                    "POST", receiver.url, content=body, headers=headers, extensions=_looked_at(receiver.url)
                ) as answer,
            ):
                return "" if answer.is_success else f"status {answer.status_code}"
        except NoticeError as error:
            return error.message
        except TimeoutError:
            return f"no answer within {self._patience.post:.0f} s"
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__


def _looked_at(url: str) -> dict[str, Any]:
    """Extensions of a request that is made once it is connected to a public address, whatever its name led
    to; or to this machine, where the address says so and the operator allowed it."""
    local = is_local(urlsplit(url).hostname or "")

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            stream = info["return_value"]
            address = ipaddress.ip_address(stream.get_extra_info("server_addr")[0])
            if not (address.is_loopback if local else address.is_global):
                await stream.aclose()
                raise NoticeError("bad_url", "no public address")

    return {"trace": trace}
