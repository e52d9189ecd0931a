"""The scripts of micropayments, as people type them: account, gateway, an agent that pays, settlement."""

from __future__ import annotations

import importlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from largesse.arguments import ArgumentError, Arguments, Usage
from largesse.clients.accounts import Opening
from largesse.errors import LargesseError
from largesse.gateway.config import ConfigError, load_app, read_prices
from largesse.gateway.gateway import Gateway
from largesse.gateway.purse import PurseError
from largesse.gateway.receipts import ReceiptError
from largesse.gateway.session_keys import SessionKey, SessionKeyError
from largesse.vouchers import index_of
from scripts import index, pay, prepaid, settle, solvency
from tests.fixtures.desk import KR, US, Desk
from tests.fixtures.gateways import FAST, NO_LIMITS
from tests.support.clock import later
from tests.support.served import Server

PRICES = "examples/gateway-prices.toml"


@pytest.fixture
def shop(desk: Desk) -> Iterator[str]:
    """The sample API at its sample prices, as scripts/gateway.py serves it; its address."""
    accounts = desk.session.prepaid("USDC")
    prices = read_prices(Path(PRICES), 6)
    given = Arguments(Usage("gateway", "main", ""), {"database": ""})
    database = desk.session.database("gateway", given)
    gateway = Gateway(accounts, desk.wallet("merchant"), database, limits=NO_LIMITS, keeping=FAST)
    server = Server(gateway.app(load_app("largesse.gateway.sample:app"), prices))
    yield server.url
    server.stop()


@pytest.fixture
def crawler(desk: Desk) -> Iterator[SessionKey]:
    """A session; its files are forgotten with the chain's state."""
    yield prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=crawler", "from=agent")
    for path in desk.session.out("sessions").glob("crawler.*"):
        path.unlink()


def test_one_signature_opens_and_one_tops_up(desk: Desk) -> None:
    """From Python: neither payer sends anything. In real USDC, by EIP-3009."""
    accounts, relayer = desk.session.prepaid("USDC"), desk.wallet("relayer")
    owner, donor = desk.wallet("agent"), desk.wallet("supporter")
    had = accounts.token.balance(donor.address)
    sent = [accounts.node.web3.eth.get_transaction_count(one.address) for one in (owner, donor)]
    opening = Opening(desk.address("merchant"), desk.address("operator"), salt=7)
    key = (opening.counterparty, index_of(owner.address, opening.salt))
    for call in (
        accounts.sign_open(owner, opening, 5_000_000),
        accounts.sign_top_up(donor, key, 2_500_000),
    ):
        accounts.node.send_raw_call(relayer, accounts.address, call)
    assert accounts.account(*key).deposit == accounts.micros(7_500_000)
    assert accounts.token.balance(donor.address) == had - 2_500_000
    assert sent == [accounts.node.web3.eth.get_transaction_count(one.address) for one in (owner, donor)]


def test_an_account_from_opening_to_withdrawal(desk: Desk, crawler: SessionKey) -> None:
    path = desk.session.out("sessions") / "crawler.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SessionKey.read(path) == crawler
    assert crawler.key.hex() not in repr(crawler)
    assert prepaid.show("session=crawler") == 5_000_000
    assert prepaid.top_up("session=crawler", "amount=2.5", "from=supporter") == 7_500_000
    held = desk.session.prepaid("USDC").token.balance(desk.address("agent"))
    assert prepaid.withdraw("session=crawler", "from=agent") == 0
    with pytest.raises(ArgumentError, match="can be had from"):
        prepaid.withdraw("session=crawler", "from=agent")
    later(24 * 3_600)
    assert prepaid.withdraw("session=crawler", "from=agent") == 7_500_000
    assert desk.session.prepaid("USDC").token.balance(desk.address("agent")) == held + 7_500_000
    solvency.main()


def test_an_agent_pays_and_the_seller_settles(desk: Desk, crawler: SessionKey, shop: str) -> None:
    purse = pay.main(f"url={shop}/articles/1", "session=crawler", "calls=3", "budget=1")
    assert (purse.charged, purse.calls) == (30_000, 3)
    purse = pay.main(
        f"url={shop}/words", "session=crawler", "method=POST", 'json={"text": "a b a"}', "calls=20"
    )
    assert purse.charged == 30_000 + 20 * 250
    held = desk.session.prepaid("USDC").token.balance(desk.address("merchant"))
    assert not settle.main("currency=USDC", "gas=3000", "share=0").settles
    decision = settle.main("currency=USDC", "now=yes")
    assert decision.gain == 35_000
    assert desk.session.prepaid("USDC").token.balance(desk.address("merchant")) == held + 35_000
    assert prepaid.show("session=crawler") == 5_000_000 - 35_000
    assert settle.main("currency=USDC", "now=yes").why == "no voucher waits"
    solvency.main("currency=USDC")


def test_a_session_remembers_what_it_spent(desk: Desk, crawler: SessionKey, shop: str) -> None:
    pay.main(f"url={shop}/articles/1", "session=crawler", "budget=0.025")
    pay.main(f"url={shop}/articles/2", "session=crawler", "budget=0.025")
    with pytest.raises(PurseError) as error:
        pay.main(f"url={shop}/articles/3", "session=crawler", "budget=0.025")
    assert error.value.reason == "over_budget"
    said = str(error.value)
    assert said == (
        "budget=0.025 is for all that this session spends: 0.02 USDC are spent, and 0.005 USDC left, which "
        "is less than the call costs"
    )
    with pytest.raises(PurseError) as error:
        pay.main(f"url={shop}/articles/3", "session=crawler", "most=0.009")
    assert error.value.reason == "too_dear"


def test_receipts_are_checked_and_kept(desk: Desk, crawler: SessionKey, shop: str) -> None:
    with pytest.raises(ArgumentError, match="pay with receipts=yes"):
        pay.receipts("session=crawler")
    pay.main(f"url={shop}/articles/1", "session=crawler", "calls=2", "receipts=yes")
    pay.main(f"url={shop}/", "session=crawler", "receipts=yes")  # it is free, and has none
    pay.main(f"url={shop}/words", "session=crawler", "method=POST", 'json={"text": "a"}', "receipts=yes")
    assert pay.receipts("session=crawler") == 20_250
    kept = desk.session.out("sessions") / "crawler.receipts"
    assert len(kept.read_text().splitlines()) == 3
    kept.write_text(kept.read_text().replace('"signer": "0x', '"signer": "0x0'))
    with pytest.raises(ReceiptError, match="not by 0x0"):
        pay.receipts("session=crawler")
    kept.write_text('{"call": "GET')
    with pytest.raises(ReceiptError, match=r"crawler\.receipts, line 1"):
        pay.receipts("session=crawler")


def test_a_certificate_tops_an_account_up(desk: Desk) -> None:
    """Korean certificates to a balance, and what is left of it back to the card."""
    desk.issue("holder", "100000")
    accounts, issuer = desk.session.prepaid("KRWT"), desk.wallet("issuer")
    accounts.admit(issuer, 1, desk.address("bookshop"))
    prepaid.open(
        "currency=KRWT", "to=bookshop", "amount=20000", "session=reader", f"series={KR}", "from=holder"
    )
    assert prepaid.top_up("session=reader", "amount=5000", f"series={KR}", "from=holder") == 25_000
    prepaid.withdraw("session=reader", "from=holder")
    later(24 * 3_600)
    assert prepaid.withdraw("session=reader", "from=holder") == 25_000
    assert desk.krw.account(1, desk.address("holder")).balance == 100_000
    solvency.main("currency=KRWT")


def test_an_opening_from_which_nothing_would_come_back(desk: Desk) -> None:
    """A withdrawal that waits beyond the series' limitation would be its beneficiary's."""
    desk.issue("holder", "50000")
    desk.session.prepaid("KRWT").admit(desk.wallet("issuer"), 1, desk.address("bookshop"))
    terms = desk.krw.terms(1)
    given = ("currency=KRWT", "to=bookshop", "amount=20000", "session=late", f"series={KR}", "from=holder")
    later(terms.limitation_at - desk.session.node.now() - 24 * 3_600)
    with pytest.raises(LargesseError) as error:
        prepaid.open(*given)
    assert error.value.reason == "too_long"
    assert not (desk.session.out("sessions") / "late.json").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("currency=USDC", "to=merchant", "amount=0.0000001", "session=x"), "too_many_decimals"),
        (("currency=USDC", "to=merchant", "amount=1", "session=../x"), "bad_name"),
        (("currency=USDC", "to=merchant", "amount=1", "session=x", "delay=0"), "out_of_range"),
        (("currency=USDC", "to=nobody", "amount=1", "session=x"), "bad_address"),
        (("currency=XYZ", "to=merchant", "amount=1", "session=x"), "unknown_currency"),
        (("currency=USDC", "to=merchant", "amount=1", "session=x", "from=relayer"), "not_enough_money"),
    ],
)
def test_openings_that_are_refused(desk: Desk, arguments: tuple[str, ...], reason: str) -> None:
    block = desk.block()
    with pytest.raises(LargesseError) as error:
        prepaid.open(*arguments)
    assert error.value.reason == reason
    assert desk.block() == block
    assert not (desk.session.out("sessions") / "x.json").exists()


def test_a_sessions_name_is_taken_once(desk: Desk, crawler: SessionKey) -> None:
    block = desk.block()
    with pytest.raises(ArgumentError) as error:
        prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=crawler", "from=agent")
    assert (error.value.reason, desk.block()) == ("exists", block)


def test_calls_that_are_refused(desk: Desk, crawler: SessionKey, shop: str) -> None:
    with pytest.raises(ArgumentError, match="no out/sessions/nobody"):
        pay.main(f"url={shop}/articles/1", "session=nobody")
    with pytest.raises(ArgumentError, match="the server answered 404"):
        pay.main(f"url={shop}/articles/99", "session=crawler")
    with pytest.raises(httpx.ConnectError):
        pay.main("url=http://127.0.0.1:9/", "session=crawler")
    path = desk.session.out("sessions") / "broken.json"
    path.write_text("{}")
    with pytest.raises(SessionKeyError, match="is no session"):
        pay.main(f"url={shop}/articles/1", "session=broken")


def test_the_gateways_script_serves_until_it_is_told_to_stop(
    desk: Desk, crawler: SessionKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything but the waiting: the app that it would serve answers, pays and settles."""
    script = importlib.import_module("scripts.gateway")
    served: list[int] = []

    def serve(app: object, host: str, port: int) -> None:
        server = Server(app)  # type: ignore[arg-type]
        try:
            assert (host, port) == ("127.0.0.1", 8402)
            assert httpx.get(f"{server.url}/health").json()["ok"] is True
            accepts = httpx.get(f"{server.url}/articles/1").json()["accepts"]
            assert [one["scheme"] for one in accepts] == ["largesse-voucher", "exact"]
            pay.main(f"url={server.url}/articles/1", "session=crawler")
            text = httpx.get(f"{server.url}/metrics").text
            assert 'gateway_requests_total{method="GET",status="402"} 2.0' in text
            served.append(port)
        finally:
            server.stop()

    monkeypatch.setattr(script, "serve", serve)
    monkeypatch.setattr(script, "write_logs", lambda: None)
    script.main("currency=USDC", "from=merchant")
    assert served == [8402]
    for arguments, reason in (
        (("schemes=voucher,cash",), "unknown_scheme"),
        (("schemes=voucher,batch", "risk=none"), "unclaimed"),
        (("app=nowhere:app",), "no_such_app"),
        (("app=largesse.gateway.sample:ARTICLES",), "no_such_app"),
        (("database=mysql://x/y",), "bad_url"),
        (("port=70000",), "out_of_range"),
        (("prices=/nowhere.toml",), "no_such_file"),
    ):
        with pytest.raises(LargesseError) as error:
            script.main("currency=USDC", *arguments)
        assert error.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "price = 3", "[[price]]\nmethod='GET'", "[[price]]\nmethod='GET'\npath='/a'\namount=1",
        "[[price]]\nmethod='GET'\npath='/a'\namount='1'\nx='1'",
        "y=1\n[[price]]\nmethod='GET'\npath='/a'\namount='1'",
    ],
)  # fmt: skip
def test_price_lists_that_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_prices(path, 6)
    assert error.value.reason == "bad_prices"
    assert "prices.toml" in error.value.message


def test_an_account_is_paid_with_a_card_of_its_own_currency(desk: Desk) -> None:
    """It was paid with the series of the same number in the account's currency."""
    desk.issue("agent", "50000")
    desk.issue("agent", "25", US)
    desk.session.prepaid("USDC").admit(desk.wallet("issuer"), 1, desk.address("merchant"))
    prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=carded", f"series={US}", "from=agent")
    block = desk.block()
    for command, given in (
        (prepaid.top_up, ("session=carded", "amount=5", f"series={KR}", "from=agent")),
        (
            prepaid.open,
            ("currency=USDC", "to=merchant", "amount=5", "session=other", f"series={KR}", "from=agent"),
        ),
    ):
        with pytest.raises(ArgumentError) as error:
            command(*given)
        assert (error.value.reason, desk.block()) == ("other_currency", block)
    assert not (desk.session.out("sessions") / "other.json").exists()
    assert prepaid.top_up("session=carded", "amount=5", f"series={US}", "from=agent") == 10_000_000
    (desk.session.out("sessions") / "carded.json").unlink()


def test_an_account_of_another_chain_is_not_told_of_here(desk: Desk, crawler: SessionKey) -> None:
    path = desk.session.out("sessions") / "crawler.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"chain_id": 1}))
    with pytest.raises(ArgumentError) as error:
        prepaid.show("session=crawler")
    assert error.value.reason == "wrong_place"


@pytest.mark.parametrize(
    ("command", "given"), ((settle.main, ("currency=USDC", "now=true")), (index.main, ("follow=YES",)))
)
def test_what_is_neither_yes_nor_no_is_told(desk: Desk, command: Any, given: tuple[str, ...]) -> None:
    """It was taken for no."""
    with pytest.raises(ArgumentError) as error:
        command(*given)
    assert error.value.reason == "bad_choice"
