"""The books of a StreamingTipEscrow from logs alone: right after every act, wrong when one unit is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3
from eth_abi.abi import encode

from largesse.addresses import ZERO_ADDRESS
from largesse.books.jars import DAY
from largesse.books.replay import InsolventError
from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.eip712 import jars_domain
from largesse.gifts.subscriptions import GiftSubscriptions, Place, build
from largesse.jars import HandleTip, handle_hash, jar_id
from largesse.signed.jars import HandleClaim
from largesse.solvency.jars import JarAudit, audit_jars
from tests.fixtures.accounts import key_of
from tests.support.certificates import World
from tests.support.clock import mine_at

ITSELF = (0, 0, False, b"")
NOON = 1_900_065_600
SCALE = 10**9
RATE = 7 * SCALE + 3  # leaves dust


class Escrow:
    """An escrow, and its audit after each act."""

    def __init__(self, world: World, contract: Any, node_url: str) -> None:
        self.world, self.contract = world, contract
        self.certificates = Certificates(Node.at(node_url), world.certificates.address)

    def audit(self) -> JarAudit:
        found = audit_jars(self.certificates, self.contract.address)
        assert found.problems == ()
        assert found.surplus == found.narrowest == 0
        return found

    def do(self, name: str, *values: Any, sender: Any) -> Any:
        tx = getattr(self.contract, name)(*values, {"from": sender})
        self.audit()
        return tx


@pytest.fixture
def escrow(project: Any, accounts: Any, make_world: Callable[[Any], World], node_url: str) -> Escrow:
    mine_at(NOON)
    token = project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]})
    world = make_world(token)
    deployed = project.StreamingTipEscrow.deploy(world.certificates, {"from": accounts[0]})
    project.JarBackOffice.at(deployed.backOffice())
    contract = project.interface.IStreamingTipEscrow(deployed.address)
    for person in (world.holder, world.giver):
        token.mint(person, 10**12, {"from": accounts[0]})
        token.approve(contract, 10**12, {"from": person})
    return Escrow(world, contract, node_url)


def test_streams(escrow: Escrow) -> None:
    world = escrow.world
    payer, jar = world.holder, jar_id(world.merchant.address)
    keys = [(payer, jar, index) for index in range(4)]
    escrow.do("open", keys[0], RATE, 7 * 5 * DAY, ITSELF, sender=payer)
    escrow.do("open", keys[1], RATE, 7 * 3_600, ITSELF, sender=payer)  # ends today
    escrow.do("open", keys[2], RATE, 7 * 2 * DAY + 5, ITSELF, sender=payer)
    escrow.do("topUp", keys[1], world.giver, 70 * 3_600, ITSELF, sender=world.giver)
    escrow.do("open", keys[3], 10, 1_000, ITSELF, sender=payer)
    escrow.do("tip", payer, jar, 12_345, "thanks", ITSELF, sender=payer)
    mine_at(NOON + DAY)
    escrow.do("topUp", keys[0], payer, 7 * DAY + 6, ITSELF, sender=payer)
    escrow.do("changeRate", keys[0], RATE // 2, ITSELF, sender=payer)
    escrow.do("pause", keys[0], ITSELF, sender=payer)
    escrow.do("collect", jar, 10, sender=payer)
    mine_at(NOON + 3 * DAY)
    escrow.do("resume", keys[0], ITSELF, sender=payer)
    escrow.do("open", keys[1], RATE, 700, ITSELF, sender=payer)
    mine_at(NOON + 4 * DAY)
    escrow.do("collect", jar, 0, sender=payer)
    escrow.do("pause", keys[0], ITSELF, sender=payer)
    escrow.do("cancel", keys[0], ITSELF, sender=payer)
    escrow.do("cancel", keys[3], ITSELF, sender=payer)
    mine_at(NOON + 30 * DAY)
    escrow.do("collect", jar, 100, sender=payer)
    books = escrow.audit().books
    assert books.due(NOON + 31 * DAY)[jar] < SCALE
    assert sum(books.income_by_day(jar, NOON + 31 * DAY).values()) == books.jars[jar].settled + sum(
        flow.earned(NOON + 31 * DAY) for flow in books.flows()
    )
    assert books.paid_in - books.paid_out == books.liabilities == 0


def test_shared_jars_and_debts(escrow: Escrow) -> None:
    world = escrow.world
    payees = [world.merchant, world.giver, world.stranger]
    tx = escrow.do("createSharedJar", payees, [3_334, 3_333, 3_333], sender=world.merchant)
    jar = tx.return_value
    escrow.do("open", (world.holder, jar, 0), SCALE, 5 * DAY, ITSELF, sender=world.holder)
    for second in (1, 2, 7, 50, DAY):
        mine_at(NOON + 100 + second)
        escrow.do("collect", jar, 5, sender=world.stranger)
    assert escrow.audit().books.jars[jar].undivided > 0
    escrow.do("withdrawOwed", world.giver, world.giver, ITSELF, sender=world.giver)
    assert escrow.audit().books.owed[world.giver.address] == 0


def test_memberships_and_gifts(escrow: Escrow) -> None:
    world, creator = escrow.world, escrow.world.merchant
    escrow.do("setTier", 1, 5_000_000, 0, sender=creator)
    rate = escrow.contract.tierOf(creator, 1)[0]
    one = (world.holder, world.recipient, creator, 1, 0, rate, 5_000_001)
    escrow.do("subscribe", one, ITSELF, sender=world.holder)
    escrow.do("subscribe", one, ITSELF, sender=world.holder)
    mine_at(NOON + 10 * DAY)
    escrow.do("unsubscribe", creator, 1, world.recipient, ITSELF, sender=world.holder)
    places = [
        Place(i, ZERO_ADDRESS, person.address)
        for i, person in enumerate([world.recipient, world.giver, world.stranger])
    ]
    tree = build(places)
    gifts = GiftSubscriptions(
        world.holder.address, creator.address, 1, 0, rate, 3, 5_000_000, NOON + 100 * DAY, tree.root, 1
    ).as_tuple()
    escrow.do("giveSubscriptions", gifts, ITSELF, sender=world.holder)
    for place in places[:2]:
        proof = list(tree.proof(place.index))
        escrow.do(
            "claimSubscription", gifts, place.index, ZERO_ADDRESS, place.account, proof, place.account, b"",
            sender=world.stranger,
        )  # fmt: skip
    mine_at(NOON + 100 * DAY)
    escrow.do("subscribe", one, ITSELF, sender=world.holder)  # after the gift has lapsed
    escrow.do("reclaimSubscriptions", gifts, sender=world.stranger)
    books = escrow.audit().books
    assert [batch.left for batch in books.gifts.values()] == [0]
    assert len(books.running(jar_id(creator.address), NOON + 100 * DAY + 10)) == 1


def test_tips_to_handles(escrow: Escrow) -> None:
    world = escrow.world
    attestor, anna = world.giver, world.recipient
    tips = [
        HandleTip(world.holder.address, handle_hash("github:anna"), attestor.address, 100 + i, date, i)
        for i, date in enumerate([NOON + DAY, NOON + 90 * DAY, NOON + 90 * DAY])
    ]
    for tip in tips:
        escrow.do("tipHandle", tip.as_tuple(), "for your work", ITSELF, sender=world.holder)
    assert escrow.audit().books.unclaimed == 303
    mine_at(NOON + 2 * DAY)
    claimed = [tips[1], tips[0], tips[1]]  # one is past its date, one is there twice
    claim = HandleClaim(tuple(tip.tip_id() for tip in claimed), anna.address, NOON + 3 * DAY)
    domain = jars_domain(web3.eth.chain_id, escrow.contract.address)
    attestation = claim.sign(domain, key_of(attestor))
    rows = [tip.as_tuple() for tip in claimed]
    tx = escrow.do("claimHandleTips", rows, anna, NOON + 3 * DAY, attestation, sender=world.stranger)
    assert tx.events["HandleTipsClaimed"]["amount"] == 101
    escrow.do("reclaimHandleTip", tips[0].as_tuple(), sender=world.stranger)
    assert escrow.audit().books.unclaimed == 102


def test_certificates_into_a_jar(escrow: Escrow) -> None:
    world, creator = escrow.world, escrow.world.merchant
    series = world.named_series()
    world.certificates.addServices(series, [escrow.contract], {"from": world.issuer})
    world.issue(series, world.holder, 10**9)
    opened = encode(["uint8", "uint256", "uint256"], [1, 0, RATE])
    service = escrow.contract.address

    def pay(amount: int, data: bytes) -> None:
        card = (world.holder, series, amount, 0, 0, 0, b"")
        payment = (service, creator, 0, 0, 0, 0, data, b"")
        world.certificates.pay(payment, [card], {"from": world.holder})
        escrow.audit()

    pay(7 * DAY * 10, opened)
    pay(7 * DAY, encode(["uint8", "uint256"], [2, 0]))
    pay(500, encode(["uint8", "string"], [0, "from a card"]))
    mine_at(NOON + 2 * DAY)
    key = (world.holder, jar_id(creator.address), 0)
    refund = escrow.do("cancel", key, ITSELF, sender=world.holder).return_value
    assert escrow.audit().books.paid_out == refund > 0


def test_one_unit_taken_away_is_missed(escrow: Escrow) -> None:
    world = escrow.world
    escrow.do("tip", world.holder, jar_id(world.merchant.address), 1_000, "", ITSELF, sender=world.holder)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes(12) + bytes.fromhex(escrow.contract.address[2:]) + bytes(32))
    answer = web3.provider.make_request(
        "anvil_setStorageAt", [world.token.address, slot.to_0x_hex(), "0x" + (999).to_bytes(32, "big").hex()]
    )
    assert answer["result"]
    found = audit_jars(escrow.certificates, escrow.contract.address)
    with pytest.raises(InsolventError) as caught:
        found.require_solvent()
    assert caught.value.reason == "missing_money"
    assert "999 are held and 1000 are owed" in str(caught.value)
