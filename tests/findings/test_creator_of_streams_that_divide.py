"""Finding: a jar came into the books with its first dust, its first tip or its first end. A creator with
nothing but streams whose seconds come out even was missing among the incomes that a report shows, and
`solvency` did not compare what the contract offers of such a jar.
"""

from __future__ import annotations

from brownie import web3

from largesse.books.jars import JarBooks
from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.report.scope import Scope
from largesse.report.tips import earned
from largesse.solvency.jars import JarAudit, audit_jars
from tests.support.clock import mine_at
from tests.support.jars import DAY, NOON, Jars

JARS_SLOT = 3
"""`_jars` in docs/ARCHITECTURE.md."""
ACCRUED_BIT = 112


def opened(jars: Jars) -> int:
    """A stream of a base unit a second for ten days, a hundred seconds old; the jar's id."""
    mine_at(NOON)
    jars.open(jars.scale, 10 * DAY)
    mine_at(NOON + 100)
    return jars.jar


def audit(jars: Jars, node_url: str) -> JarAudit:
    certificates = Certificates(Node.at(node_url), jars.world.certificates.address)
    return audit_jars(certificates, jars.escrow.address)


def test_its_creator_is_among_those_who_earn(jars: Jars, node_url: str) -> None:
    jar, found = opened(jars), audit(jars, node_url)
    books: JarBooks = found.books
    assert found.problems == ()
    start = books.streams[next(iter(books.streams))].start
    due = (found.time - start) * jars.scale
    assert due > 0
    assert books.due(found.time) == earned(books, Scope(found.block, "", found.time, start)) == {jar: due}


def test_what_the_contract_offers_of_it_is_compared(jars: Jars, node_url: str) -> None:
    jar = opened(jars)
    slot = web3.keccak(jar.to_bytes(32, "big") + JARS_SLOT.to_bytes(32, "big"))
    word = int.from_bytes(web3.eth.get_storage_at(jars.escrow.address, int.from_bytes(slot, "big")), "big")
    more = (word + (1 << ACCRUED_BIT)) % 2**256
    request = [jars.escrow.address, slot.to_0x_hex(), "0x" + more.to_bytes(32, "big").hex()]
    assert web3.provider.make_request("anvil_setStorageAt", request)["result"]
    (problem,) = audit(jars, node_url).problems
    assert problem.startswith(f"jar {jar:#x}, due: ")
