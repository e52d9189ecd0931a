"""From what a person types to a source of events."""

from __future__ import annotations

from pathlib import Path

from requests.exceptions import RequestException
from web3.exceptions import Web3Exception

from largesse.chain import Node
from largesse.deployment import Deployment, load
from largesse.indexer.source import ChainSource, EventSource
from largesse.report.model import ReportError


def open_node(url: str) -> Node:
    """The node behind an HTTP address. Raises ReportError no_node."""
    node = Node.at(url)
    try:
        _ = node.chain_id, node.genesis
    except (RequestException, Web3Exception, ValueError, TypeError, KeyError) as error:
        raise ReportError("no_node", f"{url} is no node that answers eth_chainId: {error}") from error
    return node


def open_source(node: Node, records: Path) -> tuple[Deployment, EventSource]:
    """What is deployed, and its events, read from the node. Raises DeploymentError."""
    deployment = load(records, node)
    return deployment, ChainSource(node, deployment)
