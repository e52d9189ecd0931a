"""JSON-RPC to a node on this machine without a general HTTP client, which takes longer than the node's
answer.
"""

import json
import socket
from typing import Any, Final, cast
from urllib.parse import urlsplit

from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

_LONGEST_LINE: Final = 65_536
# web3.py's own checks: Anvil answers the same questions, and each costs a request per transaction.
_SLOW_MIDDLEWARE: Final = ("validation", "gas_price_strategy", "ens_name_to_address")


class _Connection:
    """One kept-alive connection: HTTP/1.1 with bodies of a stated length, as a node sends them."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")
        self._head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n".encode()

    def ask(self, body: bytes) -> bytes:
        """Send `body` and read the answer's. Raises OSError for anything but a whole answer."""
        self._socket.sendall(b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body))
        status = self._reader.readline(_LONGEST_LINE)
        if b" 200 " not in status:
            raise ConnectionError(f"the node answered {status!r}")
        length = None
        while (line := self._reader.readline(_LONGEST_LINE)) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None:
            raise ConnectionError(f"the node answered {status!r} and no length")
        answer = self._reader.read(length)
        if len(answer) != length:
            raise ConnectionError(f"the node sent {len(answer)} of {length} bytes")
        return answer

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


class QuickRpc:
    """Kept-alive connections to one node; safe to use from several threads, each request takes one of its
    own.
    """

    def __init__(self, provider: HTTPProvider, timeout: float) -> None:
        address = urlsplit(str(provider.endpoint_uri))
        self._provider = provider
        self._host, self._port, self._timeout = address.hostname or "127.0.0.1", address.port or 80, timeout
        self._idle: list[_Connection] = []

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Send one request. Raises `OSError` when the node does not answer."""
        return cast(RPCResponse, json.loads(self.ask(self._provider.encode_rpc_request(method, params))))

    def ask(self, body: bytes) -> bytes:
        """Send a request's bytes; the answer's. Raises `OSError` when the node does not answer."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _Connection(self._host, self._port, self._timeout)
        try:
            answer = connection.ask(body)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer


def quicken_providers() -> None:
    """Make every `HTTPProvider` of this process talk to a node on this machine through a `QuickRpc`. Where
    that fails, the provider asks once more in its own way, and says in its own way what is wrong.
    """
    general = HTTPProvider._make_request

    def make_request(self: HTTPProvider, method: RPCEndpoint, request_data: bytes) -> bytes:
        if not str(self.endpoint_uri).startswith("http://127.0.0.1:"):
            return general(self, method, request_data)
        quick = self.__dict__.get("quick")
        if quick is None:
            timeout = self.get_request_kwargs().get("timeout", 30)
            quick = self.__dict__.setdefault("quick", QuickRpc(self, timeout))
        try:
            return quick.ask(request_data)
        except OSError:
            return general(self, method, request_data)

    HTTPProvider._make_request = make_request  # type: ignore[method-assign]


def install(web3: Web3, timeout: float = 120) -> None:
    """Make `web3` talk to its node through a `QuickRpc`, without its own checks. `timeout` in seconds."""
    provider = web3.provider
    if not isinstance(provider, HTTPProvider):
        raise TypeError(f"a node behind HTTP is needed, this is {type(provider).__name__}")
    for name in _SLOW_MIDDLEWARE:
        if name in web3.middleware_onion:
            web3.middleware_onion.remove(name)
    # the middlewares around the old function are built again around the new one
    provider.make_request = QuickRpc(provider, timeout).make_request  # type: ignore[method-assign]
    provider._request_func_cache = (None, None)  # type: ignore[assignment]
