"""What a service answers when it does not do as asked: what was wrong, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from largesse.errors import LargesseError


@dataclass(frozen=True)
class Problem:
    """An answer of a status from 400 on. `reason` is for programs; `advice` says what to do next."""

    status: int
    reason: str
    message: str
    advice: str
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """As JSON: ``error``, ``message``, ``next``, and what else the service has to say."""
        shown = {"error": self.reason, "message": self.message, "next": self.advice, **self.more}
        return json.dumps(shown, separators=(",", ":")).encode()

    def response(self) -> Response:
        return Response(self.body(), self.status, dict(self.headers), "application/json")

    async def send(self, send: Send) -> None:
        """The same, for middleware."""
        body = self.body()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **self.headers}
        encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})


def database_away() -> Problem:
    """503: what a service keeps its records in can't be used at the moment."""
    return Problem(
        503,
        "database_away",
        "the database can't be used at the moment",
        "send the same request again in a moment: nothing is done twice",
        headers={"retry-after": "5"},
    )


class ProblemError(LargesseError):
    """Raised anywhere in a handler: the service answers with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason, problem.message)
        self.problem = problem


async def answer(_request: Request, error: Exception) -> Response:
    """Exception handler for `ProblemError`."""
    if not isinstance(error, ProblemError):  # pragma: no cover - registered for it alone
        raise error
    return error.problem.response()
