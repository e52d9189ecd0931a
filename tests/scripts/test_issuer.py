"""What an issuer does with an open series, `refund owed` and `give recall`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from brownie import web3

from largesse.amounts import UINT96_MAX
from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.service import ServiceError
from largesse.development import mint
from largesse.session import SessionError
from scripts import create_series, give, hold, issue, issuer, redeem, refund
from tests.fixtures.desk import KR, US, Desk

DAY = 86_400
MONTH = 30 * DAY


def test_a_series_is_shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.issue("holder", "50000")
    state = issuer.main(f"series={KR}")
    assert state is not None
    assert state.outstanding == 50_000
    shown = capsys.readouterr().out
    assert "50,000 KRWT" in shown
    assert "2031-12-31" in shown or "2030-12-31" in shown
    assert "not open" in shown


def test_an_operator_issues_up_to_its_limit_until_it_is_taken_away(desk: Desk) -> None:
    assert issuer.operator(f"series={KR}", "account=operator", "daily=100000") == 100_000
    mint(desk.session.node, desk.won.address, desk.address("operator"), 500_000, desk.wallet("deployer"))
    issue.one(f"series={KR}", "to=holder", "amount=100000", "from=operator")
    with pytest.raises(RefusedError) as over:
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")
    assert over.value.reason == "GiftCertificates_OverDailyLimit"
    assert issuer.operator(f"series={KR}", "account=operator", "daily=unlimited") == UINT96_MAX
    issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")
    assert issuer.operator(f"series={KR}", "account=operator", "daily=0") == 0
    with pytest.raises(RefusedError):
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")


def test_a_shop_with_a_limit_is_warned_of(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    shop = f"account={desk.session.shop(desk.krw).address}"
    for daily, warned in (("100000", True), ("unlimited", False), ("0", False)):
        issuer.operator(f"series={KR}", shop, f"daily={daily}")
        assert ("anybody can use up all of a day" in " ".join(capsys.readouterr().out.split())) is warned
    issuer.operator(f"series={KR}", "account=operator", "daily=100000")
    assert "use up" not in capsys.readouterr().out


def test_a_merchant_comes_and_is_given_notice(desk: Desk) -> None:
    desk.issue("holder", "50000")
    with pytest.raises(RefusedError):
        redeem.main(f"series={KR}", "amount=1000", "merchant=cafe")
    issuer.admit(f"series={KR}", "merchant=cafe")
    redeem.main(f"series={KR}", "amount=1000", "merchant=cafe")
    opens = issuer.notice(f"series={KR}", "merchant=cafe")
    assert opens == desk.session.node.now() + MONTH
    assert desk.krw.refundable(1, desk.address("holder")).amount == 0
    desk.session.node.jump_to(opens)
    assert desk.krw.refundable(1, desk.address("holder")).payout == 49_000
    with pytest.raises(RefusedError):
        redeem.main(f"series={KR}", "amount=1000", "merchant=cafe")


def test_a_series_pays_into_a_service_and_to_somebody_there(desk: Desk) -> None:
    desk.issue("holder", "50000")
    given = ("currency=KRWT", "seller=cafe", "amount=5000", f"series={KR}", "from=holder")
    for part in ("orders", "accounts", "jars", "items"):
        block = desk.block()
        with pytest.raises(RefusedError) as error:
            issuer.service(f"series={KR}", f"part={part}", "payee=cafe", "from=stranger")
        assert error.value.reason == "GiftCertificates_NotIssuer"
        assert desk.block() == block
        if part == "orders":
            with pytest.raises(ServiceError):
                hold.open(*given, "number=1")
        issuer.service(f"series={KR}", f"part={part}", "payee=cafe")
        block = desk.block()
        issuer.service(f"series={KR}", f"part={part}", "payee=cafe")
        assert desk.block() == block, "what is so already is not sent again"
        assert desk.krw.is_merchant(1, desk.address("cafe"))
    hold.open(*given, "number=1")
    with pytest.raises(ArgumentError) as wrong:
        issuer.service(f"series={KR}", "part=swaps", "payee=cafe")
    assert str(wrong.value) == "part=swaps is none of jars, accounts, orders, items, payout"


def test_an_open_series_pays_everywhere(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    create_series.main("manifest=examples/manifests/open.toml")
    block = desk.block()
    issuer.service("series=us-open-25", "part=orders", "payee=cafe")
    assert "is an open series" in capsys.readouterr().out
    assert desk.block() == block
    desk.issue("holder", "25", "us-open-25")
    given = ("currency=USDC", "seller=cafe", "number=1", "series=us-open-25", "from=holder")
    assert hold.open(*given, "amount=5") is not None


def test_a_series_is_wound_down_and_refunded_in_full(desk: Desk) -> None:
    desk.issue("holder", "50000")
    issuer.wind_down(f"series={KR}")
    with pytest.raises(RefusedError):
        desk.issue("holder", "50000")
    redeem.main(f"series={KR}", "amount=1000", "merchant=bookshop")
    paid = refund.main(f"series={KR}", "from=holder")
    assert paid is not None
    assert paid.payout == 49_000


def test_fees_go_to_the_issuer_whoever_sends(desk: Desk) -> None:
    assert issuer.fees(f"series={KR}", "from=stranger") == 0
    desk.issue("holder", "50000")
    redeem.main(f"series={KR}", "amount=10000", "merchant=bookshop")
    before = desk.krw.token.balance(desk.address("issuer"))
    assert issuer.fees(f"series={KR}", "from=stranger") == 300
    assert desk.krw.token.balance(desk.address("issuer")) == before + 300


@pytest.mark.parametrize(
    ("run", "given", "phrase"),
    (
        (issuer.operator, ("account=0x00000000000000000000000000000000DeaDBeef", "daily=5"), "let 5"),
        (issuer.admit, ("merchant=0x00000000000000000000000000000000DeaDBeef",), "admit"),
        (
            issuer.service,
            ("part=orders", "payee=0x00000000000000000000000000000000DeaDBeef"),
            "service",
        ),
        (issuer.notice, ("merchant=0x00000000000000000000000000000000DeaDBeef",), "full refunds"),
        (issuer.wind_down, (), f"wind down {KR}"),
        (issue.one, ("to=0x00000000000000000000000000000000DeaDBeef", "amount=50000"), "issue 50000"),
    ),
)
def test_on_a_live_chain_it_waits_for_the_typed_words(
    desk: Desk, live: object, run: object, given: tuple[str, ...], phrase: str
) -> None:
    asked = live("yes", boss=desk.wallet("issuer"))  # type: ignore[operator]
    block = desk.block()
    with pytest.raises(SessionError) as error:
        run(f"series={KR}", *given, "from=boss")  # type: ignore[operator]
    assert error.value.reason == "not_confirmed"
    assert desk.block() == block
    assert f"Type “{phrase}” to go on" in asked[0]


def test_what_was_refused_is_paid_out_elsewhere(desk: Desk) -> None:
    """USDC, the real contract, blacklists the merchant: what it is owed goes where it says."""
    assert refund.owed("currency=USDC", "from=bookshop") == 0
    usdc = desk.session.certificates("USDC")
    desk.issue("holder", "25.00", US)
    abi = [
        {"type": "function", "name": name, "stateMutability": "nonpayable",
         "inputs": [{"name": "who", "type": "address"}], "outputs": []}
        for name in ("blacklist", "unBlacklist", "updateBlacklister")
    ] + [{"type": "function", "name": "blacklister", "stateMutability": "view", "inputs": [],
          "outputs": [{"name": "", "type": "address"}]},
         {"type": "function", "name": "owner", "stateMutability": "view", "inputs": [],
          "outputs": [{"name": "", "type": "address"}]}]  # fmt: skip
    token = web3.eth.contract(address=usdc.token.address, abi=abi)
    node, blacklister = desk.session.node, token.functions.blacklister().call()
    node.develop("anvil_impersonateAccount", [blacklister])
    node.develop("anvil_setBalance", [blacklister, hex(10**18)])
    token.functions.blacklist(desk.address("bookshop")).transact({"from": blacklister})
    redeem.main(f"series={US}", "amount=10.00", "merchant=bookshop")
    due = 10_000_000 - 10_000_000 * usdc.terms(1).fee_bps // 10_000
    assert usdc.owed(desk.address("bookshop")) == due
    before = usdc.token.balance(desk.address("cafe"))
    assert refund.owed("currency=USDC", "to=cafe", "from=bookshop") == due
    assert usdc.token.balance(desk.address("cafe")) == before + due
    assert usdc.owed(desk.address("bookshop")) == 0


def test_a_gift_is_taken_back_until_it_is_delivered(desk: Desk) -> None:
    desk.issue("giver", "100000")
    node = desk.session.node
    for name, late in (("early", False), ("late", True)):
        gift = give.main(f"series={KR}", "amount=50000", "deliver=2031-06-01", f"name={name}")
        assert gift is not None
        if not late:
            assert give.recall(f"link={desk.session.out('gifts') / 'early.txt'}") == 50_000
            assert desk.krw.account(1, desk.address("giver")).balance == 100_000
    node.jump_to(gift.link.gift.deliver_at)
    with pytest.raises(RefusedError):
        give.recall(f"link={gift.link.url()}")


def test_links_of_other_chains_are_not_recalled(desk: Desk) -> None:
    desk.issue("giver", "50000")
    links = give.many(f"series={KR}", "amount=1000", "count=2", "name=two", "deliver=2031-06-01")
    assert links is not None
    foreign = replace(links[0], contract=desk.address("cafe"))
    with pytest.raises(ArgumentError) as elsewhere:
        give.recall(f"link={foreign.url()}")
    assert elsewhere.value.reason == "wrong_place"
