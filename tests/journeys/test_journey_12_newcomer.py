"""Journey 12: a developer issues, gives, redeems, refunds and handles a webhook on a local chain from the
README alone, in under 30 minutes: its two pieces of Python, as they stand there but for the addresses,
and what its commands call. `make rehearse-readme` types all of the page in a fresh clone: 14 min 36 s, on
two busy cores.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import pytest

from largesse.files import CHECKOUT
from largesse.session import Session, open_session
from scripts import create_series, deploy, sell, webhook
from tests.support.served import Server
from tests.support.waiting import until

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
SELL_ONE, WEBHOOK = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def session(module_isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The three commands were typed."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "examples").symlink_to(CHECKOUT / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LARGESSE_STATE", str(folder))
        patch.chdir(folder)
        for command in re.findall(r"^brownie run (.+)$", README, re.MULTILINE)[:2]:
            script, *given = command.split()
            function = given.pop(0) if given else "main"
            getattr({"deploy": deploy, "create_series": create_series}[script], function)(*given)
        yield open_session()


def test_one_card_is_sold_given_spent_and_refunded(
    session: Session, node_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    krw = session.certificates("KRWT")
    held = {role: krw.token.balance(session.address(role)) for role in ("issuer", "bookshop", "recipient")}
    exec(SELL_ONE.replace("http://127.0.0.1:8545", node_url), {})
    assert int(capsys.readouterr().out) > 21_000
    change = {role: krw.token.balance(session.address(role)) - before for role, before in held.items()}
    fee = krw.state(1).fees_accrued
    assert fee == 31_000 * krw.terms(1).fee_bps // 10_000
    assert change == {"issuer": -50_000, "bookshop": 31_000 - fee, "recipient": 19_000}
    assert krw.state(1).outstanding == 0


def test_a_payment_that_a_processor_reports_is_issued(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = re.findall(r"^export (\w+)=", README, re.MULTILINE)
    assert told == [webhook.SECRET, webhook.LINK_SECRET]
    for name in told:
        monkeypatch.setenv(name, secrets.token_hex())
    (sold,) = re.findall(r"^brownie run sell main (.+)$", README, re.MULTILINE)
    sell.main(sold)
    servers: list[Server] = []
    monkeypatch.setattr(webhook, "serve", lambda app, host, _port: servers.append(Server(app, host, 0)))
    monkeypatch.setattr(webhook, "write_logs", lambda: None)
    (served,) = re.findall(r"^brownie run webhook main (.+) &$", README, re.MULTILINE)
    webhook.main(*served.split())
    (server,) = servers
    krw = session.certificates("KRWT")
    outstanding = krw.state(1).outstanding
    try:
        for _ in range(2):  # as often as it is told, once
            exec(WEBHOOK.replace("http://127.0.0.1:8404", server.url), {})
        said = capsys.readouterr().out
        assert said.count("'result': 'accepted'") == 2
        assert said.count("'state': 'given'") == 2
        until(lambda: krw.state(1).outstanding != outstanding)
    finally:
        server.stop()
    assert krw.state(1).outstanding - outstanding == 50_000
