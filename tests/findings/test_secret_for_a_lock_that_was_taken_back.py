"""The first one's claim, which shows the secret, looked at the latest block only. Where that block is taken
back, or the other one replaces its transaction by another of the same number, the second lock is gone and the
secret is not: the first lock is paid for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from largesse import session as sessions
from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.clients.swaps import CLAIMED, LOCKED, NONE, SwapError, Swaps, Ticket
from scripts import swap
from tests.fixtures.desk import Desk

CONFIRMATIONS = 4
ANSWER = (
    "ticket=mine", "their_amount=20", "their_currency=USDC", "currency=KRWT", "amount=26000", "to=agent",
    "name=answer", "from=holder",
)  # fmt: skip
CLAIM = ("ticket=answer", "name=mine", "currency=KRWT", "amount=26000", "from=agent")


@pytest.fixture
def node(desk: Desk, tickets: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Under so many blocks a transaction is final, its own included; 20 dollars are proposed."""
    assert not list(tickets.iterdir())
    node = Node(desk.session.node.web3, confirmations=CONFIRMATIONS)
    here = replace(sessions.open_session(), node=node)
    monkeypatch.setattr(sessions, "open_session", lambda: here)
    node.develop("anvil_mine", [hex(CONFIRMATIONS)])
    swap.propose("currency=USDC", "amount=20", "to=holder", "name=mine", "from=agent")
    return node


def not_final(node: Node, command: Callable[..., object], *given: object) -> None:
    """It is refused for that, and nothing is sent."""
    block = node.block_number()
    with pytest.raises(SwapError, match="not yet under 4 blocks") as error:
        command(*given)
    assert (error.value.reason, node.block_number()) == ("not_final", block)


def test_the_secret_is_shown_for_what_is_final_only(node: Node) -> None:
    not_final(node, swap.answer, *ANSWER)
    node.develop("anvil_mine", [hex(CONFIRMATIONS - 1)])
    swap.answer(*ANSWER)
    not_final(node, swap.claim, *CLAIM)
    node.develop("anvil_mine", [hex(CONFIRMATIONS - 2)])
    not_final(node, swap.claim, *CLAIM)
    node.develop("anvil_mine", [hex(1)])
    assert swap.claim(*CLAIM) == 26_000
    assert [swap.show(f"ticket={name}") for name in ("mine", "answer")] == [LOCKED, CLAIMED]


def test_a_lock_that_is_taken_back_has_cost_no_secret(node: Node) -> None:
    node.develop("anvil_mine", [hex(CONFIRMATIONS - 1)])
    swap.answer(*ANSWER)
    not_final(node, swap.claim, *CLAIM)
    node.develop("anvil_reorg", [1, []])
    assert [swap.show(f"ticket={name}") for name in ("mine", "answer")] == [LOCKED, NONE]


def test_what_is_shown_already_waits_for_nothing(node: Node, desk: Desk, tickets: Path) -> None:
    """Whoever answered has the time of the gap only, and nothing to lose any more."""
    record, holder = desk.session.deployment().currency("USDC"), desk.wallet("holder")
    dollars = Swaps(Certificates(node, record.certificates), record.part("swaps"))
    secret = bytes.fromhex((tickets / "mine.secret").read_text().strip()[2:])
    lock = Ticket.read(tickets / "mine.json").lock
    not_final(node, dollars.claim, holder, lock, secret)
    not_final(node, dollars.sign_claim_to, holder, lock, secret, holder.address)
    assert dollars.sign_claim_to(holder, lock, secret, holder.address, shown=True)
    dollars.claim(holder, lock, secret, shown=True)
    assert dollars.status(lock) == CLAIMED
