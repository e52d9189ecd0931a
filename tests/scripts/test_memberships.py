"""`subscribe` and `gift_subs`: time in a creator's tier, for oneself, for another, for a whole crowd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError
from largesse.chain import RefusedError, Wallet
from largesse.clients.jars import Done, TipsError
from largesse.clients.tips import Tips
from largesse.errors import AddressError, LinkError
from largesse.gifts.links import new_link_key
from largesse.gifts.named import NamedGifts
from largesse.holdings import SignedPartError
from largesse.jars import MONTH, JarError, parse_rate
from largesse.moments import day
from largesse.session import SessionError
from scripts import collect, gift_subs, jar, solvency, subscribe, tip
from tests.fixtures.desk import US, Desk

DAY = 86_400
CENT = 10_000
PLACE = ("currency=USDC", "to=creator")


@pytest.fixture
def tips(desk: Desk) -> Tips:
    """The escrow of USDC, with a tier 1 of 5.00 a month."""
    assert subscribe.tier("currency=USDC", "tier=1", "price=5") == parse_rate("5/month", 6)
    return desk.session.tips("USDC")


def in_days(desk: Desk, days: int) -> str:
    return day(desk.session.node.now() + days * DAY)


def is_solvent() -> None:
    proof = solvency.main("currency=USDC")
    assert proof is not None
    assert (proof.jars["USDC"].surplus, proof.jars["USDC"].problems) == (0, ())


def test_a_member_pays_for_three_months_and_leaves(desk: Desk, tips: Tips) -> None:
    until = subscribe.main(*PLACE, "months=3")
    since = desk.session.node.now()
    assert until == since + 3 * MONTH
    payer = desk.address("supporter")
    assert tips.supporter_since(desk.address("creator"), payer, 1) == since
    assert subscribe.main(*PLACE, "months=1", "pay=signature") == since + 4 * MONTH
    desk.session.node.jump_to(since + 2 * MONTH - 1)
    desk.session.node.develop("evm_setNextBlockTimestamp", [since + 2 * MONTH])
    result = subscribe.cancel(*PLACE)
    assert isinstance(result, Done)
    rate = parse_rate("5/month", 6)
    assert result["refund"] == 2 * MONTH * rate // 10**9
    # Of four times 5.00 the creator has all but the refund; the dust of the second payment comes with the day
    # at whose end it was put.
    first = collect.main(*PLACE)
    desk.session.node.jump_to(since + 4 * MONTH + DAY)
    assert (first, collect.main(*PLACE)) == (1_000 * CENT, 1)
    assert 2_000 * CENT - result["refund"] == 1_000 * CENT + 1
    is_solvent()


def test_somebody_else_is_made_a_member(desk: Desk, tips: Tips) -> None:
    subscribe.main(*PLACE, "for=reader")
    one = tips.membership(desk.address("creator"), desk.address("reader"), 1)
    assert one.payer == desk.address("supporter")
    with pytest.raises(RefusedError) as error:
        subscribe.main(*PLACE, "for=reader", "from=giver")
    assert error.value.reason == "Jar_AlreadyMember"
    subscribe.cancel(*PLACE, "for=reader", "sign=leave")
    assert tips.supporter_since(desk.address("creator"), desk.address("reader"), 1) != 0
    tip.submit(f"signed={desk.session.out('signed') / 'leave.json'}")
    assert tips.supporter_since(desk.address("creator"), desk.address("reader"), 1) == 0
    is_solvent()


def test_a_membership_is_signed_and_sent_by_somebody_else(desk: Desk, tips: Tips) -> None:
    assert subscribe.main(*PLACE, "pay=signature", "sign=join") == 0
    tip.submit(f"signed={desk.session.out('signed') / 'join.json'}")
    until = tips.membership(desk.address("creator"), desk.address("supporter"), 1).until
    assert until == desk.session.node.now() + MONTH


def test_a_gift_card_pays_for_a_membership(desk: Desk, tips: Tips) -> None:
    desk.issue("holder", "25.00", US)
    jar.admit(f"series={US}", "to=creator")
    until = subscribe.main(*PLACE, "months=2", "for=reader", f"series={US}", "from=holder")
    assert until == desk.session.node.now() + 2 * MONTH
    certificates = desk.session.certificates("USDC")
    assert certificates.account(1, desk.address("holder")).balance == 1_500 * CENT
    is_solvent()


def test_a_price_holds_for_who_is_in_and_a_closed_tier_takes_nobody(desk: Desk, tips: Tips) -> None:
    until = subscribe.main(*PLACE)
    subscribe.tier("currency=USDC", "tier=1", "price=none")
    with pytest.raises(TipsError) as error:
        subscribe.main(*PLACE, "for=reader")
    assert error.value.reason == "no_such_tier"
    found = tips.membership(desk.address("creator"), desk.address("supporter"), 1)
    assert found.until == until


def test_a_tier_of_a_shared_jar_pays_all_who_share(desk: Desk, tips: Tips) -> None:
    jar.share("currency=USDC", "payees=creator,charity", "shares=75,25")
    subscribe.tier("currency=USDC", "tier=2", "price=10", "version=1")
    subscribe.main(*PLACE, "tier=2")
    desk.session.node.jump_to(desk.session.node.now() + MONTH + DAY)
    assert collect.main(*PLACE, "version=1") == 1_000 * CENT
    assert tips.owed(desk.address("charity")) == 250 * CENT


def given_links(desk: Desk, *more: str) -> Path:
    reclaim = in_days(desk, 60)
    gift_subs.main(*PLACE, "count=50", f"reclaim={reclaim}", "name=raid", *more)
    return desk.session.out("gift_subs") / "raid.txt"


@pytest.fixture(autouse=True)
def _no_files(desk: Desk) -> None:
    """A test's files are not the next one's."""
    for path in desk.session.out("gift_subs").iterdir():
        path.unlink()


@pytest.mark.parametrize("pay", ("allowance", "permit", "signature"))
def test_fifty_gifts_by_link_in_one_transaction(desk: Desk, tips: Tips, pay: str) -> None:
    if pay == "allowance":
        tips.token.approve(desk.wallet("supporter"), tips.address, 50 * 500 * CENT)
    before, block = tips.token.balance(desk.address("supporter")), desk.block()
    path = given_links(desk, f"pay={pay}")
    assert desk.block() - block == 1
    assert before - tips.token.balance(desk.address("supporter")) == 50 * 500 * CENT
    links = path.read_text().splitlines()
    assert len(set(links)) == 50
    fan = Wallet.from_key("fan", new_link_key())
    until = gift_subs.claim(f"link={path}:7", f"to={fan.address}")
    assert until == desk.session.node.now() + MONTH
    gift_subs.claim(f"link={links[7]}", "to=reader")
    for link in (f"{path}:7", links[6]):
        with pytest.raises(RefusedError) as error:
            gift_subs.claim(f"link={link}", "to=stranger")
        assert error.value.reason == "Jar_GiftClaimed"
    assert tips.membership(desk.address("creator"), fan.address, 1).payer == ZERO_ADDRESS
    report = jar.main(*PLACE)
    assert report is not None
    assert (report.tippers, report.gifts) == (0, 2)
    is_solvent()


def test_unclaimed_gifts_return_from_their_date_on(desk: Desk, tips: Tips) -> None:
    path = given_links(desk)
    with pytest.raises(ArgumentError) as which:
        gift_subs.claim(f"link={path}", "to=reader")
    assert which.value.reason == "which_link"
    gift_subs.claim(f"link={path}:1", "to=reader")
    before = tips.token.balance(desk.address("supporter"))
    assert gift_subs.reclaim("currency=USDC", "payer=supporter") == 0
    desk.session.node.jump_to(desk.session.node.now() + 60 * DAY)
    assert gift_subs.reclaim("currency=USDC", "payer=giver") == 0
    assert gift_subs.reclaim("currency=USDC", "payer=supporter") == 49 * 500 * CENT
    assert tips.token.balance(desk.address("supporter")) - before == 49 * 500 * CENT
    assert gift_subs.reclaim("currency=USDC", "payer=supporter") == 0
    with pytest.raises(RefusedError) as error:
        gift_subs.claim(f"link={path}:2", "to=cinema")
    assert error.value.reason == "Jar_NothingLeft"
    is_solvent()


def test_named_gifts_are_claimed_out_of_their_file(desk: Desk, tips: Tips) -> None:
    reclaim = in_days(desk, 60)
    gift_subs.main(*PLACE, "for=reader,recipient,cinema", f"reclaim={reclaim}", "name=crew")
    path = desk.session.out("gift_subs") / "crew.json"
    assert gift_subs.claim(f"batch={path}", "to=cinema") == desk.session.node.now() + MONTH
    for whom, kind, reason in (
        ("cinema", RefusedError, "Jar_GiftClaimed"),
        ("stranger", JarError, "no_such_gift"),
    ):
        with pytest.raises(kind) as error:
            gift_subs.claim(f"batch={path}", f"to={whom}")
        assert error.value.reason == reason
    is_solvent()


def test_only_a_whole_batch_is_taken_from_a_file(desk: Desk, tips: Tips, tmp_path: Path) -> None:
    reclaim = in_days(desk, 60)
    gift_subs.main(*PLACE, "for=reader,recipient", f"reclaim={reclaim}", "name=crew")
    text = (desk.session.out("gift_subs") / "crew.json").read_text()
    symbol, named = NamedGifts.from_json(text)
    assert (symbol, named.to_json("USDC")) == ("USDC", text)
    content = json.loads(text)
    for changes in (
        {"accounts": content["accounts"][:1]},
        {"accounts": []},
        {"accounts": [desk.address("reader").lower()]},
        {"accounts": None},
        {"keys": content["keys"][:1]},
        {"keys": None},
        {"keys": [key.lower() for key in content["keys"]]},
        {"rate": str(2**80)},
        {"rate": -1},
        {"tier": "one"},
        {"payer": "supporter"},
        {"count": "3"},
    ):
        path = tmp_path / "batch.json"
        path.write_text(json.dumps(content | changes))
        with pytest.raises(SignedPartError) as error:
            gift_subs.claim(f"batch={path}", "to=reader")
        assert error.value.reason == "bad_batch"


def test_what_was_not_given_leaves_no_links_behind(desk: Desk, tips: Tips) -> None:
    folder = desk.session.out("gift_subs")
    given = (*PLACE, "count=3", "name=poor", f"reclaim={in_days(desk, 60)}")
    for more, kind, reason in (
        (("from=stranger",), TipsError, "not_enough_money"),
        (("tier=9",), TipsError, "no_such_tier"),
    ):
        with pytest.raises(kind) as error:
            gift_subs.main(*given, *more)
        assert error.value.reason == reason
    with pytest.raises(RefusedError) as past:
        gift_subs.main(*given[:-1], "reclaim=2001-01-01")
    assert past.value.reason == "Jar_BadReclaimDate"
    assert list(folder.iterdir()) == []


def test_links_are_never_written_over(desk: Desk, tips: Tips) -> None:
    path = given_links(desk)
    kept = path.read_text()
    with pytest.raises(ArgumentError) as error:
        given_links(desk)
    assert error.value.reason == "name_taken"
    assert path.read_text() == kept


def test_bad_input_sends_nothing(desk: Desk, tips: Tips, tmp_path: Path) -> None:
    block = desk.block()
    gifts = (*PLACE, "reclaim=2099-01-01", "name=x")
    reader, unknown = desk.address("reader"), "link_unknown_version"
    calls: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: subscribe.main(*PLACE, "months=0"), ArgumentError, "out_of_range"),
        (lambda: subscribe.main(*PLACE, "tier=4294967296"), ArgumentError, "out_of_range"),
        (lambda: subscribe.main(*PLACE, "tier=2"), TipsError, "no_such_tier"),
        (lambda: subscribe.cancel(*PLACE), RefusedError, "Jar_NotMember"),
        (lambda: subscribe.tier("currency=USDC", "price=5", "version=1"), RefusedError, "Jar_UnknownJar"),
        (lambda: gift_subs.main(*gifts), ArgumentError, "links_or_names"),
        (lambda: gift_subs.main(*gifts, "count=2", "for=reader"), ArgumentError, "links_or_names"),
        (lambda: gift_subs.main(*gifts, "count=10001"), ArgumentError, "out_of_range"),
        (lambda: gift_subs.main(*gifts, "for=reader,reader"), JarError, "bad_gift"),
        (lambda: gift_subs.main(*gifts, f"for={reader.lower()}"), AddressError, "unchecksummed_address"),
        (lambda: gift_subs.main(*gifts, "count=1", "page=http://x.example"), LinkError, "bad_base_url"),
        (lambda: gift_subs.claim("to=reader"), ArgumentError, "link_or_batch"),
        (lambda: gift_subs.claim(f"link={tmp_path}/no.txt:1", "to=reader"), ArgumentError, "no_such_link"),
        (lambda: gift_subs.claim("link=https://a.example/#AAAA", "to=reader"), LinkError, unknown),
        (lambda: gift_subs.claim(f"batch={tmp_path}/no", "to=reader"), ArgumentError, "no_such_file"),
    ]  # fmt: skip
    for call, kind, reason in calls:
        with pytest.raises(kind) as error:
            call()
        assert error.value.reason == reason  # type: ignore[attr-defined]
        assert desk.block() == block, reason


def test_a_live_chain_waits_for_the_typed_words(
    desk: Desk, tips: Tips, live: Callable[..., list[str]]
) -> None:
    creator, block = desk.address("creator"), desk.block()
    given = ("currency=USDC", f"to={creator}", "count=3", "name=live", f"reclaim={in_days(desk, 9)}")
    given += ("page=https://shop.test/member",)
    asked = live("no", me=desk.wallet("supporter"))
    for call in (
        lambda: subscribe.main("currency=USDC", f"to={creator}", "from=me"),
        lambda: gift_subs.main(*given, "from=me"),
    ):
        with pytest.raises(SessionError) as error:
            call()
        assert error.value.reason == "not_confirmed"
    assert "3 gift(s) of 5 USDC, 15 USDC in all" in asked[1]
    assert desk.block() == block
    assert list(desk.session.out("gift_subs").iterdir()) == []
