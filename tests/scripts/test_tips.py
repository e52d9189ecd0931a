"""The client of StreamingTipEscrow: what a payer does itself, and what it signs for somebody else to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from largesse import jar_actions
from largesse.addresses import ZERO_ADDRESS
from largesse.artifacts import artifact
from largesse.chain import RefusedError, Wallet
from largesse.clients.jars import Funding, Tier, TipsError
from largesse.clients.keepers import keeper
from largesse.clients.service import OWN_CALL, ServiceError
from largesse.clients.tips import Tips, new_handle_tip, open_use, subscribe_use, tip_use, top_up_use
from largesse.gifts.links import new_link_key
from largesse.gifts.subscriptions import GiftSubscriptions, Place, build, make_links
from largesse.holdings import SignedPartError
from largesse.jar_actions import EVENTS, Action, SignedAction
from largesse.jars import MONTH, HandleTip, JarError, StreamKey, handle_hash, jar_id, parse_rate, price_of
from largesse.signed.handle_claims import SignedHandleClaim
from largesse.tokens import TokenError
from tests.fixtures.desk import KR, Desk

DAY = 86_400
CENT = 10_000  # base units of USDC
RATE = parse_rate("0.01/second", 6)


@pytest.fixture
def tips(desk: Desk) -> Tips:
    """The escrow of the real USDC."""
    return desk.session.tips("USDC")


@pytest.fixture
def jar(desk: Desk) -> int:
    return jar_id(desk.address("creator"))


def mine_next_at(tips: Tips, second: int) -> None:
    """The time of the next block, which the next transaction is in; it is a second before that now."""
    if tips.node.now() < second - 1:
        tips.node.jump_to(second - 1)
    tips.node.develop("evm_setNextBlockTimestamp", [second])


def noon(tips: Tips) -> int:
    """A noon to come."""
    return (tips.node.now() // DAY + 1) * DAY + DAY // 2


# ----------------------------------------------------------------------------------------- acting and signing


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
@pytest.mark.parametrize("funding", Funding)
@pytest.mark.parametrize("symbol", ("USDC", "KRWT", "EURT"))
def test_a_stream_is_opened_in_each_way(
    desk: Desk, jar: int, symbol: str, funding: Funding, relayed: bool
) -> None:
    tips, payer = desk.session.tips(symbol), desk.wallet("supporter")
    relayer = desk.wallet("relayer") if relayed else None
    decimals = tips.token.decimals
    rate, amount = parse_rate("1/second", decimals), 3_600 * 10**decimals
    if relayed and funding is Funding.ALLOWANCE:
        tips.token.approve(payer, tips.address, amount)
    before, sent = tips.token.balance(payer.address), desk.session.node.final_nonce(payer.address)
    opened = tips.open(payer, jar, rate, amount, relayer=relayer, funding=funding)
    now = tips.node.now()
    assert opened["endsAt"] == now + 3_600
    assert before - tips.token.balance(payer.address) == tips.token.balance(tips.address) == amount
    one = tips.stream(StreamKey(payer.address, jar, 0))
    assert (one.rate, one.started_at, one.ends_at, one.series_id) == (rate, now, now + 3_600, 0)
    assert opened.gas == opened.receipt["gasUsed"] > 0
    # Nobody keeps an allowance that was not used.
    assert tips.token.allowance(payer.address, tips.address) == 0
    if relayed:
        assert desk.session.node.final_nonce(payer.address) == sent


def test_what_is_known_to_fail_is_not_sent(desk: Desk, tips: Tips, jar: int) -> None:
    supporter, stranger = desk.wallet("supporter"), desk.wallet("stranger")
    block = desk.block()
    action = jar_actions.tip(supporter.address, jar, CENT, "")
    for call, kind, reason in (
        (lambda: tips.tip(stranger, jar, CENT), TipsError, "not_enough_money"),
        (lambda: tips.act(action, stranger), TipsError, "wrong_account"),
        (lambda: tips.sign(action, stranger), TipsError, "wrong_account"),
        (lambda: tips.tip(supporter, jar, CENT, relayer=stranger), TipsError, "not_allowed"),
        (lambda: tips.open(supporter, jar, RATE, CENT - 1), JarError, "below_one_second"),
        (lambda: tips.subscribe(supporter, desk.address("creator"), 1, CENT), TipsError, "no_such_tier"),
        (
            lambda: tips.sign(
                jar_actions.set_monthly_cap(supporter.address, 1), supporter, Funding.SIGNATURE
            ),
            TipsError,
            "nothing_moves",
        ),
        (lambda: tips.tip(supporter, 1 << 160 | jar, CENT), RefusedError, "Jar_UnknownJar"),
    ):
        with pytest.raises(kind) as error:
            call()
        assert error.value.reason == reason
        # The last one was found only after the approval.
        assert desk.block() == block or reason == "Jar_UnknownJar"


def test_what_was_signed_works_once(desk: Desk, tips: Tips, jar: int) -> None:
    supporter, relayer = desk.wallet("supporter"), desk.wallet("relayer")
    action = jar_actions.tip(supporter.address, jar, CENT, "for the song")
    tips.token.approve(supporter, tips.address, 2 * CENT)
    signed = tips.sign(action, supporter)
    done = tips.submit(SignedAction.from_json(signed.to_json()), relayer)
    assert (done["from"], done["amount"], done["message"]) == (supporter.address, CENT, "for the song")
    with pytest.raises(RefusedError) as error:
        tips.submit(signed, relayer)
    assert (error.value.reason, error.value.values) == ("Custody_NonceTooLow", (1, 1))
    by_currency = tips.sign(action, supporter, Funding.SIGNATURE)
    tips.submit(by_currency, relayer)
    with pytest.raises(RefusedError, match="authorization is used"):
        tips.submit(by_currency, relayer)
    assert tips.claimable(jar) == 2 * CENT
    # An older consent is void once the payer says so.
    late = tips.sign(action, supporter)
    keeper(desk.session.keepers("USDC"), "jars").void(supporter, 7)
    with pytest.raises(RefusedError) as voided:
        tips.submit(late, relayer)
    assert (voided.value.reason, voided.value.values) == ("Custody_NonceTooLow", (2, 7))


def test_a_permit_that_somebody_used_first_does_no_harm(desk: Desk, tips: Tips, jar: int) -> None:
    supporter, relayer = desk.wallet("supporter"), desk.wallet("relayer")
    signed = tips.sign(jar_actions.tip(supporter.address, jar, CENT, ""), supporter, Funding.PERMIT)
    # With gas of its own: an estimate stops where a permit that runs out of gas is passed over.
    tips.node.send_raw_call(desk.wallet("stranger"), tips.address, signed.calls()[0], gas=200_000)
    assert tips.token.allowance(supporter.address, tips.address) == CENT
    tips.submit(signed, relayer)
    assert tips.claimable(jar) == CENT


def test_what_was_signed_for_another_place_is_not_sent(desk: Desk, tips: Tips, jar: int) -> None:
    supporter = desk.wallet("supporter")
    signed = tips.sign(jar_actions.tip(supporter.address, jar, CENT, ""), supporter, Funding.SIGNATURE)
    block = desk.block()
    for other in (
        replace(signed, chain_id=1),
        replace(signed, escrow=desk.session.tips("KRWT").address),
    ):
        with pytest.raises(TipsError) as error:
            tips.submit(other, desk.wallet("relayer"))
        assert error.value.reason == "wrong_place"
    assert desk.block() == block


def change(text: str, **changes: Any) -> str:
    return json.dumps(json.loads(text) | changes)


def test_only_what_is_signed_is_taken_from_a_file(desk: Desk, tips: Tips, jar: int) -> None:
    """A relayer that submitted an unsigned act would do it itself, with its own money."""
    relayer = desk.wallet("relayer")
    action = jar_actions.tip(relayer.address, jar, CENT, "")
    unsigned = jar_actions.encode_arguments(action, OWN_CALL)
    with pytest.raises(SignedPartError, match="bears no signature"):
        SignedAction(tips.node.chain_id, tips.address, "tip", unsigned)
    signed = tips.sign(
        jar_actions.tip(desk.address("supporter"), jar, CENT, ""), desk.wallet("supporter"), Funding.PERMIT
    )
    text = signed.to_json()
    assert SignedAction.from_json(text) == signed
    for bad in (
        "",
        "[]",
        "{}",
        change(text, function="collect"),
        change(text, function="cancelConsents"),
        change(text, function="topUp"),
        change(text, format="largesse/other"),
        change(text, chain="0x1"),
        change(text, escrow=tips.address.lower()),
        change(text, arguments=json.loads(text)["arguments"] + "00"),
        change(text, arguments=json.loads(text)["arguments"][:-64]),
        change(text, arguments="00"),
        change(text, permit=json.loads(text)["permit"] + "00" * 32),
        change(text, permit="0x00"),
        change(text, permit=None),
    ):
        with pytest.raises(SignedPartError) as error:
            SignedAction.from_json(bad)
        assert error.value.reason == "bad_signed_action"


def test_every_function_that_takes_a_consent_is_known() -> None:
    taking = {
        item["name"]
        for piece in ("StreamingTipEscrow", "JarBackOffice")
        for item in artifact(piece).abi
        if item["type"] == "function" and item["inputs"] and item["inputs"][-1]["name"] == "consent"
    }
    assert taking == set(EVENTS)


def test_a_currency_without_signatures_says_so(desk: Desk) -> None:
    node, contract = desk.session.node, artifact("NoReturnToken")
    factory = node.web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = factory.constructor("Old", "OLD", 6).data_in_transaction
    address = node.send_raw_call(desk.wallet("deployer"), None, bytes.fromhex(data[2:]))["contractAddress"]
    assert address is not None
    token = type(desk.won).at(node, address)
    with pytest.raises(TokenError) as error:
        token.domain()
    assert error.value.reason == "no_signatures"


# ---------------------------------------------------------------------------------------------------- streams


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
def test_the_life_of_a_stream(desk: Desk, tips: Tips, jar: int, relayed: bool) -> None:
    payer = desk.wallet("supporter")
    relayer = desk.wallet("relayer") if relayed else None
    key = StreamKey(payer.address, jar, 3)
    start = noon(tips)
    tips.token.approve(payer, tips.address, 10**12)
    mine_next_at(tips, start)
    tips.open(payer, jar, RATE, 100 * DAY * CENT, index=3, relayer=relayer)
    mine_next_at(tips, start + 10)
    topped = tips.top_up(desk.wallet("giver"), key, DAY * CENT, funding=Funding.SIGNATURE)
    assert (topped["from"], topped["endsAt"]) == (desk.address("giver"), start + 101 * DAY)
    mine_next_at(tips, start + 37)
    changed = tips.change_rate(payer, key, 2 * RATE, relayer=relayer)
    left = 101 * DAY - 37
    assert changed["endsAt"] == start + 37 + left // 2
    mine_next_at(tips, start + 100)
    # An odd number of seconds was left: one at the old rate is dust of the doubled one, and the creator's.
    assert tips.pause(payer, key, relayer=relayer)["secondsLeft"] == left // 2 - 63
    assert tips.stream(key).is_paused
    mine_next_at(tips, start + 5 * DAY)
    assert tips.resume(payer, key, relayer=relayer)["endsAt"] == start + 5 * DAY + left // 2 - 63
    mine_next_at(tips, start + 5 * DAY + 1)
    before = tips.token.balance(payer.address)
    refund = tips.cancel(payer, key, relayer=relayer)["refund"]
    assert refund == (left // 2 - 64) * 2 * CENT
    assert tips.token.balance(payer.address) - before == refund
    collected = tips.collect(desk.wallet("stranger"), jar)["amount"]
    assert collected == tips.token.balance(desk.address("creator")) == 101 * DAY * CENT - refund
    assert tips.token.balance(tips.address) == 0


def test_the_first_free_index_is_found(desk: Desk, tips: Tips, jar: int) -> None:
    payer = desk.wallet("supporter")
    for index in range(3):
        assert tips.free_index(payer.address, jar) == index
        tips.open(payer, jar, RATE, DAY * CENT, index=index)
    tips.pause(payer, StreamKey(payer.address, jar, 0))
    tips.cancel(payer, StreamKey(payer.address, jar, 1))
    assert tips.free_index(payer.address, jar) == 1


def test_what_a_stopped_listener_gets_back_is_what_was_foretold(desk: Desk, tips: Tips, jar: int) -> None:
    payer = desk.wallet("supporter")
    start = noon(tips)
    tips.token.approve(payer, tips.address, 10**9)
    mine_next_at(tips, start)
    tips.open(payer, jar, RATE, 3_600 * CENT)
    key = StreamKey(payer.address, jar, 0)
    tips.node.jump_to(start + 36)
    assert tips.refundable(key) == (3_600 - 36) * CENT
    mine_next_at(tips, start + 37)
    assert tips.cancel(payer, key)["refund"] == (3_600 - 37) * CENT
    assert tips.claimable(jar) == 37 * CENT


def test_a_shared_jar_pays_everybody_its_share(desk: Desk, tips: Tips) -> None:
    creator, charity = desk.wallet("creator"), desk.wallet("charity")
    shared = tips.create_shared_jar(creator, [creator.address, charity.address], [9_000, 1_000])
    assert shared == jar_id(creator.address, 1)
    tips.tip(desk.wallet("supporter"), shared, 105)
    tips.collect(desk.wallet("stranger"), shared)
    assert (tips.owed(creator.address), tips.owed(charity.address)) == (94, 10)
    tips.withdraw_owed(charity, relayer=desk.wallet("relayer"))
    tips.withdraw_owed(creator, desk.address("recipient"))
    assert tips.token.balance(charity.address) == 10
    assert tips.token.balance(desk.address("recipient")) == 94


# -------------------------------------------------------------------------------------- memberships and gifts


@pytest.fixture
def tier(desk: Desk, tips: Tips) -> Tier:
    """Tier 1 of the creator: 5.00 a month."""
    tips.set_tier(desk.wallet("creator"), 1, 500 * CENT)
    found = tips.open_tier(desk.address("creator"), 1)
    assert found == Tier(parse_rate("5.00/month", 6), 0)
    assert price_of(found.rate, MONTH, 6) == 500 * CENT
    return found


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
def test_a_membership_begins_grows_and_ends(desk: Desk, tips: Tips, tier: Tier, relayed: bool) -> None:
    payer, creator, fan = desk.wallet("supporter"), desk.address("creator"), desk.address("recipient")
    relayer = desk.wallet("relayer") if relayed else None
    pay = Funding.SIGNATURE if relayed else Funding.ALLOWANCE
    month = {"account": fan, "relayer": relayer, "funding": pay}
    begun = tips.subscribe(payer, creator, 1, 500 * CENT, **month)  # type: ignore[arg-type]
    since = tips.node.now()
    assert (begun.event.name, begun["until"]) == ("Subscribed", since + MONTH)
    more = tips.subscribe(payer, creator, 1, 500 * CENT, **month)  # type: ignore[arg-type]
    assert (more.event.name, more["until"]) == ("SubscriptionExtended", since + 2 * MONTH)
    one = tips.membership(creator, fan, 1)
    assert (one.payer, one.since, one.until) == (payer.address, since, since + 2 * MONTH)
    assert tips.supporter_since(creator, fan, 1) == since
    mine_next_at(tips, since + MONTH)
    refund = tips.unsubscribe(payer, creator, 1, fan, relayer=relayer)["refund"]
    assert refund == tier.rate * MONTH // 10**9
    assert tips.supporter_since(creator, fan, 1) == 0


def batch(desk: Desk, tier: Tier, reclaim_at: int) -> GiftSubscriptions:
    return GiftSubscriptions(
        desk.address("supporter"), desk.address("creator"), 1, tier.version, tier.rate, 1, 500 * CENT,
        reclaim_at, bytes(32), 0,
    )  # fmt: skip


@pytest.mark.parametrize("funding", Funding)
def test_gifts_by_link_are_claimed_and_the_rest_returns(
    desk: Desk, tips: Tips, tier: Tier, funding: Funding
) -> None:
    payer, relayer = desk.wallet("supporter"), desk.wallet("relayer")
    until = tips.node.now() + 30 * DAY
    gifts, links = make_links(
        batch(desk, tier, until), 50, chain_id=tips.node.chain_id, escrow=tips.address,
        base_url="https://largesse.example/member",
    )  # fmt: skip
    given = tips.give_subscriptions(payer, gifts, funding=funding)
    assert given["batchId"] == gifts.batch_id()
    assert tips.token.balance(tips.address) == 50 * 500 * CENT
    fan = Wallet.from_key("fan", new_link_key())
    claimed = tips.claim_subscription(links[17], fan.address, relayer)
    assert claimed["until"] == tips.node.now() + MONTH
    assert tips.membership(desk.address("creator"), fan.address, 1).payer == ZERO_ADDRESS
    with pytest.raises(RefusedError) as again:
        tips.claim_subscription(links[17], desk.address("stranger"), relayer)
    assert again.value.reason == "Jar_GiftClaimed"
    assert tips.gifts_left(gifts.batch_id()) == 49
    with pytest.raises(RefusedError) as early:
        tips.reclaim_subscriptions(gifts, relayer)
    assert early.value.reason == "Jar_NotReclaimable"
    tips.node.jump_to(until)
    before = tips.token.balance(payer.address)
    assert tips.reclaim_subscriptions(gifts, relayer)["amount"] == 49 * 500 * CENT
    assert tips.token.balance(payer.address) - before == 49 * 500 * CENT


def test_a_link_for_another_escrow_is_not_sent(desk: Desk, tips: Tips, tier: Tier) -> None:
    _, (link,) = make_links(
        batch(desk, tier, tips.node.now() + DAY), 1, chain_id=tips.node.chain_id,
        escrow=desk.session.tips("KRWT").address, base_url="https://largesse.example/member",
    )  # fmt: skip
    with pytest.raises(TipsError) as error:
        tips.claim_subscription(link, desk.address("reader"), desk.wallet("relayer"))
    assert error.value.reason == "wrong_place"


def test_named_gifts_are_for_their_names(desk: Desk, tips: Tips, tier: Tier) -> None:
    fans = [desk.address(role) for role in ("reader", "recipient", "cinema")]
    places = [Place(index, ZERO_ADDRESS, fan) for index, fan in enumerate(fans)]
    tree = build(places)
    gifts = replace(batch(desk, tier, tips.node.now() + DAY), count=3, root=tree.root)
    tips.give_subscriptions(desk.wallet("supporter"), gifts)
    tips.claim_named(gifts, tree, places[2], desk.wallet("relayer"))
    assert tips.supporter_since(desk.address("creator"), fans[2], 1) == tips.node.now()
    stranger = replace(places[1], account=desk.address("stranger"))
    with pytest.raises(RefusedError) as error:
        tips.claim_named(gifts, tree, stranger, desk.wallet("stranger"))
    assert error.value.reason == "Jar_NotInTree"


# ------------------------------------------------------------------------------------------- handles and caps


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
def test_tips_to_a_handle_wait_for_whose_it_is(desk: Desk, tips: Tips, relayed: bool) -> None:
    payer, attestor, anna = desk.wallet("supporter"), desk.wallet("operator"), desk.address("recipient")
    relayer, handle = desk.wallet("relayer"), handle_hash("github:anna")
    way: dict[str, Any] = {"relayer": relayer, "funding": Funding.SIGNATURE} if relayed else {}
    until = tips.node.now() + 30 * DAY

    def give(amount: int, by: str) -> HandleTip:
        tip = new_handle_tip(payer.address, handle, by, amount, until)
        assert tips.tip_handle(payer, tip, "thanks", **way)["tipId"] == tip.tip_id()
        return tip

    given = [give(amount, attestor.address) for amount in (100, 200, 300)]
    other = give(400, desk.address("stranger"))
    assert tips.handle_tips(handle) == [*given, other]
    deadline = tips.node.now() + 600
    with pytest.raises(TipsError) as foreign:
        tips.attest_handle(attestor, [*given, other], anna, deadline)
    assert foreign.value.reason == "other_attestor"
    word = tips.attest_handle(attestor, given[:2], anna, deadline)
    with pytest.raises(RefusedError) as error:
        tips.claim_handle_tips(replace(word, recipient=desk.address("stranger")), relayer)
    assert error.value.reason == "Custody_InvalidSignature"
    assert SignedHandleClaim.from_json(word.to_json("USDC")) == ("USDC", word)
    assert tips.claim_handle_tips(word, relayer)["amount"] == 300
    assert tips.claimable(jar_id(anna)) == 300
    assert tips.handle_tips(handle) == [given[2], other]
    tips.node.jump_to(until)
    before = tips.token.balance(payer.address)
    tips.reclaim_handle_tip(given[2], relayer)
    assert tips.token.balance(payer.address) - before == 300


def test_only_a_whole_word_is_taken_from_a_file(desk: Desk, tips: Tips) -> None:
    tip = HandleTip(desk.address("supporter"), handle_hash("github:anna"), desk.address("operator"), 1, 2, 3)
    text = tips.attest_handle(desk.wallet("operator"), [tip], desk.address("reader"), 4).to_json("USDC")
    assert SignedHandleClaim.from_json(text)[1].tips == (tip,)
    (row,) = json.loads(text)["tips"]
    for bad in (
        "",
        "[]",
        change(text, recipient=desk.address("reader").lower()),
        change(text, deadline=4),
        change(text, signature="00"),
        change(text, tips=None),
        change(text, tips=[row | {"salt": "-1"}]),
        change(text, tips=[row | {"salt": str(2**64)}]),
        change(text, tips=[row | {"reclaim_at": str(2**40)}]),
        change(text, tips=[row | {"handle": "0x00"}]),
        change(text, tips=[row | {"payer": "somebody"}]),
    ):
        with pytest.raises(SignedPartError) as error:
            SignedHandleClaim.from_json(bad)
        assert error.value.reason == "bad_handle_claim"


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
def test_a_cap_is_kept(desk: Desk, tips: Tips, jar: int, relayed: bool) -> None:
    payer = desk.wallet("supporter")
    tips.set_monthly_cap(payer, 1_000, relayer=desk.wallet("relayer") if relayed else None)
    tips.tip(payer, jar, 600)
    assert (tips.cap(payer.address).limit, tips.cap(payer.address).used) == (1_000, 600)
    with pytest.raises(RefusedError) as error:
        tips.tip(payer, jar, 401)
    assert (error.value.reason, error.value.values[1:]) == ("Jar_OverMonthlyCap", (600, 401, 1_000))
    tips.tip(payer, jar, 400)


# ----------------------------------------------------------------------------------------------- certificates


@pytest.fixture
def admitted(desk: Desk) -> Tips:
    """KRWT's escrow, a service of the Korean series, and the creator one of its merchants."""
    tips, issuer = desk.session.tips("KRWT"), desk.wallet("issuer")
    tips.admit(issuer, 1, desk.address("creator"))
    block = desk.block()
    tips.admit(issuer, 1, desk.address("creator"))
    assert desk.block() == block
    desk.issue("holder", "200000")
    return tips


@pytest.mark.parametrize("relayed", (False, True), ids=("itself", "relayed"))
def test_a_certificate_becomes_what_its_holder_says(
    desk: Desk, admitted: Tips, jar: int, relayed: bool
) -> None:
    tips, holder, creator = admitted, desk.wallet("holder"), desk.address("creator")
    relayer = desk.wallet("relayer") if relayed else None
    rate = parse_rate("1/second", 0)

    def pay(amount: int, use: bytes) -> None:
        tips.redeem(holder, 1, amount, creator, use, relayer=relayer)

    pay(1_000, tip_use("음악 고마워요"))
    assert tips.claimable(jar) == 1_000
    pay(3_600, open_use(rate, index=5))
    end = tips.node.now() + 3_600
    key = StreamKey(holder.address, jar, 5)
    one = tips.stream(key)
    assert (one.rate, one.ends_at, one.series_id) == (rate, end, 1)
    pay(60, top_up_use(index=5))
    assert tips.stream(key).ends_at == end + 60
    tips.set_tier(desk.wallet("creator"), 2, 5_000)
    pay(5_000, subscribe_use(desk.address("reader"), 2, tips.open_tier(creator, 2)))
    assert tips.supporter_since(creator, desk.address("reader"), 2) == tips.node.now()
    assert desk.krw.account(1, holder.address).balance == 200_000 - 9_660
    # What was not earned is on the card again, not in a purse.
    before = desk.won.balance(holder.address)
    refund = tips.cancel(holder, key)["refund"]
    assert desk.krw.account(1, holder.address).balance == 200_000 - 9_660 + refund
    assert desk.won.balance(holder.address) == before
    assert refund > 3_000


def test_two_cards_of_one_holder_open_one_stream(desk: Desk, admitted: Tips, jar: int) -> None:
    holder, creator, use = desk.wallet("holder"), desk.address("creator"), open_use(10**9)
    first = admitted.sign_card(holder, 1, 100, creator, use)
    nonce_taken = admitted.certificates.account(1, holder.address).nonce
    assert first.nonce == nonce_taken + 1
    admitted.submit_cards([first], creator, use, desk.wallet("relayer"))
    with pytest.raises(RefusedError):
        admitted.submit_cards([first], creator, use, desk.wallet("relayer"))


def test_a_series_that_does_not_admit_the_escrow_is_not_redeemed(desk: Desk) -> None:
    desk.issue("holder", "50000", KR)
    with pytest.raises(ServiceError) as error:
        desk.session.tips("KRWT").redeem(desk.wallet("holder"), 1, 100, desk.address("creator"), tip_use())
    assert error.value.reason == "not_a_service"


def test_every_act_is_built_for_its_function(desk: Desk, jar: int) -> None:
    """An act's arguments fit its function's types, so that nothing is found out on chain."""
    person, creator = desk.address("supporter"), desk.address("creator")
    key = StreamKey(person, jar, 0)
    acts: list[Callable[[], Action]] = [
        lambda: jar_actions.open_stream(key, RATE, 1),
        lambda: jar_actions.top_up(key, creator, 1),
        lambda: jar_actions.cancel(key),
        lambda: jar_actions.change_rate(key, RATE),
        lambda: jar_actions.pause(key),
        lambda: jar_actions.resume(key),
        lambda: jar_actions.tip(person, jar, 1, "text"),
        lambda: jar_actions.subscribe(jar_actions.Subscription(person, person, creator, 1, 0, RATE, 1)),
        lambda: jar_actions.unsubscribe(person, creator, 1, person),
        lambda: jar_actions.give_subscriptions(
            GiftSubscriptions(person, creator, 1, 0, RATE, 1, 1, 2, bytes(32), 3)
        ),
        lambda: jar_actions.tip_handle(HandleTip(person, bytes(32), creator, 1, 2, 3), "text"),
        lambda: jar_actions.set_monthly_cap(person, 1),
        lambda: jar_actions.withdraw_owed(person, creator),
    ]
    built = [act() for act in acts]
    assert {act.function for act in built} == set(EVENTS)
    for act in built:
        consent = (1, 2, False, b"\1" * 65)
        signed = SignedAction(1, creator, act.function, jar_actions.encode_arguments(act, consent))
        assert signed.values[-1] == consent
        assert act.message(1, 2).digest(desk.session.tips("USDC").domain)
