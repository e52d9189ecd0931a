"""Services as they run: behind a real port in a thread, or in a process of their own that can be killed.

Processes are forked from one that has imported everything: they start in a moment, and are as real as any.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import ASGIApp

from largesse.files import CHECKOUT
from largesse.web.logs import write_logs
from tests.support import served

START_SECONDS = 30.0
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "pytest",
        "tests.support.processes",
        "tests.support.gateway_process",
        "tests.support.notices_process",
        "tests.support.receiver_process",
        "tests.support.indexer_process",
        "tests.support.relayer_process",
        "tests.support.webhook_process",
        "tests.support.x402_process",
    ]
)


@cache
def _run_forks() -> None:
    """Start what is forked: it looks for modules on its path, and is silent where it finds none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(CHECKOUT))
        forkserver.ensure_running()


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[httpx.Client]:
    """The app behind a real port, in a thread; a client of it."""
    server = served.Server(app)
    try:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            yield client
    finally:
        server.stop()


@dataclass
class Server:
    """A service in its own process."""

    process: ForkServerProcess
    url: str
    log: Path

    def is_alive(self) -> bool:
        return bool(self.process.is_alive())

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self.process.join()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises OSError, http.client.HTTPException where the process is gone."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def launch(module: str, log: Path, **settings: Any) -> ForkServerProcess:
    """Call `module.main(settings)` in a process of its own. Its output is in `log`."""
    _run_forks()
    process = _FORKS.Process(target=_run, args=(module, settings, str(log)), daemon=True)
    process.start()
    return process


def start(module: str, port: int, log: Path, **settings: Any) -> Server:
    """Call `module.main(settings)` in a process of its own, once it answers /health. Its output is in `log`.

    Raises AssertionError with the log where it does not come up.
    """
    process = launch(module, log, port=port, **settings)
    server = Server(process, f"http://127.0.0.1:{port}", log)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.is_alive():
        with contextlib.suppress(OSError, http.client.HTTPException):
            if server.request("GET", "/health")[0] == 200:
                return server
        time.sleep(0.02)
    raise AssertionError(f"{module} did not come up:\n{log.read_text()[-3000:]}")


def _run(module: str, settings: dict[str, Any], log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    write_logs()
    importlib.import_module(module).main(settings)
