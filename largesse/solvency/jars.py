"""Does a StreamingTipEscrow hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from largesse.artifacts import jars_abi
from largesse.books.jars import DAY, JarBooks
from largesse.books.replay import Comparison, Found, audited
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
        told = tuple(check.told("stream", key.as_tuple()))[:3]
        check.same(f"stream {key.as_tuple()}", (flow.rate, flow.start, flow.end), told)
    for (creator, account, tier), flow in books.members.items():
        payer, _, until, _ = check.told("membership", creator, account, tier)
        name = f"membership of {account} in tier {tier} of {creator}"
        check.same(name, (flow.payer, flow.end), (node.web3.to_checksum_address(payer), until))
    for batch_id, batch in books.gifts.items():
        told = check.told("giftsLeft", batch_id)
        check.same(f"gifts left of 0x{batch_id.hex()}", batch.left, told)
    for tip_id in books.handle_tips:
        is_open = check.told("isHandleTipOpen", tip_id)
        check.same(f"tip 0x{tip_id.hex()}", "open", "open" if is_open else "gone")
    dues, end_today = books.due(time), _jars_that_end_today(books, time)
    for jar, book in books.jars.items():
        if book.split is not None:
            told = check.told("sharedJar", jar)[2]
            check.same(f"jar {jar:#x}, collected", book.collected, told)
        due, told = dues[jar], check.told("claimableScaled", jar)
        if jar in end_today:
            most = due + book.later[time // DAY]
            if told > most:
                check.found.append(f"jar {jar:#x} offers {told} scaled units and has earned {most}")
        else:
            check.same(f"jar {jar:#x}, due", due, told)
    return check.found


def _jars_that_end_today(books: JarBooks, time: int) -> set[int]:
    """Those in which something ends, or ended, today: that counts along a line to midnight."""
    today = time // DAY
    found = {flow.jar for flow in books.flows() if not flow.paused and flow.end // DAY == today}
    for jar, book in books.jars.items():
        if today in book.later or any(piece.end // DAY == today for piece in book.pieces):
            found.add(jar)
    return found
