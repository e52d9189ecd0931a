"""Prometheus figures of a service, and how it says that it is well."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Check = Callable[[], Mapping[str, Any]]


class Metrics:
    """A registry of a service's own, so that several can live in one process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self.requests = Counter(
            f"{service}_requests_total", "Answers by status", ["method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            f"{service}_request_seconds", "Time from request to answer", registry=self.registry
        )

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{self.service}_{name}", text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """What `read` answers whenever the figures are asked for."""
        Gauge(f"{self.service}_{name}", text, registry=self.registry).set_function(read)

    async def page(self, _request: Request) -> Response:
        """GET /metrics."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """Counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self._counters: dict[tuple[str, int], Any] = {}  # labels() takes longer than counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._counter(_method(scope), status).inc()
            self.metrics.seconds.observe(time.perf_counter() - began)

    def _counter(self, method: str, status: int) -> Any:
        found = self._counters.get((method, status))
        if found is None:
            found = self._counters[method, status] = self.metrics.requests.labels(method, str(status))
        return found


def health(check: Check) -> Callable[[Request], Any]:
    """GET /health: 200 with what `check` says, 503 where it says ``ok: false``."""

    async def page(_request: Request) -> Response:
        found = check()
        return JSONResponse(dict(found), 200 if found.get("ok") else 503)

    return page


def _method(scope: Scope) -> str:
    """A client can't make labels up."""
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
