"""`owed`: what a currency's contracts could not pay is paid elsewhere, once, to whom it is owed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from largesse.addresses import AddressError
from largesse.chain import RefusedError
from largesse.clients.keepers import KEEPER_PARTS, KeeperError
from largesse.files import CHECKOUT
from largesse.session import SessionError
from largesse.usdc import ARTIFACTS
from scripts import (
    buy,
    collect,
    create_series,
    hold,
    items,
    owed,
    pool,
    prepaid,
    redeem,
    refund,
    sell,
    solvency,
    stream,
    swap,
)
from tests.fixtures.desk import Desk

DAY = 86_400
DOLLAR = 10**6
OPEN = "us-open-25"
AS = "from=merchant"
DUE = {
    "certificates": 4 * DOLLAR,
    "sales": 250_000,
    "jars": 8 * DOLLAR,
    "accounts": 5 * DOLLAR,
    "orders": 3 * DOLLAR,
    "swaps": 6 * DOLLAR,
    "rewards": 7 * DOLLAR,
    "items": 2_500_000,
}
"""What each contract comes to owe: the issuer its premium, the merchant all else."""


def payee_of(part: str) -> str:
    return "issuer" if part == "sales" else "merchant"


def freeze(desk: Desk, *roles: str, thaw: bool = False) -> None:
    """Have the real USDC contract blacklist people, or take that back."""
    token = desk.session.certificates("USDC").token
    name = "unBlacklist" if thaw else "blacklist"
    abi = [
        {"type": "function", "name": name, "stateMutability": "nonpayable",
         "inputs": [{"name": "account", "type": "address"}], "outputs": []}
    ]  # fmt: skip
    contract = desk.session.node.web3.eth.contract(address=token.address, abi=abi)  # type: ignore[call-overload]
    for role in roles:
        desk.session.node.send(contract.functions[name](desk.address(role)), desk.wallet("deployer"))


@pytest.fixture(scope="module")
def owing(desk: Desk) -> Desk:
    """Every contract over USDC has money of the merchant's or the issuer's to pay, who are blacklisted."""
    assert ARTIFACTS.is_dir()
    node = desk.session.node
    create_series.main(f"manifest={CHECKOUT / 'examples/manifests/open.toml'}")
    desk.issue("holder", "100", OPEN)
    sell.main(f"series={OPEN}", "premium=100")
    buy.main(f"series={OPEN}", "amount=25", "from=giver")
    stream.open("currency=USDC", "to=creator", "rate=1/day", "amount=100", AS)
    prepaid.open("currency=USDC", "to=cafe", "amount=5", "session=frozen", AS)
    prepaid.withdraw("session=frozen", AS)
    hold.open("currency=USDC", "seller=merchant", "number=1", "amount=3", "days=700", "from=holder")
    swap.propose("currency=USDC", "amount=6", "to=holder", "name=frozen", "hours=1", AS)
    pool.open(
        "currency=USDC", "name=frozen", "attester=operator", "amount=7", "reader_cap=1", "pool_cap=1",
        "notice=1", AS,
    )  # fmt: skip
    pool.close("pool=frozen", AS)
    items.make("item=7", "count=10", "to=merchant")
    items.list("currency=USDC", "item=7", "price=2.50", "stock=9", AS)
    node.jump_to(node.now() + DAY + 60)
    freeze(desk, "merchant", "issuer")

    redeem.main(f"series={OPEN}", "amount=4", "merchant=merchant")
    assert sell.premiums(f"series={OPEN}", "from=relayer") == DUE["sales"]
    stream.cancel("currency=USDC", "to=creator", AS)
    prepaid.withdraw("session=frozen", AS)
    hold.confirm("currency=USDC", "seller=merchant", "number=1", "from=holder")
    swap.refund("ticket=frozen", "from=relayer")
    pool.close("pool=frozen", "from=relayer")
    items.buy(f"series={OPEN}", "item=7", "price=2.50", "merchant=merchant", "from=holder")
    return desk


def dollars(desk: Desk, role: str) -> int:
    return desk.session.certificates("USDC").token.balance(desk.address(role))


def due(desk: Desk, part: str) -> int:
    """What was reckoned; of the stream, whatever had not flowed."""
    (place,) = [one for one in desk.session.keepers("USDC") if one.part == part]
    found = place.owed(desk.address(payee_of(part)))
    if part == "jars":
        assert 98 * DOLLAR < found < 99 * DOLLAR
    else:
        assert found == DUE[part]
    return found


@pytest.mark.parametrize("part", KEEPER_PARTS)
def test_each_contract_pays_once_to_where_its_payee_says(owing: Desk, part: str) -> None:
    amount, before = due(owing, part), dollars(owing, "charity")
    given = ("currency=USDC", f"part={part}", "to=charity", f"from={payee_of(part)}")
    assert owed.main(*given) == amount
    assert dollars(owing, "charity") == before + amount
    block = owing.block()
    assert owed.main(*given) == 0, "the second time there is nothing"
    assert owing.block() == block
    assert dollars(owing, "charity") == before + amount


@pytest.mark.parametrize("part", KEEPER_PARTS)
def test_nobody_else_has_it(owing: Desk, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    block = owing.block()
    assert owed.main("currency=USDC", f"part={part}", "from=stranger") == 0
    assert f"nothing is owed to stranger ({owing.address('stranger')})" in capsys.readouterr().out
    assert owing.block() == block
    (place,) = [one for one in owing.session.keepers("USDC") if one.part == part]
    with pytest.raises(RefusedError) as error:
        place.withdraw_owed(owing.wallet("stranger"), owing.address("stranger"))
    assert error.value.reason.endswith("_NothingOwed")
    assert owing.block() == block


def test_all_of_them_at_once(owing: Desk) -> None:
    parts = {part: due(owing, part) for part in KEEPER_PARTS if payee_of(part) == "merchant"}
    assert owed.show("currency=USDC", "of=merchant") == parts
    before = dollars(owing, "charity")
    assert owed.main("currency=USDC", "to=charity", AS) == sum(parts.values())
    assert dollars(owing, "charity") == before + sum(parts.values())
    assert owed.show("currency=USDC", "of=merchant") == {}
    assert owed.main("currency=USDC", "to=charity", AS) == 0
    proof = solvency.main("currency=USDC")
    assert proof is not None, "and every contract holds what it owes"


def test_to_oneself_when_the_currency_pays_again(owing: Desk) -> None:
    amount = due(owing, "orders")
    freeze(owing, "merchant", thaw=True)
    before = dollars(owing, "merchant")
    assert owed.main("currency=USDC", "part=orders", AS) == amount
    assert dollars(owing, "merchant") == before + amount


def test_where_the_currency_refuses_again_it_stays_owed(owing: Desk) -> None:
    block, due_before = owing.block(), owed.show("currency=USDC", "of=merchant")
    with pytest.raises(RefusedError) as error:
        owed.main("currency=USDC", AS)
    assert error.value.reason == "GiftCertificates_LeftDiffers"
    assert "HeldOrders of USDC: refused: Custody_LeftDiffers(expected 3000000, left 0)" in str(error.value)
    assert (owing.block(), owed.show("currency=USDC", "of=merchant")) == (block, due_before)


def test_a_contract_that_is_frozen_stops_no_other(owing: Desk) -> None:
    """HeldOrders itself is blacklisted: what the others owe is paid, and the error says which did not."""
    parts = {part: due(owing, part) for part in KEEPER_PARTS if payee_of(part) == "merchant"}
    token, orders = owing.session.certificates("USDC").token, owing.session.orders("USDC").address
    abi = [{"type": "function", "name": "blacklist", "stateMutability": "nonpayable",
            "inputs": [{"name": "account", "type": "address"}], "outputs": []}]  # fmt: skip
    contract = owing.session.node.web3.eth.contract(address=token.address, abi=abi)  # type: ignore[call-overload]
    owing.session.node.send(contract.functions.blacklist(orders), owing.wallet("deployer"))
    before = dollars(owing, "charity")
    with pytest.raises(RefusedError) as error:
        owed.main("currency=USDC", "to=charity", AS)
    assert str(error.value).startswith("HeldOrders of USDC: ")
    assert "GiftCertificates" not in str(error.value)
    assert dollars(owing, "charity") == before + sum(parts.values()) - parts["orders"]
    assert owed.show("currency=USDC", "of=merchant") == {"orders": parts["orders"]}


@pytest.mark.parametrize(("run", "part"), ((refund.owed, "certificates"), (collect.owed, "jars")))
def test_the_commands_of_cards_and_of_jars_pay_their_own_only(
    owing: Desk, run: Callable[..., int | None], part: str
) -> None:
    before, amount = owed.show("currency=USDC", "of=merchant"), due(owing, part)
    assert before is not None
    assert run("currency=USDC", "to=charity", AS) == amount
    assert owed.show("currency=USDC", "of=merchant") == {k: v for k, v in before.items() if k != part}
    block = owing.block()
    assert run("currency=USDC", "to=charity", AS) == 0
    assert owing.block() == block


def test_bad_input_sends_nothing(owing: Desk) -> None:
    block = owing.block()
    zero = "0x" + 40 * "0"
    for given, kind, reason in (
        (("currency=USDC", "part=market", AS), KeeperError, "unknown_part"),
        (("currency=USDC", "part=payout", AS), KeeperError, "unknown_part"),
        (("currency=USDC", f"to={zero}", AS), AddressError, "zero_address"),
        (("currency=USDC", f"to={owing.session.orders('USDC').address}", "part=orders", AS),
         RefusedError, "Custody_ZeroAddress"),
    ):  # fmt: skip
        with pytest.raises(kind) as error:
            owed.main(*given)
        assert error.value.reason == reason
        assert owing.block() == block


def test_on_a_live_chain_the_account_is_named(owing: Desk, live: Callable[..., list[str]]) -> None:
    live(me=owing.wallet("merchant"))
    with pytest.raises(SessionError) as error:
        owed.main("currency=USDC", f"to={owing.address('charity')}")
    assert error.value.reason == "from_missing"
    live("pay", me=owing.wallet("merchant"))
    assert owed.main("currency=USDC", f"to={owing.address('charity')}", "part=swaps", "from=me") == 6 * DOLLAR


def test_on_a_live_chain_it_goes_elsewhere_with_the_typed_word_only(
    owing: Desk, live: Callable[..., list[str]]
) -> None:
    elsewhere, block = owing.address("charity"), owing.block()
    asked = live("no", me=owing.wallet("merchant"))
    with pytest.raises(SessionError) as error:
        owed.main("currency=USDC", f"to={elsewhere}", "from=me")
    assert error.value.reason == "not_confirmed"
    assert asked == [f"What is owed to merchant goes to {elsewhere}. Type “pay” to go on: "]
    assert owing.block() == block
    freeze(owing, "merchant", thaw=True)
    assert owed.main("currency=USDC", "part=orders", "from=me") == DUE["orders"]
    assert len(asked) == 1, "one's own address needs no word"
