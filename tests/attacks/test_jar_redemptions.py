"""A named series' money is never cash and goes to nobody whom its issuer did not admit; somebody else's card
pays for nobody's stream."""

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import MakeAccount, container
from tests.support.certificates import ART, MAX_AMOUNT
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, use
from tests.support.outputs import returned
from tests.support.payments import assert_books

UNIT = 10**9
FACE = 1_000_000


@pytest.fixture(scope="module")
def named(jars: Jars) -> int:
    series = jars.world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    for person in (jars.holder, jars.giver):
        jars.world.issue(series, person, FACE)
    return series


@pytest.fixture(scope="module")
def open_series(jars: Jars) -> int:
    series = jars.world.create_series()
    for person in (jars.holder, jars.giver, jars.stranger):
        jars.world.issue(series, person, FACE)
    return series


def card(jars: Jars, series: int, amount: int, holder: Any = None) -> tuple[Any, ...]:
    return jars.world.own_card(series, amount, holder)


def signed(jars: Jars, series: int, amount: int, data: bytes, **changes: Any) -> tuple[Any, ...]:
    """The holder's card, signed for the creator's jar."""
    details = {"merchant": jars.escrow, "payee": jars.creator, "data": data} | changes
    return jars.world.redemption(series, amount, **details)


def wealth(jars: Jars, series: int) -> tuple[int, int]:
    """The holder's cash, and face in a series."""
    return jars.balance(jars.holder), int(jars.world.certificates.account(series, jars.holder)[0])


# never cash


def test_no_way_of_streaming_turns_a_named_series_into_cash(jars: Jars, named: int) -> None:
    """Opened, changed, topped up, cancelled, subscribed, unsubscribed: the face comes back, all but what was
    earned, and the cash stays what it was."""
    rate = jars.set_tier()
    key = jars.key(payer=jars.holder)
    me = {"from": jars.holder}
    cash, face = wealth(jars, named)
    at(NOON)
    jars.redeem([card(jars, named, 10_000)], use("Open", 0, UNIT))
    jars.escrow.changeRate(key, 7 * UNIT, ITSELF, me)
    jars.redeem([card(jars, named, 5_000)], use("TopUp", 0))
    jars.cancel(key, jars.holder)
    jars.redeem([card(jars, named, 10_000)], use("Subscribe", str(jars.holder), 1, 0, rate))
    jars.escrow.unsubscribe(jars.creator, 1, jars.holder, ITSELF, me)
    after = wealth(jars, named)
    assert after[0] == cash
    dust = face - after[1]  # less than a second's worth, twice
    assert 0 <= dust < 14
    mine_at(NOON + DAY)
    assert jars.due() == dust * UNIT == jars.held() * UNIT
    assert jars.escrow.totalOwed() == 0
    assert_books(jars.world)


def test_a_top_up_with_money_does_not_launder_a_named_stream(jars: Jars, named: int) -> None:
    """Nor does a named card launder a stream of money; each refuses the other."""
    key = jars.key(payer=jars.holder)
    at(NOON)
    jars.redeem([card(jars, named, 10_000)], use("Open", 0, UNIT))
    for payer in (jars.holder, jars.stranger):
        with reverts("Jar_SeriesDiffers", jars.id_of(key), named, 0):
            jars.escrow.topUp(key, payer, 1_000, ITSELF, {"from": payer})


def test_an_ended_named_stream_leaves_its_series_behind(jars: Jars, named: int) -> None:
    """The index is reused with money: what is refunded then is money, and only that money."""
    key = jars.key(payer=jars.holder)
    at(NOON)
    jars.redeem([card(jars, named, 1_000)], use("Open", 0, UNIT))
    at(NOON + 1_000)
    jars.open(UNIT, 500, payer=jars.holder)
    cash, face = wealth(jars, named)
    at(NOON + 1_100)
    jars.cancel(key, jars.holder)
    assert wealth(jars, named) == (cash + 400, face)
    assert jars.held() == 1_100


def test_what_was_cancelled_twice_was_placed_once(jars: Jars, named: int) -> None:
    """The ledger counts what each holder placed with the escrow: all restorations together stay within it."""
    certificates = jars.world.certificates
    at(NOON)
    for index in range(3):
        jars.redeem([card(jars, named, 1_000)], use("Open", index, UNIT))
    jars.redeem([card(jars, named, 300)], use("Tip", ""))
    at(NOON + 100)
    for index in range(3):
        # A tip can't come back, nor what a stream had earned: only the streams that run are placed.
        assert certificates.placed(named, jars.escrow, jars.holder) == (3 - index) * 1_000
        jars.cancel(jars.key(index, payer=jars.holder), jars.holder)
    assert certificates.placed(named, jars.escrow, jars.holder) == 0
    assert certificates.account(named, jars.holder)[1] == jars.held() == 300 + 3 * 100
    assert_books(jars.world)


def test_a_shared_jar_gets_nothing_of_a_named_series(jars: Jars, named: int) -> None:
    """A redemption names a creator, never a jar: only the creator's own jar is reached."""
    shared = jars.shared_jar([jars.stranger, jars.creator], [9_999, 1])
    jars.redeem([card(jars, named, 100)], use("Tip", ""))
    jars.redeem([card(jars, named, 100)], use("Open", 0, UNIT))
    assert jars.stored(shared) == (0, 0, 0, 0, 0)
    rate = jars.set_tier(version=1)
    data = use("Subscribe", str(jars.holder), 1, 1, rate)
    with reverts("Jar_SeriesBarsSharedJar", named, shared):
        jars.redeem([card(jars, named, 100)], data)


def test_a_service_that_is_not_in_the_set_gets_nothing(jars: Jars, project: Any) -> None:
    """Another escrow over the same certificates, whom the issuer did not admit."""
    series = jars.world.named_series([jars.creator, jars.merchant], services=[])
    jars.world.issue(series, jars.holder, 50_000)
    with reverts("GiftCertificates_NotService", series, jars.escrow):
        jars.redeem([card(jars, series, 100)], use("Tip", ""))


def test_a_stream_waits_while_its_series_is_full(jars: Jars) -> None:
    """It goes on to earn meanwhile."""
    world = jars.world
    series = world.named_series(
        [jars.creator, jars.merchant], services=[jars.escrow], denomination=0, use_threshold_bps=0
    )
    world.issue(series, jars.holder, 1_000)
    key = jars.key(payer=jars.holder)
    at(NOON)
    jars.redeem([card(jars, series, 1_000)], use("Open", 0, UNIT))
    world.issue(series, world.issuer, MAX_AMOUNT - int(world.certificates.state(series)[1]))
    at(NOON + 100)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 900):
        jars.cancel(key, jars.holder)
    world.certificates.redeem(series, 800, world.merchant, {"from": world.issuer})
    at(NOON + 200)
    assert returned(jars.cancel(key, jars.holder)) == 800
    assert world.certificates.account(series, jars.holder)[0] == 800


# somebody else's card


def test_a_card_that_is_not_signed_pays_for_its_holder_only(jars: Jars, open_series: int) -> None:
    with reverts("GiftCertificates_NotYourCard", jars.holder, jars.stranger):
        jars.redeem([card(jars, open_series, 100)], use("Tip", ""), sender=jars.stranger)


def test_a_thief_cannot_open_his_stream_with_anothers_card(jars: Jars, open_series: int) -> None:
    """Mixed with his own, first or last; nor does a card signed for one use serve another use, rate, index or
    creator."""
    data = use("Open", 0, UNIT)
    good = signed(jars, open_series, 500, data)
    own = card(jars, open_series, 1, jars.stranger)
    for cards, first, second in (
        ([own, good], jars.stranger, jars.holder),
        ([good, own], jars.holder, jars.stranger),
    ):
        with reverts("Jar_MixedCards", second, first, 0, 0):
            jars.redeem(cards, data, sender=jars.stranger)

    def digest(payee: Any, other: bytes) -> bytes:
        _, _, amount, order, nonce, deadline, _ = good
        where = (str(jars.escrow), str(payee), order, other)
        message = Redemption(str(jars.holder), open_series, amount, *where, nonce, deadline)
        return message.digest(jars.world.domain)

    for payee, other in (
        (jars.stranger, data),
        (jars.creator, use("Tip", "")),
        (jars.creator, use("Open", 1, UNIT)),
        (jars.creator, use("Open", 0, 500 * UNIT)),
        (jars.creator, use("TopUp", 0)),
        (jars.creator, use("Subscribe", str(jars.stranger), 1, 0, UNIT)),
    ):
        with reverts("GiftCertificates_InvalidSignature", jars.holder, digest(payee, other)):
            jars.redeem([good], other, payee=payee, sender=jars.stranger)
    at(NOON)
    jars.redeem([good], data, sender=jars.stranger)
    assert jars.escrow.stream(jars.key(payer=jars.holder)) == (UNIT, NOON, NOON + 500, 0)
    assert jars.escrow.stream(jars.key(payer=jars.stranger)) == (0, 0, 0, 0)


def test_a_tip_of_many_cards_counts_for_each_holders_cap(jars: Jars, open_series: int) -> None:
    """One holder over its cap refuses the payment as a whole: who brought its card brought a bad one."""
    jars.escrow.setMonthlyCap(jars.holder, 99, ITSELF, {"from": jars.holder})
    data = use("Tip", "")
    cards = [card(jars, open_series, 5, jars.giver), signed(jars, open_series, 100, data)]
    with reverts("Jar_OverMonthlyCap", jars.holder, 0, 100, 99):
        jars.redeem(cards, data, sender=jars.giver)
    jars.redeem(cards[:1], data, sender=jars.giver)


# reports of payments that were none


def test_a_stranger_reports_no_payment(jars: Jars, project: Any) -> None:
    """Neither himself, nor by a call of several, nor by certificates of his own over the same currency."""
    portion = (str(jars.stranger), 1, FACE)
    arguments = (str(jars.stranger), FACE, 0, [portion], use("Tip", ""))
    jars.token.mint(jars.escrow, FACE, {"from": jars.deployer})  # money that lies there unclaimed
    with reverts("Jar_NotCertificates", jars.stranger):
        jars.escrow.onRedemption(*arguments, {"from": jars.stranger})
    with reverts("Jar_NotCertificates", jars.stranger):
        call = jars.escrow.onRedemption.encode_input(*arguments)
        jars.deployed.multicall([call], {"from": jars.stranger})
    twin = project.GiftCertificates.deploy(jars.token, jars.world.card_art, {"from": jars.stranger})
    fake = project.interface.IGiftCertificates(twin.address)
    terms = jars.world.terms()
    fake.createSeries(terms, [], ART, {"from": jars.stranger})
    jars.token.approve(fake, FACE, {"from": jars.stranger})
    fake.issue(1, jars.stranger, FACE, {"from": jars.stranger})
    payment = jars.world.payment(jars.escrow, payee=jars.stranger, data=use("Tip", ""))
    with reverts("Jar_NotCertificates", fake):
        fake.pay(payment, [(str(jars.stranger), 1, FACE, 0, 0, 0, b"")], {"from": jars.stranger})
    assert jars.due(jars.jar_of(jars.stranger)) == 0


def test_money_that_was_sent_by_mistake_is_nobodys(jars: Jars) -> None:
    """No jar, refund or collection reaches it."""
    jars.token.mint(jars.escrow, 777, {"from": jars.deployer})
    at(NOON)
    key = jars.open(UNIT, DAY)
    at(NOON + 100)
    jars.collect()
    at(NOON + 100)
    jars.cancel(key)
    assert jars.held() == 777
    assert jars.due() == 0


# calling back


def test_a_holder_that_calls_back_while_it_is_restored_finds_the_door_shut(
    jars: Jars, make_account: MakeAccount, named: int
) -> None:
    """The holder is a contract: it is handed its certificate in the middle of `cancel`."""
    wallet = make_account("ReentrantReceiver1155", jars.holder)
    jars.world.issue(named, wallet, 50_000)
    payment = jars.world.payment(jars.escrow, payee=jars.creator, data=use("Open", 0, UNIT))
    pay = jars.world.certificates.pay.encode_input(payment, [(wallet.address, named, 10_000, 0, 0, 0, b"")])
    at(NOON)
    wallet.execute(jars.world.certificates, 0, pay, {"from": jars.holder})
    cancel = jars.escrow.cancel.encode_input(jars.key(payer=wallet), ITSELF)
    wallet.program(jars.escrow, cancel, 1, {"from": jars.holder})
    at(NOON + 100)
    wallet.execute(jars.escrow, 0, cancel, {"from": jars.holder})
    assert (wallet.callsMade(), wallet.succeeded()) == (1, False)
    assert jars.world.certificates.account(named, wallet) == (49_900, 100, 0)
    assert jars.held() == 100
    assert_books(jars.world)


def test_a_service_of_a_thief_moves_nothing_of_the_escrows(jars: Jars, open_series: int) -> None:
    """The escrow approved everything to the certificates, which take money from their caller only."""
    thief = container("FakeService").deploy(jars.world.certificates, jars.stranger, {"from": jars.stranger})
    at(NOON)
    jars.redeem([card(jars, open_series, 1_000)], use("Open", 0, UNIT))
    held = jars.held()
    with reverts("ERC20InsufficientBalance", thief, 0, 1_000):
        thief.giveBack(jars.stranger, open_series, 1_000, {"from": jars.stranger})
    assert jars.held() == held
    assert returned(jars.cancel(jars.key(payer=jars.holder), jars.holder)) == 1_000
