"""From what a person types to a source of events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from requests.exceptions import RequestException
from sqlalchemy.engine import make_url
from web3.exceptions import BlockNotFound, Web3Exception

from largesse.chain import Node
from largesse.database import open_database
from largesse.deployment import Deployment, load
from largesse.errors import ReportError
from largesse.indexer.source import ChainSource, EventSource
from largesse.indexer.stored import StoredSource
from largesse.indexer.tables import TABLES


def open_node(url: str, confirmations: int = 1) -> Node:
    """The node behind an HTTP address. Raises ReportError no_node."""
    node = Node.at(url).again(confirmations=confirmations)
    try:
        _ = node.chain_id, node.genesis
    except (RequestException, Web3Exception, ValueError, TypeError, KeyError) as error:
        raise ReportError("no_node", f"{url} is no node that answers eth_chainId: {error}") from error
    return node


@contextmanager
def open_source(node: Node, records: Path, database: str = "") -> Iterator[tuple[Deployment, EventSource]]:
    """What is deployed, and its events: from the node at once, up to the last block under its
    confirmations, or from a database that `brownie run index` keeps. Raises DeploymentError, DatabaseError,
    IndexerError empty; ReportError no_database, other_chain."""
    deployment = load(records, node)
    if not database:
        yield deployment, ChainSource(node, deployment, block=_last_final(node, deployment))
        return
    _require_file(database)
    engine = open_database(database, TABLES)
    try:
        source = StoredSource(engine)
        _require_same_chain(node, source)
        yield deployment, source
    finally:
        engine.dispose()


def _last_final(node: Node, deployment: Deployment) -> int:
    """What a re-org may still take back is not reported yet; of a deployment that it might, all is."""
    latest = node.block_number()
    final = latest - node.confirmations + 1
    return final if all(one.block <= final for one in deployment.currencies) else latest


def _require_file(database: str) -> None:
    """Opening would make an empty one where there is none."""
    name = database.partition("sqlite:///")[2] and make_url(database).database
    if name and not Path(name).is_file():
        raise ReportError("no_database", f"{database}: there is no such file; `brownie run index` makes it")


def _require_same_chain(node: Node, source: StoredSource) -> None:
    try:
        told = node.web3.eth.get_block(source.head)["hash"].to_0x_hex()
    except BlockNotFound:
        told = "not known to the node"
    if told != source.block_hash:
        raise ReportError(
            "other_chain",
            f"block {source.head} is {source.block_hash} in the database and {told} on the node's chain: "
            "follow again, or ask the node that was followed",
        )
