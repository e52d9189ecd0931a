"""Row layer_2, the prepaid accounts: the same bytecode and the same life on two chain ids; what was signed
for one, vouchers above all, is refused on the other.

Both chains get the contracts at the same addresses, stand at the same second and have the same account in
them, so that nothing but the chain id tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from web3 import Web3

from largesse.chain import development_wallet
from largesse.eip712 import Domain, Message, accounts_domain, address_of
from largesse.signed.accounts import (
    CancelWithdrawal,
    ChangeSigner,
    LockedVoucher,
    OpenAccount,
    RequestSigner,
    RequestWithdrawal,
    TopUpAccount,
    Voucher,
    Withdraw,
)
from largesse.signed.certificates import OwedWithdrawal
from largesse.vouchers import SignedLockedVoucher, SignedVoucher, lock_of
from tests.support.crowd import Crowd, deploy, settle_with
from tests.support.gifts import secret_of
from tests.support.jars import DAY, NOON
from tests.support.prepaid import HOUR, ITSELF, index_of
from tests.support.two_chains import (
    Act,
    Chains,
    Consent,
    code_without_chain,
    paid_by,
    refused,
    two_chains,
)

pytestmark = pytest.mark.usefixtures("set_back_chains")
START = NOON + 2 * HOUR
"""When both chains are ready: what was asked for is due."""
DEADLINE = NOON + DAY
DEPOSIT = 1_000_000
SESSION = secret_of("a session key on two chains")
PREIMAGE = b"\x11" * 32


def address(role: str) -> str:
    return development_wallet(role).address


PAYER, SELLER, HEIR = address("supporter"), address("merchant"), address("agent")
KEY = (SELLER, index_of(PAYER, 0))
OPENING = (SELLER, 0, address_of(SESSION), HOUR, 0)
ANOTHER = (SELLER, 1, address_of(SESSION), HOUR, 0)


def settled(web3: Web3) -> Crowd:
    """The very same transactions on every chain: an account whose withdrawal and whose new signer are due."""
    crowd = settle_with(web3, deploy(web3, "TestToken", "Test Dollar", "TUSD", 6), "PrepaidAccounts")
    accounts, token = crowd.contract.functions, crowd.token.functions
    steps = (
        token.mint(PAYER, 10**12),
        token.approve(crowd.contract.address, 2**256 - 1),
        accounts.open(OPENING, DEPOSIT),
        accounts.requestWithdrawal(KEY, ITSELF),
        accounts.requestSigner(KEY, HEIR, ITSELF),
    )
    for number, call in enumerate(steps):
        crowd.at(START - HOUR - 100 + number)
        crowd.send(call, "supporter")
    crowd.mine_at(START)
    return crowd


@pytest.fixture(scope="module")
def chains() -> Iterator[Chains]:
    """Two nodes, each with the contracts."""
    with two_chains(settled) as chains:
        yield chains


def domain(crowd: Crowd) -> Domain:
    return accounts_domain(int(crowd.web3.eth.chain_id), crowd.contract.address)


# the same on both


def test_the_bytecode_and_the_addresses_are_the_same(chains: Chains) -> None:
    first, second = chains.values()
    assert first.contract.address == second.contract.address
    blank = []
    for crowd in (first, second):
        separator = domain(crowd).separator
        assert separator == bytes(crowd.contract.functions.DOMAIN_SEPARATOR().call())
        blank.append(code_without_chain(crowd, crowd.contract.address, separator))
    assert blank[0] == blank[1]


def test_a_life_goes_the_same_way(chains: Chains) -> None:
    """Topped up, settled, rotated, withdrawn: to the unit."""
    found = []
    for crowd in chains.values():
        accounts = crowd.contract.functions
        crowd.send(accounts.topUp(KEY, 500), "supporter")
        crowd.send(accounts.settle(SELLER, voucher(crowd, 1_200).row()), "relayer")
        crowd.send(accounts.settleLocked(SELLER, locked(crowd, 1_500).row()), "relayer")
        crowd.send(accounts.changeSigner(KEY, ITSELF), "supporter")
        crowd.send(accounts.withdraw(KEY, ITSELF), "supporter")
        assert (crowd.purse("merchant"), crowd.held()) == (1_500, 0)
        found.append((crowd.purse("supporter"), accounts.account(*KEY).call()))
    assert found[0] == found[1]


# vouchers


def voucher(crowd: Crowd, amount: int) -> SignedVoucher:
    """Good on this chain."""
    said = Voucher(SELLER, crowd.token.address, KEY[1], amount)
    return SignedVoucher(KEY[1], amount, said.sign(domain(crowd), SESSION))


def locked(crowd: Crowd, amount: int) -> SignedLockedVoucher:
    """Good on this chain."""
    said = LockedVoucher(SELLER, crowd.token.address, KEY[1], amount, lock_of(PREIMAGE), DEADLINE)
    plain = SignedVoucher(KEY[1], amount, said.sign(domain(crowd), SESSION))
    return SignedLockedVoucher(plain, DEADLINE, PREIMAGE)


@pytest.mark.parametrize("kind", ["settle", "settleLocked"])
def test_a_voucher_for_one_chain_is_skipped_on_the_other(here: Crowd, there: Crowd, kind: str) -> None:
    """The very same rows take nothing there, and all of it here."""
    make = voucher if kind == "settle" else locked
    rows = make(here, 700).row()
    there.send(there.contract.functions[kind](SELLER, rows), "relayer")
    assert (there.purse("merchant"), there.held()) == (0, DEPOSIT)
    here.send(here.contract.functions[kind](SELLER, rows), "relayer")
    assert (here.purse("merchant"), here.held()) == (700, DEPOSIT - 700)
    # and what was settled here stays good there
    there.send(there.contract.functions[kind](SELLER, make(there, 700).row()), "relayer")
    assert there.purse("merchant") == 700


def test_in_one_batch_only_this_chains_rows_count(here: Crowd, there: Crowd) -> None:
    """A hub that serves on both and mixes them up loses nothing but the foreign rows' gas."""
    rows = voucher(there, 900).row() + voucher(here, 300).row() + voucher(there, 500).row()
    here.send(here.contract.functions.settle(SELLER, rows), "relayer")
    assert here.purse("merchant") == 300
    (event,) = here.events("Settled")
    assert event["skipped"] == bytes([0b1010_0000])


# what was signed for one


def consenting(message: Message, send: Callable[[Any, Any], Any]) -> Act:
    return Act(message, send, deadline=DEADLINE)


ACTS = {
    "openSigned": consenting(
        OpenAccount(PAYER, *ANOTHER, DEPOSIT, 1, DEADLINE),
        lambda accounts, consent: accounts.openSigned(PAYER, ANOTHER, DEPOSIT, consent),
    ),
    "topUpSigned": consenting(
        TopUpAccount(PAYER, *KEY, DEPOSIT, 1, DEADLINE),
        lambda accounts, consent: accounts.topUpSigned(KEY, PAYER, DEPOSIT, consent),
    ),
    "requestWithdrawal": consenting(
        RequestWithdrawal(PAYER, *KEY, 1, DEADLINE),
        lambda accounts, consent: accounts.requestWithdrawal(KEY, consent),
    ),
    "cancelWithdrawal": consenting(
        CancelWithdrawal(PAYER, *KEY, 1, DEADLINE),
        lambda accounts, consent: accounts.cancelWithdrawal(KEY, consent),
    ),
    "withdraw": consenting(
        Withdraw(PAYER, *KEY, 1, DEADLINE),
        lambda accounts, consent: accounts.withdraw(KEY, consent),
    ),
    "requestSigner": consenting(
        RequestSigner(PAYER, *KEY, SELLER, 1, DEADLINE),
        lambda accounts, consent: accounts.requestSigner(KEY, SELLER, consent),
    ),
    "changeSigner": consenting(
        ChangeSigner(PAYER, *KEY, 1, DEADLINE),
        lambda accounts, consent: accounts.changeSigner(KEY, consent),
    ),
    "settleOne": Act(
        Voucher(SELLER, "", KEY[1], 700),
        lambda accounts, signature: accounts.settleOne(KEY, 700, signature),
        key=SESSION,
    ),
    "settleOneLocked": Act(
        LockedVoucher(SELLER, "", KEY[1], 700, lock_of(PREIMAGE), DEADLINE),
        lambda accounts, signature: accounts.settleOneLocked(KEY, 700, DEADLINE, PREIMAGE, signature),
        key=SESSION,
    ),
    "withdrawOwed": consenting(
        OwedWithdrawal(PAYER, HEIR, 1, DEADLINE),
        lambda accounts, consent: accounts.withdrawOwed(PAYER, HEIR, consent),
    ),
}


def act_on(crowd: Crowd, name: str) -> Act:
    """A voucher names the currency, which has the same address on both chains."""
    act = ACTS[name]
    if isinstance(act.message, Voucher | LockedVoucher):
        return replace(act, message=replace(act.message, currency=crowd.token.address))
    return act


@pytest.mark.parametrize("name", ACTS)
def test_a_signature_for_one_chain_is_refused_on_the_other(here: Crowd, there: Crowd, name: str) -> None:
    """Refused there as no signature of the signer's; good here, so that nothing else was wrong with it."""
    act = act_on(here, name)
    signed = act.signed(domain(here))
    reason, values = refused(there, act.send(there.contract.functions, signed))
    assert reason == "Custody_InvalidSignature"
    signer = address_of(act.key) if act.key else PAYER
    assert values[0].lower() == signer.lower()
    assert bytes(values[1]) == act.message.digest(domain(there))
    call = act.send(here.contract.functions, signed)
    if name == "withdrawOwed":  # nobody is owed anything here, and that is all that is wrong
        assert refused(here, call) == ("Custody_NothingOwed", (PAYER.lower(),))
        return
    here.send(call, "relayer")


def test_every_signed_act_is_tried(here: Crowd) -> None:
    """All functions that take a consent or a signature."""
    takes = {
        item["name"]
        for item in here.contract.abi
        if item["type"] == "function"
        and any(part["name"] in ("consent", "signature") for part in item["inputs"])
    }
    assert takes == ACTS.keys()


@pytest.mark.parametrize("name", ["openSigned", "topUpSigned"])
def test_a_payment_by_signature_for_one_chain_is_refused_on_the_other(
    here: Crowd, there: Crowd, name: str
) -> None:
    """EIP-3009: the currency's own domain has the chain's id too, and the nonce is a digest that has it."""
    act = ACTS[name]

    def consent(currency_of: Crowd, action_of: Crowd) -> Consent:
        return paid_by("supporter", act, DEPOSIT, currency_of, domain(action_of))

    for bad in (consent(here, here), consent(here, there), consent(there, here)):
        assert refused(there, act.send(there.contract.functions, bad)) == ("ERC3009InvalidSignature", ())
    here.send(act.send(here.contract.functions, consent(here, here)), "relayer")
    assert here.held() == 2 * DEPOSIT
