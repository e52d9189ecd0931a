"""Of a transaction that was sent before, each kind of node says in other words that it has it.
Nethermind's and Besu's were taken for a refusal: what a service had sent before it was started again, it
never saw mined."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from largesse.chain import ChainError, Node, Wallet
from largesse.sender import Sender
from tests.findings.test_replacements import call, engine  # noqa: F401 - a fixture
from tests.support.changed_node import node_with, refuse
from tests.support.clock import no_mining
from tests.support.prepaid import Prepaid

# ruff: noqa: F811

HAS_IT = (
    "already known",
    "AlreadyKnown",
    "Known transaction",
    "INTERNAL_ERROR: existing tx with same hash",
    "Transaction with the same hash was already imported.",
    "nonce too low: next nonce 5, tx nonce 4",
    "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
    "Transaction nonce is too low. Try incrementing the nonce.",
)


@pytest.mark.parametrize("words", HAS_IT)
def test_what_a_node_has_is_waited_for(engine: Engine, prepaid: Prepaid, node_url: str, words: str) -> None:
    wallet = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    prepaid.fund(prepaid.merchant)
    before = prepaid.balance(prepaid.stranger)
    with no_mining(), pytest.raises(ChainError, match="is in no block"):
        Sender(Node.at(node_url), wallet, engine, patience=0.01).send("a", *call(prepaid))

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return refuse(answer, words) if asked["method"] == "eth_sendRawTransaction" else answer

    with node_with(node_url, change) as node:
        receipt = Sender(node, wallet, engine, patience=5).send("a", *call(prepaid))
    assert receipt["status"] == 1
    assert prepaid.balance(prepaid.stranger) == before + 1


@pytest.mark.parametrize("is_mined", [True, False])
def test_words_that_nobody_knows(engine: Engine, prepaid: Prepaid, node_url: str, is_mined: bool) -> None:
    """Of what is on the chain whatever is said counts for nothing."""
    wallet = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    prepaid.fund(prepaid.merchant)

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return refuse(answer, "no") if asked["method"] == "eth_sendRawTransaction" else answer

    with node_with(node_url, change) as node:
        sender = Sender(node, wallet, engine, patience=0.01)
        if is_mined:
            Sender(Node.at(node_url), wallet, engine).send("a", *call(prepaid))
            assert sender.send("a", *call(prepaid))["status"] == 1
        else:
            with no_mining(), pytest.raises(ChainError) as error:
                sender.send("a", *call(prepaid))
            # The proxy handed it on: nobody knows.
            assert error.value.reason == "not_sent"
