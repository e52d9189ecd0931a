"""What an account's owner does later: `prepaid keep`, `prepaid rekey`; and for named series `prepaid used`,
`prepaid forfeit`, `stream used`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.gateway.session_keys import SessionKey
from largesse.session import SessionError
from largesse.signed.accounts import Voucher
from largesse.vouchers import SignedVoucher, rows
from scripts import clock, jar, prepaid, solvency, stream
from tests.fixtures.desk import KR, Desk
from tests.support.clock import later

DAY = 86_400


@pytest.fixture
def crawler(desk: Desk) -> Iterator[SessionKey]:
    """A session; its files are forgotten with the chain's state."""
    yield prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=crawler", "from=agent")
    for path in desk.session.out("sessions").glob("crawler*"):
        path.unlink()


@pytest.fixture
def carded(desk: Desk) -> Iterator[SessionKey]:
    """A session paid with a certificate of a named series."""
    desk.session.prepaid("KRWT").admit(desk.wallet("issuer"), 1, desk.address("bookshop"))
    desk.issue("holder", "50000")
    given = ("currency=KRWT", "to=bookshop", "amount=40000", "session=carded", f"series={KR}", "from=holder")
    yield prepaid.open(*given)
    for path in desk.session.out("sessions").glob("carded*"):
        path.unlink()


def signer(desk: Desk, session: SessionKey) -> str:
    account = session.account
    return desk.session.prepaid(session.symbol).account(account.counterparty, account.index).signer


def settle(desk: Desk, session: SessionKey, amount: int) -> int:
    """Settle one voucher of a session's key; what it paid."""
    accounts, account = desk.session.prepaid(session.symbol), session.account
    message = Voucher(account.counterparty, account.currency, account.index, amount)
    voucher = SignedVoucher(account.index, amount, message.sign(accounts.domain, session.key))
    return accounts.settle(desk.wallet("relayer"), account.counterparty, rows([voucher])).payout


# ------------------------------------------------------------------------------------------------------- keep


def test_a_withdrawal_is_taken_back_once(desk: Desk, crawler: SessionKey) -> None:
    prepaid.withdraw("session=crawler", "from=agent")
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        prepaid.keep("session=crawler", "from=stranger")
    assert error.value.reason == "Custody_NotItself"
    assert desk.block() == block
    assert prepaid.keep("session=crawler", "from=agent") is True
    block = desk.block()
    assert prepaid.keep("session=crawler", "from=agent") is False
    assert desk.block() == block
    later(2 * DAY)
    assert prepaid.withdraw("session=crawler", "from=agent") == 0, "it is asked for anew"
    assert settle(desk, crawler, 1_000) == 1_000


# ------------------------------------------------------------------------------------------------------ rekey


def test_another_key_spends_after_the_delay(desk: Desk, crawler: SessionKey) -> None:
    given = ("session=crawler", "next=crawler-2", "from=agent")
    at = prepaid.rekey(*given)
    assert at == desk.session.node.now() + DAY
    path = desk.session.out("sessions") / "crawler-2.json"
    made = SessionKey.read(path)
    assert (made.account, path.stat().st_mode & 0o777) == (crawler.account, 0o600)
    assert made.key != crawler.key
    block = desk.block()
    with pytest.raises(ArgumentError) as early:
        prepaid.rekey(*given)
    assert early.value.reason == "not_yet"
    assert desk.block() == block
    assert SessionKey.read(path) == made, "the key that was asked for is kept"
    assert settle(desk, crawler, 1_000) == 1_000
    later(DAY)
    assert prepaid.rekey(*given) == 0
    assert signer(desk, crawler) == made.address
    assert settle(desk, crawler, 2_000) == 0, "the old key's vouchers are skipped"
    assert settle(desk, made, 3_000) == 2_000
    block = desk.block()
    assert prepaid.rekey(*given) == 0, "it is in already"
    assert desk.block() == block


def test_a_request_that_lapsed_is_made_again_with_its_key(desk: Desk, crawler: SessionKey) -> None:
    given = ("session=crawler", "next=crawler-2", "from=agent")
    prepaid.rekey(*given)
    made = SessionKey.read(desk.session.out("sessions") / "crawler-2.json")
    later(2 * DAY)
    assert prepaid.rekey(*given) == desk.session.node.now() + DAY
    later(DAY)
    prepaid.rekey(*given)
    assert signer(desk, crawler) == made.address


def test_a_request_for_another_key_is_taken_back_once(desk: Desk, crawler: SessionKey) -> None:
    prepaid.rekey("session=crawler", "next=crawler-2", "from=agent")
    assert prepaid.rekey("session=crawler", "next=none", "from=agent") == 0
    block = desk.block()
    assert prepaid.rekey("session=crawler", "next=none", "from=agent") == 0
    assert desk.block() == block
    later(DAY)
    account = crawler.account
    with pytest.raises(RefusedError) as error:
        desk.session.prepaid("USDC").change_signer(
            desk.wallet("agent"), (account.counterparty, account.index)
        )
    assert error.value.reason == "Accounts_NotRequested"


def test_only_the_owner_asks_for_another_key(desk: Desk, crawler: SessionKey) -> None:
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        prepaid.rekey("session=crawler", "next=crawler-3", "from=stranger")
    assert error.value.reason == "Custody_NotItself"
    assert desk.block() == block
    assert not (desk.session.out("sessions") / "crawler-3.json").exists()
    prepaid.open("currency=USDC", "to=merchant", "amount=5", "session=crawler-4", "from=agent")
    with pytest.raises(ArgumentError) as other:
        prepaid.rekey("session=crawler", "next=crawler-4", "from=agent")
    assert other.value.reason == "other_account"


def test_a_key_that_nobody_confirmed_is_not_kept(
    desk: Desk, crawler: SessionKey, live: Callable[..., list[str]]
) -> None:
    asked, block = live("no", me=desk.wallet("agent")), desk.block()
    with pytest.raises(SessionError) as error:
        prepaid.rekey("session=crawler", "next=crawler-2", "from=me")
    assert error.value.reason == "not_confirmed"
    assert "Type “rekey” to go on" in asked[0]
    assert desk.block() == block
    assert not (desk.session.out("sessions") / "crawler-2.json").exists()


# ----------------------------------------------------------------------------------------------- named series


def test_what_a_seller_took_of_a_card_counts_as_used(desk: Desk, carded: SessionKey) -> None:
    """30,000 of 50,000 used: the remainder of the card is the holder's to have back."""
    placed = desk.krw.contract.functions.placed
    where, who = desk.session.prepaid("KRWT").address, desk.address("holder")
    assert settle(desk, carded, 30_000) == 30_000
    assert placed(1, where, who).call() == 40_000
    assert prepaid.used("session=carded", "from=stranger") is True
    assert placed(1, where, who).call() == 10_000
    assert desk.krw.refundable(1, who).amount == 10_000
    assert prepaid.used("session=carded", "from=stranger") is True
    assert placed(1, where, who).call() == 10_000, "nothing is counted twice"


def test_money_counts_for_no_card(desk: Desk, crawler: SessionKey) -> None:
    block = desk.block()
    assert prepaid.used("session=crawler") is False
    stream.open("currency=USDC", "to=creator", "rate=1/day", "amount=10", "from=supporter")
    now = desk.block()
    assert stream.used("currency=USDC", "to=creator", "from=supporter") is False
    assert stream.used("currency=USDC", "to=creator", "index=9", "from=supporter") is False
    assert block < now == desk.block()


def test_what_flowed_of_a_card_counts_as_used(desk: Desk) -> None:
    desk.issue("holder", "50000")
    jar.admit(f"series={KR}", "to=creator")
    given = ("currency=KRWT", "to=creator")
    stream.open(*given, "rate=10000/day", "amount=40000", f"series={KR}", "from=holder")
    placed = desk.krw.contract.functions.placed
    where, who = desk.session.tips("KRWT").address, desk.address("holder")
    assert placed(1, where, who).call() == 40_000
    later(3 * DAY)
    assert stream.used(*given, "payer=holder", "from=stranger") is True
    left = placed(1, where, who).call()
    assert 9_990 < left <= 10_000
    assert desk.krw.refundable(1, who).amount == 10_000, "the card's own rest, over 60 % being used"
    assert stream.used(*given, "from=holder") is True
    assert left - 10 < placed(1, where, who).call() <= left


def test_what_is_left_goes_to_the_beneficiary_a_delay_after_limitation(
    desk: Desk, carded: SessionKey
) -> None:
    limitation = desk.krw.terms(1).limitation_at
    desk.session.node.jump_to(limitation + DAY - 60)
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        prepaid.forfeit("session=carded", "from=stranger")
    assert (error.value.reason, error.value.values[0]) == ("Accounts_NotYet", limitation + DAY)
    assert desk.block() == block
    clock.main("to=2045-01-01")
    before = desk.won.balance(desk.address("issuer"))
    assert prepaid.forfeit("session=carded", "from=stranger") == 40_000
    assert desk.won.balance(desk.address("issuer")) - before == 40_000
    block = desk.block()
    with pytest.raises(RefusedError) as again:
        prepaid.forfeit("session=carded", "from=stranger")
    assert again.value.reason == "Accounts_NothingLeft"
    assert desk.block() == block
    assert solvency.main("currency=KRWT") is not None


def test_money_is_nobodys_to_forfeit(desk: Desk, crawler: SessionKey) -> None:
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        prepaid.forfeit("session=crawler", "from=stranger")
    assert error.value.reason == "Accounts_NotOfSeries"
    assert desk.block() == block
