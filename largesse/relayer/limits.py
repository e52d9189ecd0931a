"""How much is relayed: for a signer and for a client's address in an hour, and in gas in a day, of which no
signer, address or block of addresses gets more than a share: nobody alone keeps it from all others.

Counted in the database, in the transaction that accepts an action: several processes share one limit, and a
limit that was reached leaves nothing written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, update

from largesse.database import add_within, insert_if_missing
from largesse.errors import LargesseError
from largesse.sender import TABLES
from largesse.web.limits import client_block, client_network

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


SHARES: Final = Table(
    "relay_gas_shares",
    TABLES,
    Column("who", String(120), primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
)
"""What was set aside for each, whatever it took in the end."""


class LimitError(LargesseError):
    """A limit is reached; after `seconds` there is room again."""

    def __init__(self, reason: str, message: str, seconds: int) -> None:
        super().__init__(reason, message)
        self.seconds = seconds


@dataclass(frozen=True)
class Limits:
    """What a relayer gives away.

    `gas_price` (wei) times `daily_gas` is the most that a day can cost. `action_gas` bounds what one action
    can make of a recipient contract's code. Shares are per cent of `daily_gas`: of a signer, of a client's
    address, and of the block that it is in.
    """

    per_subject: int = 30
    per_client: int = 120
    action_gas: int = 1_500_000
    daily_gas: int = 300_000_000
    gas_price: int = 200 * 10**9
    signer_share: int = 10
    client_share: int = 10
    block_share: int = 25


def take(
    connection: Connection, limits: Limits, subjects: Sequence[str], client: str, gas: int, now: int
) -> None:
    """Count an action that may use `gas`. Raises LimitError too_many_of_signer, too_many_of_client,
    gas_of_signer_used, gas_of_client_used, gas_budget_used; the transaction must be given up then.
    """
    hour, left = now // HOUR, HOUR - now % HOUR
    # In one order everywhere: two processes never wait for each other.
    for subject, count in sorted(Counter(subjects).items()):
        who = f"signer:{subject}"
        if not add_within(connection, COUNTS, "count", count, limits.per_subject, who=who, hour=hour):
            raise LimitError(
                "too_many_of_signer", f"{limits.per_subject} actions an hour are relayed for {subject}", left
            )
    who = f"client:{client_network(client)}"
    if not add_within(connection, COUNTS, "count", 1, limits.per_client, who=who, hour=hour):
        raise LimitError(
            "too_many_of_client", f"{limits.per_client} actions an hour are taken from one address", left
        )
    day = now // DAY
    if insert_if_missing(connection, GAS, day=day, used=0):
        # A new day: what was counted before the last one is of no use.
        connection.execute(delete(COUNTS).where(COUNTS.c.hour < hour - 24))
        connection.execute(delete(SHARES).where(SHARES.c.day < day - 1))
    tomorrow = DAY - now % DAY
    for who, share in _shares(limits, subjects, client):
        most = limits.daily_gas * share // 100
        if not add_within(connection, SHARES, "used", gas, most, who=who, day=day):
            kind = who.partition(":")[0]
            reason = "gas_of_signer_used" if kind == "signer" else "gas_of_client_used"
            raise LimitError(reason, f"{most:,} gas a day are set aside for one {kind}", tomorrow)
    if not add_within(connection, GAS, "used", gas, limits.daily_gas, day=day):
        raise LimitError(
            "gas_budget_used", f"the day's {limits.daily_gas:,} gas are spent or set aside", tomorrow
        )


def give_back(connection: Connection, day: int, gas: int) -> None:
    """What an action of that day did not use, or (negative) used beyond what was set aside."""
    connection.execute(update(GAS).where(GAS.c.day == day).values(used=GAS.c.used - gas))


def _shares(limits: Limits, subjects: Sequence[str], client: str) -> list[tuple[str, int]]:
    """Who has which share of less than all, in one order everywhere."""
    found = [(f"signer:{subject}", limits.signer_share) for subject in sorted(set(subjects))]
    found.append((f"address:{client_network(client)}", limits.client_share))
    found.append((f"block:{client_block(client)}", limits.block_share))
    return [(who, share) for who, share in found if share < 100]
