"""Channels of x402's batch settlement in the gateway's database, shared by its processes.

The package changes a channel by a function of its present state. It is called on what was read, and the
result written only where nobody wrote meanwhile; else it is called again on what is there now. What the
function says of the chain it has read before: of two who read, who writes last may have read first. So what
is older than what is there is not written.

A refund takes a transaction, and so does the reading of what it left. While one is under way the channel is
held, whatever dies meanwhile: nobody is served on money that is being paid back.
"""

from __future__ import annotations

import builtins
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)
from x402.mechanisms.evm.batch_settlement.server.storage import (
    Channel,
    ChannelUpdate,
    ChannelUpdateResult,
    PendingRequest,
)
from x402.mechanisms.evm.batch_settlement.types import ChannelState
from x402.mechanisms.evm.batch_settlement.utils import normalize_channel_id

from largesse.database import insert_or_leave, transaction

TABLES: Final = MetaData()
CHANNELS: Final = Table(
    "gateway_x402_channels",
    TABLES,
    Column("seller", String(120), primary_key=True),
    Column("channel", String(66), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)
"""`version` is random: a channel that was forgotten and made again is not taken for the old one."""

REFUND_SECONDS: Final = 86_400
"""For so long a channel is held for a refund of which nothing is heard."""
_REFUND: Final = "refund "


class OlderError(ValueError):
    """What was to be written was read from the chain before what is there."""


class SqlChannelStorage:
    """x402's `ChannelStorage` over `engine`. `seller` tells the channels of one gateway from another's."""

    def __init__(self, engine: Engine, seller: str) -> None:
        self.engine = engine
        self.seller = seller
        self._here = threading.local()

    @contextmanager
    def together(self, write: Callable[[Connection, Channel], None]) -> Iterator[None]:
        """Have `write` called with each new state that this thread writes meanwhile, in its transaction:
        what it raises undoes both."""
        self._here.write = write
        try:
            yield
        finally:
            self._here.write = None

    def get(self, channel_id: str) -> Channel | None:
        """A channel's state. Raises ValueError where the id is none."""
        return self._read(normalize_channel_id(channel_id))[1]

    def list(self) -> builtins.list[Channel]:
        """All channels, in the order of their ids."""
        query = select(CHANNELS.c.state).where(CHANNELS.c.seller == self.seller).order_by(CHANNELS.c.channel)
        with transaction(self.engine) as connection:
            return [_channel(state) for state in connection.execute(query).scalars()]

    def update_channel(self, channel_id: str, update: ChannelUpdate) -> ChannelUpdateResult:
        """Make the channel what `update` makes of it; `update` may be called several times. None is for a
        channel that a refund has emptied: it stays, since what its calls have cost is where it goes on.

        Raises ValueError where the id is none, OlderError, and what `update` raises.
        """
        channel = normalize_channel_id(channel_id)
        while True:
            version, current = self._read(channel)
            wanted = update(current)
            if wanted is current:
                return ChannelUpdateResult(channel=current, status="unchanged")
            if current is not None:
                wanted = _emptied(current) if wanted is None else _not_older(current, wanted)
            if wanted is not None and self._write(channel, version, wanted):
                return ChannelUpdateResult(channel=wanted.copy(), status="updated")

    def hold(self, channel_id: str) -> bool:
        """A refund begins: who has reserved the channel for it holds it until `release`. Whether it was not
        held before."""

        def held(current: Channel | None) -> Channel | None:
            if current is None or current.pending_request is None or _is_held(current):
                return current
            return _pending(current, _REFUND + current.pending_request.pending_id, REFUND_SECONDS)

        return self.update_channel(channel_id, held).status == "updated"

    def release(self, channel_id: str, seconds: float) -> None:
        """The refund was made or refused: the channel is reserved as it was, for so many seconds more."""

        def released(current: Channel | None) -> Channel | None:
            if current is None or current.pending_request is None or not _is_held(current):
                return current
            return _pending(current, current.pending_request.pending_id.removeprefix(_REFUND), seconds)

        self.update_channel(channel_id, released)

    def refunded(self, channel_id: str, read: Callable[[], ChannelState]) -> bool:
        """Whether a refund for which the channel is held was made after all, as `read` tells from the chain:
        then it is as the chain says, and nobody's."""
        before = self.get(channel_id)
        if before is None or not _is_held(before):
            return False
        state = read()

        def found(current: Channel | None) -> Channel | None:
            if current is None or not _is_held(current) or state.refund_nonce <= current.refund_nonce:
                return current
            new = current.copy()
            new.balance, new.total_claimed = str(state.balance), str(state.total_claimed)
            new.withdraw_requested_at, new.refund_nonce = state.withdraw_requested_at, state.refund_nonce
            new.onchain_synced_at = new.pending_request = None
            return new

        return self.update_channel(channel_id, found).status == "updated"

    def forget(self, channel_id: str) -> None:
        """Drop a channel of which the contract has paid more than it has cost: what is known is too old."""
        channel = normalize_channel_id(channel_id)
        version, current = self._read(channel)
        if current is not None and int(current.charged_cumulative_amount) < int(current.total_claimed):
            with transaction(self.engine) as connection:
                connection.execute(delete(CHANNELS).where(*self._same(channel, version)))

    # --------------------------------------------------------------------------------------------- private

    def _read(self, channel: str) -> tuple[int | None, Channel | None]:
        query = select(CHANNELS.c.version, CHANNELS.c.state).where(
            CHANNELS.c.seller == self.seller, CHANNELS.c.channel == channel
        )
        with transaction(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        return (None, None) if row is None else (row.version, _channel(row.state))

    def _same(self, channel: str, version: int | None) -> tuple[ColumnElement[bool], ...]:
        return (
            CHANNELS.c.seller == self.seller,
            CHANNELS.c.channel == channel,
            CHANNELS.c.version == version,
        )

    def _write(self, channel: str, version: int | None, wanted: Channel) -> bool:
        """Whether it was still `version`."""
        with transaction(self.engine) as connection:
            new = {"version": secrets.randbits(62), "state": json.dumps(wanted.to_dict())}
            if version is None:
                row = {"seller": self.seller, "channel": channel, **new}
                insert = insert_or_leave(connection, CHANNELS).values(row).returning(CHANNELS.c.channel)
                done = connection.execute(insert).first() is not None
            else:
                change = update(CHANNELS).where(*self._same(channel, version)).values(**new)
                done = connection.execute(change).rowcount == 1
            if done and (also := getattr(self._here, "write", None)) is not None:
                also(connection, wanted)
            return done


def _channel(state: str) -> Channel:
    return Channel.from_dict(json.loads(state))


def _emptied(channel: Channel) -> Channel:
    """After a refund of all that its calls have not cost."""
    new = channel.copy()
    new.balance = new.total_claimed = channel.charged_cumulative_amount
    new.withdraw_requested_at, new.refund_nonce = 0, channel.refund_nonce + 1
    new.onchain_synced_at = new.pending_request = None
    return new


def _not_older(current: Channel, wanted: Channel) -> Channel:
    """Raises OlderError."""
    is_same_reading = wanted.onchain_synced_at == current.onchain_synced_at
    has_changed = (wanted.balance, wanted.withdraw_requested_at) != (
        current.balance,
        current.withdraw_requested_at,
    )
    if wanted.refund_nonce < current.refund_nonce or (is_same_reading and has_changed):
        raise OlderError("the channel was read from the chain again meanwhile")
    new = wanted.copy()
    new.total_claimed = str(max(int(current.total_claimed), int(wanted.total_claimed)))
    return new


def _is_held(channel: Channel) -> bool:
    return channel.pending_request is not None and channel.pending_request.pending_id.startswith(_REFUND)


def _pending(channel: Channel, pending_id: str, seconds: float) -> Channel:
    new = channel.copy()
    new.pending_request = PendingRequest(
        pending_id, channel.signed_max_claimable, int((time.time() + seconds) * 1_000)
    )
    return new
