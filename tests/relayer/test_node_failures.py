"""A node that fails has refused nothing: who signed asks again later, and what was accepted is sent then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import pytest
from requests.exceptions import ReadTimeout
from web3 import Web3
from web3.exceptions import BadFunctionCallOutput, ContractLogicError, TooManyRequests, Web3RPCError
from web3.middleware import Web3Middleware

from largesse.chain import ChainError, RefusedError, refusal
from tests.support.certificates import World
from tests.support.relaying import Desk

from .test_relay import claim

FAILURES = (
    {"code": -32603, "message": "Internal error"},
    {"code": -32000, "message": "header not found"},
    {"code": -32005, "message": "daily request count exceeded, request rate limited"},
    {"code": -32000, "message": "missing trie node 0b2e (path ) state is not available"},
)
REFUSALS = (
    {"code": 3, "message": "execution reverted", "data": "0x"},
    {"code": -32000, "message": "execution reverted"},
    {"code": -32015, "message": "VM execution error.", "data": "Reverted 0x"},
    {"code": -32603, "message": "EVM error OutOfGas"},
    {"code": -32003, "message": "Out of gas: gas required exceeds allowance: 60000"},
    {"code": -32000, "message": "intrinsic gas too low"},
    {"code": -32000, "message": "invalid opcode: INVALID"},
    {"code": -32000, "message": "stack underflow (0 <=> 1)"},
)


@contextmanager
def sick(web3: Web3, failure: dict[str, Any], *methods: str) -> Iterator[None]:
    """A node that answers these methods with an error."""

    class Sick(Web3Middleware):
        def wrap_make_request(self, make_request: Any) -> Any:
            def made(method: Any, params: Any) -> Any:
                if method in methods:
                    return {"jsonrpc": "2.0", "id": 1, "error": failure}
                return make_request(method, params)

            return made

    web3.middleware_onion.add(Sick, "sick")
    try:
        yield
    finally:
        web3.middleware_onion.remove("sick")


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: one["message"][:16])
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_who_asks_a_node_that_fails_is_told_to_ask_again(
    desk: Desk, certified: World, failure: dict[str, Any], method: str
) -> None:
    call = claim(certified)
    with sick(desk.relayer.node.web3, failure, method):
        answer = desk.post(call)
    assert (answer.status_code, answer.json()["error"]) == (503, "node_failed")
    assert answer.headers["retry-after"]
    assert desk.relay(call)["state"] == "done"


def test_what_was_accepted_waits_for_a_node_that_fails(
    make_desk: Callable[..., Desk], sqlite_url: str, certified: World
) -> None:
    desk = make_desk(sqlite_url)
    send, desk.relayer._dispatch = desk.relayer._send, lambda _record: None  # type: ignore[method-assign]
    accepted = desk.post(claim(certified)).json()
    found = desk.relayer.find(accepted["id"])
    assert found is not None
    with sick(desk.relayer.node.web3, FAILURES[0], "eth_estimateGas"):
        send(found[0])
    assert desk.client.get(f"/actions/{accepted['id']}").json()["state"] == "accepted"
    send(found[0])
    assert desk.wait(accepted["id"])["state"] == "done"


def test_what_the_chain_says_is_told_from_what_the_node_says() -> None:
    for failure in FAILURES:
        said = refusal(Web3RPCError(str(failure), rpc_response={"error": failure}))
        assert (type(said), said.reason) == (ChainError, "node_failed")
    for error in (ReadTimeout("timed out"), JSONDecodeError("no JSON", "<html>", 0), TooManyRequests("slow")):
        assert refusal(error).reason == "node_failed"
    for refused in REFUSALS:
        assert isinstance(refusal(Web3RPCError(str(refused), rpc_response={"error": refused})), RefusedError)
    for answer in (ContractLogicError("execution reverted"), BadFunctionCallOutput("no data")):
        assert isinstance(refusal(answer), RefusedError)


@pytest.mark.parametrize("data", ["0xzz", "0x1", "0x€", ["0x"], 7])
def test_what_a_node_says_badly_is_told_in_its_words(data: Any) -> None:
    for words, reason in (("out of order", "node_failed"), ("execution reverted", "refused")):
        answer: Any = {"error": {"message": words, "data": data}}
        said = refusal(Web3RPCError(words, rpc_response=answer))
        assert (said.reason, words in said.message) == (reason, True)


@pytest.mark.parametrize("data", ["0x08c379a0", "0x08c379a0" + "ff" * 40, "0x4e487b71", "0x4e"])
def test_what_a_contract_says_badly_is_a_refusal(data: str) -> None:
    said = refusal(ContractLogicError("execution reverted", data=data))
    assert isinstance(said, RefusedError) and data in said.message
