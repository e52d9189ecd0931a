"""The indexer's tables. A database is about one deployment on one chain."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

TABLES: Final = MetaData()
CHAIN: Final = Table(
    "indexer_chain",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", String(66), nullable=False),
    Column("factory", String(42), nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("hash", String(66), nullable=False),
    Column("revision", Integer, nullable=False),
)
"""One row: whose events these are, the last block that is covered (its hash is "" before the first one), and
how often blocks were rolled back."""
CONTRACTS: Final = Table(
    "indexer_contracts",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("symbol", Text, nullable=False),
    Column("part", String(64), nullable=False),
    Column("address", String(42), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("behind", BigInteger, nullable=True),
    UniqueConstraint("symbol", "part"),
)
"""`behind` is the next block to read of a contract that was added later, null once it is level."""
BLOCKS: Final = Table(
    "indexer_blocks",
    TABLES,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(66), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
)
"""Every block that has events, and the latest of those that have none: where a fork is found."""
EVENTS: Final = Table(
    "indexer_events",
    TABLES,
    Column("contract", Integer, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("tx_index", Integer, nullable=False),
    Column("tx", LargeBinary, nullable=False),
    Column("name", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""`arguments` is a JSON object in the ABI's names: whole numbers as decimal texts, bytes as 0x…, so that
nothing loses a digit on its way through a program that reads JSON numbers as floats."""
ROLLBACKS: Final = Table(
    "indexer_rollbacks",
    TABLES,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("kept", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("hash", String(66), nullable=False),
)
"""Every re-org: the last block that was kept, and the one that had been the last."""
