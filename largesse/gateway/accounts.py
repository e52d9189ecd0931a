"""PrepaidAccounts as the gateway sees it: fresh enough that no voucher it takes can be outrun.

An account is read when it first pays, and again when an event of its counterparty names it. While the node
can't be asked for longer than `stale_seconds`, no account is trusted: a withdrawal could be under way that
nobody sees. As delays have an hour at the least, a minute's blindness costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from web3 import Web3
from web3.exceptions import Web3Exception

from largesse.addresses import ZERO_ADDRESS
from largesse.chain import ChainError, Node, RefusedError
from largesse.chainlogs import read_ranges, topic_of
from largesse.clients.accounts import Prepaid, PrepaidAccount
from largesse.errors import LargesseError
from largesse.terms.fields import NO_LIMITATION

STALE_SECONDS: Final = 60.0
LAG_SECONDS: Final = 900.0
"""A live chain's latest block is younger, or its node has come to a halt."""


class BlindError(LargesseError):
    """The node does not answer, or has not for too long to trust what was read before."""


@dataclass(frozen=True)
class Standing:
    """An account, whether its signer has code, and when its series' limitation is over (None: never, or it
    holds plain money)."""

    account: PrepaidAccount
    is_wallet: bool
    limitation_at: int | None = None

    def good_until(self, now: int) -> int | None:
        """The first second in which a voucher may be worthless; None where there is none.

        That is the expiry, when a withdrawal or another signer that was asked for can come, and one delay
        after the limitation, when the beneficiary can. What was asked for lapses one more delay later, and
        is no threat then.
        """
        account = self.account
        asked = (account.withdrawable_at, account.new_signer_at)
        dates = [date for date in asked if date and now < date + account.delay_seconds]
        if account.expires_at:
            dates.append(account.expires_at)
        if self.limitation_at is not None:
            dates.append(self.limitation_at + account.delay_seconds)
        return min(dates, default=None)


class AccountBook:
    """The accounts of one counterparty, read through and kept fresh by `refresh`.

    `most_lag`: how old the latest block may be, in seconds of this machine's clock; None where blocks come
    when they like, as on a development chain.
    """

    def __init__(
        self,
        prepaid: Prepaid,
        counterparty: str,
        *,
        stale_seconds: float = STALE_SECONDS,
        most_lag: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.prepaid = prepaid
        self.counterparty = Web3.to_checksum_address(counterparty)
        self.stale_seconds = stale_seconds
        self.most_lag = most_lag
        self.clock = clock
        self._kept: dict[int, Standing] = {}
        self._lock = threading.Lock()
        self._next_block = self._final_block() + 1
        self._rounds = deque([(clock(), self._next_block)])
        """When the chain was followed, and up to where, as far back as nodes lag behind one another."""
        self._chain_time = (self.node.now(), clock())
        self._seen_at = clock()

    @property
    def node(self) -> Node:
        return self.prepaid.node

    def now(self) -> int:
        """The chain's time, by its last block and what has passed since."""
        chain, then = self._chain_time
        return chain + int(self.clock() - then)

    def age(self) -> float:
        """Seconds since the chain was seen last."""
        return self.clock() - self._seen_at

    def kept(self, index: int) -> Standing | None:
        """What is known of an account without asking the node. Raises BlindError."""
        if self.age() > self.stale_seconds:
            raise BlindError("blind", "the chain can't be seen at the moment: no vouchers are taken")
        return self._kept.get(index)

    def read(self, index: int) -> Standing | None:
        """Ask the node; None for an account that nobody opened, or whose opening is not final yet.

        Raises BlindError.
        """
        # What `refresh` finds meanwhile may be later than what is read here: then this is not kept. No lock:
        # a question that the node leaves open must not keep `refresh` from following the chain.
        seen = self._next_block
        with _asking():
            # Not before what `refresh` has seen: of several nodes behind one address this one may lag, and
            # an event that was seen is not looked for again.
            block = max(self._final_block(), seen - 1)
            account = self.prepaid.account(self.counterparty, index, block=block)
            if account.owner == ZERO_ADDRESS:
                return None
            found = Standing(account, self.node.has_code(account.signer), self._limitation_at(account))
        with self._lock:
            if self._next_block == seen:
                self._kept[index] = found
        return found

    def is_wallet_signature(self, signer: str, digest: bytes, signature: bytes) -> bool:
        """Whether a contract says that it signed. Raises BlindError."""
        with _asking():
            return self.prepaid.is_wallet_signature(signer, digest, signature)

    def refresh(self) -> int:
        """Follow the chain to its last final block: forget the accounts that changed; how many.

        Raises BlindError stalled where the node answers and knows no block of these days, and what the node
        does.
        """
        head = self._final_block()
        now = self.node.now()
        if self.most_lag is not None and (lag := time.time() - now) > self.most_lag:
            raise BlindError(
                "stalled",
                f"the node's latest block is {lag:.0f} s old: the node lags, or the clock is wrong",
            )
        first = self._first()
        indices = self._changed(first, head) if head >= first else set()
        with self._lock:
            for index in indices:
                self._kept.pop(index, None)
            if head < self._next_block - 1:
                # The chain is shorter than it was: whatever was read may be undone.
                self._kept.clear()
            self._next_block = head + 1
        self._rounds.append((self.clock(), head + 1))
        self._chain_time = (now, self.clock())
        self._seen_at = self.clock()
        return len(indices)

    # --------------------------------------------------------------------------------------------- private

    def _first(self) -> int:
        """Where to look for events from: again at blocks of just before, of which a node that lags behind the
        one that told of them gave no logs."""
        while len(self._rounds) > 1 and self._rounds[1][0] <= self.clock() - self.node.lag_seconds:
            self._rounds.popleft()
        return self._rounds[0][1]

    def _limitation_at(self, account: PrepaidAccount) -> int | None:
        if not account.series_id:
            return None
        found = self.prepaid.certificates.terms(account.series_id).limitation_at
        return None if found == NO_LIMITATION else found

    def _final_block(self) -> int:
        return max(0, self.node.block_number() - self.node.confirmations + 1)

    def _changed(self, first: int, last: int) -> set[int]:
        """Indices in the events of these blocks that name the counterparty."""
        found: set[int] = set()
        of_it = (None, topic_of(self.counterparty))
        for entry in read_ranges(self.node, self.prepaid.address, first, last, topics=of_it):
            topics: Any = entry["topics"]
            if len(topics) > 2:
                found.add(int.from_bytes(bytes(topics[2]), "big"))
            elif bytes(topics[0]) == self.prepaid.settled_topic:
                found |= self.prepaid.settled_indices(entry)
        return found


@contextmanager
def _asking() -> Iterator[None]:
    """What comes of a node that is away, or can't tell, is a BlindError."""
    try:
        yield
    except (Web3Exception, OSError, ValueError, ChainError, RefusedError) as error:
        raise BlindError("blind", "the chain can't be asked about this account at the moment") from error
