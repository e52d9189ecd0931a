"""`redeem`: a till asks by QR code, a phone reads it and signs, the till submits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from largesse.amounts import AmountError
from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.certificates import ClientError
from largesse.errors import PaymentRequestError, QrError
from largesse.holdings import SignedPartError
from largesse.tills import parse_request
from scripts import issue, redeem
from tests.fixtures.desk import KR, US, Desk
from tests.support.pictures import qr_texts

TILL = ("currency=KRWT", "total=31000", "order=7001", "fee=3", "from=bookshop")


@pytest.fixture
def card(desk: Desk) -> Desk:
    desk.issue("holder", "50000")
    return desk


def ask(*changes: str) -> Path:
    given = dict(one.split("=") for one in (*TILL, *changes))
    picture = redeem.till(*(f"{name}={value}" for name, value in given.items()))
    assert picture is not None
    return picture


def sign(picture: Path, *more: str) -> Path:
    path = redeem.sign(f"request={picture}", f"series={KR}", *more)
    assert path is not None
    return path


def test_a_till_is_paid_by_what_a_scanner_reads_off_its_picture(card: Desk) -> None:
    picture = ask()
    (seen,) = qr_texts(Image.open(picture))
    request = parse_request(seen)
    assert (request.total, request.least) == (31_000, 30_070)
    assert (request.order, request.merchant) == (7001, card.address("bookshop"))
    before = card.won.balance(card.address("bookshop"))
    signed = redeem.sign(f"request={seen}", f"series={KR}")
    received = redeem.submit(f"signed={signed}", "from=bookshop")
    # 3 % of 31,000 stay behind as the series' fee.
    assert received == 31_000 - 930
    assert card.won.balance(card.address("bookshop")) - before == received
    account = card.krw.account(1, card.address("holder"))
    assert (account.balance, account.spent, account.nonce) == (19_000, 31_000, 1)
    assert card.krw.state(1).fees_accrued == 930
    assert card.krw.is_order_used(card.address("bookshop"), 7001)


def test_anybody_may_submit_and_the_merchant_is_paid(card: Desk) -> None:
    before = card.won.balance(card.address("stranger"))
    signed = sign(ask())
    assert redeem.submit(f"signed={signed}", "from=stranger") == 30_070
    assert card.won.balance(card.address("stranger")) == before


def test_a_second_submission_is_refused_before_anything_is_sent(card: Desk) -> None:
    signed = sign(ask())
    redeem.submit(f"signed={signed}")
    block = card.block()
    with pytest.raises(ClientError) as error:
        redeem.submit(f"signed={signed}")
    assert error.value.reason == "order_used"
    assert card.block() == block


def test_a_second_scan_of_a_paid_order_is_refused(card: Desk) -> None:
    picture = ask()
    redeem.submit(f"signed={sign(picture)}")
    with pytest.raises(ClientError) as error:
        sign(picture)
    assert error.value.reason == "order_used"
    with pytest.raises(ArgumentError) as again:
        ask()
    assert again.value.reason == "order_used"


def test_two_cards_pay_one_request(card: Desk) -> None:
    card.issue("giver", "50000")
    picture = ask("total=60000")
    sign(picture, "amount=45000")
    signed = sign(picture, "amount=15000", "from=giver")
    assert len(json.loads(signed.read_text())["cards"]) == 2
    assert redeem.submit(f"signed={signed}") == 60_000 - 1_350 - 450


def test_cards_that_do_not_add_up_are_refused_by_the_chain(card: Desk) -> None:
    signed = sign(ask(), "amount=30999")
    with pytest.raises(RefusedError) as error:
        redeem.submit(f"signed={signed}")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_TotalDiffers", (30_999, 31_000))


def test_a_signed_amount_cannot_be_changed_in_the_file(card: Desk) -> None:
    picture = ask()
    signed = sign(picture, "amount=15500")
    content = json.loads(signed.read_text())
    content["cards"][0]["amount"] = "31000"
    signed.write_text(json.dumps(content))
    with pytest.raises(RefusedError) as error:
        redeem.submit(f"signed={signed}")
    assert error.value.reason == "GiftCertificates_InvalidSignature"
    assert error.value.values[0].lower() == card.address("holder").lower()


@pytest.mark.parametrize(
    ("said", "altered"), (("total=31000", "total=30100"), ("least=30070", "least=24800"))
)
def test_an_altered_request_is_not_the_merchants(card: Desk, said: str, altered: str) -> None:
    text = qr_texts(Image.open(ask()))[0].replace(said, altered)
    with pytest.raises(ClientError) as error:
        redeem.sign(f"request={text}", f"series={KR}")
    assert error.value.reason == "not_the_merchant"


def test_an_unsigned_request_is_refused(card: Desk) -> None:
    text = qr_texts(Image.open(ask()))[0].partition("&signature")[0]
    with pytest.raises(ClientError) as error:
        redeem.sign(f"request={text}", f"series={KR}")
    assert error.value.reason == "unsigned_request"


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_a_request_is_good_until_before_its_deadline(card: Desk, seconds: int) -> None:
    picture = ask("minutes=5")
    deadline = parse_request(qr_texts(Image.open(picture))[0]).deadline
    card.session.node.jump_to(deadline + seconds)
    if seconds < 0:
        assert sign(picture).is_file()
        return
    with pytest.raises(ClientError) as error:
        sign(picture)
    assert error.value.reason == "request_expired"


def test_a_merchant_that_is_not_in_the_set_is_not_paid(card: Desk) -> None:
    picture = ask("from=cafe")
    with pytest.raises(ClientError) as error:
        sign(picture)
    assert error.value.reason == "not_accepted"


def test_more_than_the_card_holds_is_not_signed(card: Desk) -> None:
    with pytest.raises(ClientError) as error:
        sign(ask("total=50001"))
    assert error.value.reason == "not_enough"
    assert sign(ask("total=50000")).is_file()


@pytest.mark.parametrize(("fee", "least"), (("3", 30_070), ("2.99", 30_074), ("0", 31_000)))
def test_a_shop_says_which_fee_it_accepts(card: Desk, fee: str, least: int) -> None:
    """The customer is told before signing; the chain refuses what is signed all the same."""
    picture = ask(f"fee={fee}")
    request = parse_request(qr_texts(Image.open(picture))[0])
    assert request.least == least
    if fee == "3":
        assert redeem.submit(f"signed={sign(picture)}") == 30_070
        return
    with pytest.raises(ClientError) as error:
        sign(picture)
    assert error.value.reason == "fee_too_high"
    shown = card.won.show(31_000 - least)
    assert str(error.value).endswith(
        f"series 1 takes a fee of 3 %, 930 KRWT of this payment, and {request.merchant} accepts no more "
        f"than {shown}"
    )


def test_two_cards_whose_fees_are_too_high_together(card: Desk) -> None:
    card.issue("giver", "50000")
    picture = ask("fee=2")
    for amount, who in ((15_500, "holder"), (15_500, "giver")):
        signed = sign(picture, f"amount={amount}", f"from={who}")
    with pytest.raises(RefusedError) as error:
        redeem.submit(f"signed={signed}")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_PayoutBelowLeast", (30_070, 30_380))
    assert not card.krw.is_order_used(card.address("bookshop"), 7001)


def test_both_sides_read_what_arrives(card: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    signed = sign(ask())
    assert "asks for 31,000 KRWT, of which 30,070 KRWT must arrive, order 7001" in capsys.readouterr().out
    redeem.submit(f"signed={signed}")
    assert "has received 30,070 KRWT for order 7001 of 31,000 KRWT" in capsys.readouterr().out


def test_a_request_of_another_currency_is_refused(card: Desk) -> None:
    with pytest.raises(ClientError) as error:
        redeem.sign(f"request={ask()}", f"series={US}")
    assert error.value.reason == "wrong_place"


def test_the_holder_pays_directly(card: Desk) -> None:
    before = card.won.balance(card.address("cinema"))
    assert redeem.main(f"series={KR}", "amount=1000", "merchant=cinema") == 1_000
    assert card.won.balance(card.address("cinema")) - before == 970
    assert card.krw.account(1, card.address("holder")).balance == 49_000


def test_paying_directly_more_than_there_is_names_both_amounts(card: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        redeem.main(f"series={KR}", "amount=50001", "merchant=cinema")
    assert (error.value.reason, error.value.values) == (
        "GiftCertificates_InsufficientBalance",
        (50_000, 50_001),
    )


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    (
        (("total=31,000",), AmountError, "bad_amount"),
        (("total=0",), AmountError, "zero_amount"),
        (("total=1.5",), AmountError, "too_many_decimals"),
        (("order=0",), ArgumentError, "out_of_range"),
        (("order=18446744073709551616",), ArgumentError, "out_of_range"),
        (("order=x",), ArgumentError, "bad_number"),
        (("fee=-1",), ArgumentError, "bad_share"),
        (("fee=3.001",), ArgumentError, "bad_share"),
        (("fee=20.01",), ArgumentError, "bad_share"),
        (("fee=3%",), ArgumentError, "bad_share"),
        (("minutes=0",), ArgumentError, "out_of_range"),
        (("tip=1",), ArgumentError, "unknown_argument"),
    ),
)
def test_bad_input_at_the_till(
    desk: Desk, changes: tuple[str, ...], kind: type[Exception], reason: str
) -> None:
    block = desk.block()
    with pytest.raises(kind) as error:
        ask(*changes)
    assert error.value.reason == reason  # type: ignore[attr-defined]
    assert desk.block() == block


def test_pictures_and_files_that_are_none(desk: Desk, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("L", (50, 50), 255).save(blank)
    text = tmp_path / "text.png"
    text.write_text("no picture")
    foreign = tmp_path / "signed.json"
    foreign.write_text('{"request": "largesse:pay?", "cards": []}')
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for path, kind, reason in (
        (blank, QrError, "no_code"),
        (text, QrError, "no_picture"),
        (tmp_path / "gone.png", ArgumentError, "no_such_file"),
    ):
        with pytest.raises(kind) as error:
            redeem.sign(f"request={path}", f"series={KR}")
        assert error.value.reason == reason
    with pytest.raises(PaymentRequestError):
        redeem.submit(f"signed={foreign}")
    with pytest.raises(ArgumentError) as bad:
        redeem.submit(f"signed={broken}")
    assert bad.value.reason == "bad_file"


def test_a_file_without_a_whole_card_is_refused(card: Desk) -> None:
    signed = sign(ask())
    content = json.loads(signed.read_text())
    del content["cards"][0]["nonce"]
    signed.write_text(json.dumps(content))
    with pytest.raises(SignedPartError) as error:
        redeem.submit(f"signed={signed}")
    assert error.value.reason == "bad_signed_card"


def test_help_says_how_and_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for function in (redeem.main, redeem.till, redeem.sign, redeem.submit, issue.main, issue.one):
        assert function("help") is None
    shown = capsys.readouterr().out
    assert "brownie run redeem till currency=… total=… order=… [minutes=…] [fee=…] [from=…]" in shown
    assert "Example:  brownie run redeem sign request=out/till/order-7001.png" in shown
