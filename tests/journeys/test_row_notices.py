"""Row notices: a real receiver verifies each signature and gets each notice once, both sides of everything;
reminders come on their day; a notifier that is killed at any moment loses nothing and doubles nothing by
itself.
"""

from __future__ import annotations

import base64
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from largesse.artifacts import artifact
from largesse.clients.accounts import Opening
from largesse.errors import LargesseError
from largesse.notices.__main__ import main as notices_main
from largesse.signed.accounts import Voucher
from largesse.vouchers import SignedVoucher, rows
from scripts import give, notify
from tests.fixtures.desk import KR, Desk
from tests.support.notices_process import notifier_of
from tests.support.processes import Server, start
from tests.support.receiver_process import make_receiver
from tests.support.served import Server as InThread
from tests.support.waiting import WAIT_SECONDS
from tools.own_node import free_port

DAY = 86_400
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
VARIABLE = "HOOK_SECRET"
KILLS = int(os.environ.get("NOTICE_KILLS", "3"))
EACH = 3


@dataclass
class Inbox:
    """A receiver behind a real port."""

    url: str
    path: Path

    def rows(self) -> list[tuple[float, str, dict[str, Any]]]:
        """What it took, in its order: when, id, notice."""
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        return [tuple(json.loads(line)) for line in text.splitlines()]

    def notices(self) -> list[dict[str, Any]]:
        """What it took, each id once. Raises AssertionError for an id that came twice."""
        ids = [row[1] for row in self.rows()]
        assert len(set(ids)) == len(ids)
        return [row[2] for row in self.rows()]


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    path = tmp_path / "inbox"
    server = InThread(make_receiver(str(path), KEY))
    yield Inbox(server.url, path)
    server.stop()


@pytest.fixture
def config(desk: Desk, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a file of one receiver."""
    monkeypatch.setenv(VARIABLE, SECRET)

    def write(*, accounts: tuple[str, ...] = (), issuers: tuple[str, ...] = ()) -> Path:
        path = tmp_path / "receivers.toml"
        path.write_text(receivers_text(desk, inbox.url, accounts, issuers))
        return path

    return write


def receivers_text(desk: Desk, url: str, accounts: tuple[str, ...], issuers: tuple[str, ...]) -> str:
    def quoted(roles: tuple[str, ...]) -> str:
        return json.dumps([desk.address(role) for role in roles])

    return (
        f'version = 1\nallow_localhost = true\n[[receiver]]\nname = "hook"\nurl = "{url}/"\n'
        f'secret_env = "{VARIABLE}"\naccounts = {quoted(accounts)}\nissuers = {quoted(issuers)}\n'
    )


def database_of(config: Path) -> str:
    """One for each test: the chain is taken back after it."""
    return f"database=sqlite:///{config.parent / 'notices.db'}"


def one_round(config: Path, desk: Desk, since: int = 0) -> tuple[int, int]:
    """`brownie run notify once=yes` from block `since` on."""
    start = since or desk.block() + 1
    found = notify.main(f"receivers={config}", "once=yes", f"start={start}", database_of(config))
    assert found is not None
    return found


def money_of(desk: Desk, role: str, amount: int) -> None:
    """Give a role won."""
    node = desk.session.node
    token = node.web3.eth.contract(address=desk.won.address, abi=artifact("TestToken").abi)
    node.send(token.functions.mint(desk.address(role), amount), desk.wallet("deployer"))


def test_both_sides_hear_of_everything_once(desk: Desk, config: Callable[..., Path], inbox: Inbox) -> None:
    people = ("holder", "bookshop", "giver", "recipient", "supporter", "creator", "agent", "merchant")
    path = config(accounts=people)
    assert one_round(path, desk) == (0, 0)  # from now on
    krw, wallet = desk.krw, desk.wallet
    desk.issue("holder", "50000")
    desk.issue("giver", "50000")
    krw.redeem(wallet("holder"), 1, 31_000, desk.address("bookshop"))
    gift = krw.give(wallet("giver"), 1, 20_000)
    krw.claim(gift.link, desk.address("recipient"), wallet("relayer"))
    batch = give.many(f"series={KR}", "amount=1000", "count=2", "name=notices")
    assert batch is not None
    krw.claim(batch[1], desk.address("recipient"), wallet("relayer"))
    krw.refund(wallet("holder"), 1, 19_000, 19_000)
    money_of(desk, "supporter", 700)
    tips = desk.session.tips("KRWT")
    tips.token.approve(wallet("supporter"), tips.address, 700)
    tips.tip(wallet("supporter"), int(desk.address("creator"), 16), 700, "좋아요")
    money_of(desk, "agent", 5_000)
    prepaid = desk.session.prepaid("KRWT")
    shop, session_key = desk.address("merchant"), wallet("stranger")
    index = prepaid.open(wallet("agent"), Opening(shop, session_key.address), 5_000)
    voucher = SignedVoucher(
        index, 1_200, Voucher(shop, desk.won.address, index, 1_200).sign(prepaid.domain, session_key.key)
    )
    prepaid.settle(wallet("relayer"), shop, rows([voucher]))

    found, taken = one_round(path, desk)
    assert found == taken == len(inbox.notices())
    heard = Counter((one["type"], one["data"]["side"], one["data"]["amount"]) for one in inbox.notices())
    assert heard == Counter(
        {
            ("certificate.redeemed", "payer", "31000"): 1,
            ("certificate.redeemed", "merchant", "31000"): 1,
            ("gift.claimed", "giver", "20000"): 1,
            ("gift.claimed", "recipient", "20000"): 1,
            ("gift.claimed", "giver", "1000"): 1,
            ("gift.claimed", "recipient", "1000"): 1,
            ("certificate.refunded", "holder", "19000"): 1,
            ("jar.tipped", "sender", "700"): 1,
            ("jar.tipped", "creator", "700"): 1,
            ("account.settled", "seller", "1200"): 1,
            ("account.settled", "payer", "1200"): 1,
        }
    )
    paid = next(one for one in inbox.notices() if one["data"]["side"] == "merchant")
    assert paid["data"] | {"tx": "", "chain": "", "contract": ""} == {
        "chain": "", "contract": "", "tx": "", "account": desk.address("bookshop"), "side": "merchant",
        "series": "1", "currency": "KRWT", "amount": "31000", "payer": desk.address("holder"),
        "merchant": desk.address("bookshop"), "service": "", "fee": "930", "order": "0",
    }  # fmt: skip
    tip = next(one for one in inbox.notices() if one["data"]["side"] == "creator")
    assert tip["data"]["message"] == "좋아요"
    # Again, by another process's eyes: nothing new, nothing twice.
    assert one_round(path, desk) == (0, 0)
    assert len(inbox.notices()) == 11
    assert notify.status(f"receivers={path}", database_of(path)) == [("hook", "sent", 11)]


def test_an_issuer_hears_of_its_series_whoever_is_concerned(
    desk: Desk, config: Callable[..., Path], inbox: Inbox, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through the module, without Brownie: history from the first block on."""
    path, since = config(issuers=("issuer",)), desk.block() + 1
    desk.issue("holder", "50000")
    desk.krw.redeem(desk.wallet("holder"), 1, 1_000, desk.address("cinema"))
    asked = [
        "--rpc", desk.session.node.url, "--records", str(desk.session.records), "--receivers", str(path),
        "--database", sqlite_url, "--confirmations", "1", "--start", str(since),
    ]  # fmt: skip
    assert notices_main([*asked, "--once"]) == 0
    heard = [(one["type"], one["data"]["side"]) for one in inbox.notices()]
    assert sorted(heard) == [("certificate.redeemed", "merchant"), ("certificate.redeemed", "payer")]
    # A redemption in the newest block is not told before it is under twelve.
    asked[asked.index("1")] = "12"
    desk.krw.redeem(desk.wallet("holder"), 1, 2_000, desk.address("cinema"))
    assert notices_main([*asked, "--once"]) == 0
    assert len(inbox.notices()) == 2
    desk.session.node.develop("anvil_mine", [11])
    assert notices_main([*asked, "--once"]) == 0
    assert len(inbox.notices()) == 4
    capsys.readouterr()
    assert notices_main([*asked[:-2], "--start", "0", "--database", "mysql://x/y"]) == 1
    assert "mysql" in capsys.readouterr().err


def test_a_reorganisation_sends_no_second_notice(
    desk: Desk, config: Callable[..., Path], inbox: Inbox
) -> None:
    """Deeper than anybody waits: the same transaction in another block has the same notice."""
    path, node = config(accounts=("bookshop",)), desk.session.node
    desk.issue("holder", "50000")
    one_round(path, desk)
    before = len(inbox.rows())
    desk.krw.redeem(desk.wallet("holder"), 1, 3_000, desk.address("bookshop"))
    raw = node.web3.eth.get_raw_transaction_by_block(node.block_number(), 0)
    one_round(path, desk)
    assert len(inbox.rows()) == before + 1
    node.develop("anvil_reorg", [1, []])
    node.develop("anvil_mine", [2])
    node.broadcast(bytes(raw))
    node.develop("anvil_mine", [1])
    assert desk.krw.account(1, desk.address("holder")).spent == 3_000
    one_round(path, desk)
    assert len(inbox.notices()) == before + 1


def test_what_nobody_takes_waits_and_is_shown(desk: Desk, config: Callable[..., Path], inbox: Inbox) -> None:
    path = config(accounts=("bookshop",))
    path.write_text(path.read_text().replace(inbox.url, f"http://127.0.0.1:{free_port()}"))
    desk.issue("holder", "50000")
    one_round(path, desk)
    desk.krw.redeem(desk.wallet("holder"), 1, 1_000, desk.address("bookshop"))
    asked = f"receivers={path}", database_of(path)
    assert one_round(path, desk) == (1, 0)
    assert notify.status(*asked) == [("hook", "pending", 1)]
    assert notify.retry("receiver=hook", *asked) == 0  # none was given up
    for given, reason in (
        (("receiver=nobody", *asked), "unknown_receiver"),
        (("receiver=hook", asked[0], "database=mysql://x/y"), "bad_url"),
        (("receiver=hook", f"receivers={path}.none", asked[1]), "no_such_file"),
        (("receiver=hook", *asked, "days=0"), "out_of_range"),
    ):
        with pytest.raises(LargesseError) as error:
            notify.retry(*given)
        assert error.value.reason == reason
    path.write_text(path.read_text().replace("http://", "ftp://"))
    with pytest.raises(LargesseError) as bad:
        notify.main(*asked, "once=yes")
    assert bad.value.reason == "bad_receivers"


@pytest.mark.parametrize("days", (90, 30, 7))
@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_reminders_come_on_their_day(
    desk: Desk, config: Callable[..., Path], inbox: Inbox, days: int, seconds: int
) -> None:
    path, node = config(issuers=("issuer",)), desk.session.node
    expires_at = desk.krw.terms(1).expires_at
    desk.issue("holder", "50000")
    desk.issue("giver", "100000")
    desk.krw.transfer(desk.wallet("giver"), desk.address("recipient"), 1, 100_000)
    node.jump_to(expires_at - days * DAY - 10)
    one_round(path, desk)
    before = len(inbox.rows())
    node.jump_to(expires_at - days * DAY + seconds)
    one_round(path, desk)
    reminded = inbox.notices()[before:]
    if seconds < 0:
        assert reminded == []
        return
    assert {(one["type"], one["data"]["account"], one["data"]["amount"]) for one in reminded} == {
        ("certificate.expires", desk.address("holder"), "50000"),
        ("certificate.expires", desk.address("recipient"), "100000"),
    }
    assert {one["data"]["days"] for one in reminded} == {str(days)}
    assert reminded[0]["data"]["expires_at"].startswith("203")
    # Nobody is reminded twice, and who gets something later is not reminded of a day that is over.
    desk.krw.transfer(desk.wallet("recipient"), desk.address("giver"), 1, 1_000)
    one_round(path, desk)
    assert len(inbox.notices()) == before + 2


def test_whoever_slept_over_a_day_hears_of_the_last_one(
    desk: Desk, config: Callable[..., Path], inbox: Inbox
) -> None:
    """A notifier that was away from before the first day until the last one sends one reminder, with what
    the holders had on that day; one that was away until the expiry none."""
    path, node = config(issuers=("issuer",)), desk.session.node
    expires_at = desk.krw.terms(1).expires_at
    desk.issue("holder", "50000")
    one_round(path, desk)
    node.jump_to(expires_at - 7 * DAY + 100)
    desk.krw.transfer(desk.wallet("holder"), desk.address("recipient"), 1, 20_000)
    one_round(path, desk)
    assert [(one["data"]["days"], one["data"]["amount"]) for one in inbox.notices()] == [("7", "50000")]


def test_killed_at_any_moment_it_says_everything_once(desk: Desk, tmp_path: Path, database_url: str) -> None:
    """SIGKILL at seeded moments, a receiver in a process of its own that goes on: no notice is missing, and
    an id that came twice came on both sides of a kill."""
    node, chance = desk.session.node, random.Random(6)
    inbox = Inbox(f"http://127.0.0.1:{free_port()}", tmp_path / "inbox")
    receiver = start(
        "tests.support.receiver_process", int(inbox.url.rpartition(":")[2]), tmp_path / "receiver.log",
        path=str(inbox.path), secret=KEY.hex(),
    )  # fmt: skip
    settings = {
        "node": node.url, "records": str(desk.session.records), "database": database_url,
        "receivers": receivers_text(desk, inbox.url, ("holder", "bookshop"), ()),
        "environ": {VARIABLE: SECRET}, "start": node.block_number() + 1,
    }  # fmt: skip
    desk.issue("holder", "100000")
    kills: list[float] = []
    server: Server | None = None
    try:
        for number in range(KILLS):
            server = start("tests.support.notices_process", free_port(), tmp_path / "log", **settings)
            for _ in range(EACH):
                desk.krw.redeem(desk.wallet("holder"), 1, 10 + number, desk.address("bookshop"))
            time.sleep(chance.uniform(0.0, 0.25))
            server.kill()
            kills.append(time.time())
        notifier = notifier_of(settings)
        wanted = 2 * KILLS * EACH
        end = time.monotonic() + WAIT_SECONDS
        while len({row[1] for row in inbox.rows()}) < wanted and time.monotonic() < end:
            notifier.once()
            time.sleep(0.05)
        notifier.once()
        received = inbox.rows()
    finally:
        receiver.kill()
        if server is not None and server.is_alive():
            server.kill()
    assert len({row[1] for row in received}) == wanted
    contents: dict[str, list[tuple[float, str]]] = {}
    for at, notice_id, notice in received:
        contents.setdefault(notice_id, []).append((at, json.dumps(notice, sort_keys=True)))
    assert len({copies[0][1] for copies in contents.values()}) == wanted
    for copies in contents.values():
        assert len({text for _, text in copies}) == 1
        for (first, _), (second, _) in pairwise(copies):
            assert any(first <= kill <= second for kill in kills), "twice, and nobody was killed between"
