"""How much is relayed: for a signer and for a client's address in an hour, and in gas in a day.

Counted in the database, in the transaction that accepts an action: several processes share one limit, and a
limit that was reached leaves nothing written.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, update

from largesse.database import insert_if_missing
from largesse.errors import LargesseError
from largesse.sender import TABLES

HOUR: Final = 3_600
DAY: Final = 86_400

COUNTS: Final = Table(
    "relay_counts",
    TABLES,
    Column("who", String(120), primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
GAS: Final = Table(
    "relay_gas",
    TABLES,
    Column("day", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
)


class LimitError(LargesseError):
    """A limit is reached; after `seconds` there is room again."""

    def __init__(self, reason: str, message: str, seconds: int) -> None:
        super().__init__(reason, message)
        self.seconds = seconds


@dataclass(frozen=True)
class Limits:
    """What a relayer gives away.

    `gas_price` (wei) times `daily_gas` is the most that a day can cost. `action_gas` bounds what one action
    can make of a recipient contract's code.
    """

    per_subject: int = 30
    per_client: int = 120
    action_gas: int = 1_500_000
    daily_gas: int = 300_000_000
    gas_price: int = 200 * 10**9


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


def take(
    connection: Connection, limits: Limits, subjects: Sequence[str], client: str, gas: int, now: int
) -> None:
    """Count an action that may use `gas`. Raises LimitError too_many_of_signer, too_many_of_client,
    gas_budget_used; the transaction must be given up then.
    """
    hour, left = now // HOUR, HOUR - now % HOUR
    # In one order everywhere: two processes never wait for each other.
    for subject, count in sorted(Counter(subjects).items()):
        if not _count(connection, f"signer:{subject}", hour, count, limits.per_subject):
            raise LimitError(
                "too_many_of_signer", f"{limits.per_subject} actions an hour are relayed for {subject}", left
            )
    if not _count(connection, f"client:{client_network(client)}", hour, 1, limits.per_client):
        raise LimitError(
            "too_many_of_client", f"{limits.per_client} actions an hour are taken from one address", left
        )
    day = now // DAY
    if insert_if_missing(connection, GAS, day=day, used=0):
        # A new day: what was counted before the last one is of no use.
        connection.execute(delete(COUNTS).where(COUNTS.c.hour < hour - 24))
    room = update(GAS).where(GAS.c.day == day, GAS.c.used + gas <= limits.daily_gas)
    if not connection.execute(room.values(used=GAS.c.used + gas)).rowcount:
        raise LimitError(
            "gas_budget_used", f"the day's {limits.daily_gas:,} gas are spent or set aside", DAY - now % DAY
        )


def give_back(connection: Connection, day: int, gas: int) -> None:
    """What an action of that day did not use, or (negative) used beyond what was set aside."""
    connection.execute(update(GAS).where(GAS.c.day == day).values(used=GAS.c.used - gas))


def _count(connection: Connection, who: str, hour: int, count: int, most: int) -> bool:
    insert_if_missing(connection, COUNTS, who=who, hour=hour, count=0)
    row = update(COUNTS).where(COUNTS.c.who == who, COUNTS.c.hour == hour, COUNTS.c.count + count <= most)
    return bool(connection.execute(row.values(count=COUNTS.c.count + count)).rowcount)
