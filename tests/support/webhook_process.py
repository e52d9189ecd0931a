"""A webhook for `tests.support.processes`."""

from __future__ import annotations

from typing import Any

from largesse.database import open_database
from largesse.sender import TABLES
from largesse.web.limits import Rates
from largesse.web.serving import serve
from largesse.webhook.app import make_app
from largesse.webhook.service import Webhook
from tests.support.paid import issuer_of


def main(settings: dict[str, Any]) -> None:
    """Serve with `port`, `database` and what `issuer_of` needs until it is stopped."""
    engine = open_database(settings["database"], TABLES)
    webhook = Webhook([issuer_of(settings)], engine, retry_seconds=0.3)
    serve(make_app(webhook, Rates(1e6, 1e6)), "127.0.0.1", settings["port"])
