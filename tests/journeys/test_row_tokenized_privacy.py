"""Row tokenized_privacy: a merchant sees a one-time key and never the payer's details; two purchases of one
person can't be linked from what the merchant has.

The person holds two cards, each claimed from a gift link by an address that was made for it, and has an
account with a session key of its own opened with each: what the merchant can see of the two purchases has
nothing in common. (What the person does beside that, an address used twice or a network address, is beyond
the contracts: SECURITY.md.)
"""

from __future__ import annotations

from typing import Any

import httpx
from brownie import accounts
from sqlalchemy import select

from largesse.database import transaction
from largesse.gateway.ledger_tables import LINES, PAYMENTS
from largesse.gateway.purse import Paying
from tests.fixtures.gateways import ARTICLE, Served
from tests.support.prepaid import Key, Prepaid, use


def buyer(desk: Prepaid, series: int, number: int) -> tuple[Any, Key]:
    """An address that nobody has seen before, with a card and an account of its own."""
    once = accounts.add()
    desk.world.issue(series, desk.giver, 50_000)
    desk.world.certificates.safeTransferFrom(desk.giver, once, series, 50_000, b"", {"from": desk.giver})
    desk.deployer.transfer(once, 10**18)
    opening = desk.opening(number, owner=once)
    card = (once.address, series, 50_000, 0, 0, 0, b"")
    desk.redeem([card], use("Open", *opening[1:]), sender=once)
    return once, desk.key(number, owner=once)


def test_two_purchases_have_nothing_in_common(served: Served) -> None:
    desk = served.desk
    series = desk.world.named_series(services=[desk.contract], denomination=50_000)
    buyers = [buyer(desk, series, number) for number in (11, 22)]
    seen: list[set[bytes]] = []
    for _, key in buyers:
        purse = served.purse(key)
        with httpx.Client(auth=Paying(purse)) as person:
            answer = person.get(f"{served.url}/articles/1")
            assert answer.status_code == 200
            # All that was sent: nothing but the account's index and the key's signature is the payer's.
            sent = b" ".join(value for _, value in answer.request.headers.raw)
        seen.append({bytes.fromhex(purse.signer[2:]), key[1].to_bytes(8, "big")})
        for private in (desk.giver.address, desk.holder.address):
            assert private.lower().encode() not in sent.lower()
    with transaction(served.gateway.engine) as connection:
        lines = connection.execute(select(LINES)).all()
        payments = connection.execute(select(PAYMENTS)).all()
    assert len(lines) == len(payments) == 2
    # What the merchant has on file of the one purchase and of the other: prices and answers, no common name.
    assert lines[0].account != lines[1].account and lines[0].signature != lines[1].signature
    assert not seen[0] & seen[1]
    # And the chain's own record of the two accounts, which the merchant can read too.
    states = [desk.state(key) for _, key in buyers]
    assert len({state.owner for state in states}) == len({state.signer for state in states}) == 2
    assert desk.giver.address not in {name for state in states for name in (state.owner, state.signer)}
    assert [line.charged for line in lines] == [ARTICLE, ARTICLE]
