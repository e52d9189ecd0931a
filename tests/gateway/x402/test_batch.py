"""x402 batch settlement through the gateway: what is served can be claimed, and is charged once."""

import asyncio
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from x402 import x402ClientSync
from x402.http.clients.requests import x402_requests
from x402.mechanisms.evm.batch_settlement.abi import BATCH_SETTLEMENT_ABI
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.signers import EthAccountSignerWithRPC

from largesse.chain import ChainError, RefusedError, Wallet
from largesse.gateway import x402
from largesse.gateway.claimer import Claimer
from largesse.gateway.evm_signer import SenderSigner
from largesse.gateway.schemes import Answer, Call, Proof
from largesse.gateway.settler import Policy
from largesse.signed.channels import Voucher
from largesse.web.background import repeat
from tests.gateway.x402.test_exact import get, no_mining
from tests.support.waiting import WAIT_SECONDS, until
from tests.support.x402_payments import ORDER, Payer, decoded, header, payer
from tests.support.x402_world import PRICE, Shop, X402World, serving

DEPOSIT = 200 * PRICE
ANSWER = Answer(200, ((b"content-type", b"text/plain"),), b"paid")
MISMATCH = "invalid_batch_settlement_evm_cumulative_amount_mismatch"


@pytest.fixture
def asked(shop: Shop) -> dict[str, Any]:
    return dict(shop.batch.requirements(PRICE))


@pytest.fixture
def client(world: X402World, shop: Shop) -> Payer:
    return payer(world, shop)


@pytest.fixture
def opened(client: Payer, url: str, asked: dict[str, Any]) -> Payer:
    """A payer with a channel of 200 calls, of which one is served."""
    assert get(url, header(client.deposit(DEPOSIT, PRICE), asked)).status_code == 200
    return client


def contract(world: X402World) -> Any:
    return world.node.web3.eth.contract(BATCH_SETTLEMENT_ADDRESS, abi=BATCH_SETTLEMENT_ABI)


def withdraw(world: X402World, who: Payer) -> None:
    """The payer asks the contract for everything."""
    if world.node.web3.eth.get_balance(who.wallet.address) == 0:
        world.node.develop("anvil_setBalance", [who.wallet.address, hex(10**18)])
    free = contract(world).functions.channels(who.channel).call()
    start = contract(world).functions.initiateWithdraw(who.config_tuple(), free[0] - free[1])
    world.node.send(start, who.wallet)


def proved(shop: Shop, payload: dict[str, Any], path: str = "/count") -> Proof:
    proof = asyncio.run(
        shop.batch.verify(payload, shop.batch.requirements(PRICE), Call("GET", path, bytes(32)))
    )
    assert isinstance(proof, Proof)
    return proof


# ------------------------------------------------------------------------------------- what is charged


def test_a_deposit_and_vouchers_pay(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    for call in (2, 3):
        answer = get(url, header(opened.voucher(call * PRICE), asked))
        assert answer.json() == {"served": call}
        state = decoded(answer.headers["PAYMENT-RESPONSE"])["extra"]["channelState"]
        assert (state["chargedCumulativeAmount"], state["balance"]) == (str(call * PRICE), str(DEPOSIT))
    before = world.earned()
    shop.batch.settle()
    assert world.earned() - before == 3 * PRICE


@pytest.mark.parametrize("calls", [0, 1, 3, 250])
def test_a_voucher_that_is_not_the_next_one_brings_the_channels_state(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any], calls: int
) -> None:
    """Replays and leaps: the public clients go on from this state."""
    answer = get(url, header(opened.voucher(calls * PRICE), asked), "/slow")
    assert (answer.status_code, answer.json()["error"]) == (402, MISMATCH)
    for accepts in (answer.json()["accepts"], decoded(answer.headers["PAYMENT-REQUIRED"])["accepts"]):
        (entry,) = [one for one in accepts if one["scheme"] == "batch-settlement"]
        assert entry["extra"]["channelState"]["chargedCumulativeAmount"] == str(PRICE)
        assert entry["extra"]["voucherState"]["signedMaxClaimable"] == str(PRICE)
        assert entry["maxTimeoutSeconds"] == asked["maxTimeoutSeconds"]
    assert shop.served == 1


def test_an_answer_that_was_lost_is_given_again(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    """Who did not get the answer signs the same voucher again: it is the same call."""
    signed = header(opened.voucher(2 * PRICE), asked)
    first, again = get(url, signed), get(url, signed)
    assert first.content == again.content == b'{"served":2}'
    assert shop.batch.owed() == 2 * PRICE
    assert get(url, signed, "/slow").json()["error"] == MISMATCH


def test_a_claimed_voucher_is_public_and_opens_nothing(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    signed = header(opened.voucher(2 * PRICE), asked)
    get(url, signed)
    shop.calls.keep_seconds += 61  # as if a minute had passed since
    assert get(url, signed).json()["error"] == MISMATCH
    assert shop.served == 2


def test_a_call_under_a_key_is_answered_again_to_that_key_alone(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    signed = header(opened.voucher(2 * PRICE), asked)
    first = get(url, signed, retry_key="order 1")
    assert get(url, signed).json()["error"] == MISMATCH
    assert get(url, signed, retry_key="order 1").content == first.content


@pytest.mark.parametrize("is_refund", [False, True])
def test_a_voucher_is_public_before_its_claim_is_final(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any], is_refund: bool
) -> None:
    signed = header(opened.voucher(2 * PRICE), asked)
    assert get(url, signed).content == get(url, signed).content
    answers = []

    def unconfirmed(*_args: object, **_more: object) -> None:
        answers.append(get(url, signed).json()["error"])
        raise ChainError("unconfirmed", "it is in no block")

    shop.sender.send = unconfirmed  # type: ignore[assignment,method-assign]
    if is_refund:
        get(url, header({**opened.voucher(2 * PRICE), "type": "refund"}, asked))
    else:
        shop.batch.settle()
    assert answers and set(answers) == {MISMATCH}


def test_a_voucher_whose_call_is_being_served_is_claimed_later(
    world: X402World, shop: Shop, opened: Payer
) -> None:
    proof = proved(shop, opened.voucher(2 * PRICE))
    asyncio.run(shop.batch.reserve(proof))
    before, due = world.earned(), ["0x" + opened.channel.hex()]
    shop.batch.settle(due)
    assert world.earned() == before
    shop.batch.settle(due, urgent=due)
    assert world.earned() - before == PRICE


def test_a_retry_under_its_key_is_free(shop: Shop, url: str, opened: Payer, asked: dict[str, Any]) -> None:
    first = get(url, header(opened.voucher(2 * PRICE), asked), retry_key="order 1")
    for amount in (2, 3):  # the same voucher, or the next one
        again = get(url, header(opened.voucher(amount * PRICE), asked), retry_key="order 1")
        assert again.content == first.content == b'{"served":2}'
    other = get(url, header(opened.voucher(3 * PRICE), asked), "/slow", retry_key="order 1")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert (shop.batch.owed(), shop.served) == (2 * PRICE, 2)


def test_a_call_that_fails_is_not_charged(shop: Shop, url: str, opened: Payer, asked: dict[str, Any]) -> None:
    assert get(url, header(opened.voucher(2 * PRICE), asked), "/fails").status_code == 500
    assert shop.batch.owed() == PRICE
    assert get(url, header(opened.voucher(2 * PRICE), asked)).status_code == 200


def test_a_deposit_is_not_made_for_a_call_that_fails(
    world: X402World, url: str, client: Payer, asked: dict[str, Any]
) -> None:
    signed = header(client.deposit(DEPOSIT, PRICE), asked)
    assert get(url, signed, "/fails").status_code == 500
    assert world.usdc.balance(client.wallet.address) == 1_000 * 10**6
    assert get(url, signed).status_code == 200


def test_one_voucher_at_two_gateways_pays_one_call(
    world: X402World, shop: Shop, opened: Payer, asked: dict[str, Any], tmp_path: Path
) -> None:
    other = Shop(world, tmp_path / "gateway.db")
    signed = header(opened.voucher(2 * PRICE), asked)
    with serving(shop.app()) as here, serving(other.app()) as there, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda url: get(url, signed, "/slow"), [here, there] * 3))
    served = [answer for answer in answers if answer.status_code == 200]
    assert len({answer.content for answer in served}) == 1  # the lost answer's, again
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (shop.served + other.served, shop.batch.owed()) == (2, 2 * PRICE)


# ---------------------------------------------------------------------- what the contract would refuse


def test_a_voucher_the_contract_would_refuse_is_refused(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    """The package alone takes both forms; no claim of them succeeds, and their batch fails with them."""
    good = Voucher(opened.channel, 2 * PRICE).sign(opened.domain, opened.wallet.key)
    r, s, v = good[:32], int.from_bytes(good[32:64], "big"), good[64]
    for signature in (
        r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v]),
        good[:64] + bytes([v - 27]),
    ):
        payload = opened.voucher(2 * PRICE, signature)
        answer = get(url, header(payload, asked))
        assert answer.status_code == 402
        assert answer.json()["error"] == "invalid_batch_settlement_evm_voucher_signature"
        package = BatchSettlementEvmFacilitator(SenderSigner(shop.sender))
        assert package.verify(*x402.models(payload, asked)).is_valid
        row = ((opened.config_tuple(), 2 * PRICE), signature, 2 * PRICE)
        claim = contract(world).functions.claim([row])
        with pytest.raises(RefusedError):
            world.node.call(claim, shop.batch.authorizer.address)
    assert shop.served == 1


def test_a_contracts_signature_is_refused(
    world: X402World, shop: Shop, url: str, asked: dict[str, Any]
) -> None:
    unsure = payer(world, shop, payer_authorizer="0x" + "00" * 20)
    answer = get(url, header(unsure.deposit(DEPOSIT, PRICE), asked))
    assert (answer.status_code, answer.json()["error"]) == (402, "payer_authorizer_required")


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("receiver", "0x" + "11" * 20, "receiver_mismatch"),
        ("receiver_authorizer", "0x" + "11" * 20, "receiver_authorizer_mismatch"),
        ("token", "0x" + "11" * 20, "token_mismatch"),
        ("withdraw_delay", 901, "withdraw_delay_mismatch"),
        ("payer_authorizer", "0x" + "11" * 20, "voucher_signature"),
    ],
)
def test_other_channels_are_refused(
    world: X402World, shop: Shop, url: str, asked: dict[str, Any], member: str, value: object, reason: str
) -> None:
    other = payer(world, shop, **{member: value})
    answer = get(url, header(other.deposit(DEPOSIT, PRICE), asked))
    assert (answer.status_code, answer.json()["error"]) == (402, f"invalid_batch_settlement_evm_{reason}")
    assert shop.served == 0


def test_a_channel_of_another_chain_is_refused(
    shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    payload = opened.voucher(2 * PRICE)
    payload["voucher"]["channelId"] = "0x" + "22" * 32
    assert get(url, header(payload, asked)).json()["error"] == (
        "invalid_batch_settlement_evm_channel_id_mismatch"
    )
    assert get(url, header(payload, {**asked, "network": "eip155:1"})).json()["error"] == "wrong_chain"


def test_a_voucher_over_the_deposit_is_refused(
    world: X402World, shop: Shop, url: str, client: Payer, asked: dict[str, Any]
) -> None:
    dear = dict(shop.batch.requirements(DEPOSIT))
    proof = asyncio.run(
        shop.batch.verify(client.deposit(DEPOSIT, DEPOSIT), dear, Call("GET", "/", bytes(32)))
    )
    assert isinstance(proof, Proof)
    asyncio.run(shop.batch.reserve(proof))
    asyncio.run(shop.batch.commit(proof, ANSWER))
    answer = get(url, header(client.voucher(DEPOSIT + PRICE), asked))
    assert (answer.status_code, answer.json()["error"]) == (
        402,
        "invalid_batch_settlement_evm_cumulative_exceeds_balance",
    )
    topped_up = get(url, header(client.deposit(DEPOSIT, DEPOSIT + PRICE), asked))
    assert topped_up.status_code == 200
    before = world.earned()
    shop.batch.settle()
    assert world.earned() - before == DEPOSIT + PRICE


def test_a_deposit_that_costs_more_than_it_brings_is_refused(
    url: str, client: Payer, asked: dict[str, Any]
) -> None:
    answer = get(url, header(client.deposit(DEPOSIT - 1, PRICE), asked))
    assert answer.json()["error"] == "invalid_batch_settlement_evm_deposit_below_min_deposit"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "claim"),
        ("type", None),
        ("channelConfig", 7),
        ("channelConfig.payer", "0x"),
        ("channelConfig.withdrawDelay", "900"),
        ("channelConfig.withdrawDelay", 2**40),
        ("channelConfig.salt", "0x00"),
        ("voucher.maxClaimableAmount", str(2**128)),
        ("voucher.maxClaimableAmount", "1_000"),
        ("voucher.channelId", "0x" + "2" * 63),
        ("voucher.signature", "0x" + "00" * 66),
        ("deposit", None),
        ("deposit.amount", "-1"),
        ("deposit.authorization", {"permit2Authorization": {}}),
        ("deposit.authorization.erc3009Authorization.salt", "0x0"),
    ],
)
def test_what_can_not_be_read_is_refused(
    client: Payer, url: str, asked: dict[str, Any], path: str, value: object
) -> None:
    payload = client.deposit(DEPOSIT, PRICE)
    *names, last = path.split(".")
    part = payload
    for name in names:
        part = part[name]
    part[last] = value
    answer = get(url, header(payload, asked))
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed_payment")


# ------------------------------------------------------------------------------ races with withdrawals


def test_who_asks_the_money_back_is_not_served_and_pays_what_was(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    withdraw(world, opened)
    shop.batch._scheme._onchain_state_ttl_ms = -1  # as if what was read of the channel had grown old
    answer = get(url, header(opened.voucher(2 * PRICE), asked))
    assert (answer.status_code, answer.json()["error"]) == (402, "withdrawal_pending")
    before = world.earned()
    assert shop.batch.settle().refused == ()
    world.node.jump_to(world.node.now() + 900)
    world.node.send(contract(world).functions.finalizeWithdraw(opened.config_tuple()), opened.wallet)
    assert world.earned() - before == PRICE
    assert world.usdc.balance(opened.wallet.address) == 1_000 * 10**6 - PRICE


def test_what_was_read_grows_old_before_a_withdrawal_can_end(shop: Shop) -> None:
    delay = shop.batch._scheme.get_withdraw_delay()
    assert shop.batch._scheme.get_onchain_state_ttl_ms() * 3 <= delay * 1_000


def test_a_channel_that_was_emptied_does_not_stop_the_claims_of_others(
    world: X402World, shop: Shop, url: str, asked: dict[str, Any]
) -> None:
    payers = [payer(world, shop) for _ in range(5)]
    for one in payers:
        assert get(url, header(one.deposit(DEPOSIT, PRICE), asked)).status_code == 200
    thief = payers[2]
    withdraw(world, thief)
    world.node.jump_to(world.node.now() + 900)
    world.node.send(contract(world).functions.finalizeWithdraw(thief.config_tuple()), thief.wallet)
    before = world.earned()
    claimed = shop.batch.settle()
    assert claimed.refused == ("0x" + thief.channel.hex(),)
    assert world.earned() - before == 4 * PRICE
    assert shop.batch.settle().transactions == ()


def test_settling_goes_on_in_the_background(world: X402World, shop: Shop, url: str, opened: Payer) -> None:
    claimer = Claimer(shop.batch, world.node, Policy(0, 1), 1)
    before, stop = world.earned(), threading.Event()
    thread = threading.Thread(target=repeat, args=(claimer.run, 0.05, stop, "gateway.not_claimed"))
    thread.start()
    try:
        until(lambda: world.earned() != before)
    finally:
        stop.set()
        thread.join()
    assert world.earned() - before == PRICE


# --------------------------------------------------------------------------------------------- crashes


def test_a_deposit_whose_request_died_is_made_once(
    world: X402World, asked: dict[str, Any], tmp_path: Path
) -> None:
    """The chain is slow; the client repeats its request, as it must."""
    shop = Shop(world, tmp_path / "gateway.db", lease_seconds=5, settle_seconds=0.5)
    client = payer(world, shop)
    signed = header(client.deposit(DEPOSIT, PRICE), asked)
    with serving(shop.app()) as url:
        with no_mining(world):
            assert get(url, signed).json()["error"] == "settlement_pending"
        end = time.monotonic() + WAIT_SECONDS
        while (answer := get(url, signed)).status_code != 200:
            assert answer.status_code in (409, 503) and time.monotonic() < end, answer.text
            time.sleep(0.1)
    assert world.usdc.balance(client.wallet.address) == 1_000 * 10**6 - DEPOSIT
    assert shop.batch.owed() == PRICE


def test_a_deposit_that_a_dead_process_made_pays_its_call(
    world: X402World, shop: Shop, client: Payer, asked: dict[str, Any], tmp_path: Path
) -> None:
    payload = client.deposit(DEPOSIT, PRICE)
    signer = SenderSigner(shop.sender)
    done = BatchSettlementEvmFacilitator(signer).settle(*x402.models(payload, asked))
    assert done.success
    with serving(Shop(world, tmp_path / "gateway.db").app()) as url:
        assert get(url, header(payload, asked)).status_code == 200
    assert world.usdc.balance(client.wallet.address) == 1_000 * 10**6 - DEPOSIT
    assert shop.batch.owed() == PRICE


def test_a_charge_is_undone_with_its_answer(shop: Shop, opened: Payer) -> None:
    """Both or neither: an answer that can't be kept is not charged."""
    proof = proved(shop, opened.voucher(2 * PRICE))
    asyncio.run(shop.batch.reserve(proof))

    def full(*_args: object) -> None:
        raise OSError("the disk is full")

    shop.calls.write = full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="full"):
        asyncio.run(shop.batch.commit(proof, ANSWER))
    assert shop.batch.owed() == PRICE


# ---------------------------------------------------------------------------------------- the way back


def test_the_public_client_gets_the_rest_back(
    world: X402World, shop: Shop, url: str, opened: Payer, asked: dict[str, Any]
) -> None:
    get(url, header(opened.voucher(2 * PRICE), asked))
    account = Account.from_key(opened.wallet.key)
    public = BatchSettlementEvmScheme(EthAccountSignerWithRPC(account, world.url))
    before = world.earned()
    response = public.refund(f"{url}/count")
    assert response.success
    assert world.usdc.balance(opened.wallet.address) == 1_000 * 10**6 - 2 * PRICE
    shop.batch.settle()
    assert world.earned() - before == 2 * PRICE
    assert shop.served == 2
    # The old vouchers are worth nothing then.
    answer = get(url, header(opened.voucher(3 * PRICE), asked))
    assert answer.status_code == 402
    assert shop.served == 2


def test_only_the_payer_is_given_a_refund(shop: Shop, url: str, opened: Payer, asked: dict[str, Any]) -> None:
    stranger = Wallet.from_key("stranger", secrets.token_bytes(32))
    forged = Voucher(opened.channel, PRICE).sign(opened.domain, stranger.key)
    answer = get(url, header({**opened.voucher(PRICE, forged), "type": "refund"}, asked))
    assert answer.json()["error"] == "invalid_batch_settlement_evm_voucher_signature"


def test_the_public_client_goes_on_where_it_lost_its_state(
    world: X402World, shop: Shop, url: str, opened: Payer
) -> None:
    shop.calls.keep_seconds += 61  # its first call is no retry of an answer that was lost just now
    account = Account.from_key(opened.wallet.key)
    public = x402ClientSync().set_spend_controls(False)
    public.register(
        world.currency.network, BatchSettlementEvmScheme(EthAccountSignerWithRPC(account, world.url))
    )
    session = x402_requests(public)
    assert [session.get(f"{url}/count").json() for _ in range(3)] == [{"served": n} for n in (2, 3, 4)]
    assert shop.batch.owed() == 4 * PRICE
