"""`swap answer` and `swap claim` took the contract from the other one's ticket and believed what it said.

Anybody can deploy an AtomicSwaps over a currency of one's own that calls itself USDC: who answered such
a lock locked money for nothing, who claimed one showed the secret for nothing. What a lock was of, and for
whom, was not compared with what had been agreed on either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from largesse.artifacts import artifact
from largesse.clients.certificates import Certificates
from largesse.clients.swaps import LOCKED, NONE, Lock, SwapError, Swaps, Ticket, hash_of
from largesse.deployment import DeploymentError
from largesse.errors import LargesseError
from largesse.nodes import development_node
from largesse.session import SessionError
from scripts import swap
from tests.fixtures.desk import US, Desk
from tests.support.crowd import deploy

OTHER_CHAIN = 8_453
DAY = 86_400
DOLLARS = 20_000_000
LIE, TRUTH = ("ticket=lie", "name=mine"), ("their_amount=20", "their_currency=USDC")
MINE = ("currency=KRWT", "amount=26000", "to=agent", "name=answer", "from=holder")
CLAIM = ("currency=USDC", "amount=20", "from=holder")
Change = Callable[[Lock], Lock]


def worthless(desk: Desk) -> Swaps:
    """An AtomicSwaps over a "USDC" that its maker made, who has a thousand of them."""
    node, agent = desk.session.node, desk.wallet("agent")
    token = deploy(node.web3, "TestToken", "USD Coin", "USDC", 6)
    certificates = deploy(node.web3, "GiftCertificates", token.address, desk.session.deployment().card_art)
    contract = deploy(node.web3, "AtomicSwaps", certificates.address)
    mint = node.contract(token.address, artifact("TestToken").abi).functions.mint
    node.send(mint(agent.address, 50 * DOLLARS), agent)
    return Swaps(Certificates(node, certificates.address), contract.address)


@pytest.fixture
def secret(desk: Desk, tickets: Path) -> bytes:
    """The holder's, of its proposal "mine": 26,000 won for 20 dollars."""
    swap.propose("currency=KRWT", "amount=26000", "to=agent", "name=mine", "from=holder")
    return bytes.fromhex((tickets / "mine.secret").read_text().strip()[2:])


def locked(desk: Desk, tickets: Path, swaps: Swaps, symbol: str, lock: Lock) -> None:
    """What the agent locks, and the ticket it sends: out/swaps/lie.json."""
    swaps.lock(desk.wallet("agent"), lock)
    assert swaps.status(lock) == LOCKED
    Ticket(swaps.node.chain_id, swaps.address, symbol, lock).write(tickets / "lie.json")


def as_agreed(desk: Desk, secret: bytes) -> Lock:
    """20 dollars for the holder."""
    ends = desk.session.node.now() + 2 * DAY
    return Lock(desk.address("agent"), desk.address("holder"), 0, DOLLARS, hash_of(secret), ends)


def refused(desk: Desk, command: Any, *given: str) -> LargesseError:
    """Why, and that nothing was sent."""
    block = desk.block()
    with pytest.raises(LargesseError) as error:
        command(*given)
    assert desk.block() == block
    return error.value


def test_a_contract_of_the_other_ones_own_is_not_believed(desk: Desk, tickets: Path, secret: bytes) -> None:
    """Whatever it says: that all is as agreed, that it is locked, and in which currency."""
    fake, real = worthless(desk), desk.session.swaps("USDC")
    assert (fake.token.symbol, fake.token.decimals) == (real.token.symbol, real.token.decimals)
    locked(desk, tickets, fake, "USDC", as_agreed(desk, secret))
    for command, given in (
        (swap.answer, ("ticket=lie", *TRUTH, *MINE)),
        (swap.answer, ("ticket=lie", f"other={desk.session.node.url}", *TRUTH, *MINE)),
        (swap.claim, (*LIE, *CLAIM)),
        (swap.claim, ("ticket=lie", "mine=mine", "from=holder")),
        (swap.claim, ("ticket=mine", "mine=lie", "from=agent")),
        (swap.refund, ("ticket=lie",)),
        (swap.show, ("ticket=lie",)),
    ):
        error = refused(desk, command, *given)
        assert (type(error), error.reason) == (SwapError, "other_contract"), command
        assert fake.address in str(error)
        assert real.address in str(error)
        assert "deployments/31337.json" in str(error)
    assert not (tickets / "answer.json").exists()


def test_a_currency_that_is_not_deployed_here_is_none(desk: Desk, tickets: Path, secret: bytes) -> None:
    locked(desk, tickets, worthless(desk), "USDT", as_agreed(desk, secret))
    for command, given in ((swap.answer, ("ticket=lie", *TRUTH, *MINE)), (swap.claim, (*LIE, *CLAIM))):
        error = refused(desk, command, *given)
        assert isinstance(error, DeploymentError)
        assert str(error).startswith("'USDT' is no currency here; there are: KRWT, USDC")


def test_a_chain_without_a_record_is_not_believed(desk: Desk, tickets: Path, secret: bytes) -> None:
    """Which contract is the real one says this side's record of that very chain, not of another."""
    real = desk.session.swaps("USDC")
    with development_node(OTHER_CHAIN) as url:
        Ticket(OTHER_CHAIN, real.address, "USDC", as_agreed(desk, secret)).write(tickets / "lie.json")
        for command, given in (
            (swap.answer, ("ticket=lie", *TRUTH, *MINE)),
            (swap.claim, ("ticket=mine", "mine=lie", "from=agent")),
        ):
            assert refused(desk, command, *given).reason == "other_chain"
            error = refused(desk, command, *given, f"other={url}")
            assert (type(error), error.reason) == (DeploymentError, "not_deployed")
            assert str(error).startswith(f"nothing is deployed on chain {OTHER_CHAIN} yet")


def dollars_less_one(lock: Lock) -> Lock:
    return replace(lock, amount=DOLLARS - 1)


def cards(lock: Lock) -> Lock:
    return replace(lock, series_id=1)


def for_itself(lock: Lock) -> Lock:
    return replace(lock, to=lock.sender)


@pytest.mark.parametrize(
    ("symbol", "change", "reason", "said"),
    [
        ("USDC", dollars_less_one, "other_amount", "is 19.999999 USDC, not 20 USDC as agreed"),
        ("USDC", cards, "other_series", "is series 1, not currency as agreed"),
        ("USDC", for_itself, "not_for_you", "not for"),
        ("EURT", lambda lock: lock, "other_currency", "is EURT, not USDC as agreed"),
    ],
)
def test_less_or_something_else_than_agreed_is_not_taken(
    desk: Desk, tickets: Path, secret: bytes, symbol: str, change: Change, reason: str, said: str
) -> None:
    """It is really locked, in the real contract, and the ticket says so truly."""
    desk.issue("agent", "25", US)
    locked(desk, tickets, desk.session.swaps(symbol), symbol, change(as_agreed(desk, secret)))
    for command, given in ((swap.answer, ("ticket=lie", *TRUTH, *MINE)), (swap.claim, (*LIE, *CLAIM))):
        error = refused(desk, command, *given)
        assert (type(error), error.reason) == (SwapError, reason), command
        assert said in str(error)


def test_nobody_shows_the_secret_of_a_lock_of_ones_own(desk: Desk, secret: bytes) -> None:
    """With its own ticket instead of the other one's the proposer would pay and get nothing."""
    assert secret
    error = refused(
        desk, swap.claim, "ticket=mine", "name=mine", "currency=KRWT", "amount=26000", "from=holder"
    )
    assert error.reason == "not_for_you"


def test_certificates_are_named_by_their_series(desk: Desk, tickets: Path, secret: bytes) -> None:
    """And what was agreed to go elsewhere goes there."""
    desk.issue("agent", "25", US)
    lock = replace(as_agreed(desk, secret), to=desk.address("charity"), series_id=1)
    locked(desk, tickets, desk.session.swaps("USDC"), "USDC", lock)
    assert refused(desk, swap.claim, *LIE, *CLAIM, "to=charity").reason == "other_series"
    assert swap.claim(*LIE, f"series={US}", "amount=20", "to=charity", "from=holder") == DOLLARS
    assert desk.session.certificates("USDC").account(1, desk.address("charity")).balance == DOLLARS


def test_what_is_received_is_confirmed_before_anything_is_sent(
    desk: Desk, live: Any, tickets: Path, secret: bytes
) -> None:
    real, lock = desk.session.swaps("USDC"), as_agreed(desk, secret)
    locked(desk, tickets, real, "USDC", lock)
    asked, block = live("no", me=desk.wallet("holder")), desk.block()
    for command, given in (
        (swap.answer, ("ticket=lie", *TRUTH, *MINE[:2], f"to={lock.sender}", "name=answer", "from=me")),
        (swap.claim, (*LIE, *CLAIM[:2], "from=me")),
    ):
        with pytest.raises(SessionError, match="nothing was sent"):
            command(*given)
        assert f"20 USDC ({real.token.address}) in {real.address} on chain 31337" in asked.pop()
    assert (desk.block(), real.status(lock)) == (block, LOCKED)
    assert swap.show("ticket=mine") == LOCKED
    assert real.status(replace(lock, amount=1)) == NONE
