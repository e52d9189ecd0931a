"""What commands said that was not so, and what they did beside what was typed.

`restore` took the series' name for the person to read and another one's number for the chain. A refund of a
part accepted whatever the right of the next second would pay, and on a live chain no refund was asked for,
nor a customer's signature for whoever had made the QR code. What a payment brought was taken from two
balances, so that what came between was told as its own; that a currency had refused it was not told at all.
And who had refused a certificate of a list was counted among those who have theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from web3.types import TxReceipt

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.certificates import Certificates
from largesse.commands.owing import owed_told
from largesse.development import mint
from largesse.files import CHECKOUT
from largesse.session import SessionError
from scripts import collect, create_series, hold, issue, redeem, refund, restore, tip
from tests.fixtures.desk import KR, US, Desk
from tests.scripts.test_owed import freeze

SPRING = "kr-spring-50000"
Live = Callable[..., list[str]]


@pytest.fixture
def card(desk: Desk) -> Desk:
    desk.issue("holder", "50000")
    return desk


def spent(desk: Desk, amount: int, series: str = KR) -> None:
    redeem.main(f"series={series}", f"amount={amount}", "merchant=bookshop")


# ---------------------------------------------------------------------------------------------------- restore


def test_the_series_that_is_named_is_the_one_that_is_restored(card: Desk) -> None:
    create_series.main(f"manifest={CHECKOUT / 'examples/manifests/spring.toml'}")
    card.issue("holder", "50000", SPRING)
    spent(card, 5_000)
    spent(card, 5_000, SPRING)
    path = restore.sign(f"series={SPRING}", "amount=5000", "merchant=bookshop")
    assert path is not None
    path.write_text(json.dumps(json.loads(path.read_text()) | {"series": KR}))
    block = card.block()
    with pytest.raises(ArgumentError) as error:
        restore.main(f"signed={path}", "from=bookshop")
    assert (error.value.reason, card.block()) == ("other_series", block)
    assert card.krw.account(2, card.address("holder")).balance == 45_000


# ----------------------------------------------------------------------------------------------------- refund


def test_a_part_is_refunded_by_the_right_that_was_seen(card: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remainder is paid whole until expiry, and nine tenths of it from then on."""
    spent(card, 31_000)
    expiry, real = card.krw.terms(1).expires_at, Certificates.refund

    def a_second_too_late(self: Certificates, *given: object) -> TxReceipt:
        self.node.jump_to(expiry)
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Certificates, "refund", a_second_too_late)
    with pytest.raises(RefusedError) as error:
        refund.main(f"series={KR}", "amount=9000")
    assert error.value.values == (8_100, 9_000)
    assert card.krw.account(1, card.address("holder")).balance == 19_000
    monkeypatch.undo()


def test_on_a_live_chain_a_refund_is_asked_for(card: Desk, live: Live) -> None:
    spent(card, 31_000)
    asked, block = live("no", me=card.wallet("holder")), card.block()
    with pytest.raises(SessionError) as error:
        refund.main(f"series={KR}", "amount=9000", "from=me")
    assert (error.value.reason, card.block()) == ("not_confirmed", block)
    assert asked == [
        f"9,000 KRWT of {KR} are given up for 9,000 KRWT: the remainder after use. Type “refund” to go on: "
    ]
    live("refund", me=card.wallet("holder"))
    assert refund.main(f"series={KR}", "amount=9000", "from=me")
    assert card.krw.account(1, card.address("holder")).balance == 10_000


# ------------------------------------------------------------------------------------------------------- till


def test_on_a_live_chain_a_customer_reads_whom_it_pays_before_it_signs(card: Desk, live: Live) -> None:
    picture = redeem.till("currency=KRWT", "total=31000", "order=7101", "fee=3", "from=stranger")
    signed = card.session.out("till") / "order-7101-signed.json"
    asked = live("no", me=card.wallet("holder"))
    with pytest.raises(SessionError):
        redeem.sign(f"request={picture}", f"series={KR}", "from=me")
    shown = f"31,000 KRWT of {KR} to {card.address('stranger')}, for its order 7101."
    assert asked[0] == f"{shown} Type “sign” to go on: "
    assert not signed.exists()


def test_what_comes_meanwhile_is_not_this_payments(card: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = redeem.sign(
        f"request={redeem.till('currency=KRWT', 'total=31000', 'order=7102', 'fee=3', 'from=bookshop')}",
        f"series={KR}",
    )
    real = Certificates.pay

    def beside_another(self: Certificates, *given: object) -> TxReceipt:
        mint(self.node, self.token.address, card.address("bookshop"), 500, card.wallet("deployer"))
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Certificates, "pay", beside_another)
    assert redeem.submit(f"signed={signed}") == 30_070


def test_what_the_currency_refuses_is_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.issue("holder", "25", US)
    picture = redeem.till("currency=USDC", "total=10", "order=7103", "fee=2", "from=cafe")
    signed = redeem.sign(f"request={picture}", f"series={US}")
    freeze(desk, "cafe")
    assert redeem.submit(f"signed={signed}") == 0
    owed = desk.session.certificates("USDC").owed(desk.address("cafe"))
    shown = desk.session.certificates("USDC").token.show(owed)
    assert owed > 0
    assert is_told(desk, shown, "GiftCertificates", capsys)


def is_told(desk: Desk, shown: str, name: str, capsys: pytest.CaptureFixture[str]) -> bool:
    """That so much is owed to the cafe by this contract."""
    said = f"{shown} are not paid yet but owed to {desk.address('cafe')} by {name}"
    return said in " ".join(capsys.readouterr().out.split())


def test_the_currency_refuses_the_seller_of_an_order(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    order = ("currency=USDC", "seller=cafe", "number=7")
    hold.open(*order, "amount=3")
    freeze(desk, "cafe")
    hold.confirm(*order)
    assert is_told(desk, "3 USDC", "HeldOrders", capsys)


def test_a_log_without_topics_ends_no_command(desk: Desk) -> None:
    """Odd currencies may write such logs, and receivers of cards."""
    session = desk.session
    with owed_told(session):
        assert session.node.on_receipt is not None
        session.node.on_receipt({"logs": [{"topics": [], "address": desk.won.address}]})  # type: ignore[typeddict-item]
    assert session.node.on_receipt is None


def test_the_currency_refuses_the_creator(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    tip.main("currency=USDC", "to=cafe", "amount=7")
    freeze(desk, "cafe")
    collect.main("currency=USDC", "to=cafe")
    assert is_told(desk, "7 USDC", "StreamingTipEscrow", capsys)
    desk.session.node.jump_to(desk.session.node.now() + 600)
    collect.main("currency=USDC", "to=cafe")
    assert "owed" not in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------------ issue


def test_who_refuses_a_certificate_has_none(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    people = {"Anna": desk.address("reader"), "A contract": desk.won.address}
    lines = [f"{name},{address},50000,,{i}" for i, (name, address) in enumerate(people.items())]
    path.write_text("\n".join(["name,address,amount,message,external_id", *lines]), encoding="utf-8")
    result = issue.main(f"series={KR}", f"csv={path}")
    assert result is not None
    assert [one.to for one in result.skipped] == [desk.won.address]
    assert "1 recipient(s) have 50,000 KRWT; 2 row(s) were sent by this run" in capsys.readouterr().out
