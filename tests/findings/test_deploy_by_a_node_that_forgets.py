"""A node that keeps the states of its last blocks only, as most do, ended `deploy` in an error each time: all
contracts were there and paid for, and no record of them was written."""

from __future__ import annotations

from typing import Any

import pytest
from requests.exceptions import HTTPError
from web3.exceptions import Web3RPCError

from largesse.deploying import deploy, plan_deployment
from tests.fixtures.desk import Desk


@pytest.mark.parametrize(
    "error", (Web3RPCError("missing trie node"), HTTPError("403"), ValueError("pruned")), ids=repr
)
def test_what_is_deployed_is_written_down(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    node, before = desk.session.node, desk.session.deployment()
    real = node.web3.eth.get_code

    def forgetful(where: Any, block: Any = None) -> bytes:
        if block is not None:
            raise error
        return bytes(real(where))

    plan = plan_deployment(node, [one.token for one in before.currencies])
    monkeypatch.setattr(node.web3.eth, "get_code", forgetful)
    made = deploy(node, desk.wallet("deployer"), plan)
    assert made.currencies == before.currencies
