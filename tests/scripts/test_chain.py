"""`largesse.chain`: what the chain says when it refuses, and when a transaction is final."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import accounts, web3

from largesse.artifacts import ArtifactError, artifact, certificates_abi, known_errors
from largesse.chain import ROLES, ChainError, Node, RefusedError, development_wallet
from largesse.session import SessionError
from tests.fixtures.desk import KR, Desk
from tests.support.changed_node import node_with, refuse


@pytest.fixture(scope="module")
def desk(desk_with_a_past: Desk) -> Desk:
    return desk_with_a_past


def test_roles_are_the_nodes_accounts_in_their_order(desk: Desk) -> None:
    assert [development_wallet(role).address for role in ROLES] == [one.address for one in accounts]


def test_an_unknown_role_is_named(desk: Desk) -> None:
    with pytest.raises(ChainError) as error:
        development_wallet("nobody")
    assert error.value.reason == "unknown_role"


def test_a_node_of_other_accounts_is_not_sent_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(desk.session.node.web3.eth), "accounts", property(lambda _: [accounts[0].address])
    )
    from scripts import transfer

    with pytest.raises(SessionError) as error:
        transfer.main(f"series={KR}", "to=holder", "amount=1", "from=giver")
    assert error.value.reason == "foreign_node"


def test_a_refusal_names_the_error_and_its_values(desk: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        desk.krw.terms(99)
    assert (error.value.reason, error.value.values) == ("GiftCertificates_UnknownSeries", (99,))
    assert str(error.value) == "refused: GiftCertificates_UnknownSeries(seriesId 99)"


def test_a_short_text_in_an_error_is_shown_as_text(desk: Desk) -> None:
    terms = list(desk.krw.terms(1).as_tuple())
    terms[4] = 2_001
    functions = desk.krw.contract.functions
    art = desk.session.node.call(functions.art(1))
    call = functions.createSeries(tuple(terms), [desk.address("cafe")], art)
    with pytest.raises(RefusedError) as error:
        desk.session.node.send(call, desk.wallet("issuer"))
    assert str(error.value) == "refused: GiftCertificates_InvalidTerms(rule fee, value 2001, bound 2000)"


def test_a_transaction_that_fails_in_its_block_says_why_too(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        # With the gas given, nothing is estimated: it is mined, and fails there.
        desk.session.node.send(desk.krw.contract.functions.forfeit(1), desk.wallet("stranger"), gas=200_000)
    assert desk.block() == block + 1
    assert error.value.reason == "GiftCertificates_BeforeLimitation"


def test_a_transaction_is_final_under_its_confirmations(desk: Desk) -> None:
    node = Node(desk.session.node.web3, confirmations=3)
    wallet = desk.wallet("agent")
    nonce = node.final_nonce(wallet.address)
    receipt = desk.session.node.send_raw_call(wallet, wallet.address, b"")
    tx_hash = receipt["transactionHash"].to_0x_hex()
    for _ in range(2):
        assert node.final_receipt(tx_hash) is None
        assert node.final_nonce(wallet.address) == nonce
        node.develop("evm_mine", [])
    found = node.final_receipt(tx_hash)
    assert found is not None
    assert found["blockNumber"] == receipt["blockNumber"]
    assert node.final_nonce(wallet.address) == nonce + 1
    assert node.final_receipt("0x" + "12" * 32) is None


def test_sending_the_same_bytes_again_is_no_error_and_no_payment(desk: Desk) -> None:
    node, wallet = desk.session.node, desk.wallet("agent")
    nonce = web3.eth.get_transaction_count(wallet.address)
    signed = node.sign(wallet, wallet.address, b"", nonce=nonce)
    node.broadcast(signed.raw)
    node.broadcast(signed.raw)
    assert node.wait(signed.tx_hash) is not None
    assert web3.eth.get_transaction_count(wallet.address) == nonce + 1


def test_what_no_node_takes_is_an_error(desk: Desk) -> None:
    with pytest.raises(ChainError) as error:
        desk.session.node.broadcast(b"\x02\x01")
    assert error.value.reason == "not_sent"


def test_a_clock_does_not_go_back(desk: Desk) -> None:
    with pytest.raises(ChainError) as error:
        desk.session.node.jump_to(desk.session.node.now() - 1)
    assert error.value.reason == "development_only"
    assert "evm_setNextBlockTimestamp" in str(error.value)


def test_both_pieces_answer_behind_one_address(desk: Desk) -> None:
    names = {one["name"] for one in certificates_abi() if one["type"] == "function"}
    assert {"redeem", "claim", "refund", "forfeit", "backOffice", "terms", "isService"} <= names
    assert len(known_errors()) > 50


def test_a_contract_that_was_not_compiled_is_named() -> None:
    with pytest.raises(ArtifactError) as error:
        artifact("Nothing")
    assert error.value.reason == "not_compiled"


BATCHES: dict[str, tuple[Callable[[list[Any]], Any], int]] = {
    "as it is": (lambda answers: answers, 2),
    "in another order": (lambda answers: answers[::-1], 2),
    "one error for all": (lambda answers: refuse(answers[0], "one at a time"), 1 + 100),
    "some of them": (lambda answers: answers[:-1], 1 + 100),
    "away": (lambda _: None, 1 + 100),
}
"""What becomes of the answers to a batch, and in how many requests 100 views are answered."""


@pytest.mark.parametrize("kind", BATCHES)
def test_many_views_are_asked_at_once_where_a_node_takes_that(desk: Desk, kind: str) -> None:
    change, requests = BATCHES[kind]
    sizes: list[int] = []
    answers = 0

    def count(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        nonlocal answers
        answers += request["method"] == "eth_call"
        return answer

    def batch(found: list[Any]) -> Any:
        sizes.append(len(found))
        return change(found)

    block, token = desk.block(), desk.krw.token
    holders = [desk.address(role) for role in ("holder", "giver", "issuer", "stranger")] * 25
    wanted = [token.balance(holder, block) for holder in holders]
    with node_with(desk.session.node.url, count, batch) as node:
        views = node.contract(token.address, artifact("TestToken").abi).functions
        assert node.call_all([views.balanceOf(holder) for holder in holders], block) == wanted
    assert len(sizes) + answers - sum(sizes) == requests
    assert len(set(wanted)) > 1


def test_a_view_among_many_that_fails_is_named(desk: Desk) -> None:
    views = desk.krw.contract.functions
    with pytest.raises(RefusedError) as error:
        desk.session.node.call_all([views.terms(1), views.terms(99), views.terms(1)], desk.block())
    assert error.value.values == (99,)
    assert desk.session.node.call_all([views.seriesCount()], desk.block()) == [
        desk.session.node.call(views.seriesCount())
    ]
