"""JSON-RPC to a node on this machine without the general HTTP client, which takes longer than the node's
answer.
"""

import http.client
import json
from typing import Any, cast
from urllib.parse import urlsplit

from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, RPCResponse


class QuickRpc:
    """Kept-alive connections to one node; safe to use from several threads, each request takes one of its
    own.
    """

    def __init__(self, provider: HTTPProvider, timeout: float) -> None:
        address = urlsplit(str(provider.endpoint_uri))
        self._provider = provider
        self._host, self._port, self._timeout = address.hostname or "127.0.0.1", address.port or 80, timeout
        self._idle: list[http.client.HTTPConnection] = []

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Send one request. Raises `OSError` or `http.client.HTTPException` when the node does not answer."""
        body = self._provider.encode_rpc_request(method, params)
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return cast(RPCResponse, json.loads(answer))


def install(web3: Web3, timeout: float = 120) -> None:
    """Make `web3` talk to its node through a `QuickRpc`. `timeout` in seconds."""
    provider = web3.provider
    if not isinstance(provider, HTTPProvider):
        raise TypeError(f"a node behind HTTP is needed, this is {type(provider).__name__}")
    # the middlewares around the old function are built again around the new one
    provider.make_request = QuickRpc(provider, timeout).make_request  # type: ignore[method-assign]
    provider._request_func_cache = (None, None)  # type: ignore[assignment]
