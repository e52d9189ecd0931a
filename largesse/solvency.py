"""The auditor's question: does the contract hold what it owes? Answered from logs, then checked by views.

Anybody with a node can ask. The books are rebuilt from the contract's logs alone, block by block beside the
currency's own transfers; what comes out must equal what the contract says of itself, and the currency's
balance must cover it, to the unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from web3.exceptions import Web3Exception

from largesse.artifacts import certificates_abi
from largesse.chain import RefusedError
from largesse.chainlogs import DEFAULT_RANGE, Decoder, Event, ignore, read_logs
from largesse.client import Certificates
from largesse.errors import LargesseError
from largesse.replay import Books
from largesse.signing import keccak
from largesse.terms import UINT40_MAX

_TRANSFER: Final = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
_BALANCES_A_CALL: Final = 500


class InsolventError(LargesseError):
    """The books don't balance; the message lists every difference."""


@dataclass(frozen=True)
class Audit:
    """What an audit found at `block`. Amounts are base units.

    `reserve` is the currency's own word, `moved` what its Transfer logs add up to, `narrowest` the least by
    which assets were above liabilities at the end of any block since the beginning.
    """

    block: int
    books: Books
    reserve: int
    moved: int
    narrowest: int
    blocks_checked: int
    problems: tuple[str, ...]

    @property
    def surplus(self) -> int:
        """What lies in the contract and belongs to nobody; negative where money is missing."""
        return self.reserve - self.books.liabilities

    def require_solvent(self) -> None:
        """Raise InsolventError with every problem: missing_money if the reserve is short,
        else books_differ.
        """
        if self.problems:
            reason = "missing_money" if self.surplus < 0 else "books_differ"
            raise InsolventError(reason, "\n".join([f"{len(self.problems)} problem(s):", *self.problems]))


def audit(
    certificates: Certificates,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> Audit:
    """Rebuild the books up to `block` (default: the latest) and compare; `most` blocks a query at the most.

    Nothing is raised for what is wrong with the money: it is listed. Raises LogError where logs can't be read
    or can't have happened.
    """
    node, token = certificates.node, certificates.token
    last = node.block_number() if block is None else block
    first = certificates.first_block
    books = Books(cache(node.block_time))
    moves = _moves(certificates, first, last, most)
    assets = _balance_before(certificates, first)
    narrowest = None
    problems: list[str] = []
    decoder = Decoder(certificates_abi())
    logs = read_logs(node, certificates.address, first, last, most=most, progress=progress)
    by_block = {number: list(events) for number, events in _blocks(map(decoder.decode, logs))}
    for number in sorted(by_block.keys() | moves.keys()):
        for _, transaction in groupby(by_block.get(number, []), key=lambda event: event.tx):
            books.add(list(transaction))
        assets += moves.get(number, 0)
        margin = assets - books.liabilities
        if margin < 0:
            problems.append(f"after block {number}, {-margin} base units were missing")
        narrowest = margin if narrowest is None else min(narrowest, margin)
    reserve = token.balance(certificates.address, last)
    problems += _differences(certificates, books, last)
    if reserve < books.liabilities:
        short = books.liabilities - reserve
        problems.append(
            f"{token.show(short)} ({short} base units) are missing: "
            f"{reserve} are held and {books.liabilities} are owed"
        )
    elif reserve != assets:
        problems.append(f"the currency's transfers come to {assets}, its balance is {reserve}")
    return Audit(
        last, books, reserve, assets, narrowest or 0, len(by_block.keys() | moves.keys()), tuple(problems)
    )


def _blocks(events: Iterable[Event]) -> Iterator[tuple[int, Iterator[Event]]]:
    return groupby(events, key=lambda event: event.block)


def _moves(certificates: Certificates, first: int, last: int, most: int) -> dict[int, int]:
    """By block, what the currency moved to the contract less what it moved away."""
    node, token = certificates.node, certificates.token
    padded = "0x" + "00" * 12 + certificates.address[2:].lower()
    moves: defaultdict[int, int] = defaultdict(int)
    for topics, sign in (([_TRANSFER, None, padded], 1), ([_TRANSFER, padded], -1)):
        for log in read_logs(node, token.address, first, last, topics=topics, most=most):
            moves[int(log["blockNumber"])] += sign * int.from_bytes(log["data"], "big")
    return dict(moves)


def _balance_before(certificates: Certificates, first: int) -> int:
    """What lay at the address before the contract was there; 0 where the node keeps no old state."""
    if first == 0:
        return 0
    try:
        return certificates.token.balance(certificates.address, first - 1)
    except (RefusedError, Web3Exception, ValueError):
        return 0


def _differences(certificates: Certificates, books: Books, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    found: list[str] = []

    def compare(what: str, rebuilt: object, told: object) -> None:
        if rebuilt != told:
            found.append(f"{what}: {rebuilt} by the logs, {told} by the contract")

    views = certificates.contract.functions
    node = certificates.node
    compare("number of series", len(books.series), node.call(views.seriesCount(), block=block))
    compare("owed in all", books.total_owed, node.call(views.totalOwed(), block=block))
    for payee, amount in books.owed.items():
        compare(f"owed to {payee}", amount, node.call(views.owed(payee), block=block))
    for series_id, one in books.series.items():
        name = f"series {series_id}"
        state = certificates.state(series_id, block)
        compare(f"{name}, terms", one.terms, certificates.terms(series_id, block))
        compare(f"{name}, issuer", one.issuer, state.issuer)
        compare(f"{name}, outstanding", one.outstanding, state.outstanding)
        compare(f"{name}, fees", one.fees, state.fees_accrued)
        compare(f"{name}, wound down", one.wound_down, state.wound_down)
        compare(f"{name}, forfeited", one.forfeited, state.forfeited)
        compare(f"{name}, full refunds from", one.full_refund_from, state.full_refund_from)
        present = sum(until == UINT40_MAX for until in one.merchants.values())
        compare(f"{name}, merchants", present, state.merchants)
        if not one.forfeited:
            sums = books.held(series_id) + books.unclaimed(series_id)
            compare(f"{name}, balances and unclaimed gifts", sums, state.outstanding)
        flow = one.issued + one.restored + one.converted_in
        flow -= one.redeemed + one.refunded + one.converted_out + one.forfeit
        compare(f"{name}, created less destroyed", flow, state.outstanding)
        found += _holders(certificates, books, series_id, block)
    for gift_id in books.gifts:
        open_there = certificates.is_gift_open(gift_id, block)
        compare(f"gift 0x{gift_id.hex()}", "open", "open" if open_there else "closed")
    for batch_id, batch in books.batches.items():
        told = node.call(views.batchRemaining(batch_id), block=block)
        compare(f"batch 0x{batch_id.hex()} remaining", batch.remaining, told)
    return found


def _holders(certificates: Certificates, books: Books, series_id: int, block: int) -> list[str]:
    found: list[str] = []
    rows = [(holder, held) for (series, holder), held in books.holdings.items() if series == series_id]
    for start in range(0, len(rows), _BALANCES_A_CALL):
        page = rows[start : start + _BALANCES_A_CALL]
        told = certificates.balances(series_id, [holder for holder, _ in page], block)
        for (holder, held), balance in zip(page, told, strict=True):
            if held.balance != balance:
                found.append(
                    f"series {series_id}, {holder}: {held.balance} by the logs, {balance} by the contract"
                )
    for holder, held in rows:
        if held.spent or held.nonce:
            account = certificates.account(series_id, holder, block)
            if (held.spent, held.nonce) != (account.spent, account.nonce):
                found.append(
                    f"series {series_id}, {holder}: spent {held.spent}, nonce {held.nonce} by the logs, "
                    f"{account.spent}, {account.nonce} by the contract"
                )
    return found
