"""Who can block whom: nobody but himself."""

from typing import Any

import pytest

from tests.fixtures.accounts import REFUSER_MODES, MakeAccount
from tests.fixtures.tokens import MakeToken
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, handle_tip_id, use
from tests.support.outputs import returned
from tests.zoo.raw import raw_send

UNIT = 10**9


@pytest.fixture(scope="module")
def blacklisting(make_jars: Any, make_token: MakeToken) -> Jars:
    jars: Jars = make_jars(make_token("BlacklistToken"))
    return jars


def blacklist(jars: Jars, person: Any) -> None:
    jars.token.blacklist(person, {"from": jars.deployer})


def test_a_blacklisted_payee_of_a_split_blocks_no_other(blacklisting: Jars) -> None:
    """Its share waits for it, or goes where it says; the others have theirs."""
    jars = blacklisting
    shared = jars.shared_jar([jars.creator, jars.agent, jars.merchant], [5_000, 3_000, 2_000])
    jars.tip(10_000, shared)
    blacklist(jars, jars.agent)
    jars.collect(shared)
    for person, part in ((jars.creator, 5_000), (jars.merchant, 2_000)):
        jars.escrow.withdrawOwed(person, person, ITSELF, {"from": person})
        assert jars.balance(person) == part
    with reverts("Custody_LeftDiffers", 3_000, 0):
        jars.escrow.withdrawOwed(jars.agent, jars.agent, ITSELF, {"from": jars.agent})
    jars.escrow.withdrawOwed(jars.agent, jars.recipient, ITSELF, {"from": jars.agent})
    assert jars.balance(jars.recipient) == 3_000


def test_a_blacklisted_creator_blocks_no_payer(blacklisting: Jars) -> None:
    """Payers stop, are refunded, and the creator's earnings are owed."""
    jars = blacklisting
    at(NOON)
    keys = [jars.open(UNIT, DAY, i) for i in range(2)]
    blacklist(jars, jars.creator)
    at(NOON + 100)
    assert returned(jars.cancel(keys[0])) == DAY - 100
    at(NOON + 200)
    jars.collect()
    assert jars.escrow.owed(jars.creator) == 300
    at(NOON + 300)
    jars.cancel(keys[1])
    jars.collect()
    assert jars.escrow.owed(jars.creator) == jars.held() == 400


def test_a_blacklisted_payer_blocks_no_creator(blacklisting: Jars) -> None:
    """Its refund is owed to it, and its streams still end."""
    jars = blacklisting
    rate = jars.set_tier()
    at(NOON)
    key = jars.open(UNIT, DAY)
    jars.escrow.subscribe(jars.subscription(rate, 10 * DAY), ITSELF, {"from": jars.supporter})
    tip = jars.handle_tip(50, reclaim_at=NOON + 100)
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    blacklist(jars, jars.supporter)
    at(NOON + 100)
    jars.cancel(key)
    at(NOON + 100)
    jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": jars.supporter})
    jars.escrow.reclaimHandleTip(tip, {"from": jars.stranger})
    assert not jars.escrow.isHandleTipOpen(handle_tip_id(tip))
    owed = DAY - 100 + 10 * (DAY - 100) + 50
    assert jars.escrow.owed(jars.supporter) == owed
    at(NOON + 100)
    jars.collect()
    assert jars.balance(jars.creator) == 100 + 10 * 100
    jars.escrow.withdrawOwed(jars.supporter, jars.giver, ITSELF, {"from": jars.supporter})
    assert jars.held() == 0


def test_a_blacklisted_giver_of_gifts_blocks_nobody(blacklisting: Jars) -> None:
    jars = blacklisting
    rate = jars.set_tier()
    gifts = jars.gifts(rate, bytes(32))
    jars.escrow.giveSubscriptions(gifts, ITSELF, {"from": jars.giver})
    blacklist(jars, jars.giver)
    at(NOON + 7 * DAY)
    jars.escrow.reclaimSubscriptions(gifts, {"from": jars.stranger})
    assert jars.escrow.owed(jars.giver) == jars.held() == 10_000


def test_a_frozen_escrow_blocks_its_currency_only(
    blacklisting: Jars, make_jars: Any, make_token: MakeToken
) -> None:
    """The currency shuts the escrow itself out: all is owed until it lets it in again."""
    jars = blacklisting
    at(NOON)
    key = jars.open(UNIT, DAY)
    blacklist(jars, jars.escrow)
    at(NOON + 100)
    jars.cancel(key)
    jars.collect()
    assert (jars.escrow.owed(jars.supporter), jars.escrow.owed(jars.creator)) == (DAY - 100, 100)
    jars.token.unBlacklist(jars.escrow, {"from": jars.deployer})
    for person in (jars.supporter, jars.creator):
        jars.escrow.withdrawOwed(person, person, ITSELF, {"from": person})
    assert jars.held() == 0


@pytest.mark.parametrize("mode", [mode for mode in REFUSER_MODES if mode != "Accepts"])
def test_a_payer_that_refuses_its_certificate_blocks_itself_only(
    jars: Jars, make_account: MakeAccount, mode: str
) -> None:
    """It cannot stop its stream while it refuses; the creator is paid, others come and go. Once it accepts,
    it stops."""
    wallet = make_account("Refuser1155", jars.holder, mode="Accepts")
    series = jars.world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    jars.world.issue(series, wallet, 50_000)
    payment = jars.world.payment(jars.escrow, payee=jars.creator, data=use("Open", 0, UNIT))
    pay = jars.world.certificates.pay.encode_input(payment, [(wallet.address, series, 50_000, 0, 0, 0, b"")])
    at(NOON)
    wallet.execute(jars.world.certificates, 0, pay, {"from": jars.holder})
    other = jars.open(UNIT, DAY)
    wallet.setMode(REFUSER_MODES.index(mode), {"from": jars.holder})
    cancel = jars.escrow.cancel.encode_input(jars.key(payer=wallet), ITSELF)
    at(NOON + 100)
    receipt = raw_send(wallet.execute, jars.escrow, 0, cancel, sender=jars.holder, gas=8_000_000)
    assert receipt["status"] == 0
    at(NOON + 100)
    jars.collect()
    assert jars.balance(jars.creator) == 200
    at(NOON + 100)
    jars.cancel(other)
    wallet.setMode(REFUSER_MODES.index("Accepts"), {"from": jars.holder})
    at(NOON + 200)
    wallet.execute(jars.escrow, 0, cancel, {"from": jars.holder})
    assert jars.world.certificates.account(series, wallet) == (49_800, 200, 0)
    at(NOON + 200)
    jars.collect()
    assert jars.balance(jars.creator) == 300
    assert jars.held() == 0


def test_a_creator_cannot_keep_a_payer(jars: Jars) -> None:
    """Closing tiers, making jars, collecting all the time: a payer leaves when it likes with what is left."""
    rate = jars.set_tier()
    at(NOON)
    key = jars.open(UNIT, DAY)
    jars.escrow.subscribe(jars.subscription(rate, 10 * DAY), ITSELF, {"from": jars.supporter})
    jars.set_tier(price=0)
    jars.shared_jar([jars.creator], [10_000])
    jars.set_tier(price=30 * DAY * 99, version=1)
    for second in (10, 20, 30):
        at(NOON + second)
        jars.collect()
    at(NOON + 30)
    assert returned(jars.cancel(key)) == DAY - 30
    tx = jars.escrow.unsubscribe(jars.creator, 1, jars.supporter, ITSELF, {"from": jars.supporter})
    assert returned(tx) == 10 * (DAY - 30)


def test_a_payer_cannot_keep_another_out_of_a_jar(jars: Jars) -> None:
    """Indexes are each payer's own; a hundred streams of one leave room for another's."""
    calls = [
        jars.escrow.open.encode_input(jars.key(i, payer=jars.stranger), UNIT, DAY, ITSELF) for i in range(50)
    ]
    at(NOON)
    jars.deployed.multicall(calls, {"from": jars.stranger, "gas_limit": 12_000_000})
    jars.open(UNIT, DAY, 0)
    assert jars.stored()[0] == 51 * UNIT


def test_a_full_jar_is_emptied_of_ended_streams_by_anybody(jars: Jars) -> None:
    """Rates that ended count until they are folded; collecting folds them, for everybody."""
    at(NOON)
    jars.open(UNIT, DAY)
    assert jars.stored()[0] == UNIT
    at(NOON + 2 * DAY)
    jars.escrow.collect(jars.jar, 1, {"from": jars.stranger})
    assert jars.stored()[0] == 0
