"""Row layer_2, the streaming escrow: the same bytecode and the same life on two chain ids; what was signed
for one is refused on the other.

Both chains get the contracts at the same addresses, stand at the same second and have the same streams in
them, so that nothing but the chain id tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from web3 import Web3

from largesse.chain import development_wallet
from largesse.eip712 import Domain, Message, address_of, jars_domain
from largesse.gifts.subscriptions import GiftSubscriptions, Place, build
from largesse.jars import HandleTip, handle_hash
from largesse.signed.certificates import OwedWithdrawal
from largesse.signed.jars import (
    CancelStream,
    ChangeStreamRate,
    GiftSubscriptionClaim,
    GiveSubscriptions,
    HandleClaim,
    OpenStream,
    PauseStream,
    ResumeStream,
    SetMonthlyCap,
    Subscribe,
    Tip,
    TipHandle,
    TopUpStream,
    Unsubscribe,
)
from tests.support.crowd import Crowd, deploy, escrow_abi, jar_of, settle
from tests.support.gifts import secret_of
from tests.support.jars import DAY, ITSELF, NOON
from tests.support.two_chains import (
    Act,
    Chains,
    Consent,
    code_without_chain,
    paid_by,
    refused,
    two_chains,
)

RATE = 10**9  # a base unit a second
PAID = 10 * DAY
WEEK = NOON + 7 * DAY
pytestmark = pytest.mark.usefixtures("set_back_chains")
START = NOON + 1_000
"""When both chains are ready."""
DEADLINE = NOON + DAY
TIER, PRICE = 1, 30 * DAY
LINK = secret_of("a gift on two chains")
ZERO = "0x" + "00" * 20


def address(role: str) -> str:
    return development_wallet(role).address


PAYER, CREATOR, AGENT = address("supporter"), address("creator"), address("agent")
JAR = jar_of(CREATOR)
SHARED = 1 << 160 | JAR
RUNNING, PAUSED, NEW = ((PAYER, JAR, index) for index in range(3))
MEMBER = (PAYER, PAYER, CREATOR, TIER, 0, RATE, PAID)
TREE = build([Place(0, address_of(LINK), ZERO)])
GIFTS = GiftSubscriptions(PAYER, CREATOR, TIER, 0, RATE, 1, PAID, WEEK, TREE.root, 0)
LATER = GiftSubscriptions(PAYER, CREATOR, TIER, 0, RATE, 1, PAID, WEEK, TREE.root, 1)
HELD = HandleTip(PAYER, handle_hash("github:anna"), AGENT, 1_000, WEEK, 0)
ANOTHER = HandleTip(PAYER, handle_hash("github:anna"), AGENT, 1_000, WEEK, 1)


def open_shop(crowd: Crowd) -> Crowd:
    """The very same transactions on every chain: streams, a member, a gift, a tip to a handle, a debt."""
    escrow, token = crowd.escrow.functions, crowd.token.functions
    steps = (
        (token.mint(PAYER, 10**12), "deployer"),
        (token.approve(crowd.escrow.address, 2**256 - 1), "supporter"),
        (escrow.setTier(TIER, PRICE, 0), "creator"),
        (escrow.createSharedJar([CREATOR], [10_000]), "creator"),
        (escrow.open(RUNNING, RATE, PAID, ITSELF), "supporter"),
        (escrow.open(PAUSED, RATE, PAID, ITSELF), "supporter"),
        (escrow.pause(PAUSED, ITSELF), "supporter"),
        (escrow.subscribe(MEMBER, ITSELF), "supporter"),
        (escrow.giveSubscriptions(GIFTS.as_tuple(), ITSELF), "supporter"),
        (escrow.tipHandle(HELD.as_tuple(), "", ITSELF), "supporter"),
        (escrow.tip(PAYER, SHARED, 5_000, "", ITSELF), "supporter"),
        (escrow.collect(SHARED, 9), "relayer"),
    )
    for number, (call, role) in enumerate(steps):
        crowd.at(NOON + 100 + number)
        crowd.send(call, role)
    crowd.mine_at(START)
    return crowd


def settled(web3: Web3) -> Crowd:
    return open_shop(settle(web3, deploy(web3, "TestToken", "Test Dollar", "TUSD", 6)))


@pytest.fixture(scope="module")
def chains() -> Iterator[Chains]:
    """Two nodes, each with the contracts."""
    with two_chains(settled) as chains:
        yield chains


def domain(crowd: Crowd) -> Domain:
    return jars_domain(int(crowd.web3.eth.chain_id), crowd.escrow.address)


# the same on both


def test_the_bytecode_and_the_addresses_are_the_same(chains: dict[int, Crowd]) -> None:
    first, second = chains.values()
    assert first.escrow.address == second.escrow.address
    for piece in ("escrow", "back office"):
        blank = []
        for chain_id, crowd in chains.items():
            escrow = crowd.escrow.functions
            place = crowd.escrow.address if piece == "escrow" else escrow.backOffice().call()
            separator = jars_domain(chain_id, place).separator
            blank.append(code_without_chain(crowd, place, separator))
            if piece == "escrow":
                assert separator == bytes(escrow.DOMAIN_SEPARATOR().call())
        assert blank[0] == blank[1]


def test_a_life_goes_the_same_way(chains: dict[int, Crowd]) -> None:
    """A stream that stops at 37 seconds, a member who leaves, a gift, a collection: to the unit."""
    found = []
    for crowd in chains.values():
        escrow = crowd.escrow.functions
        before = crowd.purse("supporter")
        crowd.at(START + 100)
        crowd.send(escrow.open(NEW, RATE, PAID, ITSELF), "supporter")
        crowd.at(START + 137)
        crowd.send(escrow.cancel(NEW, ITSELF), "supporter")
        assert before - crowd.purse("supporter") == 37
        crowd.at(START + DAY)
        crowd.send(escrow.unsubscribe(CREATOR, TIER, PAYER, ITSELF), "supporter")
        crowd.at(START + DAY)
        crowd.send(escrow.collect(JAR, 9), "creator")
        opened = NOON + 104
        assert crowd.purse("creator") == 37 + (START + DAY - opened) + 1 + (START + DAY - opened - 3)
        found.append((crowd.held(), crowd.purse("supporter"), *escrow.jar(JAR).call()))
    assert found[0] == found[1]


# what was signed for one


def consenting(message: Message, send: Callable[[Any, Any], Any], role: str = "supporter") -> Act:
    return Act(message, send, role, deadline=DEADLINE)


ACTS = {
    "open": consenting(
        OpenStream(*NEW, RATE, PAID, 1, DEADLINE),
        lambda escrow, consent: escrow.open(NEW, RATE, PAID, consent),
    ),
    "topUp": consenting(
        TopUpStream(PAYER, *RUNNING, DAY, 1, DEADLINE),
        lambda escrow, consent: escrow.topUp(RUNNING, PAYER, DAY, consent),
    ),
    "cancel": consenting(
        CancelStream(*RUNNING, 1, DEADLINE),
        lambda escrow, consent: escrow.cancel(RUNNING, consent),
    ),
    "changeRate": consenting(
        ChangeStreamRate(*RUNNING, 2 * RATE, 1, DEADLINE),
        lambda escrow, consent: escrow.changeRate(RUNNING, 2 * RATE, consent),
    ),
    "pause": consenting(
        PauseStream(*RUNNING, 1, DEADLINE),
        lambda escrow, consent: escrow.pause(RUNNING, consent),
    ),
    "resume": consenting(
        ResumeStream(*PAUSED, 1, DEADLINE),
        lambda escrow, consent: escrow.resume(PAUSED, consent),
    ),
    "tip": consenting(
        Tip(PAYER, JAR, 1_000, "here", 1, DEADLINE),
        lambda escrow, consent: escrow.tip(PAYER, JAR, 1_000, "here", consent),
    ),
    "subscribe": consenting(
        Subscribe(*MEMBER, 1, DEADLINE),
        lambda escrow, consent: escrow.subscribe(MEMBER, consent),
    ),
    "unsubscribe": consenting(
        Unsubscribe(PAYER, PAYER, CREATOR, TIER, 1, DEADLINE),
        lambda escrow, consent: escrow.unsubscribe(CREATOR, TIER, PAYER, consent),
    ),
    "giveSubscriptions": consenting(
        GiveSubscriptions(PAYER, LATER.batch_id(), 1, DEADLINE),
        lambda escrow, consent: escrow.giveSubscriptions(LATER.as_tuple(), consent),
    ),
    "claimSubscription": Act(
        GiftSubscriptionClaim(GIFTS.batch_id(), 0, address("recipient")),
        lambda escrow, signature: escrow.claimSubscription(
            GIFTS.as_tuple(), 0, address_of(LINK), ZERO, [], address("recipient"), signature
        ),
        key=LINK,
    ),
    "tipHandle": consenting(
        TipHandle(PAYER, ANOTHER.tip_id(), "", 1, DEADLINE),
        lambda escrow, consent: escrow.tipHandle(ANOTHER.as_tuple(), "", consent),
    ),
    "claimHandleTips": Act(
        HandleClaim((HELD.tip_id(),), address("recipient"), DEADLINE),
        lambda escrow, word: escrow.claimHandleTips([HELD.as_tuple()], address("recipient"), DEADLINE, word),
        role="agent",
    ),
    "setMonthlyCap": consenting(
        SetMonthlyCap(PAYER, 7, 1, DEADLINE),
        lambda escrow, consent: escrow.setMonthlyCap(PAYER, 7, consent),
    ),
    "withdrawOwed": consenting(
        OwedWithdrawal(CREATOR, address("recipient"), 1, DEADLINE),
        lambda escrow, consent: escrow.withdrawOwed(CREATOR, address("recipient"), consent),
        "creator",
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_a_signature_for_one_chain_is_refused_on_the_other(here: Crowd, there: Crowd, name: str) -> None:
    """Refused there as no signature of the signer's; good here, so that nothing else was wrong with it."""
    act = ACTS[name]
    signed = act.signed(domain(here))
    reason, values = refused(there, act.send(there.escrow.functions, signed))
    assert reason == "Custody_InvalidSignature"
    signer = address_of(act.key) if act.key else address(act.role)
    assert values[0].lower() == signer.lower()
    assert bytes(values[1]) == act.message.digest(domain(there))
    here.send(act.send(here.escrow.functions, signed), "relayer")


def test_every_signed_act_is_tried() -> None:
    """All functions that take a consent or a signature."""
    takes = {
        item["name"]
        for item in escrow_abi()
        if item["type"] == "function"
        and any(part["name"] in ("consent", "signature", "attestation") for part in item["inputs"])
    }
    assert takes == ACTS.keys()


@pytest.mark.parametrize("name", ["open", "topUp", "tip", "subscribe", "giveSubscriptions", "tipHandle"])
def test_a_payment_by_signature_for_one_chain_is_refused_on_the_other(
    here: Crowd, there: Crowd, name: str
) -> None:
    """EIP-3009: the currency's own domain has the chain's id too, and the nonce is a digest that has it."""
    act = ACTS[name]
    amount = {"open": PAID, "topUp": DAY, "subscribe": PAID, "giveSubscriptions": PAID}.get(name, 1_000)

    def consent(currency_of: Crowd, action_of: Crowd) -> Consent:
        return paid_by("supporter", act, amount, currency_of, domain(action_of))

    for bad in (consent(here, here), consent(here, there), consent(there, here)):
        assert refused(there, act.send(there.escrow.functions, bad)) == ("ERC3009InvalidSignature", ())
    held = here.held()
    here.send(act.send(here.escrow.functions, consent(here, here)), "relayer")
    assert here.held() == held + amount
