"""A service that was started with another account, as after a lost or a stolen key, took what the first one
had signed for its own.

It signed the same call again under the first account's nonce, which says nothing of the second one's: where
that was lower, both could be mined; where it was higher, what the first account had under way counted as
failed, though it could still be mined.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from brownie import web3
from hexbytes import HexBytes
from sqlalchemy import Engine, select

from largesse.chain import ChainError, Node, Wallet
from largesse.relayer.actions import Call, Kind, RelayAction
from largesse.relayer.service import Relayer
from largesse.relayer.store import ACCEPTED, DONE, Record
from largesse.sender import TRANSACTIONS, Sender
from tests.support.clock import no_mining
from tests.support.prepaid import Prepaid

from .test_replacements import call, engine  # noqa: F401 - a fixture

# ruff: noqa: F811

MakeSender = Callable[[Wallet], Sender]


@pytest.fixture
def make_sender(engine: Engine, prepaid: Prepaid, node_url: str) -> MakeSender:
    return lambda wallet: Sender(Node.at(node_url), wallet, engine, patience=0.05)


@pytest.fixture
def first(prepaid: Prepaid) -> Wallet:
    prepaid.fund(prepaid.merchant)
    return Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))


@pytest.fixture
def second(prepaid: Prepaid) -> Wallet:
    """Who could pay the same as well."""
    prepaid.fund(prepaid.agent)
    return Wallet.from_key("agent", prepaid.world.key(prepaid.agent))


def unsent(sender: Sender, prepaid: Prepaid, monkeypatch: pytest.MonkeyPatch) -> str:
    """What was signed under "a" by an account that died before it was sent."""
    with monkeypatch.context() as patch:
        patch.setattr(sender.node, "broadcast", lambda raw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.send("a", *call(prepaid))
    (signed,) = sender.hashes("a")
    return signed


def use_nonces(prepaid: Prepaid, account: Wallet, until: int) -> None:
    """Have the account send other things, so that its next nonce is `until` at least."""
    while web3.eth.get_transaction_count(account.address) < until:
        prepaid.token.approve(prepaid.stranger, 0, {"from": account.address})


def signers(engine: Engine) -> set[str]:
    with engine.begin() as connection:
        return set(connection.execute(select(TRANSACTIONS.c.address)).scalars())


@pytest.mark.parametrize("ahead", [0, 5])
def test_it_signs_nothing_while_the_first_ones_may_be_mined(
    make_sender: MakeSender, first: Wallet, second: Wallet, prepaid: Prepaid, engine: Engine, ahead: int
) -> None:
    """However many transactions the second one has sent."""
    use_nonces(prepaid, second, web3.eth.get_transaction_count(first.address) + ahead)
    before, old, new = prepaid.balance(prepaid.stranger), make_sender(first), make_sender(second)
    with no_mining():
        with pytest.raises(ChainError, match="is in no block"):
            old.send("a", *call(prepaid))
        signed = old.hashes("a")
        for _ in range(2):
            with pytest.raises(ChainError, match=first.address) as error:
                new.send("a", *call(prepaid))
            assert error.value.reason == "other_account"
        assert new.hashes("a") == signed
        web3.provider.make_request("evm_mine", [])
    receipt = new.send("a", *call(prepaid))
    assert receipt["from"] == first.address
    assert signers(engine) == {first.address}
    assert prepaid.balance(prepaid.stranger) == before + 1


def test_a_start_sends_what_the_first_one_signed(
    make_sender: MakeSender,
    first: Wallet,
    second: Wallet,
    prepaid: Prepaid,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, signed = prepaid.balance(prepaid.stranger), unsent(make_sender(first), prepaid, monkeypatch)
    assert make_sender(second).resume() == 1
    web3.eth.wait_for_transaction_receipt(HexBytes(signed))
    assert prepaid.balance(prepaid.stranger) == before + 1
    assert make_sender(second).resume() == 0


def test_what_the_first_one_cannot_do_any_more_is_said(
    make_sender: MakeSender,
    first: Wallet,
    second: Wallet,
    prepaid: Prepaid,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asks may have it done under another key then: nothing of this one will be mined."""
    before = prepaid.balance(prepaid.stranger)
    unsent(make_sender(first), prepaid, monkeypatch)
    use_nonces(prepaid, first, web3.eth.get_transaction_count(first.address) + 1)
    with pytest.raises(ChainError, match=first.address) as error:
        make_sender(second).send("a", *call(prepaid))
    assert error.value.reason == "nonce_taken"
    make_sender(second).send("b", *call(prepaid))
    assert prepaid.balance(prepaid.stranger) == before + 1


def test_without_gas_money_it_waits_for_some(
    make_sender: MakeSender,
    first: Wallet,
    second: Wallet,
    prepaid: Prepaid,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Anybody may send the first account what its transaction costs."""
    signed = unsent(make_sender(first), prepaid, monkeypatch)
    money = web3.eth.get_balance(first.address)
    web3.provider.make_request("anvil_setBalance", [first.address, "0x0"])
    before = prepaid.balance(prepaid.stranger)
    with pytest.raises(ChainError) as error:
        make_sender(second).send("a", *call(prepaid))
    assert error.value.reason == "other_account"
    web3.provider.make_request("anvil_setBalance", [first.address, hex(money)])
    assert make_sender(second).resume() == 1
    web3.eth.wait_for_transaction_receipt(HexBytes(signed))
    receipt = make_sender(second).send("a", *call(prepaid))
    assert receipt["from"] == first.address
    assert prepaid.balance(prepaid.stranger) == before + 1


def test_a_relayer_does_what_its_former_account_had_under_way_once(
    engine: Engine,
    node_url: str,
    first: Wallet,
    second: Wallet,
    prepaid: Prepaid,
) -> None:
    use_nonces(prepaid, second, web3.eth.get_transaction_count(first.address) + 5)
    before, (target, data) = prepaid.balance(prepaid.stranger), call(prepaid)
    old, new = (Relayer(Node.at(node_url), wallet, engine, {}, patience=0.05) for wallet in (first, second))
    action = RelayAction(
        old.node.chain_id, target, Kind.CERTIFICATES, data, (Call("transfer", first.address, bytes(32)),)
    )
    record, _ = old.store.accept(action, "127.0.0.1", 100_000, int(time.time()))
    with no_mining():
        old._send(record)
        new._send(record)
        assert state(new, record) == (ACCEPTED, "")
        web3.provider.make_request("evm_mine", [])
    new._send(record)
    for relayer in (old, new):
        relayer.close()
    assert state(new, record) == (DONE, "")
    assert signers(engine) == {first.address}
    assert prepaid.balance(prepaid.stranger) == before + 1


def state(relayer: Relayer, record: Record) -> tuple[str, str]:
    found = relayer.find(record.id)
    assert found is not None
    return found[0].state, found[0].error
