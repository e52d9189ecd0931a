"""`transfer`, `balance`, `restore`, `refund` and `forfeit`, each on both sides of its boundary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.certificates import ClientError
from largesse.deployment import DeploymentError
from largesse.holdings import Account, Right, SignedPartError
from largesse.session import SessionError
from scripts import balance, clock, forfeit, redeem, refund, restore, transfer
from tests.fixtures.desk import DE, KR, US, Desk


@pytest.fixture
def card(desk: Desk) -> Desk:
    desk.issue("holder", "50000")
    return desk


def spend(amount: int, series: str = KR, merchant: str = "bookshop") -> None:
    redeem.main(f"series={series}", f"amount={amount}", f"merchant={merchant}")


# ------------------------------------------------------------------------------------------ transfer, balance


def test_part_of_a_card_changes_hands(card: Desk) -> None:
    assert transfer.main(f"series={KR}", "to=recipient", "amount=20000") == 20_000
    assert card.krw.account(1, card.address("holder")).balance == 30_000
    assert card.krw.account(1, card.address("recipient")).balance == 20_000


def test_nobody_hands_over_more_than_they_have(card: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        transfer.main(f"series={KR}", "to=recipient", "amount=50001")
    assert error.value.reason == "ERC1155InsufficientBalance"
    assert error.value.values[1:] == (50_000, 50_001, 1)


def test_balance_shows_every_series_and_sends_nothing(card: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    card.issue("holder", "25.00", US)
    spend(1_000)
    block = card.block()
    assert balance.main("of=holder") == {
        KR: Account(49_000, 1_000, 0),
        US: Account(25_000_000, 0, 0),
    }
    assert balance.main("of=stranger") == {}
    assert card.block() == block
    shown = capsys.readouterr().out
    assert "49,000 KRWT" in shown
    assert "25 USDC" in shown


# ---------------------------------------------------------------------------------------------------- restore


def test_a_merchant_puts_money_back_on_the_card(card: Desk) -> None:
    spend(31_000)
    signed = restore.sign(f"series={KR}", "amount=6000", "merchant=bookshop")
    before = card.won.balance(card.address("bookshop"))
    assert restore.main(f"signed={signed}", "from=bookshop") == 6_000
    assert before - card.won.balance(card.address("bookshop")) == 6_000
    assert card.krw.account(1, card.address("holder")) == Account(25_000, 25_000, 1)
    with pytest.raises(RefusedError) as error:
        restore.main(f"signed={signed}", "from=bookshop")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_NonceTooLow", (1, 1))


def test_no_more_than_was_spent_is_put_back(card: Desk) -> None:
    spend(31_000)
    signed = restore.sign(f"series={KR}", "amount=31001", "merchant=bookshop")
    with pytest.raises(RefusedError) as error:
        restore.main(f"signed={signed}", "from=bookshop")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_OverSpent", (31_001, 31_000))


def test_only_the_signed_merchant_puts_money_back(card: Desk) -> None:
    spend(31_000)
    signed = restore.sign(f"series={KR}", "amount=6000", "merchant=bookshop")
    with pytest.raises(ClientError) as error:
        restore.main(f"signed={signed}", "from=cinema")
    assert error.value.reason == "not_for_you"


def test_a_signed_restoration_cannot_be_changed(card: Desk) -> None:
    spend(31_000)
    signed = restore.sign(f"series={KR}", "amount=6000", "merchant=bookshop")
    assert signed is not None
    content = json.loads(signed.read_text())
    signed.write_text(json.dumps(content | {"amount": "5999"}))
    with pytest.raises(RefusedError) as error:
        restore.main(f"signed={signed}", "from=bookshop")
    assert error.value.reason == "GiftCertificates_InvalidSignature"
    signed.write_text(json.dumps(content | {"amount": "5999.0"}))
    with pytest.raises(SignedPartError) as bad:
        restore.main(f"signed={signed}", "from=bookshop")
    assert bad.value.reason == "bad_signed_restoration"


# ----------------------------------------------------------------------------------------------------- refund


@pytest.mark.parametrize(("spent", "right"), ((29_999, 0), (30_000, 20_000), (30_001, 19_999)))
def test_the_remainder_is_paid_from_sixty_percent_on(card: Desk, spent: int, right: int) -> None:
    spend(spent)
    if not right:
        with pytest.raises(ArgumentError) as error:
            refund.main(f"series={KR}")
        assert error.value.reason == "nothing_refundable"
        return
    before = card.won.balance(card.address("holder"))
    result = refund.main(f"series={KR}")
    assert result is not None
    assert (result.right, result.amount, result.payout) == (Right.REMAINDER, right, right)
    assert card.won.balance(card.address("holder")) - before == right
    assert card.krw.account(1, card.address("holder")).balance == 0


def test_a_part_of_what_is_refundable(card: Desk) -> None:
    spend(31_000)
    result = refund.main(f"series={KR}", "amount=9000")
    assert result is not None
    assert result.payout == 9_000
    assert card.krw.account(1, card.address("holder")).balance == 10_000


def test_more_than_is_refundable_names_both_amounts(card: Desk) -> None:
    spend(31_000)
    with pytest.raises(RefusedError) as error:
        refund.main(f"series={KR}", "amount=19001")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_OverEntitlement", (19_001, 19_000))


@pytest.mark.parametrize(("spent", "rest"), (("9.999999", 0), ("10.00", 0), ("10.000001", 14_999_999)))
def test_california_pays_rests_below_fifteen_dollars_in_real_usdc(desk: Desk, spent: str, rest: int) -> None:
    desk.issue("holder", "25.00", US)
    redeem.main(f"series={US}", f"amount={spent}", "merchant=cafe")
    usdc = desk.session.certificates("USDC").token
    before = usdc.balance(desk.address("holder"))
    if not rest:
        with pytest.raises(ArgumentError) as error:
            refund.main(f"series={US}")
        assert error.value.reason == "nothing_refundable"
        return
    result = refund.main(f"series={US}")
    assert result is not None
    assert result.right is Right.SMALL_REST
    assert usdc.balance(desk.address("holder")) - before == rest


def test_after_expiry_ninety_percent_are_paid_and_the_rest_is_owed(card: Desk) -> None:
    assert clock.main("to=2032-06-01") is not None
    before = card.won.balance(card.address("holder"))
    result = refund.main(f"series={KR}")
    assert result is not None
    assert (result.right, result.amount, result.payout) == (Right.POST_EXPIRY, 50_000, 45_000)
    assert card.won.balance(card.address("holder")) - before == 45_000
    assert card.krw.contract.functions.owed(card.address("issuer")).call() == 5_000


# ---------------------------------------------------------------------------------------------------- forfeit


def test_what_nobody_claims_goes_to_the_beneficiary_after_limitation(desk: Desk) -> None:
    desk.issue("holder", "60", DE)
    certificates = desk.session.certificates("EURT")
    limitation = certificates.terms(1).limitation_at
    desk.session.node.jump_to(limitation - 10)
    with pytest.raises(RefusedError) as error:
        forfeit.main(f"series={DE}")
    assert (error.value.reason, error.value.values) == (
        "GiftCertificates_BeforeLimitation",
        (1, limitation),
    )
    desk.session.node.jump_to(limitation)
    before = certificates.token.balance(desk.address("charity"))
    assert forfeit.main(f"series={DE}") == 60 * 10**18
    assert certificates.token.balance(desk.address("charity")) - before == 60 * 10**18
    assert certificates.account(1, desk.address("holder")).balance == 0
    with pytest.raises(RefusedError) as again:
        forfeit.main(f"series={DE}")
    assert (again.value.reason, again.value.values) == ("GiftCertificates_Forfeited", (1,))


# -------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("name", ("nothing", "KRWT/2", "KRWT/0", "XXX/1", "1"))
def test_a_series_that_is_not_there(desk: Desk, name: str) -> None:
    block = desk.block()
    for run in (refund.main, forfeit.main):
        with pytest.raises((SessionError, DeploymentError)) as error:
            run(f"series={name}")
        assert error.value.reason == ("unknown_currency" if name == "XXX/1" else "unknown_series")
    assert desk.block() == block


def test_a_series_by_its_number_is_the_one_of_that_name(card: Desk) -> None:
    assert card.session.series("KRWT/1").series_id == card.session.series(KR).series_id == 1
    assert card.session.series("KRWT/1").certificates.address == card.session.series(KR).certificates.address


def test_a_live_chain_keeps_its_clock(desk: Desk, live: object) -> None:
    live()  # type: ignore[operator]
    with pytest.raises(SessionError) as error:
        clock.main("to=2040-01-01")
    assert error.value.reason == "live_chain"


def test_without_a_file_nothing_is_put_back(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as error:
        restore.main(f"signed={tmp_path / 'gone.json'}")
    assert error.value.reason == "no_such_file"
