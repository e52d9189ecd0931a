"""A receiver of notices for `tests.support.processes`: checks each signature and writes down what it took."""

from __future__ import annotations

import json
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from largesse.notices.signatures import NoticeError, verify
from largesse.web.serving import serve


def make_receiver(path: str, secret: bytes) -> Starlette:
    """POST / takes a notice and appends a line to the file at `path`: when, id, body."""

    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            notice_id = verify(request.headers, body, [secret], time.time())
        except NoticeError as error:
            return JSONResponse({"error": error.reason}, 401)
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps([time.time(), notice_id, json.loads(body)]) + "\n")
        return JSONResponse({"ok": True})

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    return Starlette(routes=[Route("/", take, methods=["POST"]), Route("/health", health)])


def main(settings: dict[str, Any]) -> None:
    """Serve at `port`; `path` and `secret` (hexadecimal) are `make_receiver`'s."""
    app = make_receiver(settings["path"], bytes.fromhex(settings["secret"]))
    serve(app, "127.0.0.1", settings["port"])
