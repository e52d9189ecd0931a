"""Runs an app until it is told to stop; what is under way is finished first."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from largesse.errors import LargesseError

GRACE_SECONDS: Final = 20
HEAD_SECONDS: Final = 20
"""How long a connection may bring no whole head, from its beginning or its last answer on."""
READ_SECONDS: Final = 30
"""How long a client may take nothing of its answer."""
HEAD_BYTES: Final = 32_768
"""What of a request may be no body: its head, trailers, and what lies between pieces of the body."""


class ServingError(LargesseError):
    """An address that nothing can be served at."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises ServingError address_taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named so, asyncio sends small packets at once; else each answer waits 40 ms for an acknowledgement.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":  # else such a client keeps its connection, and the memory of its answer
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(READ_SECONDS * 1000))
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise ServingError("address_taken", f"{host}:{port}: {error.strerror}") from error
    found.listen(2048)
    return found


class _Heads(HttpToolsProtocol):
    """Answers who closes its side, too. A head that does not end is cut off: httptools would keep it, however
    long and however slow. What arrives with a request's first bytes is not counted, and is no more than a
    socket's buffer."""

    _received = _body = 0
    _until_head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client may close its side when it has asked: what it asked is answered first."""
        last = self.pipeline[0][0] if self.pipeline else self.cycle
        if last is None or last.response_complete or last.more_body:
            return False
        last.keep_alive = False
        return True

    def on_headers_complete(self) -> None:
        if self._until_head is not None:
            self._until_head.cancel()
            self._until_head = None
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        self._received = self._body = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        # The keep-alive timer, which any byte would stop, runs on until a head is whole.
        self._until_head, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(data)
        self.timeout_keep_alive_task = self._until_head
        if self._received - self._body > HEAD_BYTES + self._body and not self.transport.is_closing():
            self.send_400_response(f"More than {HEAD_BYTES} bytes that are no body.")


def configured(app: ASGIApp) -> uvicorn.Config:
    """How every service runs: no client's word for where it comes from, slow and idle ones cut off."""
    return uvicorn.Config(
        app,
        http=_Heads,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",  # no service speaks it, and no limit would hold for it
        timeout_keep_alive=HEAD_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; then take no more, finish what is under way, and return.

    Raises ServingError address_taken.
    """
    listening = listen(host, port)
    try:
        uvicorn.Server(configured(app)).run(sockets=[listening])
    finally:
        listening.close()
