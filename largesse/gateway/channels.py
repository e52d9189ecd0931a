"""Channels of x402's batch settlement in the gateway's database, shared by its processes.

The package changes a channel by a function of its present state. It is called on what was read, and the
result written only where nobody wrote meanwhile; else it is called again on what is there now.
"""

from __future__ import annotations

import builtins
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
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
from x402.mechanisms.evm.batch_settlement.server.storage import Channel, ChannelUpdate, ChannelUpdateResult
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
"""`version` is random: a channel that was deleted and made again is not taken for the old one."""


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
        """Make the channel what `update` makes of it; `update` may be called several times.

        Raises ValueError where the id is none, and what `update` raises.
        """
        channel = normalize_channel_id(channel_id)
        while True:
            version, current = self._read(channel)
            wanted = update(current)
            if wanted is current:
                return ChannelUpdateResult(channel=current, status="unchanged")
            if self._write(channel, version, wanted):
                if wanted is None:
                    return ChannelUpdateResult(channel=None, status="deleted")
                return ChannelUpdateResult(channel=wanted.copy(), status="updated")

    # --------------------------------------------------------------------------------------------- private

    def _read(self, channel: str) -> tuple[int | None, Channel | None]:
        query = select(CHANNELS.c.version, CHANNELS.c.state).where(
            CHANNELS.c.seller == self.seller, CHANNELS.c.channel == channel
        )
        with transaction(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        return (None, None) if row is None else (row.version, _channel(row.state))

    def _write(self, channel: str, version: int | None, wanted: Channel | None) -> bool:
        """Whether it was still `version`."""
        same = (
            CHANNELS.c.seller == self.seller,
            CHANNELS.c.channel == channel,
            CHANNELS.c.version == version,
        )
        with transaction(self.engine) as connection:
            if wanted is None:
                return connection.execute(delete(CHANNELS).where(*same)).rowcount == 1
            new = {"version": secrets.randbits(62), "state": json.dumps(wanted.to_dict())}
            if version is None:
                row = {"seller": self.seller, "channel": channel, **new}
                insert = insert_or_leave(connection, CHANNELS).values(row).returning(CHANNELS.c.channel)
                done = connection.execute(insert).first() is not None
            else:
                done = connection.execute(update(CHANNELS).where(*same).values(**new)).rowcount == 1
            if done and (also := getattr(self._here, "write", None)) is not None:
                also(connection, wanted)
            return done


def _channel(state: str) -> Channel:
    return Channel.from_dict(json.loads(state))
