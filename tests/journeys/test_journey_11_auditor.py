"""Journey 11: an auditor with nothing but a node replays the events: liabilities never exceed assets at the
end of any block, and the terms on the chain are the ones that were published.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from largesse.artifacts import certificates_abi
from largesse.books.certificates import Books
from largesse.chain import Node
from largesse.chainlogs import Decoder, read_logs
from largesse.clients.certificates import Certificates
from largesse.eip712 import keccak
from largesse.opening import currency_roles
from largesse.solvency.certificates import audit
from largesse.terms.manifest import load_manifest
from scripts import give, issue, redeem, refund
from tests.fixtures.desk import CSV, KR, MANIFEST, Desk


@pytest.fixture(scope="module")
def desk(desk_with_a_past: Desk) -> Desk:
    return desk_with_a_past


def a_year_of_business(desk: Desk) -> None:
    """A list, gifts, tills, refunds, expiry: what an auditor finds."""
    issue.main(f"series={KR}", f"csv={CSV}", "batch=250")
    for person in ("holder", "giver", "reader"):
        desk.issue(person, "100000")
    for amount in ("50000", "25000"):
        give.main(f"series={KR}", f"amount={amount}")
    for number, amount in enumerate((31_000, 999, 12_345, 18_001), start=1):
        picture = redeem.till("currency=KRWT", f"total={amount}", f"order={number}", "fee=3", "from=bookshop")
        signed = redeem.sign(f"request={picture}", f"series={KR}", "from=holder")
        redeem.submit(f"signed={signed}")
        if number == 2:
            # 31,999 of 50,000 are used: the remainder can be had.
            refund.main(f"series={KR}", "from=holder", "amount=1000")
    desk.session.node.jump_to(desk.krw.terms(1).expires_at)
    refund.main(f"series={KR}", "from=reader", "amount=99999")


def test_assets_cover_liabilities_at_the_end_of_every_block(desk: Desk) -> None:
    a_year_of_business(desk)
    # The auditor has a node, the contract's address and the compiled interface: no record, no account.
    node = Node(Web3(HTTPProvider(str(desk.session.node.web3.provider.endpoint_uri))))  # type: ignore[attr-defined]
    certificates = Certificates(node, desk.krw.address)
    token = certificates.token
    decoder = Decoder(certificates_abi())
    events = map(decoder.decode, read_logs(node, certificates.address, 0, node.block_number()))
    books = Books(node.block_time)
    checked = 0
    for block, inside in groupby(events, key=lambda event: event.block):
        for _, transaction in groupby(inside, key=lambda event: event.tx):
            books.add(list(transaction))
        assert books.liabilities <= token.balance(certificates.address, block)
        # The contract said the same at that very block.
        states = [certificates.state(series, block) for series in books.series]
        owed = node.call(certificates.contract.functions.totalOwed(), block=block)
        assert books.liabilities == sum(one.outstanding + one.fees_accrued for one in states) + owed
        checked += 1
    assert checked >= 4 + 3 + 2 + 4 + 2
    assert books.liabilities == token.balance(certificates.address)
    assert len(books.redemptions) == 4
    whole = audit(certificates)
    assert (whole.problems, whole.narrowest, whole.surplus) == ((), 0, 0)
    assert whole.books.liabilities == books.liabilities


def test_an_audit_as_of_an_older_block_agrees_with_that_block(desk: Desk) -> None:
    desk.issue("holder", "100000")
    then = desk.block()
    redeem.main(f"series={KR}", "amount=31000", "merchant=bookshop", "from=holder")
    old, new = audit(desk.krw, block=then), audit(desk.krw)
    assert (old.problems, new.problems) == ((), ())
    assert (old.books.outstanding, old.books.fees) == (100_000, 0)
    assert (new.books.outstanding, new.books.fees) == (69_000, 930)


def test_the_terms_are_the_published_ones(desk: Desk) -> None:
    manifest = load_manifest(Path(MANIFEST))
    made = desk.session.deployment()
    roles = currency_roles(manifest, made)
    roles |= {name: desk.address(name) for name in manifest.roles() - roles.keys()}
    for record, series in zip(made.series, manifest.series, strict=True):
        books = audit(desk.session.certificates(record.symbol)).books
        found = books.series[record.series_id]
        assert found.terms == series.terms(roles)
        assert found.terms.terms_hash == keccak(series.terms_text(roles).encode())
        assert set(found.merchants) == set(series.merchant_addresses(roles))
