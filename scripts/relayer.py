"""Sends what people without gas have signed."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import say
from largesse.database import open_database
from largesse.parts import PARTS
from largesse.relayer.actions import Kind
from largesse.relayer.app import make_app
from largesse.relayer.limits import Limits
from largesse.relayer.service import Relayer
from largesse.sender import TABLES
from largesse.session import Session
from largesse.web.logs import write_logs
from largesse.web.serving import serve


@command(
    "Relay claims, payments, gifts, tips, accounts, orders, swaps, reads, cancelled offers and owed payouts "
    "of people without gas, until Ctrl-C: what the signer signed, as the signer signed it.",
    Option("hourly", "actions of one signer in an hour", "30"),
    Option("gas", "gas in a day, at most", "300000000"),
    Option("gwei", "nothing is sent where a unit of gas costs more", "200"),
    Option("share", "of it, so many per cent for one address, and for one signer", "10"),
    Option("host", "where it listens", "127.0.0.1"),
    Option("port", "where it listens", "8403"),
    Option("database", "sqlite:///file or postgresql://…; several relayers can share one", ""),
    Option("from", "pays the gas; an account of its own", ""),
    example="from=relayer",
)
def main(session: Session, given: Arguments) -> None:
    wallet = session.wallet(given, "relayer")
    share = given.whole("share", least=1, most=100)
    limits = Limits(
        per_subject=given.whole("hourly", least=1),
        daily_gas=given.whole("gas", least=1),
        gas_price=given.whole("gwei", least=1) * 10**9,
        signer_share=share,
        client_share=share,
        block_share=min(100, share * 5 // 2),
    )
    port = given.whole("port", most=65_535)
    contracts = {}
    relayed = [(part, kind) for part in PARTS for kind in Kind if part.contract == kind.value]
    for one in session.deployment().currencies:
        contracts[one.certificates] = Kind.CERTIFICATES
        contracts |= {one.part(part.name): kind for part, kind in relayed}
    database = session.database("relayer", given)
    relayer = Relayer(session.node, wallet, open_database(database, TABLES), contracts, limits)
    say(f"{wallet.name} ({wallet.address}) pays the gas for {len(contracts)} contracts")
    say(f"listening at http://{given.text('host')}:{port}, /health and /metrics too; Ctrl-C ends it")
    write_logs()
    serve(make_app(relayer), given.text("host"), port)
