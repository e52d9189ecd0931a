"""A node of one's own for every run.

Brownie starts its development node on the one port its configuration names, and *attaches* to whatever
already listens there. Two runs side by side would share a chain, and a developer's own node would be written
to. Here each process gets a free port, and the node behind it is checked to be the one that was started.
"""

import socket
from typing import Any

import psutil
from brownie import network, rpc, web3
from brownie._config import CONFIG
from brownie.exceptions import RPCConnectionError, RPCProcessError

ATTEMPTS = 5


class NoOwnNodeError(RuntimeError):
    """No development node of our own could be started."""


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def connect(network_id: str | None = None, **options: Any) -> None:
    """Connect Brownie to `network_id` (the project's default if None); a development network gets a node of
    its own.

    A live network is connected to as Brownie does it. Raises `NoOwnNodeError` when no node of our own came up
    in five attempts: somebody else may take the port between our choosing it and the node's binding to it.
    """
    name = network_id or CONFIG.settings["networks"]["default"]
    if "cmd" not in CONFIG.networks[name]:
        network.main.connect(name, **options)
        return
    failures = []
    for _ in range(ATTEMPTS):
        port = free_port()
        CONFIG.networks[name]["cmd_settings"]["port"] = port
        try:
            network.main.connect(name, **options)
        except (RPCProcessError, RPCConnectionError) as error:
            failures.append(f"port {port}: {error}")
            continue
        if _is_ours(port):
            return
        failures.append(f"port {port}: a node that this process did not start answers there")
        # ended if we started it and it listens elsewhere; a stranger's is only left
        network.disconnect(kill_rpc=_is_started())
        rpc.process = None
    raise NoOwnNodeError(f"no node of our own after {ATTEMPTS} attempts: " + "; ".join(failures))


def url() -> str:
    """The HTTP address of the node that Brownie is connected to."""
    return str(web3.provider.endpoint_uri)


def _is_started() -> bool:
    """Whether this process started the node it talks to: Brownie only looks up one it attaches to."""
    return isinstance(rpc.process, psutil.Popen) and bool(rpc.is_active())


def _is_ours(port: int) -> bool:
    if not _is_started():
        return False
    try:
        return any(c.laddr.port == port for c in rpc.process.connections(kind="tcp") if c.laddr)
    except psutil.Error:
        return False
