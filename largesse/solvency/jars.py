"""Does a StreamingTipEscrow hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from operator import itemgetter
from typing import Any

from web3 import Web3

from largesse.artifacts import jars_abi
from largesse.books.jars import DAY, JarBooks
from largesse.books.replay import Comparison, Found, audited, open_or_gone
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates

JarAudit = Found[JarBooks]


def audit_jars(
    certificates: Certificates,
    escrow: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> JarAudit:
    """Rebuild the books of the escrow at this address up to `block` (default: the latest), and compare.

    As `largesse.solvency.certificates.audit`. Beside that, no jar may offer more than its flows have earned
    by the second, and where nothing ends today it must offer exactly that.
    """
    node, token = certificates.node, certificates.token
    last = node.block_number() if block is None else block
    books = JarBooks(token.decimals, cache(node.block_time))
    return audited(
        token,
        escrow,
        jars_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(certificates, escrow, books, last, node.block_time(last)),
        most=most,
        progress=progress,
    )


def differences(certificates: Certificates, escrow: str, books: JarBooks, block: int, time: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    node = certificates.node
    contract = node.contract(escrow, jars_abi())
    check = Comparison(node, contract.functions, block)
    whole = books.liabilities * books.scale
    check.same("the parts, and what came in less what went out, in scaled units", books.parts(), whole)
    check.debts(books)
    for key, flow in books.streams.items():
        name, rebuilt = f"stream {key.as_tuple()}", (flow.rate, flow.start, flow.end)
        check.ask(name, rebuilt, "stream", key.as_tuple(), read=_stream)
    for (creator, account, tier), flow in books.members.items():
        name = f"membership of {account} in tier {tier} of {creator}"
        check.ask(name, (flow.payer, flow.end), "membership", creator, account, tier, read=_membership)
    for batch_id, batch in books.gifts.items():
        check.ask(f"gifts left of 0x{batch_id.hex()}", batch.left, "giftsLeft", batch_id)
    for tip_id in books.handle_tips:
        check.ask(f"tip 0x{tip_id.hex()}", "open", "isHandleTipOpen", tip_id, read=open_or_gone)
    dues, end_today = books.due(time), _jars_that_end_today(books, time)
    for jar, book in books.jars.items():
        if book.split is not None:
            check.ask(f"jar {jar:#x}, collected", book.collected, "sharedJar", jar, read=itemgetter(2))
        if jar in end_today:
            most = dues[jar] + book.later[time // DAY]
            check.judge(partial(_at_most, jar, most), "claimableScaled", jar)
        else:
            check.ask(f"jar {jar:#x}, due", dues[jar], "claimableScaled", jar)
    return check.differences()


def _stream(told: Any) -> tuple[int, int, int]:
    rate, start, end, *_ = told
    return rate, start, end


def _membership(told: Any) -> tuple[str, int]:
    payer, _, until, _ = told
    return Web3.to_checksum_address(payer), until


def _at_most(jar: int, most: int, told: int) -> str:
    return f"jar {jar:#x} offers {told} scaled units and has earned {most}" if told > most else ""


def _jars_that_end_today(books: JarBooks, time: int) -> set[int]:
    """Those in which something ends, or ended, today: that counts along a line to midnight."""
    today = time // DAY
    found = {flow.jar for flow in books.flows() if not flow.paused and flow.end // DAY == today}
    for jar, book in books.jars.items():
        if today in book.later or any(piece.end // DAY == today for piece in book.pieces):
            found.add(jar)
    return found
