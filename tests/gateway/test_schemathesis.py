"""What a fuzzer makes of the services' own descriptions: no server error, no undocumented answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from largesse.files import CHECKOUT
from largesse.gateway.openapi import describe
from largesse.gateway.sample import article, contents, words
from largesse.relayer.actions import Kind
from tests.fixtures.gateways import PRICES, Served
from tests.support.prepaid import Prepaid
from tests.support.relaying import relaying

TOOL = CHECKOUT / ".venv-schemathesis" / "bin" / "schemathesis"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method"
)


def sample() -> ASGIApp:
    """The sample API, with its prices in its description."""
    app = FastAPI(title="Sample")
    app.get("/")(contents)
    app.get("/articles/{number}", responses={404: {"description": "no such article"}})(article)
    app.post("/words")(words)
    describe(app, PRICES)
    return app


def fuzz(url: str, folder: Path, *more: str) -> None:
    """Fails with the tool's report where it found something."""
    done = subprocess.run(
        [
            str(TOOL), "run", f"{url}/openapi.json", "--checks", CHECKS, "--seed", "1", "-n", "60",
            "--phases", "examples,coverage,fuzzing", "--no-color", *more,
        ],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]


def test_the_gateway(make_gateway: Callable[..., Served], prepaid: Prepaid, tmp_path: Path) -> None:
    """Unpaid, paid with nonsense, and with payments that are none."""
    served = make_gateway(prepaid, sample())
    fuzz(served.url, tmp_path)
    key = prepaid.open(1_000_000)
    for price in PRICES:
        payment = served.payment(key, price.amount, price.amount)
        (name, value), *_ = payment.items()
        fuzz(served.url, tmp_path, "-H", f"{name}: {value}", "--include-path", price.path)
    best, charged = served.line(key)
    # A fixed voucher pays one call, whatever a fuzzer sends with it.
    assert charged in (0, *(price.amount for price in PRICES)) and charged <= best


def test_the_relayer(prepaid: Prepaid, node_url: str, sqlite_url: str, tmp_path: Path) -> None:
    """Nothing that a fuzzer makes up is sent to the chain."""
    contracts = {prepaid.contract.address: Kind.ACCOUNTS}
    with relaying(node_url, sqlite_url, contracts) as desk:
        fuzz(str(desk.client.base_url).rstrip("/"), tmp_path)
        assert desk.sent() == 0


@pytest.fixture(autouse=True)
def the_tool_is_there() -> None:
    assert TOOL.is_file(), "make test installs it"
