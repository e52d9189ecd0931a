"""Settles the vouchers that a gateway has taken."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.commands.settling import coin_price
from largesse.console import done, say, table
from largesse.database import open_database
from largesse.gateway.accounts import AccountBook
from largesse.gateway.gateway import tables
from largesse.gateway.ledger import Ledger
from largesse.gateway.settler import Decision, Policy, Settler
from largesse.sender import Sender
from largesse.session import Session

_NO_RISK = 2**47


@command(
    "Show what waits and what settling it would cost; settle it when it pays, or now=yes.",
    Option("currency", "the currency's symbol"),
    Option("database", "the gateway's", ""),
    Option("gas", "what one coin of the chain costs, in whole currency; 0: gas is free (live: needed)", ""),
    Option("share", "settle when the gas costs at most so many basis points of what it brings", "100"),
    Option("now", "yes: settle whatever is worth its gas", "no"),
    Option("from", "the seller", ""),
    example="currency=USDC from=merchant",
)
def main(session: Session, given: Arguments) -> Decision:
    prepaid, seller = session.prepaid(given.text("currency")), session.wallet(given, "merchant")
    token = prepaid.token
    database = session.database("gateway", given)
    engine = open_database(database, tables())
    book = AccountBook(prepaid, seller.address)
    ledger = Ledger(engine, session.node.chain_id, prepaid.address, seller.address)
    native = coin_price(session, given, prepaid) or 0
    most_wait = 0 if given.flag("now") else 86_400
    policy = Policy(native, _NO_RISK, given.whole("share", most=10_000), most_wait)
    settler = Settler(book, ledger, Sender(session.node, seller, engine), policy)
    try:
        decision, settlements = settler.run()
    finally:
        ledger.close()
        engine.dispose()
    unit = prepaid.unit
    rows = [
        ("vouchers worth settling", f"{len(decision.batch) + len(decision.singles):,}"),
        ("they bring", token.show(decision.gain * unit)),
        ("the gas costs", token.show(decision.cost * unit)),
        ("too small to settle", f"{decision.too_small:,}"),
        ("the chain would refuse", f"{len(decision.worthless):,}"),
    ]
    table("Vouchers that wait", ("", ""), rows, right=1)
    say(f"{'settled' if decision.settles else 'not settled'}: {decision.why}")
    refused = bool(decision.batch) + len(decision.singles) - len(settlements)
    if refused:
        say(f"{refused} contract wallet(s) refused what they had signed: the log says which")
    for one in settlements:
        done(f"{token.show(one.payout)} for {len(one.rows):,} account(s), {one.gas:,} gas")
    return decision
