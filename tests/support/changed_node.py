"""A real node behind a proxy that changes what it answers, as broken and pruned nodes do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

from largesse.chain import Node

Change = Callable[[dict[str, Any], dict[str, Any]], Any]
"""Makes of a request and its answer (JSON-RPC) another answer."""


def unchanged(_: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """As the node answers."""
    return answer


@contextmanager
def node_with(
    url: str, change: Change = unchanged, batches: Callable[[list[Any]], Any] = lambda answers: answers
) -> Iterator[Node]:
    """A node whose answers are changed on their way; where `change` gives None it is away (503), where it
    gives a number it answers with that status. `batches` makes of the answers to a batch what is answered."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers = httpx.post(url, json=asked, timeout=30).json()
            if isinstance(asked, list):
                answers = batches([change(one, two) for one, two in zip(asked, answers, strict=True)])
            else:
                answers = change(asked, answers)
            away = answers is None or (isinstance(answers, list) and None in answers)
            body = json.dumps(answers).encode()
            self.send_response(503 if away else answers if isinstance(answers, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Node.at(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refuse(answer: dict[str, Any], message: str) -> dict[str, Any]:
    """An error instead of an answer."""
    return {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32000, "message": message}}
