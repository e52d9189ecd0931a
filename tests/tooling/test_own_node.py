"""Every run has a node of its own: it neither touches nor trusts what listens elsewhere."""

import http.server
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from brownie import rpc, web3
from brownie._config import CONFIG
from web3 import HTTPProvider, Web3

from largesse.nodes import development_node
from tests.fixtures.own_node import refuse_too_old
from tools import own_node

ROOT = Path(__file__).resolve().parents[2]


def test_this_runs_node_is_a_child_on_the_port_in_use(node_url: str) -> None:
    port = urlsplit(node_url).port
    assert rpc.is_child()
    assert port in {c.laddr.port for c in rpc.process.connections(kind="tcp")}
    assert CONFIG.active_network["cmd_settings"]["port"] == port
    assert web3.is_connected()


def test_a_run_on_a_node_that_is_too_old_says_so_once() -> None:
    with (
        development_node(hardfork="shanghai") as url,
        pytest.raises(pytest.UsageError, match="Ganache stops at Shanghai; use Anvil"),
    ):
        refuse_too_old(Web3(HTTPProvider(url)))


def test_free_port_is_free_and_not_always_the_same() -> None:
    ports = {own_node.free_port() for _ in range(20)}
    assert len(ports) > 1
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", ports.pop()))


# Connects in a process of its own, with the ports it is told to try instead of free ones.
CONNECT = """
import sys
from brownie import web3
from tools import own_node
ports = [int(port) for port in sys.argv[1:]]
own_node.free_port = lambda: ports.pop(0)
try:
    own_node.connect("anvil")
except own_node.NoOwnNodeError as error:
    sys.exit(f"refused: {error}")
print("connected to", own_node.url(), web3.eth.chain_id)
"""


def connect(*ports: int | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CONNECT, *map(str, ports)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_strangers_node_on_the_port_is_left_alone() -> None:
    """The first port chosen has just been taken by another Anvil: Brownie attaches to it, we must not."""
    with development_node(chain_id=4242) as url:
        free = own_node.free_port()
        run = connect(urlsplit(url).port, free)
        assert f"connected to http://127.0.0.1:{free} 31337" in run.stdout, run.stdout + run.stderr
        assert Web3(HTTPProvider(url)).eth.chain_id == 4242, "a node that isn't ours must not be ended"
    assert not Web3(HTTPProvider(f"http://127.0.0.1:{free}")).is_connected(), "our own must be"


def test_gives_up_when_every_port_is_taken() -> None:
    with development_node(chain_id=4242) as url:
        run = connect(*[urlsplit(url).port] * own_node.ATTEMPTS)
        assert run.returncode == 1
        assert "refused: no node of our own after 5 attempts: port" in run.stderr
        assert run.stderr.count("a node that this process did not start answers there") == 5
        assert Web3(HTTPProvider(url)).is_connected()


def test_a_port_taken_by_anything_else_is_passed_over() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        free = own_node.free_port()
        run = connect(other.server_port, free)
        other.shutdown()
        thread.join()
    assert f"connected to http://127.0.0.1:{free} 31337" in run.stdout, run.stdout + run.stderr


def test_brownie_here_runs_a_script_beside_a_node_on_the_usual_port() -> None:
    """What `make demo` does, with a script that isn't there: the node comes up all the same."""
    run = subprocess.run(
        [sys.executable, "-m", "tools.brownie_here", "run", "no_such_script"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    launched = [line for line in run.stdout.splitlines() if line.startswith("Launching")]
    assert len(launched) == 1, run.stdout + run.stderr
    assert "--port 8545 " not in launched[0]
    assert run.returncode != 0
    assert "no_such_script" in run.stdout + run.stderr
