"""Rewards for reading: a sponsor's pool pays readers, who share each reward with the author."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.rewards import FAULTS, Payment, PoolTerms, Rewards, pool_id_of
from largesse.clients.service import ServiceError
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.files import replace_file
from largesse.moments import minute
from largesse.pool_files import PoolFile
from largesse.session import Session
from largesse.signed.attested_reads import AttestedRead
from largesse.signed.rewards import Attestation

POOL = Option("pool", "its name: out/pools/<name>.json")
AMOUNT = Option("amount", "in whole currency, decimals after a point")
READS = Option("reads", "numbers of attested reads, with commas: out/reads/<pool>-<number>.json")
SHARE = Option("share", "the reader's share, in percent")
FROM = Option("from", "who sends", "")
_DAY = 86_400


def chosen(session: Session, given: Arguments) -> tuple[PoolFile, Rewards]:
    """The pool that is named."""
    path = session.out("pools") / f"{given.file_name('pool')}.json"
    if not path.is_file():
        raise ArgumentError("no_such_pool", f"there is no out/pools/{path.name}: open a pool first")
    found = PoolFile.read(path)
    rewards = session.rewards(found.symbol)
    found.check(rewards)
    return found, rewards


def read_path(session: Session, given: Arguments, number: int) -> Path:
    return session.out("reads") / f"{given.file_name('pool')}-{number}.json"


def reads_of(session: Session, given: Arguments, pool_id: bytes) -> list[AttestedRead]:
    """The attested reads whose numbers are given. Raises ArgumentError bad_number, no_such_read,
    other_pool."""
    found = []
    for text in given.text("reads").split(","):
        if not (text.isascii() and text.isdigit()):
            raise ArgumentError("bad_number", f"reads={given.text('reads')}: {text!r} is no whole number")
        path = read_path(session, given, int(text))
        if not path.is_file():
            raise ArgumentError("no_such_read", f"there is no out/reads/{path.name}: have it attested first")
        _, read = AttestedRead.from_json(path.read_text(encoding="utf-8"))
        if read.attestation.pool_id != pool_id:
            raise ArgumentError("other_pool", f"out/reads/{path.name} is a read of another pool")
        found.append(read)
    return found


@command(
    "Open a pool with its first money; where it is goes into out/pools/.",
    Option("currency", "the currency's symbol"),
    Option("name", "of the file that is written"),
    Option("attester", "whose word on reads counts: an address (a role on a development chain)"),
    AMOUNT,
    Option("reader_cap", "what reads of one reader may cost in a day, in whole currency"),
    Option("pool_cap", "what all reads may cost in a day"),
    Option("least", "the least share that a reader may take, in percent", "0"),
    Option("most", "the most", "100"),
    Option("notice", "days that closing and a new attester wait", "7"),
    FROM,
    example="currency=USDC name=blog attester=operator amount=50 reader_cap=1 pool_cap=10 from=supporter",
)
def open(session: Session, given: Arguments) -> bytes:  # noqa: A001 - what a person types
    rewards, sponsor = session.rewards(given.text("currency")), session.wallet(given, "supporter")
    token = rewards.token
    path = session.out("pools") / f"{given.file_name('name')}.json"
    if path.exists():
        raise ArgumentError(
            "exists", f"out/pools/{path.name} is there already: another name=… opens another pool"
        )
    amount = given.amount("amount", token.decimals)
    terms = PoolTerms(
        session.address(given.text("attester")),
        given.share("least"),
        given.share("most"),
        given.amount("reader_cap", token.decimals),
        given.amount("pool_cap", token.decimals),
        given.whole("notice", least=1, most=180) * _DAY,
        secrets.randbits(96),
    )
    session.confirm(f"{token.show(amount)} for reads that {terms.attester} attests.", "pay")
    # Before anything is sent: what a killed run has opened is found by its file, and not opened again.
    pool_id = pool_id_of(sponsor.address, terms.salt)
    PoolFile(rewards.node.chain_id, rewards.address, given.text("currency"), pool_id).write(path)
    try:
        rewards.open(sponsor, terms, amount)
    except (RefusedError, ServiceError):
        path.unlink()  # nothing was opened
        raise
    done(f"{token.show(amount)} for reads that {terms.attester} attests: out/pools/{path.name}")
    return pool_id


@command("Add money to a pool; anybody can.", POOL, AMOUNT, FROM, example="pool=blog amount=5 from=giver")
def fund(session: Session, given: Arguments) -> int:
    (found, rewards), giver = chosen(session, given), session.wallet(given, "supporter")
    amount = given.amount("amount", rewards.token.decimals)
    session.confirm(f"{rewards.token.show(amount)} into the pool {given.text('pool')}.", "pay")
    rewards.fund(giver, found.pool_id, amount)
    left = rewards.pool(found.pool_id).left
    done(f"{rewards.token.show(amount)} more: {rewards.token.show(left)} are left")
    return left


@command(
    "The attester signs that somebody has read something, and what that is worth.",
    POOL,
    Option("read", "the read's number, once in a pool; numbers that count up are the cheapest"),
    Option("reader", "an address (a role on a development chain)"),
    Option("author", "an address (a role on a development chain)"),
    AMOUNT,
    Option("days", "how long the word is good", "30"),
    Option("from", "the attester", ""),
    example="pool=blog read=1 reader=reader author=creator amount=0.50 from=operator",
)
def attest(session: Session, given: Arguments) -> Path:
    (found, rewards), attester = chosen(session, given), session.wallet(given, "operator")
    number, amount = given.whole("read"), given.amount("amount", rewards.token.decimals)
    deadline = session.node.now() + given.whole("days", least=1, most=3_650) * _DAY
    reader, author = session.address(given.text("reader")), session.address(given.text("author"))
    attestation = Attestation(found.pool_id, reader, author, number, amount, deadline)
    path = read_path(session, given, number)
    if path.exists():
        raise ArgumentError("exists", f"out/reads/{path.name} is there already: read {number} was attested")
    replace_file(path, rewards.attest(attester, attestation).to_json(found.symbol).encode())
    done(f"read {number} is worth {rewards.token.show(amount)}, says {attester.name}: out/reads/{path.name}")
    return path


@command(
    "The reader signs which share of a read is its own; anybody may submit the read then.",
    POOL,
    READS,
    SHARE,
    Option("from", "the reader", ""),
    example="pool=blog reads=1 share=40 from=reader",
)
def choose(session: Session, given: Arguments) -> int:
    (found, rewards), reader = chosen(session, given), session.wallet(given, "reader")
    share = given.share("share")
    signed = [rewards.choose(reader, read, share) for read in reads_of(session, given, found.pool_id)]
    for read in signed:
        number, shown = read.attestation.read_id, rewards.token.show(read.to_reader)
        replace_file(read_path(session, given, number), read.to_json(found.symbol).encode())
        done(f"read {number}: {shown} are the reader's, the rest is the author's")
    return len(signed)


@command(
    "Pay attested reads to the credit of readers and authors; anybody may send what the readers signed.",
    POOL,
    READS,
    Option("share", "of reads that are the sender's own and not signed yet, in percent", ""),
    FROM,
    example="pool=blog reads=1,2 from=relayer",
)
def pay(session: Session, given: Arguments) -> Payment:
    (found, rewards), sender = chosen(session, given), session.wallet(given, "relayer")
    reads = reads_of(session, given, found.pool_id)
    own = [read for read in reads if not read.chosen]
    if own:
        share = given.share("share")
        chosen_now = {id(read): rewards.choose(sender, read, share) for read in own}
        reads = [chosen_now.get(id(read), read) for read in reads]
    payment = rewards.pay(sender, found.pool_id, reads)
    for row in payment.rows:
        shown = rewards.token.show(row.to_reader), rewards.token.show(row.amount - row.to_reader)
        say(f"read {row.read_id}: {shown[0]} to {row.reader}, {shown[1]} to {row.author}")
    for place, fault in payment.skipped:
        say(f"read {reads[place].attestation.read_id} was skipped: {FAULTS[fault]}")
    if not payment.rows:
        raise ArgumentError("nothing_paid", "none of these reads could be paid")
    done(f"{rewards.token.show(payment.amount)} for {len(payment.rows)} read(s)")
    return payment


@command(
    "Pay a reader or an author what reads have credited; anybody may send it.",
    POOL,
    Option("to", "whose credit it is: an address (a role on a development chain)"),
    FROM,
    example="pool=blog to=reader",
)
def collect(session: Session, given: Arguments) -> int:
    (found, rewards), sender = chosen(session, given), session.wallet(given, "relayer")
    payee = session.address(given.text("to"))
    amount = rewards.collect(sender, payee, [found.pool_id])
    done(f"{rewards.token.show(amount)} to {payee}")
    return amount


@command(
    "Name another attester, whose word counts once the notice is over; none takes that back.",
    POOL,
    Option("to", "an address (a role on a development chain), or none"),
    FROM,
    example="pool=blog to=agent from=supporter",
)
def attester(session: Session, given: Arguments) -> None:
    (found, rewards), sponsor = chosen(session, given), session.wallet(given, "supporter")
    if given.text("to") == "none":
        rewards.change_attester(sponsor, found.pool_id, ZERO_ADDRESS)
        done(f"the attester stays {rewards.pool(found.pool_id).attester}")
        return
    rewards.change_attester(sponsor, found.pool_id, session.address(given.text("to")))
    pool = rewards.pool(found.pool_id)
    done(f"from {minute(pool.new_attester_at)} on it is {pool.new_attester}'s word that counts")


@command(
    "Take back what no read has taken: announce it the first time, and have it after the notice.",
    POOL,
    FROM,
    example="pool=blog from=supporter",
)
def close(session: Session, given: Arguments) -> int:
    (found, rewards), sponsor = chosen(session, given), session.wallet(given, "supporter")
    closes_at = rewards.pool(found.pool_id).closes_at
    if closes_at == 0:
        closes_at = rewards.announce_closing(sponsor, found.pool_id)
        done(f"reads are paid until {minute(closes_at)}; then what is left can be had")
        return 0
    if session.node.now() < closes_at:
        raise ArgumentError("not_yet", f"what is left can be had from {minute(closes_at)} on")
    amount = rewards.close(sponsor, found.pool_id)
    done(f"{rewards.token.show(amount)} are back")
    return amount


@command("Take the announcement of a closing back.", POOL, FROM, example="pool=blog from=supporter")
def keep(session: Session, given: Arguments) -> None:
    (found, rewards), sponsor = chosen(session, given), session.wallet(given, "supporter")
    rewards.cancel_closing(sponsor, found.pool_id)
    done(f"the pool {given.text('pool')} goes on")


@command("How a pool stands.", POOL, example="pool=blog")
def show(session: Session, given: Arguments) -> int:
    found, rewards = chosen(session, given)
    pool = rewards.pool(found.pool_id)
    money: Callable[[int], str] = rewards.token.show
    rows = [
        ("id", "0x" + found.pool_id.hex()),
        ("sponsor", pool.sponsor),
        ("attester", pool.attester),
        ("put in", money(pool.funded)),
        ("paid for reads", money(pool.spent)),
        ("left", money(pool.left)),
        ("a reader takes", f"{pool.min_reader_bps / 100:g} % to {pool.max_reader_bps / 100:g} %"),
        ("cap of a reader's day", money(pool.reader_cap)),
        ("cap of the pool's day", f"{money(pool.pool_cap)}, of it today {money(pool.spent_today)}"),
        ("notice", f"{pool.notice_seconds // _DAY} days"),
    ]
    if pool.new_attester_at:
        rows.append(("next attester", f"{pool.new_attester} from {minute(pool.new_attester_at)} on"))
    if pool.closes_at:
        rows.append(("closes", minute(pool.closes_at)))
    table(f"Pool {given.text('pool')}", ("", ""), rows)
    return pool.left
