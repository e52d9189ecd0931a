"""`tip`, `stream`, `collect`, `jar`: money by the second as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.clients.jars import Done, TipsError
from largesse.clients.tips import Tips
from largesse.errors import AmountError
from largesse.holdings import SignedPartError
from largesse.jar_actions import NO_LIMIT
from largesse.jars import JarError, StreamKey, jar_id
from largesse.moments import day
from largesse.session import SessionError
from scripts import collect, jar, solvency, stream, tip
from tests.fixtures.desk import KR, US, Desk
from tests.support.clock import still

DAY = 86_400
CENT = 10_000
PLACE = ("currency=USDC", "to=creator")
HOUR = (*PLACE, "rate=0.01/second", "amount=36")


@pytest.fixture(scope="module", autouse=True)
def streams_clock(desk: Desk) -> Iterator[None]:
    """Seconds pass by the tests' hand only."""
    with still():
        yield


@pytest.fixture
def tips(desk: Desk) -> Tips:
    return desk.session.tips("USDC")


def at(desk: Desk, second: int) -> None:
    """The next transaction is in a block of this second."""
    node = desk.session.node
    node.jump_to(second - 1)
    node.develop("evm_setNextBlockTimestamp", [second])


def noon(desk: Desk) -> int:
    return (desk.session.node.now() // DAY + 1) * DAY + DAY // 2


def opened(*given: str) -> StreamKey:
    key = stream.open(*given)
    assert key is not None
    return key


def is_solvent() -> None:
    proof = solvency.main("currency=USDC")
    assert proof is not None
    assert (proof.jars["USDC"].surplus, proof.jars["USDC"].problems) == (0, ())


def test_a_listener_stops_at_37_seconds(desk: Desk, tips: Tips) -> None:
    payer = desk.address("supporter")
    before = tips.token.balance(payer)
    start = noon(desk)
    tips.token.approve(desk.wallet("supporter"), tips.address, 36 * 100 * CENT)
    at(desk, start)
    key = opened(*HOUR)
    assert tips.stream(key).ends_at == start + 3_600
    at(desk, start + 37)
    result = stream.cancel(*PLACE)
    assert isinstance(result, Done)
    assert result["refund"] == (3_600 - 37) * CENT
    assert before - tips.token.balance(payer) == 37 * CENT
    assert collect.main(*PLACE) == 37 * CENT
    is_solvent()


def test_a_stream_is_stopped_changed_and_made_longer(desk: Desk, tips: Tips) -> None:
    start = noon(desk)
    tips.token.approve(desk.wallet("supporter"), tips.address, 10**9)
    tips.token.approve(desk.wallet("giver"), tips.address, 10**9)
    at(desk, start)
    key = opened(*HOUR)
    at(desk, start + 10)
    assert stream.top_up(*PLACE, "amount=0.60", "payer=supporter", "from=giver") == key
    assert tips.stream(key).ends_at == start + 3_660
    at(desk, start + 60)
    stream.pause(*PLACE)
    assert (tips.stream(key).is_paused, tips.stream(key).ends_at) == (True, 3_600)
    at(desk, start + DAY)
    stream.resume(*PLACE)
    at(desk, start + DAY + 600)
    stream.rate(*PLACE, "rate=0.02/second")
    assert tips.stream(key).ends_at == start + DAY + 600 + 1_500
    is_solvent()


def test_streams_are_numbered_by_themselves(desk: Desk) -> None:
    assert [opened(*HOUR).index for _ in range(3)] == [0, 1, 2]
    assert opened(*HOUR, "index=7").index == 7
    stream.cancel(*PLACE, "index=1")
    assert opened(*HOUR).index == 1


@pytest.mark.parametrize("pay", ("allowance", "permit", "signature"))
def test_what_is_signed_is_sent_by_somebody_else(desk: Desk, tips: Tips, pay: str) -> None:
    payer, node = desk.address("supporter"), desk.session.node
    if pay == "allowance":
        tips.token.approve(desk.wallet("supporter"), tips.address, 36 * 100 * CENT)
    sent = node.final_nonce(payer)
    key = opened(*HOUR, f"pay={pay}", "sign=evening")
    assert tips.stream(key).rate == 0
    path = desk.session.out("signed") / "evening.json"
    assert json.loads(path.read_text())["function"] == "open"
    result = tip.submit(f"signed={path}")
    assert isinstance(result, Done)
    assert result.event.name == "StreamOpened"
    assert tips.stream(key).ends_at == node.now() + 3_600
    stream.cancel(*PLACE, "sign=stop")
    tip.submit(f"signed={path.with_name('stop.json')}", "from=stranger")
    assert tips.stream(key).rate == 0
    assert node.final_nonce(payer) == sent
    is_solvent()


def test_a_tip_says_something(desk: Desk, tips: Tips) -> None:
    tipped = tip.main(*PLACE, "amount=5", "message=음악 고마워요")
    assert isinstance(tipped, Done)
    assert (tipped["amount"], tipped["message"]) == (500 * CENT, "음악 고마워요")
    assert collect.main(*PLACE, "from=stranger") == 500 * CENT
    assert tips.token.balance(desk.address("creator")) == 500 * CENT


def test_a_tip_to_a_handle_is_claimed_with_the_attestors_word(desk: Desk, tips: Tips) -> None:
    until = day(desk.session.node.now() + 30 * DAY)
    given = ("currency=USDC", "handle=github:anna", "attestor=operator", f"reclaim={until}")
    tip.handle(*given, "amount=1")
    tip.handle(*given, "amount=2", "message=for your parser", "pay=signature")
    word = tip.attest("currency=USDC", "handle=github:anna", "to=recipient", "name=anna")
    assert tip.claim(f"word={word}") == 300 * CENT
    with pytest.raises(RefusedError) as error:
        tip.claim(f"word={word}")
    assert error.value.reason == "Jar_NothingLeft"
    assert collect.main("currency=USDC", "to=recipient") == 300 * CENT
    with pytest.raises(ArgumentError) as nothing:
        tip.attest("currency=USDC", "handle=github:anna", "to=recipient", "name=anna")
    assert nothing.value.reason == "nothing_waits"
    is_solvent()


def test_an_unclaimed_tip_to_a_handle_returns(desk: Desk, tips: Tips) -> None:
    until = desk.session.node.now() // DAY * DAY + 30 * DAY
    given = ("currency=USDC", "handle=github:nobody", "attestor=operator", f"reclaim={day(until)}")
    tip.handle(*given, "amount=1")
    before = tips.token.balance(desk.address("supporter"))
    assert tip.reclaim(*given[:2]) == 0
    desk.session.node.jump_to(until)
    assert tip.reclaim(*given[:2]) == 1
    assert tips.token.balance(desk.address("supporter")) - before == 100 * CENT


def test_a_monthly_limit_holds(desk: Desk, tips: Tips) -> None:
    tip.cap("currency=USDC", "limit=5")
    with pytest.raises(RefusedError) as error:
        tip.main(*PLACE, "amount=5.01")
    assert error.value.reason == "Jar_OverMonthlyCap"
    tip.main(*PLACE, "amount=5")
    tip.cap("currency=USDC", "limit=none")
    found = tips.cap(desk.address("supporter"))
    assert (found.limit, found.used, found.next_limit) == (500 * CENT, 500 * CENT, NO_LIMIT)


def test_a_shared_jar_is_collected_by_its_shares(desk: Desk, tips: Tips) -> None:
    assert jar.share("currency=USDC", "payees=creator,charity", "shares=90,10") == 1
    tip.main(*PLACE, "amount=1", "version=1")
    assert collect.main(*PLACE, "version=1", "from=stranger") == 100 * CENT
    assert collect.owed("currency=USDC", "from=charity") == 10 * CENT
    assert collect.owed("currency=USDC", "to=recipient", "from=creator") == 90 * CENT
    assert collect.owed("currency=USDC", "to=recipient", "from=creator") == 0
    assert tips.token.balance(desk.address("recipient")) == 90 * CENT
    is_solvent()


def test_a_backlog_is_collected_in_pages(desk: Desk, tips: Tips) -> None:
    """Streams that end on five days, two days a transaction."""
    start = noon(desk)
    for days in range(1, 6):
        opened(*PLACE, "rate=0.01/day", f"amount=0.0{days}")
    desk.session.node.jump_to(start + 10 * DAY)
    block = desk.block()
    collected = collect.main(*PLACE, "days=2")
    assert desk.block() - block == 3
    # All of it: what is less than a second's worth is the creator's.
    assert collected == 15 * CENT
    assert tips.claimable(jar_id(desk.address("creator"))) == 0


def test_a_certificate_pays_for_music(desk: Desk) -> None:
    desk.issue("holder", "25.00", US)
    desk.issue("holder", "50000")
    jar.admit(f"series={US}", "to=creator")
    jar.admit(f"series={KR}", "to=creator")
    card = (f"series={US}", "from=holder")
    usdc = desk.session.certificates("USDC")
    assert tip.main(*PLACE, "amount=1", *card) is None
    key = opened(*HOUR[:3], "amount=18", *card)
    assert stream.top_up(*PLACE, "amount=1", *card) == key
    found = desk.session.tips("USDC").stream(key)
    assert (found.ends_at - found.started_at, found.series_id) == (1_900, 1)
    assert usdc.account(1, desk.address("holder")).balance == 500 * CENT
    result = stream.cancel(*PLACE, "from=holder")
    assert isinstance(result, Done)
    assert usdc.account(1, desk.address("holder")).balance == 500 * CENT + result["refund"]
    for call, reason in (
        (lambda: tip.main(*PLACE, "amount=1", f"series={KR}", "from=holder"), "other_currency"),
        (lambda: tip.main(*PLACE, "amount=1", *card, "sign=x"), "not_with_a_card"),
        (lambda: tip.main(*PLACE, "amount=1", *card, "pay=permit"), "not_with_a_card"),
        (lambda: tip.main(*PLACE, "amount=1", *card, "version=1"), "not_with_a_card"),
        (lambda: stream.top_up(*PLACE, "amount=1", "payer=giver", *card), "not_with_a_card"),
    ):
        with pytest.raises(ArgumentError) as error:
            call()
        assert error.value.reason == reason
    is_solvent()


def test_a_jar_is_shown_and_drawn(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    start = noon(desk)
    for role in ("supporter", "giver", "holder"):
        desk.session.tips("USDC").token.approve(desk.wallet(role), desk.session.tips("USDC").address, 10**9)
    at(desk, start)
    opened(*PLACE, "rate=0.01/second", "amount=864")  # a day
    at(desk, start + 1)
    opened(*PLACE, "rate=0.02/second", "amount=3456", "from=giver")  # two days
    at(desk, start + 2)
    opened(*PLACE, "rate=0.03/second", "amount=2.97", "from=holder")  # 99 seconds
    at(desk, start + 1_000)
    tip.main(*PLACE, "amount=7")
    desk.session.node.jump_to(start + DAY // 2)
    report = jar.main(*PLACE)
    assert report is not None
    assert (report.rate, report.tippers, report.gifts) == (3 * CENT * 10**9, 2, 0)
    # By the logs: each stream by the second, and the tip. 43,200 and 43,199 seconds of two streams.
    earned = 43_200 * CENT + 43_199 * 2 * CENT + 99 * 3 * CENT + 700 * CENT
    assert report.due == earned * 10**9
    assert report.income == {start // DAY: earned * 10**9}
    assert report.ahead == (43_200 * CENT + (2 * DAY - 43_199) * 2 * CENT) * 10**9
    shown = capsys.readouterr().out
    assert "0.03 USDC" in shown
    picture = desk.session.out("jars") / f"USDC-{desk.address('creator')}-0.png"
    with Image.open(picture) as image:
        assert (image.format, image.size) == ("PNG", (1_080, 480))
        assert len(image.convert("RGB").getcolors(2**20) or ()) > 10
    first = picture.read_bytes()
    jar.main(*PLACE)
    assert picture.read_bytes() == first
    collected = collect.main(*PLACE)
    again = jar.main(*PLACE)
    assert again is not None
    assert again.collected == collected
    # Something else comes out of other figures.
    desk.session.node.jump_to(start + 2 * DAY)
    later = jar.main(*PLACE, "days=2")
    assert later is not None
    assert list(later.income) == [start // DAY, start // DAY + 1, start // DAY + 2]
    assert picture.read_bytes() != first


def test_a_jar_of_nothing_is_shown_too(desk: Desk) -> None:
    report = jar.main("currency=KRWT", "to=reader")
    assert report is not None
    assert (report.rate, report.due, report.income) == (0, 0, {})


def test_bad_input_sends_nothing(desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "signed.json"
    broken.write_text("{}")
    opened(*HOUR)
    tips = desk.session.tips("USDC")
    # Enough for another such stream, so that no approval goes before what the chain refuses.
    tips.token.approve(desk.wallet("supporter"), tips.address, 36 * 100 * CENT)
    block = desk.block()
    one_payee = ("currency=USDC", "payees=creator")
    tips_to_handle = ("currency=USDC", "handle=github:anna", "attestor=operator", "reclaim=2099-01-01")
    calls: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: stream.open(*PLACE, "rate=1", "amount=1"), JarError, "bad_price"),
        (lambda: stream.open(*PLACE, "rate=1/fortnight", "amount=1"), JarError, "bad_price"),
        (lambda: stream.open(*PLACE, "rate=0/day", "amount=1"), AmountError, "zero_amount"),
        (lambda: stream.open(*PLACE, "rate=1/second", "amount=0.5"), JarError, "below_one_second"),
        (lambda: stream.open(*PLACE, "rate=1/second", "amount=1.0000001"), AmountError, "too_many_decimals"),
        (lambda: stream.open(*HOUR, "version=65536"), ArgumentError, "out_of_range"),
        (lambda: stream.open(*HOUR, "pay=card"), ArgumentError, "bad_payment"),
        (lambda: stream.open(*HOUR, "from=stranger"), TipsError, "not_enough_money"),
        (lambda: stream.open(*HOUR, "index=0"), RefusedError, "Jar_StreamExists"),
        (lambda: stream.open(*HOUR[:3], "amount=37", "sign=x"), TipsError, "not_allowed"),
        (lambda: stream.open(*HOUR, "sign=../x"), ArgumentError, "bad_name"),
        (lambda: stream.cancel(*PLACE, "index=9"), RefusedError, "Jar_StreamNotRunning"),
        (lambda: stream.resume(*PLACE), RefusedError, "Jar_StreamNotPaused"),
        (lambda: tip.submit(f"signed={broken}"), SignedPartError, "bad_signed_action"),
        (lambda: tip.claim(f"word={broken}"), SignedPartError, "bad_handle_claim"),
        (lambda: tip.handle(*tips_to_handle, "amount=0"), AmountError, "zero_amount"),
        (lambda: tip.handle(*tips_to_handle[:-1], "reclaim=soon", "amount=1"), ArgumentError, "bad_moment"),
        (lambda: jar.share(*one_payee, "shares=99"), JarError, "bad_split"),
        (lambda: jar.share(*one_payee, "shares=100.001"), AmountError, "too_many_decimals"),
        (lambda: tip.submit(f"signed={broken}.gone"), ArgumentError, "no_such_file"),
    ]  # fmt: skip
    for call, kind, reason in calls:
        with pytest.raises(kind) as error:
            call()
        assert error.value.reason == reason  # type: ignore[attr-defined]
        assert desk.block() == block, reason


def test_what_was_signed_for_a_contract_that_is_not_here(desk: Desk) -> None:
    opened(*HOUR, "pay=signature", "sign=far")
    path = desk.session.out("signed") / "far.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"escrow": desk.address("stranger")}))
    with pytest.raises(SessionError) as error:
        tip.submit(f"signed={path}")
    assert error.value.reason == "unknown_escrow"


def test_a_live_chain_waits_for_the_typed_words(desk: Desk, live: Callable[..., list[str]]) -> None:
    creator, block = desk.address("creator"), desk.block()
    asked = live("no", me=desk.wallet("supporter"))
    for call in (
        lambda: tip.main("currency=USDC", f"to={creator}", "amount=5", "from=me"),
        lambda: stream.open("currency=USDC", f"to={creator}", "rate=1/day", "amount=5", "from=me"),
        lambda: jar.share("currency=USDC", f"payees={creator}", "shares=100", "from=me"),
    ):
        with pytest.raises(SessionError) as error:
            call()
        assert error.value.reason == "not_confirmed"
    assert asked[0] == f"5 USDC to {creator}. Type “pay” to go on: "
    assert desk.block() == block
