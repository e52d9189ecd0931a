"""Prepaid accounts: money put down once for one seller, spent by signatures, settled by the hundred."""

from __future__ import annotations

import secrets
from dataclasses import replace

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.accounts import Opening, Prepaid, open_use, top_up_use
from largesse.clients.service import ServiceError
from largesse.commands.command import command
from largesse.commands.paying import card_in
from largesse.console import done, say, table
from largesse.gateway.purse import PaidAccount
from largesse.gateway.session_keys import SessionKey, new_session_key
from largesse.moments import minute, moment_of
from largesse.session import SeriesChoice, Session
from largesse.vouchers import index_of

CURRENCY = Option("currency", "the currency's symbol")
SESSION = Option("session", "its name: out/sessions/<name>.json")
AMOUNT = Option("amount", "in whole currency, decimals after a point")
SERIES = Option("series", "pay with a certificate: name, or currency/number", "")
FROM = Option("from", "whose account it is", "")
DEFAULT = "agent"


def chosen(session: Session, given: Arguments) -> tuple[SessionKey, Prepaid]:
    """The session that is named, and the contract that its account is in. Raises ArgumentError
    no_such_session, wrong_place."""
    path = session.out("sessions") / f"{given.file_name('session')}.json"
    if not path.is_file():
        raise ArgumentError("no_such_session", f"there is no out/sessions/{path.name}: open an account first")
    found = SessionKey.read(path)
    prepaid, account = session.prepaid(found.symbol), found.account
    if (account.chain_id, account.contract) != (session.node.chain_id, prepaid.address):
        raise ArgumentError(
            "wrong_place",
            f"the account is in {account.contract} on chain {account.chain_id}, this is {prepaid.address} "
            f"on chain {session.node.chain_id}",
        )
    return found, prepaid


@command(
    "Open an account for one seller, with a session key of its own in out/sessions/.",
    CURRENCY,
    Option("to", "the seller: an address (a role on a development chain)"),
    AMOUNT,
    SESSION,
    Option("delay", "hours that a withdrawal waits", "24"),
    Option("expires", "from then on the owner may withdraw at once: 2027-12-24T18:00, UTC", ""),
    SERIES,
    FROM,
    example="currency=USDC to=merchant amount=5 session=crawler from=agent",
)
def open(session: Session, given: Arguments) -> SessionKey:  # noqa: A001 - what a person types
    prepaid, owner = session.prepaid(given.text("currency")), session.wallet(given, DEFAULT)
    token, seller = prepaid.token, session.address(given.text("to"))
    amount = given.amount("amount", token.decimals)
    prepaid.micros(amount)
    salt, key = secrets.randbits(96), new_session_key()
    index = index_of(owner.address, salt)
    account = PaidAccount(prepaid.node.chain_id, prepaid.address, token.address, seller, index)
    made = SessionKey(account, key, given.text("currency"), token.decimals)
    expires = moment_of(given, "expires") if given.has("expires") else 0
    delay = given.whole("delay", least=1, most=180 * 24) * 3_600
    opening = Opening(seller, made.address, delay, expires, salt)
    card = card_in(session, given, prepaid.certificates)
    if card:
        _check_way_back(prepaid, card, delay)
    path = session.out("sessions") / f"{given.file_name('session')}.json"
    if path.exists():
        raise ArgumentError(
            "exists",
            f"out/sessions/{path.name} is there already, with the key of another account: `prepaid show "
            f"session={path.stem}` tells of it; another session=… opens another account",
        )
    session.confirm(f"{token.show(amount)}{_by(card)} for calls of {seller}.", "pay")
    # Before anything is sent: an account whose key is lost can only be withdrawn from.
    made.write(path)
    try:
        if card:
            prepaid.redeem(owner, card.series_id, amount, seller, open_use(opening))
        else:
            prepaid.open(owner, opening, amount)
    except (RefusedError, ServiceError):
        path.unlink()  # nothing was opened
        raise
    done(f"account {index}: {token.show(amount)} for calls of {seller}")
    say(f"session key: out/sessions/{given.text('session')}.json — who has it can spend the account")
    return made


def _check_way_back(prepaid: Prepaid, card: SeriesChoice, delay: int) -> None:
    """Raises ArgumentError too_long where a withdrawal, even one that is asked for at once, would come when
    what is left belongs to the series' beneficiary."""
    terms = prepaid.certificates.terms(card.series_id)
    if terms.named and prepaid.node.now() + delay >= terms.limitation_at:
        raise ArgumentError(
            "too_long",
            f"delay: after {delay // 3_600} hours nothing could be withdrawn, because what is left of "
            f"{card.name} belongs to its beneficiary from {minute(terms.limitation_at)} on",
        )


@command(
    "Add money to the account of a session; anybody can.",
    SESSION,
    AMOUNT,
    SERIES,
    FROM,
    example="session=crawler amount=5 from=agent",
)
def top_up(session: Session, given: Arguments) -> int:
    (found, prepaid), payer = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    key, amount = (account.counterparty, account.index), given.amount("amount", found.decimals)
    card = card_in(session, given, prepaid.certificates)
    session.confirm(f"{prepaid.token.show(amount)}{_by(card)} into account {account.index}.", "pay")
    if card:
        prepaid.redeem(payer, card.series_id, amount, account.counterparty, top_up_use(account.index))
    else:
        prepaid.top_up(payer, key, amount)
    left = prepaid.account(*key).left * prepaid.unit
    done(f"{prepaid.token.show(amount)} more: {prepaid.token.show(left)} are left, less what vouchers say")
    return left


@command("How the account of a session stands.", SESSION, example="session=crawler")
def show(session: Session, given: Arguments) -> int:
    found, prepaid = chosen(session, given)
    account = found.account
    state = prepaid.account(account.counterparty, account.index)
    rows = [
        ("seller", account.counterparty),
        ("owner", state.owner),
        ("session key's address", state.signer),
        ("put down", prepaid.token.show(state.deposit * prepaid.unit)),
        ("settled", prepaid.token.show(state.paid * prepaid.unit)),
        ("left, less vouchers", prepaid.token.show(state.left * prepaid.unit)),
        ("a withdrawal waits", f"{state.delay_seconds:,} s"),
    ]
    if state.withdrawable_at:
        rows.append(("can be withdrawn from", minute(state.withdrawable_at)))
    if state.expires_at:
        rows.append(("expires", minute(state.expires_at)))
    table(f"Account {account.index}", ("", ""), rows)
    return state.left


@command(
    "Take back what no voucher has spent: ask the first time, and have it after the delay.",
    SESSION,
    FROM,
    example="session=crawler from=agent",
)
def withdraw(session: Session, given: Arguments) -> int:
    (found, prepaid), owner = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    key, now = (account.counterparty, account.index), session.node.now()
    state = prepaid.account(*key)
    expired = 0 < state.expires_at <= now
    matured = 0 < state.withdrawable_at <= now < state.withdrawable_at + state.delay_seconds
    if not expired and not matured:
        if state.withdrawable_at > now:
            raise ArgumentError("not_yet", f"what is left can be had from {minute(state.withdrawable_at)} on")
        at = prepaid.request_withdrawal(owner, key)
        done(f"asked for: what is left can be had from {minute(at)} on, within {state.delay_seconds:,} s")
        return 0
    amount = prepaid.withdraw(owner, key)
    done(f"{prepaid.token.show(amount)} are back")
    return amount


@command(
    "Take the request for a withdrawal back: the account goes on.",
    SESSION,
    FROM,
    example="session=crawler from=agent",
)
def keep(session: Session, given: Arguments) -> bool:
    (found, prepaid), owner = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    key = (account.counterparty, account.index)
    if prepaid.account(*key).withdrawable_at == 0:
        done(f"no withdrawal was asked for: account {account.index} goes on")
        return False
    prepaid.cancel_withdrawal(owner, key)
    done(f"account {account.index} goes on")
    return True


@command(
    "Put another session key in: the first time makes it and asks, the same after the delay puts it in; "
    "until then the old one spends. `next=none` takes the request back.",
    SESSION,
    Option("next", "the new session's name: out/sessions/<next>.json, or none"),
    FROM,
    example="session=crawler next=crawler2 from=agent",
)
def rekey(session: Session, given: Arguments) -> int:
    (found, prepaid), owner = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    key, now = (account.counterparty, account.index), session.node.now()
    state = prepaid.account(*key)
    if given.text("next") == "none":
        if state.new_signer_at == 0:
            done(f"no other key was asked for: {state.signer} spends account {account.index}")
            return 0
        prepaid.request_signer(owner, key, ZERO_ADDRESS)
        done(f"{state.signer} goes on spending account {account.index}")
        return 0
    path = session.out("sessions") / f"{given.file_name('next')}.json"
    is_new = not path.exists()
    wanted = replace(found, key=new_session_key()) if is_new else SessionKey.read(path)
    if wanted.account != account:
        raise ArgumentError("other_account", f"out/sessions/{path.name} is of another account than this one")
    if state.signer == wanted.address:
        done(f"{wanted.address} spends account {account.index} already")
        return 0
    if state.new_signer == wanted.address and now < state.new_signer_at + state.delay_seconds:
        if now < state.new_signer_at:
            raise ArgumentError("not_yet", f"the key can be put in from {minute(state.new_signer_at)} on")
        prepaid.change_signer(owner, key)
        done(f"{wanted.address} spends account {account.index} from now on")
        return 0
    session.confirm(f"{wanted.address} will spend account {account.index}.", "rekey")
    if is_new:
        wanted.write(path)  # before anything is sent: a key that is lost can spend nothing
    try:
        prepaid.request_signer(owner, key, wanted.address)
    except RefusedError:
        if is_new:
            path.unlink()
        raise
    at = prepaid.account(*key).new_signer_at
    done(f"asked for: the key can be put in from {minute(at)} on, within {state.delay_seconds:,} s")
    say(f"session key: out/sessions/{path.name} — it spends nothing until then")
    return at


@command(
    "Have what the seller took of a certificate's money count as used, for its holder's right to the "
    "remainder; anybody may send it.",
    SESSION,
    FROM,
    example="session=crawler from=agent",
)
def used(session: Session, given: Arguments) -> bool:
    (found, prepaid), sender = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    key = (account.counterparty, account.index)
    series_id = prepaid.account(*key).series_id
    if series_id == 0:
        done(f"account {account.index} holds money, which counts for no certificate")
        return False
    prepaid.count_used(sender, key)
    done(f"what the seller took of account {account.index} counts as used in series {series_id}")
    return True


@command(
    "A delay after a series' limitation: pay what is left of its certificates in an account to the "
    "beneficiary of its terms; anybody may send it.",
    SESSION,
    FROM,
    example="session=crawler from=agent",
)
def forfeit(session: Session, given: Arguments) -> int:
    (found, prepaid), sender = chosen(session, given), session.wallet(given, DEFAULT)
    account = found.account
    amount = prepaid.forfeit(sender, (account.counterparty, account.index))
    done(f"{prepaid.token.show(amount)} of account {account.index} to the series' beneficiary")
    return amount


def _by(card: SeriesChoice | None) -> str:
    return f" of {card.name}" if card else ""
