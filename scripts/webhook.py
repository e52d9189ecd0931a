"""Issues what a payment processor was paid for."""

from __future__ import annotations

import os
import re

from largesse.amounts import UINT96_MAX
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import Wallet
from largesse.clients.certificates import CLAIM_PAGE
from largesse.commands.command import command
from largesse.commands.linking import PAGE, link_page
from largesse.console import say
from largesse.database import open_database
from largesse.sender import TABLES
from largesse.session import Session
from largesse.tokens import Token
from largesse.web.logs import write_logs
from largesse.web.serving import serve
from largesse.webhook.app import make_app
from largesse.webhook.service import Issuer, Webhook, read_secrets

SECRET, OLD_SECRET, LINK_SECRET = (
    "LARGESSE_WEBHOOK_SECRET",
    "LARGESSE_WEBHOOK_OLD_SECRET",
    "LARGESSE_WEBHOOK_LINK_SECRET",
)  # names of environment variables
_WINDOW = re.compile(r"([A-Za-z0-9._-]{1,40}):([0-9]{1,4})")
_DAY = 86_400


@command(
    "Issue once for each payment that a processor reports, until Ctrl-C. The environment has "
    f"{SECRET}, while it is changed {OLD_SECRET} too, and {LINK_SECRET}. "
    "The series must be on sale (`sell`).",
    Option("currency", "the currency's symbol"),
    Option("issuer", "the name in the address: /payments/<issuer>", "issuer"),
    Option("windows", "days in which a method of payment can be charged back", "card:120,bank:0"),
    Option("budget", "in whole currency: what may be issued from a start on, approved anew at each", "10000"),
    PAGE,
    Option("host", "where it listens", "127.0.0.1"),
    Option("port", "where it listens", "8404"),
    Option("database", "sqlite:///file or postgresql://…; several webhooks can share one", ""),
    Option("from", "the issuer: pays the face and the gas", ""),
    example="currency=KRWT budget=1000000",
)
def main(session: Session, given: Arguments) -> None:
    certificates, wallet = session.certificates(given.text("currency")), session.wallet(given, "issuer")
    shop = session.shop(certificates)
    windows = read_windows(given.text("windows"))
    secrets = read_secrets(os.environ, SECRET, OLD_SECRET)
    (link_secret,) = read_secrets(os.environ, LINK_SECRET)
    issuer = Issuer(
        given.file_name("issuer"),
        shop,
        given.text("currency"),
        wallet,
        windows,
        secrets,
        link_secret,
        link_page(session, given, CLAIM_PAGE),
    )
    issuer.check_signer()
    port = given.whole("port", most=65_535)
    database = session.database("webhook", given)
    webhook = Webhook([issuer], open_database(database, TABLES))
    token, budget = certificates.token, min(given.amount("budget", certificates.token.decimals), UINT96_MAX)
    session.confirm(
        f"From this start on up to {token.show(budget)} may be issued and paid.",
        f"issue {token.show(budget)}",
    )
    _approve(token, wallet, shop.address, budget)
    say(f"{wallet.name} ({wallet.address}) issues up to {token.show(budget)} from this start on")
    say(f"its links lead to {issuer.claim_page}")
    say(f"listening at http://{given.text('host')}:{port}/payments/{issuer.name}, /health and /metrics too")
    write_logs()
    serve(make_app(webhook), given.text("host"), port)


def _approve(token: Token, wallet: Wallet, shop: str, budget: int) -> None:
    """Have the shop take no more than the budget, whatever was approved before and is not used up."""
    allowance = token.allowance(wallet.address, shop)
    if allowance == budget:
        return
    if allowance:
        token.approve(wallet, shop, 0)  # currencies like USDT take no other step from one to the next
    token.approve(wallet, shop, budget)


def read_windows(text: str) -> dict[str, int]:
    """``card:120,bank:0`` as seconds by method. Raises ArgumentError bad_windows."""
    found: dict[str, int] = {}
    for part in text.split(","):
        match = _WINDOW.fullmatch(part)
        if match is None or match.group(1) in found:
            raise ArgumentError("bad_windows", f"windows={part}: write method:days, each method once")
        found[match.group(1)] = int(match.group(2)) * _DAY
    return found
