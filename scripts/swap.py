"""Swap currency or certificates for somebody else's on another chain: both happen, or neither.

The one who proposes locks first, with `propose`, and sends the ticket it writes (out/swaps/<name>.json; the
secret stays in out/swaps/<name>.secret). The other one locks on the other chain with `answer` and sends its
ticket back. The first claims that with `claim`, which shows the secret, and the second claims with `claim`
too. When one of them stops, `refund` gives back what was locked, once its time is over.

A ticket is what the other one says. Which contract holds a lock says this side's own record of that chain
(`brownie run deploy` writes it, and sends nothing where all is there); what was agreed on is typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import Node
from largesse.clients.swaps import (
    GAP_SECONDS,
    LEAST_GAP_SECONDS,
    LONGEST_SECONDS,
    STATUS_WORDS,
    Lock,
    SwapError,
    Swaps,
    Ticket,
    hash_of,
    new_secret,
)
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.files import create_file
from largesse.moments import minute
from largesse.session import Session

TO = Option("to", "who gets it: an address (a role on a development chain)")
AMOUNT = Option("amount", "in whole currency, decimals after a point")
CURRENCY = Option("currency", "the currency's symbol", "")
SERIES = Option("series", "certificates instead of currency: name, or currency/number", "")
NAME = Option("name", "of the ticket that is written: out/swaps/<name>.json")
TICKET = Option("ticket", "the lock, as its maker's script wrote it: a file, or a name in out/swaps/")
FROM = Option("from", "who sends", "")
OTHER = Option("other", "URL of a node of the chain that the other ticket is on, if not this one", "")
HOUR = 3_600
DEFAULT = "holder"


def chosen(session: Session, given: Arguments, whose: str = "") -> tuple[Swaps, str, int]:
    """What is swapped: the contract, the currency's symbol and the series (0 for currency)."""
    series, currency = f"{whose}series", f"{whose}currency"
    if given.has(series) == given.has(currency):
        raise ArgumentError("one_of", f"give {currency}=… or {series}=…, one of them")
    if given.has(series):
        card = session.series(given.text(series))
        symbol = card.certificates.token.symbol
        return session.swaps(symbol), symbol, card.series_id
    return session.swaps(given.text(currency)), given.text(currency), 0


def at(session: Session, ticket: Ticket) -> Swaps:
    """The contract of a ticket, which must be the one in the session's own record of that chain.

    Raises SwapError other_chain, other_contract, DeploymentError not_deployed, unknown_currency.
    """
    chain = session.node.chain_id
    if chain != ticket.chain_id:
        raise SwapError("other_chain", f"the ticket is for chain {ticket.chain_id}, the node is of {chain}")
    swaps = session.swaps(ticket.symbol)
    if swaps.address != ticket.contract:
        raise SwapError(
            "other_contract",
            f"the ticket's contract is {ticket.contract}, and must be the one that deployments/{chain}.json "
            f"has for {ticket.symbol}: {swaps.address}",
        )
    return swaps


def agreed(session: Session, given: Arguments, ticket: Ticket, to: str, whose: str = "") -> Swaps:
    """The contract of a ticket whose lock is for `to`, of what was agreed on: not less, not something else.

    Raises as `at`, and SwapError not_for_you, other_currency, other_series, other_amount.
    """
    swaps = at(session, ticket)
    _, symbol, series_id = chosen(session, given, whose)
    if symbol != ticket.symbol:
        raise SwapError("other_currency", f"what is locked is {ticket.symbol}, not {symbol} as agreed")
    amount = given.amount(f"{whose}amount", swaps.token.decimals)
    swaps.check_agreed(ticket.lock, to, series_id, amount)
    return swaps


def written(session: Session, given: Arguments) -> Path:
    """Where the new ticket goes. Raises ArgumentError exists."""
    path = session.out("swaps") / f"{given.file_name('name')}.json"
    if path.exists():
        raise ArgumentError("exists", f"out/swaps/{path.name} is there already: another name=…, please")
    return path


def hours(given: Arguments, name: str) -> int:
    return given.whole(name, least=1, most=LONGEST_SECONDS // HOUR) * HOUR


@command(
    "Lock first: make a secret, lock under its hash, and write a ticket for the other one.",
    TO,
    AMOUNT,
    NAME,
    CURRENCY,
    SERIES,
    Option("hours", "until the lock can be taken back; the other's lock must end well before", "48"),
    FROM,
    example="currency=USDC amount=20 to=merchant name=mine from=holder",
)
def propose(session: Session, given: Arguments) -> Ticket:
    swaps, symbol, series_id = chosen(session, given)
    sender, path = session.wallet(given, DEFAULT), written(session, given)
    amount = given.amount("amount", swaps.token.decimals)
    ends = swaps.node.now() + hours(given, "hours")
    secret, to = new_secret(), session.address(given.text("to"))
    lock = Lock(sender.address, to, series_id, amount, hash_of(secret), ends)
    session.confirm(f"{shown(swaps, lock)} for {to} until {minute(ends)}.", "lock")
    # Before anything is locked: without the secret the swap can only be waited out.
    kept = path.with_suffix(".secret")
    try:
        create_file(kept, ("0x" + secret.hex() + "\n").encode())
    except FileExistsError as error:
        raise SwapError("exists", f"out/swaps/{kept.name} is there already: take another name") from error
    return lock_and_write(swaps, symbol, lock, path, lambda: swaps.lock(sender, lock))


@command(
    "Lock second, for somebody who has locked for you on another chain; refused where that is not safe.",
    TO,
    AMOUNT,
    NAME,
    TICKET,
    Option("their_amount", "what you get for it, as agreed, in whole currency"),
    Option("their_currency", "and its currency's symbol", ""),
    Option("their_series", "or certificates instead: name, or currency/number on their chain", ""),
    OTHER,
    CURRENCY,
    SERIES,
    Option("gap", "hours by which their lock must outlive yours", str(GAP_SECONDS // HOUR)),
    FROM,
    example="ticket=mine other=http://127.0.0.1:8546 their_amount=20 their_currency=USDC currency=KRWT "
    "amount=26000 to=holder name=answer from=merchant",
)
def answer(session: Session, given: Arguments) -> Ticket:
    swaps, symbol, series_id = chosen(session, given)
    sender, path = session.wallet(given, DEFAULT), written(session, given)
    first = read(session, given.text("ticket"))
    theirs = agreed(other(session, given), given, first, sender.address, "their_")
    gap = given.whole("gap", least=LEAST_GAP_SECONDS // HOUR, most=LONGEST_SECONDS // HOUR) * HOUR
    amount, to = given.amount("amount", swaps.token.decimals), session.address(given.text("to"))
    ends = first.lock.expires_at - gap
    if ends <= swaps.node.now():
        raise SwapError(
            "gap_too_short",
            f"their lock ends at {minute(first.lock.expires_at)}: less than {gap:,} s are left",
        )
    lock = Lock(sender.address, to, series_id, amount, first.lock.hash, ends)
    swaps.check_answer(sender.address, lock, first.lock, theirs, gap=gap)
    get = f"{described(theirs, first.lock)} until {minute(first.lock.expires_at)}"
    say(f"theirs: {get}")
    session.confirm(f"{shown(swaps, lock)} for {to} until {minute(ends)}; you get {get}.", "lock")
    return lock_and_write(
        swaps, symbol, lock, path, lambda: swaps.answer(sender, lock, first.lock, theirs, gap=gap)
    )


@command(
    "Have a lock paid to you: with your own secret, or with the one that the claim of your lock has shown.",
    TICKET,
    Option("name", "your proposal, whose secret opens it: out/swaps/<name>.secret", ""),
    Option("mine", "or: the ticket of your own lock, which was claimed", ""),
    Option("amount", "with name=: what you get, as agreed, in whole currency", ""),
    CURRENCY,
    SERIES,
    Option("to", "with name=: who gets it, if not who sends", ""),
    OTHER,
    FROM,
    example="ticket=answer name=mine currency=KRWT amount=26000 from=holder",
)
def claim(session: Session, given: Arguments) -> int:
    ticket, caller = read(session, given.text("ticket")), session.wallet(given, DEFAULT)
    if given.has("name") == given.has("mine"):
        raise ArgumentError("one_of", "give name=… (your proposal) or mine=… (your answer), one of them")
    is_shown = given.has("mine")
    if is_shown:
        swaps, secret = at(session, ticket), revealed(session, given)
    else:
        # Once the secret is shown, what is locked for it is all that its owner gets.
        to = session.address(given.text("to")) if given.has("to") else caller.address
        swaps, secret = agreed(session, given, ticket, to), own_secret(session, given)
    session.confirm(f"{described(swaps, ticket.lock)} for {ticket.lock.to}.", "claim")
    swaps.claim(caller, ticket.lock, secret, shown=is_shown)
    done(f"{shown(swaps, ticket.lock)} for {ticket.lock.to}")
    return ticket.lock.amount


@command(
    "Have a lock paid back that nobody claimed in time; anybody can.",
    TICKET,
    FROM,
    example="ticket=mine",
)
def refund(session: Session, given: Arguments) -> int:
    ticket = read(session, given.text("ticket"))
    swaps, caller = at(session, ticket), session.wallet(given, DEFAULT)
    if swaps.node.now() < ticket.lock.expires_at:
        raise SwapError("too_early", f"it can be paid back from {minute(ticket.lock.expires_at)} on")
    session.confirm(f"{described(swaps, ticket.lock)} back to {ticket.lock.sender}.", "refund")
    swaps.refund(caller, ticket.lock)
    done(f"{shown(swaps, ticket.lock)} back to {ticket.lock.sender}")
    return ticket.lock.amount


@command("How a lock stands.", TICKET, example="ticket=mine")
def show(session: Session, given: Arguments) -> int:
    ticket = read(session, given.text("ticket"))
    swaps, lock = at(session, ticket), ticket.lock
    status = swaps.status(lock)
    rows = [
        ("from", lock.sender),
        ("for", lock.to),
        ("amount", shown(swaps, lock)),
        ("until", minute(lock.expires_at)),
        ("hash", "0x" + lock.hash.hex()),
        ("it is", STATUS_WORDS[status]),
    ]
    table(f"Lock 0x{lock.id.hex()[:16]}… of chain {ticket.chain_id}", ("", ""), rows)
    return status


def lock_and_write(swaps: Swaps, symbol: str, lock: Lock, path: Path, send: Callable[[], object]) -> Ticket:
    """The ticket is on the disk before anything is locked: what it says can be paid back by it."""
    ticket = Ticket(swaps.node.chain_id, swaps.address, symbol, lock)
    ticket.write(path)
    send()
    done(f"locked {shown(swaps, lock)} for {lock.to} until {minute(lock.expires_at)}")
    say(f"ticket: out/swaps/{path.name}")
    return ticket


def own_secret(session: Session, given: Arguments) -> bytes:
    """Raises ArgumentError no_secret."""
    path = session.out("swaps") / f"{given.file_name('name')}.secret"
    try:
        secret = bytes.fromhex(path.read_text().strip().removeprefix("0x"))
        if len(secret) != 32:
            raise ValueError
    except (OSError, ValueError) as error:
        raise ArgumentError("no_secret", f"out/swaps/{path.name} has no secret of 32 bytes") from error
    return secret


def revealed(session: Session, given: Arguments) -> bytes:
    """What the claim of one's own lock has shown. Raises SwapError not_claimed."""
    mine = read(session, given.text("mine"))
    secret = at(other(session, given), mine).preimage(mine.lock)
    if secret is None:
        raise SwapError(
            "not_claimed", f"your lock on chain {mine.chain_id} was not claimed: no secret was shown"
        )
    return secret


def read(session: Session, text: str) -> Ticket:
    """A ticket by its file, or by its name in out/swaps/. Raises SwapError malformed."""
    named = session.out("swaps") / f"{text}.json"
    return Ticket.read(named if "/" not in text and named.is_file() else Path(text))


def other(session: Session, given: Arguments) -> Session:
    """The session on the other chain, with this side's own record of it; the same one where none is named."""
    if not given.has("other"):
        return session
    return replace(session, node=Node.at(given.text("other"), confirmations=session.node.confirmations))


def shown(swaps: Swaps, lock: Lock) -> str:
    return swaps.token.show(lock.amount) + (f" of series {lock.series_id}" if lock.series_id else "")


def described(swaps: Swaps, lock: Lock) -> str:
    """What is locked and where, for who is about to rely on it."""
    return f"{shown(swaps, lock)} ({swaps.token.address}) in {swaps.address} on chain {swaps.node.chain_id}"
