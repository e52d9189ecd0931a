"""Sells an HTTP API by the call."""

from __future__ import annotations

from fastapi import FastAPI

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.commands.settling import coin_price
from largesse.console import say, table
from largesse.files import CHECKOUT
from largesse.gateway.accounts import LAG_SECONDS
from largesse.gateway.config import load_app, read_prices
from largesse.gateway.gateway import Gateway, Limits
from largesse.gateway.openapi import describe
from largesse.gateway.schemes import Scheme
from largesse.gateway.settler import Policy
from largesse.gateway.spending import Spending
from largesse.session import Session
from largesse.web.logs import write_logs
from largesse.web.serving import serve

SCHEMES = ("voucher", "exact", "batch")


@command(
    "Serve an ASGI app whose routes have prices, until Ctrl-C. Calls are paid by vouchers of prepaid "
    "accounts, by x402's exact scheme, or by its batch settlement.",
    Option("currency", "the currency's symbol"),
    Option("app", "the API: module:name", "largesse.gateway.sample:app"),
    Option("prices", "a TOML file of [[price]] tables", str(CHECKOUT / "examples" / "gateway-prices.toml")),
    Option("schemes", "how calls can be paid, of voucher, exact, batch", "voucher,exact"),
    Option("host", "where it listens", "127.0.0.1"),
    Option("port", "where it listens", "8402"),
    Option("database", "sqlite:///file or postgresql://…; several gateways can share one", ""),
    Option("risk", "in whole currency: vouchers over more are settled at once; none: settle by hand", "1"),
    Option("gas", "what one coin of the chain costs, in whole currency; 0: gas is free (live: needed)", ""),
    Option("share", "exact: a payment's gas costs at most so many basis points of it", "10000"),
    Option("gwei", "exact, batch: no transaction that payers ask for, where gas costs more", "200"),
    Option("daily", "exact, batch: gas a day for what does not pay for itself, of each kind", "50000000"),
    Option("from", "the seller: is paid, signs receipts, pays the gas", ""),
    example="currency=USDC from=merchant",
)
def main(session: Session, given: Arguments) -> None:
    prepaid, seller = session.prepaid(given.text("currency")), session.wallet(given, "merchant")
    decimals = prepaid.token.decimals
    wanted = given.text("schemes").split(",")
    if unknown := [name for name in wanted if name not in SCHEMES]:
        raise ArgumentError("unknown_scheme", f"schemes={unknown[0]}: there are {', '.join(SCHEMES)}")
    prices = read_prices(given.path("prices"), decimals)
    policy = None
    native = coin_price(session, given, prepaid, settles=given.text("risk") != "none")
    if given.text("risk") != "none":
        risk = prepaid.micros(given.amount("risk", decimals))
        policy = Policy(native or 0, risk)
    elif "batch" in wanted:
        raise ArgumentError("unclaimed", "schemes=batch needs risk=…: nobody else claims what channels owe")
    database = session.database("gateway", given)
    port = given.whole("port", most=65_535)
    gas_price, daily_gas = given.whole("gwei") * 10**9, given.whole("daily")
    spending = Spending(native, given.whole("share"), gas_price, daily_gas)
    lag = None if session.development else LAG_SECONDS
    gateway = Gateway(
        prepaid, seller, database, policy=policy, spending=spending, limits=Limits(), most_lag=lag
    )
    schemes: dict[str, Scheme] = {"voucher": gateway.vouchers}
    if "exact" in wanted:
        schemes["exact"] = gateway.exact()
    if "batch" in wanted:
        schemes["batch"] = gateway.batch()
    api = load_app(given.text("app"))
    if isinstance(api, FastAPI):
        describe(api, prices)
    app = gateway.app(api, prices, [schemes[name] for name in wanted])
    rows = [(one.method, one.path, prepaid.token.show(one.amount)) for one in prices]
    table("A call costs", ("", "", ""), rows, right=2)
    say(f"{seller.name} ({seller.address}) is paid by {' or '.join(wanted)}")
    say(f"listening at http://{given.text('host')}:{port}, /health and /metrics too; Ctrl-C ends it")
    write_logs()
    serve(app, given.text("host"), port)
