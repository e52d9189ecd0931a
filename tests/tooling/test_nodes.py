"""Development nodes, and telling a node that is too old."""

from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from largesse.nodes import NodeError, development_node, require_cancun


@pytest.mark.parametrize("hardfork", ["cancun", "prague"])
def test_require_cancun_accepts_cancun_and_later(hardfork: str) -> None:
    with development_node(hardfork=hardfork) as url:
        web3 = Web3(HTTPProvider(url))
        require_cancun(web3)
        assert web3.eth.block_number == 0, "the probe must not send anything"


@pytest.mark.parametrize("hardfork", ["shanghai", "london"])
def test_require_cancun_refuses_older_nodes_and_says_what_to_use(hardfork: str) -> None:
    with development_node(hardfork=hardfork) as url, pytest.raises(NodeError) as refused:
        require_cancun(Web3(HTTPProvider(url)))
    assert refused.value.reason == "node_too_old"
    assert "Ganache stops at Shanghai; use Anvil" in str(refused.value)


def test_require_cancun_does_not_blame_the_upgrade_when_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with development_node() as url:
        web3 = Web3(HTTPProvider(url))
        refusal = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}}
        monkeypatch.setattr(web3.provider, "make_request", lambda *_: refusal)
        monkeypatch.setattr(Web3, "client_version", "a proxy")
        with pytest.raises(NodeError) as refused:
            require_cancun(web3)
    assert refused.value.reason == "node_unclear"


def test_nodes_side_by_side_are_chains_of_their_own_and_end() -> None:
    with development_node(10) as one, development_node(8453, accounts=3) as two:
        first, second = Web3(HTTPProvider(one)), Web3(HTTPProvider(two))
        assert (first.eth.chain_id, second.eth.chain_id) == (10, 8453)
        assert (len(first.eth.accounts), len(second.eth.accounts)) == (20, 3)
        assert one != two
    assert not first.is_connected()
    assert not second.is_connected()


def test_a_missing_anvil_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeError) as missing, development_node():
        pass
    assert missing.value.reason == "node_missing"
    assert "make setup" in str(missing.value)


def test_a_node_that_ends_at_once_shows_what_it_said() -> None:
    with pytest.raises(NodeError) as failed, development_node(hardfork="gingerbread"):
        pass
    assert failed.value.reason == "node_failed"
    assert "gingerbread" in str(failed.value)
