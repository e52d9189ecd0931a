"""Steps: streams, tips, collecting, shared jars, consents, and certificates redeemed into jars."""

from __future__ import annotations

from eth_abi.abi import encode

from tests.model.jar_words import NO_LIMIT, Use, creator_of
from tests.model.words import ZERO, Consent, Portion
from tests.stateful.custody.steps import (
    cancel_consents,
    give_card_away,
    new_series,
    paid_with_cards,
    permit,
    permit_of,
    withdraw_owed,
)
from tests.stateful.jars.hand import CREATORS, MOST, PAYERS, JarHand, JarStore
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, STRANGER
from tests.stateful.registry import Act, Steps

JAR_STEPS = Steps[JarHand, JarStore]()
step = JAR_STEPS.step
TEXTS = ("", "bravo", "für die Kapelle ♪")


# ---------------------------------------------------------------------------------------------- streams


@step(22)
def open_stream(hand: JarHand, store: JarStore) -> Act:
    key = hand.key()
    rate, amount = hand.price(hand.seconds(hand.now))
    caller = hand.sender(key.payer)
    message = ("OpenStream", key.payer, key.jar_id, key.index, rate, amount)
    return "open", caller, (key, rate, amount, hand.consent(caller, key.payer, message, amount))


@step(14)
def top_up(hand: JarHand, store: JarStore) -> Act | None:
    key = hand.stream()
    if key is None:
        return None
    stream = hand.jars.stream(key)
    payer = hand.mostly(key.payer, STRANGER, hand.one(HOLDERS), percent=60)
    amount = hand.more(stream.rate or 1, stream.ends_at or hand.now)
    caller = hand.sender(payer)
    message = ("TopUpStream", payer, key.payer, key.jar_id, key.index, amount)
    return "topUp", caller, (key, payer, amount, hand.consent(caller, payer, message, amount))


@step(7)
def cancel(hand: JarHand, store: JarStore) -> Act | None:
    key = hand.stream(paused=hand.odds(20))
    if key is None:
        return None
    caller = hand.sender(key.payer)
    message = ("CancelStream", key.payer, key.jar_id, key.index)
    return "cancel", caller, (key, hand.consent(caller, key.payer, message))


@step(7)
def change_rate(hand: JarHand, store: JarStore) -> Act | None:
    key = hand.stream()
    if key is None:
        return None
    left = hand.jars.left(hand.jars.stream(key))
    wanted = max(left // hand.seconds(hand.now), 1)
    rate = min(hand.mostly(wanted, left, left + 1, 0, 1, percent=93), 2**80 - 1)
    caller = hand.sender(key.payer)
    message = ("ChangeStreamRate", key.payer, key.jar_id, key.index, rate)
    return "changeRate", caller, (key, rate, hand.consent(caller, key.payer, message))


@step(8)
def pause(hand: JarHand, store: JarStore) -> Act | None:
    key = hand.stream()
    if key is None:
        return None
    caller = hand.sender(key.payer)
    message = ("PauseStream", key.payer, key.jar_id, key.index)
    return "pause", caller, (key, hand.consent(caller, key.payer, message))


@step(7)
def resume(hand: JarHand, store: JarStore) -> Act | None:
    key = hand.stream(paused=True)
    if key is None:
        return None
    caller = hand.sender(key.payer)
    message = ("ResumeStream", key.payer, key.jar_id, key.index)
    return "resume", caller, (key, hand.consent(caller, key.payer, message))


@step(8)
def tip(hand: JarHand, store: JarStore) -> Act:
    payer, jar_id, amount, text = hand.one(PAYERS), hand.jar_id(), hand.small(), hand.one(TEXTS)
    capped = [who for who in PAYERS if 0 < hand.jars.monthly_cap(who)[0] < NO_LIMIT]
    if capped and hand.odds(60):  # part of what the month has left, all of it, or one more
        payer = hand.one(capped)
        limit, used, _ = hand.jars.monthly_cap(payer)
        amount = max(hand.one([(limit - used) // 2, limit - used, limit - used + 1]), 1)
    caller = hand.sender(payer)
    message = ("Tip", payer, jar_id, amount, text)
    consent = hand.consent(caller, payer, message, amount)
    return "tip", caller, (payer, jar_id, amount, text, consent)


@step(12)
def collect(hand: JarHand, store: JarStore) -> Act:
    days = hand.one([0, 1, 2, 5, MOST, MOST])
    jars = list(hand.books.jars)
    jar_id = hand.one(jars) if jars and hand.odds(85) else hand.jar_id()
    shared = [one for one in jars if one in hand.books.shared and hand.jars.claimable(one)]
    if shared and hand.odds(60):
        jar_id = hand.one(shared)  # what does not divide waits for the next time
    jar_id = hand.mostly(jar_id, jar_id + 2**170, percent=95)
    return "collect", hand.mostly(STRANGER, *CREATORS, percent=40), (jar_id, days)


@step(5)
def create_shared_jar(hand: JarHand, store: JarStore) -> Act:
    payees = hand.rng.sample([*MERCHANTS, *HOLDING, STRANGER], hand.rng.randrange(1, 5))
    cuts = sorted(hand.rng.sample(range(1, 10_000), len(payees) - 1))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    kind = hand.rng.randrange(14)
    if kind == 0:
        shares[0] += hand.one([-1, 1])
    elif kind == 1:
        shares = [*shares, 0]
    elif kind == 2:
        payees, shares = [*payees, payees[0]], [*shares[:-1], shares[-1] // 2, shares[-1] - shares[-1] // 2]
    elif kind == 3:
        payees = [hand.one([ZERO, hand.here]), *payees[1:]]
    elif kind == 4:
        payees, shares = [f"0x{i:040x}" for i in range(1, 22)], [476] * 20 + [480]
    return "createSharedJar", hand.creator(), (payees, [share % 2**16 for share in shares])


# --------------------------------------------------------------------------------------------- consents


step(3)(withdraw_owed)
step(2)(cancel_consents)


@step(4)
def set_monthly_cap(hand: JarHand, store: JarStore) -> Act:
    payer = hand.one(PAYERS)
    limit, used, _ = hand.jars.monthly_cap(payer)
    near = (used, used + 1, limit, min(limit + 1, NO_LIMIT), limit // 2, NO_LIMIT)
    limit = hand.mostly(used + hand.rng.randrange(10 ** hand.rng.randrange(1, 15)), *near, percent=60)
    caller = hand.sender(payer)
    message = ("SetMonthlyCap", payer, limit)
    return "setMonthlyCap", caller, (payer, limit, hand.consent(caller, payer, message))


step(2)(permit)


@step(3)
def several_calls(hand: JarHand, store: JarStore) -> Act | None:
    """A permit and what it pays for; or whatever two other steps would do."""
    if hand.odds(50):
        payer, jar_id, amount = hand.one(HOLDERS), hand.jar_id(), hand.small()
        consent = Consent(0, 0, False, None)
        enough = hand.mostly(MOST, amount, max(amount - 1, 0), percent=80)
        calls = [("permit", permit_of(hand, payer, enough)), ("tip", (payer, jar_id, amount, "", consent))]
        return "multicall", payer, (calls,)
    first, second = hand.one([cancel, pause, tip]), hand.one([open_stream, top_up, collect])
    acts = [act for one in (first, second) if (act := one(hand, store))]
    if not acts:
        return None
    return "multicall", acts[0][1], ([(function, args) for function, _, args in acts],)


# ----------------------------------------------------------------------------------------- certificates


def use_of(hand: JarHand, holder: str, creator: str) -> tuple[bytes, int]:
    """What a redemption does, and how much it takes (0 for any)."""
    use = hand.one([Use.TIP, Use.OPEN, Use.OPEN, Use.OPEN, Use.SUBSCRIBE])
    if use is Use.TIP:
        return encode(["uint8", "string"], [use, hand.one(TEXTS)]), 0
    if use is Use.OPEN:
        rate, amount = hand.price(hand.seconds(hand.now))
        rate = hand.mostly(rate, 2**80, percent=98)
        return encode(["uint8", "uint256", "uint256"], [use, hand.one([0, 1]), rate]), amount
    tiers = [number for of, number in hand.books.tiers if of == creator]
    number = hand.one(tiers) if tiers and hand.odds(95) else 1
    tier = hand.jars.tier_of(creator, number)
    rate = hand.mostly(tier.rate, tier.rate + 1, percent=96)
    version = hand.mostly(tier.version, tier.version + 1, percent=97)
    account = hand.mostly(hand.one([holder, *HOLDERS]), ZERO, percent=96)
    kinds = ["uint8", "address", "uint32", "uint16", "uint80"]
    return encode(kinds, [use, account, number, version, rate]), hand.more(rate, hand.now)


def _paid_with(hand: JarHand, holder: str, series_id: int) -> int:
    """The series that a stream's money is of, or an open one that its holder has; 0 for none."""
    mine = [i for i in hand.model.books.series if hand.model.account(i, holder).balance]
    fit = [
        i for i in mine if i == series_id or (not series_id and not hand.model.books.series[i].terms.named)
    ]
    return hand.one(fit) if fit else 0


@step(16)
def redeem_into(hand: JarHand, store: JarStore) -> Act:
    series_id, holder = hand.card()
    creator = hand.mostly(hand.creator(), hand.here, percent=98)
    data, wanted = use_of(hand, holder, creator)
    mine = [key for key in hand.streams() if key.payer == holder]
    if mine and hand.odds(40):  # more for a stream that there is
        key = hand.one(mine)
        stream = hand.jars.stream(key)
        creator = creator_of(key.jar_id)
        data = encode(["uint8", "uint256"], [Use.TOP_UP, hand.mostly(key.index, 1, percent=95)])
        series_id = hand.mostly(_paid_with(hand, holder, stream.series_id) or series_id, series_id)
        wanted = hand.more(stream.rate, stream.ends_at)
    if hand.odds(2):
        data = hand.one([b"", data[:32], encode(["uint8"], [4]), data[:-1]])
    caller = hand.one([holder, STRANGER if creator == hand.here else creator, STRANGER])
    return paid_with_cards(hand, caller, (creator, data), (series_id, holder), wanted)


@step(2)
def pretend(hand: JarHand, store: JarStore) -> Act:
    """Somebody who is not the certificates says that money came."""
    series_id, holder = hand.card()
    creator, amount = hand.creator(), hand.small()
    data, _ = use_of(hand, holder, creator)
    return "onRedemption", STRANGER, (creator, amount, 0, [Portion(holder, series_id, amount)], data)


step(3)(new_series)


@step(5)
def count_used(hand: JarHand, store: JarStore) -> Act:
    names = list(hand.books.placements) or [bytes(32)]
    given = [hand.mostly(hand.one(names), bytes(32), percent=90) for _ in range(hand.one([1, 1, 2, 3]))]
    return "countUsed", STRANGER, (given,)


step(1)(give_card_away)
