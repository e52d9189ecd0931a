"""A service's app: documented routes (OpenAPI) behind the limits, and one form of answer to bad input."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from largesse.database import AWAY
from largesse.web.limits import BodyLimit, RateLimit, Rates, TimeLimit
from largesse.web.logs import log
from largesse.web.metrics import Check, Measured, Metrics, health
from largesse.web.problems import Problem, ProblemError, answer, database_away

_NEXT: Final = {
    404: "GET /openapi.json lists what there is",
    405: "GET /openapi.json lists what there is",
}


class ProblemBody(BaseModel):
    """What was wrong, and what to do next."""

    error: str = Field(description="for programs")
    message: str = Field(description="for people")
    next: str = Field(description="what to do")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can answer so; what any route can answer is among them."""
    return {status: {"model": ProblemBody} for status in (*statuses, 413, 429, 503, 504)}


def make_api(
    title: str,
    summary: str,
    metrics: Metrics,
    check: Check,
    *,
    rates: Rates,
    body_bytes: int = 65_536,
    seconds: float = 30.0,
    from_browsers: bool = False,
    start: Callable[[], None],
    close: Callable[[], None],
) -> FastAPI:
    """An app with /health, /metrics and /openapi.json and no routes yet.

    `start` and `close` are called when it begins and has ended to serve. With `from_browsers`, pages of any
    origin may call it: it must know nobody by a cookie.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        start()
        try:
            yield
        finally:
            close()

    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] = life
    app = FastAPI(title=title, summary=summary, version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_exception_handler(ProblemError, answer)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    for kind in AWAY:
        app.add_exception_handler(kind, _no_database)
    app.add_route("/health", health(check), methods=["GET"], include_in_schema=False)
    app.add_route("/metrics", metrics.page, methods=["GET"], include_in_schema=False)
    # The last one added is the first to see a request.
    app.add_middleware(TimeLimit, seconds=seconds)
    app.add_middleware(BodyLimit, most=body_bytes)
    app.add_middleware(RateLimit, rates=rates)
    if from_browsers:
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"])
    app.add_middleware(Measured, metrics=metrics)
    return app


async def _invalid(_request: Request, error: Exception) -> Response:
    """Input that is not of the documented form: 400, with the first fault's place and rule."""
    faults: Any = error.errors() if isinstance(error, RequestValidationError) else []
    first: Mapping[str, Any] = faults[0]
    place = ".".join(str(part) for part in first["loc"])
    message = f"{place}: {first['msg']}"
    return Problem(400, "bad_request", message, "GET /openapi.json says what is expected").response()


async def _no_database(request: Request, error: Exception) -> Response:
    """A database that is away: 503; why is for the operator."""
    log("web.no_database", error=error, path=request.url.path)
    return database_away().response()


async def _refused(_request: Request, error: Exception) -> Response:
    """What the routing refuses, in this package's form."""
    if not isinstance(error, HTTPException):  # pragma: no cover - registered for it alone
        raise error
    advice = _NEXT.get(error.status_code, "change the request")
    reason = "_".join(str(error.detail).lower().split())
    headers = dict(error.headers or {})
    return Problem(error.status_code, reason, str(error.detail), advice, headers=headers).response()
