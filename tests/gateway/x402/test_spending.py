"""What thieves make the gateway pay for gas: no more than they pay, or than its operator gives away a day."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from largesse.chain import Fees, Wallet, development_wallet
from largesse.database import open_database, sqlite_url
from largesse.gateway.exact import SETTLE_GAS
from largesse.gateway.facilitator import DEPOSIT_GAS, REFUND_GAS
from largesse.gateway.gateway import tables
from largesse.gateway.spending import (
    DEPOSITS,
    PAYMENTS,
    REFUNDS,
    GasBook,
    Permit,
    Spending,
    SpendingError,
)
from tests.gateway.x402.test_batch import contract, withdraw
from tests.gateway.x402.test_exact import get, no_mining, proved
from tests.support.waiting import until
from tests.support.x402_payments import Payer, authorized, decoded, header, payer
from tests.support.x402_world import PRICE, Shop, X402World, serving

WEI = 10**12
"""What a unit of gas costs here: a million of them are a coin."""
SIGNED_FOR = SETTLE_GAS, DEPOSIT_GAS, REFUND_GAS
DEPOSIT = 200 * PRICE
NOON = 1_000 * 86_400 + 43_200


def spending(gas_of_a_call: float, **settings: Any) -> Spending:
    """Where the gas of an `exact` settlement costs so many calls."""
    return Spending(int(gas_of_a_call * PRICE * 10**6 / SETTLE_GAS), **{"most_price": WEI, **settings})


@pytest.fixture
def open_shop(world: X402World, tmp_path: Path) -> Iterator[Callable[..., tuple[Shop, str]]]:
    """A shop with such a policy, at its address."""
    with ExitStack() as stack:

        def opened(policy: Spending) -> tuple[Shop, str]:
            shop = Shop(world, tmp_path / f"{secrets.token_hex(4)}.db", spending=policy)
            price_is(shop, WEI)
            return shop, stack.enter_context(serving(shop.app()))

        yield opened


def price_is(shop: Shop, wei: int) -> None:
    shop.sender.node.fees = lambda: Fees(wei, 0)  # type: ignore[method-assign]


def sent(shop: Shop) -> int:
    """Transactions that the gateway has paid for."""
    return int(shop.world.node.web3.eth.get_transaction_count(shop.sender.wallet.address))


def pending(world: X402World) -> int:
    """Transactions that wait for a block."""
    return int(world.node.develop("txpool_status", [])["pending"], 16)


def pay(shop: Shop, url: str, path: str = "/count", **changes: Any) -> httpx.Response:
    asked = dict(shop.exact.requirements(PRICE))
    return get(url, header(authorized(shop.world, **changes).payload(), asked), path)


def used(shop: Shop, pot: str) -> int:
    """Gas of the day that is not there any more."""
    low, high = 0, shop.gas.spending.daily_gas
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if shop.gas.has_room(pot, middle) else (low, middle - 1)
    return shop.gas.spending.daily_gas - low


# --------------------------------------------------------------------------------------------------- exact


def test_a_payment_that_does_not_pay_for_its_gas_is_refused(open_shop: Any) -> None:
    shop, url = open_shop(spending(1.01))
    before = sent(shop), shop.world.earned()
    paid = authorized(shop.world)
    answer = get(url, header(paid.payload(), dict(shop.exact.requirements(PRICE))))
    assert (answer.status_code, answer.json()["error"]) == (402, "gas_too_dear")
    assert (sent(shop), shop.world.earned()) == before and not paid.is_used()
    assert shop.served == 0
    # Nothing is lost: when gas is cheap again, the same payment pays.
    price_is(shop, WEI // 2)
    assert get(url, header(paid.payload(), dict(shop.exact.requirements(PRICE)))).status_code == 200


def test_it_is_offered_while_it_pays_for_its_gas(open_shop: Any) -> None:
    """A client pays by the first of the accepts that it can."""
    shop, url = open_shop(spending(1.01))

    def offered() -> list[str]:
        accepts = decoded(get(url, {}).headers["PAYMENT-REQUIRED"])["accepts"]
        return [one["scheme"] for one in accepts]

    assert offered() == ["exact", "batch-settlement"]
    shop.gas.look(shop.sender.node)
    assert offered() == ["batch-settlement"]
    assert [one["scheme"] for one in pay(shop, url).json()["accepts"]] == ["batch-settlement"]
    price_is(shop, WEI // 2)
    shop.gas.look(shop.sender.node)
    assert offered() == ["exact", "batch-settlement"]


def test_where_nothing_can_be_offered_who_asks_is_told_to_wait(open_shop: Any) -> None:
    shop, _ = open_shop(spending(1.01))
    shop.gas.look(shop.sender.node)
    with serving(shop.app([shop.exact])) as url:
        for answer in (get(url, {}), pay(shop, url)):
            assert (answer.status_code, answer.json()["error"]) == (503, "gas_too_dear")
            assert answer.headers["retry-after"] == "60"


def test_a_share_of_the_payment_and_a_price_of_gas_bound_it(open_shop: Any) -> None:
    shop, url = open_shop(spending(0.3, most_cost_bps=3_000))
    assert pay(shop, url).status_code == 200
    shop, url = open_shop(spending(0.3, most_cost_bps=2_999))
    assert pay(shop, url).json()["error"] == "gas_too_dear"
    shop, url = open_shop(Spending(0, most_price=WEI - 1))  # free gas, and yet
    assert pay(shop, url).json()["error"] == "gas_too_dear"


def test_gas_that_grew_dear_while_the_call_was_served(open_shop: Any) -> None:
    shop, url = open_shop(spending(0.9))
    before = sent(shop)
    prices = iter([WEI, 2 * WEI])
    shop.sender.node.fees = lambda: Fees(next(prices), 0)
    paid = authorized(shop.world)
    answer = get(url, header(paid.payload(), dict(shop.exact.requirements(PRICE))))
    assert (answer.status_code, answer.json()["error"], sent(shop)) == (402, "gas_too_dear", before)
    price_is(shop, WEI)
    assert get(url, header(paid.payload(), dict(shop.exact.requirements(PRICE)))).status_code == 200


def test_payments_of_one_balance_are_not_sent_together(open_shop: Any) -> None:
    """Each is good when it is looked at; one would pay, the gas of all others would be lost."""
    shop, url = open_shop(spending(0.5))
    poor = shop.world.fund(Wallet.from_key("poor", secrets.token_bytes(32)), PRICE)
    before = sent(shop), shop.world.earned()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: pay(shop, url, "/slow", wallet=poor), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 402}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 402} == {
        "invalid_exact_evm_insufficient_balance"
    }
    assert sent(shop) - before[0] == (shop.world.earned() - before[1]) // PRICE <= 1


def test_payments_that_the_balance_covers_go_together(open_shop: Any) -> None:
    shop, url = open_shop(spending(0.5))
    payer_of_five = shop.world.fund(Wallet.from_key("five", secrets.token_bytes(32)), 5 * PRICE)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: pay(shop, url, "/slow", wallet=payer_of_five), range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5


def test_payments_that_need_the_balance_no_more_hold_up_no_other(open_shop: Any, world: X402World) -> None:
    """One has run out, one a stranger has settled."""
    shop, url = open_shop(spending(0.5))
    wallet = world.fund(Wallet.from_key("two", secrets.token_bytes(32)), 2 * PRICE)
    old, settled = authorized(world, wallet, valid_before=world.node.now() + 60), authorized(world, wallet)
    for one in (old, settled):
        asyncio.run(shop.exact.reserve(proved(shop, one.payload())))
    assert pay(shop, url, wallet=wallet).json()["error"] == "invalid_exact_evm_insufficient_balance"
    world.node.send_raw_call(development_wallet("stranger"), *settled.call())
    world.node.jump_to(world.node.now() + 61)
    assert pay(shop, url, wallet=wallet).status_code == 200


def test_where_nobody_said_what_a_coin_costs_a_day_has_so_much_gas(open_shop: Any) -> None:
    shop, url = open_shop(Spending(daily_gas=2 * SETTLE_GAS, most_price=WEI))
    assert pay(shop, url).status_code == 200
    assert 0 < used(shop, PAYMENTS) <= 2 * SETTLE_GAS
    answers = [pay(shop, url) for _ in range(2)]
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (503, "gas_budget_used")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 86_400


def test_a_contract_wallets_payments_are_given_a_days_gas(open_shop: Any, world: X402World) -> None:
    """Its code can say yes when it is asked, and no, after all the gas it was given, in the block."""
    shop, url = open_shop(spending(0.5, daily_gas=SETTLE_GAS * 3 // 2))
    wallet = world.fund(Wallet.from_key("wallet", secrets.token_bytes(32)))
    # isValidSignature: yes, as long as nobody has switched it off.
    world.node.develop(
        "anvil_setCode", [wallet.address, "0x5f5460145763" + "1626ba7e" + "60e01b5f5260205ff35b5a5a5056"]
    )
    assert pay(shop, url, wallet=wallet).status_code == 200
    assert used(shop, "paid wallets") == 0
    with no_mining(world):
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(pay, shop, url, wallet=wallet)
            until(lambda: pending(world))
            world.node.develop("anvil_setStorageAt", [wallet.address, "0x0", "0x" + "1".zfill(64)])
            world.node.develop("evm_mine", [])
            assert answer.result().status_code == 402
    assert used(shop, "paid wallets") > SETTLE_GAS // 2
    world.node.develop("anvil_setStorageAt", [wallet.address, "0x0", "0x" + "0" * 64])
    before = sent(shop)
    assert pay(shop, url, wallet=wallet).json()["error"] == "gas_budget_used"
    assert sent(shop) == before
    assert pay(shop, url).status_code == 200  # other payers are not held up


# ------------------------------------------------------------------------------------ deposits and refunds


def deposit(shop: Shop, url: str, who: Payer, calls: int = 1) -> httpx.Response:
    return get(url, header(who.deposit(DEPOSIT, calls * PRICE), dict(shop.batch.requirements(PRICE))))


def voucher(shop: Shop, url: str, who: Payer, calls: int) -> httpx.Response:
    return get(url, header(who.voucher(calls * PRICE), dict(shop.batch.requirements(PRICE))))


def refund(shop: Shop, url: str, who: Payer, calls: int, amount: int | None = None) -> httpx.Response:
    payload = {**who.voucher(calls * PRICE), "type": "refund"}
    if amount is not None:
        payload["amount"] = str(amount)
    return get(url, header(payload, dict(shop.batch.requirements(PRICE))))


def test_deposits_that_nothing_pays_for_are_a_days_gas(open_shop: Any, world: X402World) -> None:
    shop, url = open_shop(spending(1, daily_gas=DEPOSIT_GAS + 50_000))
    first, second = payer(world, shop), payer(world, shop)
    assert deposit(shop, url, first).status_code == 200
    before = sent(shop), shop.served
    answer = deposit(shop, url, second)
    assert (answer.status_code, answer.json()["error"]) == (503, "gas_budget_used")
    assert "retry-after" in answer.headers and (sent(shop), shop.served) == before
    assert world.usdc.balance(second.wallet.address) == 1_000 * 10**6
    # Who has a channel goes on.
    assert voucher(shop, url, first, 2).status_code == 200


def test_a_deposit_whose_call_pays_for_it_takes_none_of_the_days_gas(
    open_shop: Any, world: X402World
) -> None:
    shop, url = open_shop(spending(0.1))
    assert deposit(shop, url, payer(world, shop)).status_code == 200
    assert used(shop, DEPOSITS) == 0


def test_refunds_of_a_base_unit_end(open_shop: Any, world: X402World) -> None:
    shop, url = open_shop(spending(1, daily_gas=2 * DEPOSIT_GAS))
    thief = payer(world, shop)
    assert deposit(shop, url, thief).status_code == 200
    answers = [refund(shop, url, thief, 1, amount=1) for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 1 <= 6 - len(refused) <= 3
    assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {(503, "gas_budget_used")}
    assert "initiateWithdraw" in refused[0].json()["next"]


def test_who_is_refused_a_refund_is_served_and_has_its_money_from_the_contract(
    open_shop: Any, world: X402World
) -> None:
    shop, url = open_shop(spending(1, daily_gas=0))
    who = payer(world, shop)
    shop.gas.spending = replace(shop.gas.spending, daily_gas=DEPOSIT_GAS + 50_000)
    first = deposit(shop, url, who)
    assert first.status_code == 200
    shop.gas.spending = replace(shop.gas.spending, daily_gas=0)
    assert refund(shop, url, who, 1).json()["error"] == "gas_budget_used"
    assert voucher(shop, url, who, 1).json() == first.json()  # which is nobody's secret once it is sent
    assert voucher(shop, url, who, 2).status_code == 200
    withdraw(world, who)
    shop.batch.settle()
    world.node.jump_to(world.node.now() + 900)
    world.node.send(contract(world).functions.finalizeWithdraw(who.config_tuple()), who.wallet)
    assert world.usdc.balance(who.wallet.address) == 1_000 * 10**6 - 2 * PRICE


def test_a_channel_that_paid_for_its_gas_is_refunded_on_any_day(open_shop: Any, world: X402World) -> None:
    shop, url = open_shop(spending(0.2, daily_gas=2 * DEPOSIT_GAS))
    regular, thief = payer(world, shop), payer(world, shop)
    for who in (regular, thief):
        assert deposit(shop, url, who).status_code == 200
    for call in range(2, 8):
        assert voucher(shop, url, regular, call).status_code == 200
    assert [refund(shop, url, thief, 1, amount=1).status_code for _ in range(5)][-1] == 503
    assert used(shop, REFUNDS) > 0
    assert refund(shop, url, regular, 7).status_code == 200
    assert world.usdc.balance(regular.wallet.address) == 1_000 * 10**6 - 7 * PRICE


def test_dear_gas_stops_deposits_and_refunds_and_no_vouchers(open_shop: Any, world: X402World) -> None:
    shop, url = open_shop(Spending(0, most_price=WEI))
    first, second = payer(world, shop), payer(world, shop)
    assert deposit(shop, url, first).status_code == 200
    price_is(shop, WEI + 1)
    for answer in (deposit(shop, url, second), refund(shop, url, first, 1)):
        assert (answer.status_code, answer.json()["error"]) == (503, "gas_too_dear")
    assert voucher(shop, url, first, 2).status_code == 200
    price_is(shop, WEI)
    assert deposit(shop, url, second).status_code == 200
    assert refund(shop, url, first, 2).status_code == 200


# ----------------------------------------------------------------------------------------------- the books


def test_what_is_looked_at_first_is_what_is_signed_for_at_most(open_shop: Any, world: X402World) -> None:
    shop, url = open_shop(spending(0.1))
    who, signed, sign = payer(world, shop), [], Permit.sign

    def noted(permit: Permit, gas: int, fees: Fees) -> None:
        signed.append(gas)
        sign(permit, gas, fees)

    # Whose balance was nothing takes more, once.
    assert pay(shop, url).status_code == deposit(shop, url, payer(world, shop)).status_code == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Permit, "sign", noted)
        assert pay(shop, url).status_code == 200
        assert deposit(shop, url, who).status_code == 200
        assert voucher(shop, url, who, 2).status_code == 200
        assert refund(shop, url, who, 2).status_code == 200
    assert [most * 8 // 10 < gas <= most for gas, most in zip(signed, SIGNED_FOR, strict=True)] == [True] * 3


def test_a_days_gas_is_every_processes_and_begins_anew_at_midnight(database_url: str) -> None:
    now = NOON
    books = [
        GasBook(open_database(database_url, tables()), "a", Spending(daily_gas=100), clock=lambda: now)
        for _ in range(2)
    ]
    assert [book.take(DEPOSITS, 60) for book in books] == [True, False]
    assert books[1].take(REFUNDS, 100)  # a pot of its own
    books[1].give_back(DEPOSITS, 20)
    assert books[0].take(DEPOSITS, 60) and not books[1].has_room(DEPOSITS, 1)
    assert books[0].error("gas_budget_used", "").seconds == 43_200
    now += 43_200
    assert books[1].take(DEPOSITS, 100)
    for book in books:
        book.engine.dispose()


def test_by_default_what_brings_too_little_is_refused_and_the_rest_is_bounded(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "a.db"), tables())
    assert Spending() == Spending(None, 10_000, 200 * 10**9, 50_000_000)
    book = GasBook(engine, "a", Spending(3_000 * 10**6), unit=10)
    # 100,000 gas at 10 gwei: 0.001 of a coin that costs $3,000.
    permit = book.permit(PAYMENTS, 29_999_999, sure=True)
    with pytest.raises(SpendingError, match="3000000 micro-units, too much for 2999999"):
        permit.sign(100_000, Fees(10 * 10**9, 0))
    book.permit(PAYMENTS, 30_000_000, sure=True).sign(100_000, Fees(10 * 10**9, 0))
    assert book.has_room(PAYMENTS, 50_000_000)
    engine.dispose()
