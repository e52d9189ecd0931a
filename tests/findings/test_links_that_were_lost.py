"""How `give` lost links, whose face nobody could have claimed any more.

A link has the second of its gift's block in it, and was written before that block was final: after a re-org
it opened nothing. `give many` threw away the keys of a run that had been killed when it was typed again and
declined or refused, though that run's transaction was still on its way; and went on with them whatever chain
and dates they were for. One gift that was killed half way could not be finished at all. Of two that were
typed at once with one name, the second wrote over the first one's keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3.types import TxReceipt

from largesse import session as sessions
from largesse.arguments import ArgumentError
from largesse.chain import ChainError, Node, RefusedError
from largesse.clients.certificates import CLAIM_PAGE
from largesse.gifts.links import GiftLink, parse_link
from largesse.session import SessionError
from largesse.waiting import await_final
from scripts import claim, give, transfer
from tests.fixtures.desk import KR, Desk
from tests.support.clock import no_mining
from tests.support.waiting import until

ONE = (f"series={KR}", "amount=3000", "name=waits")
MANY = (f"series={KR}", "amount=1000", "count=3", "name=waits")
WAYS: tuple[tuple[Callable[..., Any], tuple[str, ...]], ...] = ((give.main, ONE), (give.many, MANY))
both = pytest.mark.parametrize(("command", "given"), WAYS, ids=["one", "many"])
Live = Callable[..., list[str]]


@pytest.fixture
def gifts(desk: Desk, state_folder: Path) -> Iterator[Path]:
    """The folder of links; the giver has 50,000."""
    desk.issue("giver", "50000")
    folder = desk.session.out("gifts")
    yield folder
    for path in folder.iterdir():
        path.unlink()


def left(desk: Desk) -> int:
    return desk.krw.account(1, desk.address("giver")).balance


def killed(monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], given: tuple[str, ...]) -> bytes:
    """Run it until its transaction is sent, and no further; what was sent."""
    sent: list[bytes] = []
    broadcast, wait = Node.broadcast, Node.wait

    def keep(node: Node, raw: bytes) -> None:
        sent.append(raw)
        broadcast(node, raw)

    def cut(node: Node, tx_hash: str) -> None:
        wait(node, tx_hash, 1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Node, "broadcast", keep)
        patch.setattr(Node, "wait", cut)
        with pytest.raises(KeyboardInterrupt):
            command(*given)
    return sent[-1]


def claimed(desk: Desk, path: Path) -> int:
    """What the links of a file are worth, once somebody has claimed them all."""
    links = [parse_link(line) for line in path.read_text().split()]
    for link in links:
        claim.main(f"link={link.url()}", "to=recipient")
    return desk.krw.account(1, desk.address("recipient")).balance


# ----------------------------------------------------------------------------------------------------- re-org


@both
def test_a_link_is_of_a_final_block(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], given: Any
) -> None:
    node = Node(desk.session.node.web3, confirmations=2)
    here = replace(sessions.open_session(), node=node)
    monkeypatch.setattr(sessions, "open_session", lambda: here)
    broadcast, final_receipt = Node.broadcast, Node.final_receipt
    sent: list[bytes] = []
    seconds: list[int] = []

    def keep(node: Node, raw: bytes) -> None:
        sent.append(raw)
        broadcast(node, raw)

    def taken_back(node: Node, tx_hash: str) -> TxReceipt | None:
        """While it waits its block is replaced by a later one with the same transaction."""
        if not seconds:
            seconds.append(node.now())
            node.develop("anvil_reorg", [1, []])
            node.develop("evm_setNextBlockTimestamp", [node.now() + 100])
            broadcast(node, sent[-1])
            assert node.wait(tx_hash, 10)
            seconds.append(node.now())
            node.develop("evm_mine", [])
        return final_receipt(node, tx_hash)

    with monkeypatch.context() as patch:
        patch.setattr(Node, "broadcast", keep)
        patch.setattr(Node, "final_receipt", taken_back)
        command(*given)
    assert len(seconds) == 2, "it was not waited for"
    assert seconds[0] != seconds[1]
    assert left(desk) == 47_000
    assert claimed(desk, gifts / "waits.txt") == 3_000


def test_what_fails_after_a_re_org_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(desk.session.node.web3, confirmations=1)
    receipt = node.send(desk.won.contract.functions.approve(desk.address("giver"), 5), desk.wallet("issuer"))
    assert node.finalised(receipt) == receipt
    monkeypatch.setattr(Node, "wait_final", lambda *_: {**receipt, "status": 0})
    with pytest.raises(RefusedError) as failed:
        node.finalised(receipt)
    assert failed.value.reason == "reverted"
    monkeypatch.setattr(Node, "wait_final", lambda *_: None)
    with pytest.raises(ChainError) as late:
        node.finalised(receipt)
    assert late.value.reason == "unconfirmed"


# -------------------------------------------------------------------------------------------- killed half way


@both
def test_what_was_killed_is_finished_by_the_same_command(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], given: Any
) -> None:
    killed(monkeypatch, command, given)
    assert (left(desk), [path.name for path in gifts.iterdir()]) == (47_000, ["waits.draft"])
    assert command(*given)
    assert left(desk) == 47_000, "it was given twice"
    assert not (gifts / "waits.draft").exists()
    assert claimed(desk, gifts / "waits.txt") == 3_000


def test_one_without_a_name_is_finished_by_the_name_of_its_draft(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(monkeypatch, give.main, (*ONE[:2], "message=Read!"))
    (draft,) = gifts.iterdir()
    assert draft.stat().st_mode & 0o777 == 0o600
    finished = give.main(*ONE[:2], "message=Read!", f"name={draft.stem}")
    assert finished is not None
    assert (finished.link.message(), left(desk)) == ("Read!", 47_000)
    assert claimed(desk, gifts / f"{draft.stem}.txt") == 3_000


@both
def test_keys_of_a_killed_run_outlive_what_is_typed_after_it(
    desk: Desk, gifts: Path, live: Live, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any],
    given: Any,
) -> None:  # fmt: skip
    """The node that is asked has lost the transaction; another one has it, and mines it afterwards."""
    node, mine = desk.session.node, ("from=me", f"page={CLAIM_PAGE}")
    with no_mining():
        raw = killed(monkeypatch, command, given)
        node.develop("anvil_dropAllTransactions", [])
    draft = (gifts / "waits.draft").read_bytes()
    live("no", me=desk.wallet("giver"))
    with pytest.raises(SessionError):
        command(*given, *mine)
    assert (gifts / "waits.draft").read_bytes() == draft

    def refused(*_: object, **__: object) -> None:
        raise RefusedError("GiftCertificates_InsufficientBalance", "refused")

    live("give 3" if command is give.many else "give", me=desk.wallet("giver"))
    with monkeypatch.context() as patch:
        patch.setattr(Node, "send", refused)
        with pytest.raises(RefusedError):
            command(*given, *mine)
    assert (gifts / "waits.draft").read_bytes() == draft
    node.broadcast(raw)
    until(lambda: left(desk) == 47_000)
    await_final(node, desk.address("giver"))
    assert command(*given, *mine)
    assert left(desk) == 47_000
    assert (gifts / "waits.txt").is_file()


@both
@pytest.mark.parametrize(
    "more", (("deliver=2029-06-01",), ("reclaim=2029-09-01",), ("page=https://example.org/",))
)
def test_a_draft_is_gone_on_with_only_as_it_was_asked_for(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], given: Any,
    more: tuple[str, ...],
) -> None:  # fmt: skip
    killed(monkeypatch, command, given)
    with pytest.raises(ArgumentError) as error:
        command(*given, *more)
    assert error.value.reason == "name_taken"


def test_a_draft_of_another_chain_is_not_given_here(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(monkeypatch, give.many, MANY)
    draft, block = gifts / "waits.draft", desk.block()
    draft.write_text("".join(elsewhere(line) + "\n" for line in draft.read_text().split()))
    with pytest.raises(ArgumentError) as error:
        give.many(*MANY)
    assert (error.value.reason, desk.block()) == ("name_taken", block)


# ------------------------------------------------------------------------------------------------ two at once


@both
def test_two_at_once_with_one_name(
    desk: Desk, gifts: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], given: Any
) -> None:
    real, reasons = Node.broadcast, []

    def twice(node: Node, raw: bytes) -> None:
        with pytest.raises(ArgumentError) as error:
            command(*given)
        reasons.append(error.value.reason)
        real(node, raw)

    with monkeypatch.context() as patch:
        patch.setattr(Node, "broadcast", twice)
        command(*given)
    assert reasons == ["busy"]
    assert left(desk) == 47_000
    transfer.main(f"series={KR}", "to=holder", "amount=1000", "from=giver")
    assert claimed(desk, gifts / "waits.txt") == 3_000


# -------------------------------------------------------------------------------------------- another chain's


def elsewhere(url: str) -> str:
    """The same link for another chain, on which the contracts have the same addresses."""
    link = parse_link(url)
    return GiftLink(
        link.base_url, link.chain_id + 1, link.contract, link.private_key, link.gift, link.ciphertext
    ).url()


def test_nothing_is_said_here_of_gifts_of_another_chain(desk: Desk, gifts: Path) -> None:
    """ "Nothing is left of these gifts", it said, and ended well."""
    give.many(*MANY)
    path = gifts / "there.txt"
    path.write_text("".join(elsewhere(line) + "\n" for line in (gifts / "waits.txt").read_text().split()))
    for command, name in ((give.reclaim, "links"), (give.recall, "link")):
        with pytest.raises(ArgumentError) as error:
            command(f"{name}={path}" + (":1" if name == "link" else ""))
        assert error.value.reason == "wrong_place"
