"""The tables of a gateway's ledger."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

TABLES: Final = MetaData()
SELLERS: Final = Table(
    "gateway_sellers",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("counterparty", String(42), nullable=False),
    UniqueConstraint("chain_id", "contract", "counterparty"),
)
LINES: Final = Table(
    "gateway_accounts",
    TABLES,
    Column("seller", Integer, primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("best", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=True),
    Column("by_contract", Integer, nullable=False, server_default="0"),
    Column("settled", BigInteger, nullable=False),
    Column("waits_since", BigInteger, nullable=False),
    ForeignKeyConstraint(["seller"], ["gateway_sellers.id"]),
)
"""`account` is the index in hexadecimal digits, `settled` what the chain has paid, `waits_since` when the
oldest voucher that is not settled came."""
PAYMENTS: Final = Table(
    "gateway_payments",
    TABLES,
    Column("seller", Integer, primary_key=True),
    Column("account", String(16), primary_key=True),
    Column("amount", BigInteger, primary_key=True),
    Column("price", BigInteger, nullable=False),
    Column("retry_key", String(200), nullable=True),
    Column("digest", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", LargeBinary, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("receipt", LargeBinary, nullable=True),
    ForeignKeyConstraint(["seller", "account"], ["gateway_accounts.seller", "gateway_accounts.account"]),
    UniqueConstraint("seller", "account", "retry_key"),
    Index("gateway_payments_at", "at"),
)
"""A row for each call that was charged, with its answer while that is kept. `digest` is empty where the
voucher is public and the call had no Idempotency-Key."""
