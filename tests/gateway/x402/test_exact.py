"""x402 `exact` through the gateway: paid once, whatever happens; what is no payment is refused."""

import asyncio
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from x402.mechanisms.evm.constants import MULTICALL3_ADDRESS

from largesse.chain import Wallet, development_wallet
from largesse.gateway.schemes import Answer, Call, PaymentRefusedError, Proof
from tests.support.waiting import WAIT_SECONDS
from tests.support.x402_payments import authorized, decoded, header
from tests.support.x402_world import PRICE, Shop, X402World, serving

ANSWER = Answer(200, ((b"content-type", b"text/plain"),), b"paid")
CALL = Call("GET", "/count", bytes(32))


def get(url: str, headers: dict[str, str], path: str = "/count", retry_key: str = "") -> httpx.Response:
    more = {"Idempotency-Key": retry_key} if retry_key else {}
    return httpx.get(url + path, headers={**headers, **more}, timeout=60)


def proved(shop: Shop, payload: dict[str, Any], call: Call = CALL) -> Proof:
    proof = asyncio.run(shop.exact.verify(payload, shop.exact.requirements(PRICE), call))
    assert isinstance(proof, Proof)
    return proof


@pytest.fixture
def asked(shop: Shop) -> dict[str, Any]:
    return dict(shop.exact.requirements(PRICE))


@contextmanager
def no_mining(world: X402World) -> Iterator[None]:
    """Transactions wait, until the block ends or somebody mines."""
    world.node.develop("evm_setAutomine", [False])
    try:
        yield
    finally:
        world.node.develop("evm_setAutomine", [True])
        world.node.develop("evm_mine", [])


def test_unpaid_is_asked_for_payment(url: str, shop: Shop, asked: dict[str, Any]) -> None:
    answer = get(url, {})
    assert answer.status_code == 402
    accepts = decoded(answer.headers["PAYMENT-REQUIRED"])["accepts"]
    assert accepts[0] == asked == answer.json()["accepts"][0]
    assert (asked["scheme"], asked["amount"], asked["payTo"]) == ("exact", str(PRICE), shop.world.pay_to)
    assert shop.served == 0


def test_a_replay_is_refused(world: X402World, url: str, shop: Shop, asked: dict[str, Any]) -> None:
    signed, before = header(authorized(world).payload(), asked), world.earned()
    first = get(url, signed)
    assert first.status_code == 200
    assert decoded(first.headers["PAYMENT-RESPONSE"])["success"] is True
    for path in ("/count", "/count?again", "/slow"):
        again = get(url, signed, path)
        assert (again.status_code, again.json()["error"]) == (402, "already_used")
    assert (shop.served, world.earned() - before) == (1, PRICE)


def test_a_retry_under_its_key_is_free(world: X402World, url: str, shop: Shop, asked: dict[str, Any]) -> None:
    signed, before = header(authorized(world).payload(), asked), world.earned()
    first, again = (get(url, signed, retry_key="order 7") for _ in range(2))
    assert (again.status_code, again.content) == (first.status_code, first.content) == (200, b'{"served":1}')
    assert again.headers["PAYMENT-RESPONSE"] == first.headers["PAYMENT-RESPONSE"]
    # The authorisation is public once it is settled: it takes the key, too.
    for key in ("", "order 8"):
        assert get(url, signed, retry_key=key).json()["error"] == "already_used"
    assert (shop.served, world.earned() - before) == (1, PRICE)


def test_another_payment_under_the_same_key_is_not_taken(
    world: X402World, url: str, shop: Shop, asked: dict[str, Any]
) -> None:
    before, second = world.earned(), authorized(world)
    first = get(url, header(authorized(world).payload(), asked), retry_key="order 9")
    again = get(url, header(second.payload(), asked), retry_key="order 9")
    assert again.content == first.content == b'{"served":1}'
    assert not second.is_used()
    other = get(url, header(second.payload(), asked), "/slow", retry_key="order 9")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert (shop.served, world.earned() - before) == (1, PRICE)


def test_the_key_of_another_payer_is_another_key(
    world: X402World, url: str, shop: Shop, asked: dict[str, Any]
) -> None:
    stranger = world.fund(Wallet.from_key("stranger", secrets.token_bytes(32)))
    bodies = [
        get(url, header(authorized(world, wallet).payload(), asked), retry_key="1").content
        for wallet in (world.payer, stranger)
    ]
    assert bodies == [b'{"served":1}', b'{"served":2}']


def test_one_authorisation_at_two_gateways_pays_one_call(
    world: X402World, shop: Shop, asked: dict[str, Any], tmp_path: Path
) -> None:
    other, before = Shop(world, tmp_path / "gateway.db"), world.earned()
    signed = header(authorized(world).payload(), asked)
    with serving(shop.app()) as here, serving(other.app()) as there, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda url: get(url, signed, "/slow"), [here, there] * 4))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200 and set(codes[1:]) <= {402, 409}
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} <= {
        "in_use",
        "already_used",
    }
    assert (shop.served + other.served, world.earned() - before) == (1, PRICE)


def test_a_call_that_fails_is_not_charged(
    world: X402World, url: str, shop: Shop, asked: dict[str, Any]
) -> None:
    signed, before = header(authorized(world).payload(), asked), world.earned()
    assert get(url, signed, "/fails").status_code == 500
    assert world.earned() == before
    assert get(url, signed).status_code == 200
    assert world.earned() - before == PRICE


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("scheme", "upto", "wrong_scheme"),
        ("network", "eip155:1", "wrong_chain"),
        ("asset", "0x" + "11" * 20, "wrong_asset"),
        ("payTo", "0x" + "11" * 20, "wrong_pay_to"),
        ("amount", "1", "wrong_amount"),
    ],
)
def test_other_terms_are_refused(
    world: X402World, url: str, asked: dict[str, Any], member: str, value: str, reason: str
) -> None:
    answer = get(url, header(authorized(world).payload(), {**asked, member: value}))
    assert (answer.status_code, answer.json()["error"]) == (402, reason)
    assert value in answer.json()["message"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"chain_id": 1}, "invalid_exact_evm_payload_signature"),
        ({"kind": "ReceiveWithAuthorization"}, "invalid_exact_evm_payload_signature"),
        ({"value": PRICE - 1}, "invalid_exact_evm_payload_authorization_value_mismatch"),
        ({"value": PRICE + 1}, "invalid_exact_evm_payload_authorization_value_mismatch"),
        ({"to": "0x" + "11" * 20}, "invalid_exact_evm_payload_recipient_mismatch"),
        ({"valid_before": 1_000_000}, "invalid_exact_evm_payload_authorization_valid_before"),
        ({"valid_after": 2**40}, "invalid_exact_evm_payload_authorization_valid_after"),
        (
            {"wallet": Wallet.from_key("poor", bytes([9] * 32))},
            "invalid_exact_evm_insufficient_balance",
        ),
    ],
    ids=["chain", "kind", "less", "more", "recipient", "expired", "early", "poor"],
)
def test_what_does_not_pay_is_refused(
    world: X402World, url: str, shop: Shop, asked: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    answer = get(url, header(authorized(world, **changes).payload(), asked))
    assert (answer.status_code, answer.json()["error"]) == (402, reason)
    assert answer.json()["next"] and decoded(answer.headers["PAYMENT-REQUIRED"])["error"] == reason
    assert shop.served == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("signature", None),
        ("signature", "0x1"),
        ("signature", "0x" + "00" * 5_000),
        ("authorization", []),
        ("authorization.from", "0x12"),
        ("authorization.to", 7),
        ("authorization.value", "-1"),
        ("authorization.value", " 1000"),
        ("authorization.value", "1_000"),
        ("authorization.value", "1" * 90),
        ("authorization.value", str(2**256)),
        ("authorization.validBefore", "soon"),
        ("authorization.validAfter", True),
        ("authorization.nonce", "0x" + "00" * 31),
        ("permit2Authorization", {}),
    ],
)
def test_what_can_not_be_read_is_refused(
    world: X402World, url: str, asked: dict[str, Any], path: str, value: object
) -> None:
    payload = authorized(world).payload()
    *names, last = path.split(".")
    part = payload
    for name in names:
        part = part[name]
    part[last] = value
    answer = get(url, header(payload, asked))
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed_payment")


def test_an_authorisation_that_others_were_paid_for_is_refused(
    world: X402World, url: str, shop: Shop, asked: dict[str, Any]
) -> None:
    spent = authorized(world)
    world.node.send_raw_call(development_wallet("stranger"), *spent.call())
    answer = get(url, header(spent.payload(), asked))
    assert (answer.status_code, answer.json()["error"]) == (402, "invalid_exact_evm_nonce_already_used")
    assert shop.served == 0


def test_a_stranger_who_settles_first_takes_nothing_from_the_payer(world: X402World, shop: Shop) -> None:
    paid, before = authorized(world), world.earned()
    proof = proved(shop, paid.payload())
    asyncio.run(shop.exact.reserve(proof))
    receipt = world.node.send_raw_call(development_wallet("stranger"), *paid.call())
    settled = asyncio.run(shop.exact.commit(proof, ANSWER))
    assert settled.response["success"] is True
    assert settled.response["transaction"] == receipt["transactionHash"].to_0x_hex()
    assert world.earned() - before == PRICE


def test_another_transfer_of_the_same_sum_does_not_count(world: X402World, shop: Shop) -> None:
    """Two calls, one payment: the first authorisation's nonce is burnt beside the second one's transfer."""
    first, second, before = authorized(world), authorized(world), world.earned()
    elsewhere = replace(first, to=development_wallet("holder").address)
    proofs = [proved(shop, one.payload()) for one in (first, second)]
    for proof in proofs:
        asyncio.run(shop.exact.reserve(proof))
    multicall = world.node.web3.eth.contract(
        MULTICALL3_ADDRESS,
        abi=[
            {
                "type": "function",
                "name": "tryAggregate",
                "stateMutability": "payable",
                "inputs": [
                    {"name": "all", "type": "bool"},
                    {
                        "name": "calls",
                        "type": "tuple[]",
                        "components": [
                            {"name": "target", "type": "address"},
                            {"name": "data", "type": "bytes"},
                        ],
                    },
                ],
                "outputs": [],
            }
        ],
    )
    both = multicall.functions.tryAggregate(True, [elsewhere.call(), second.call()])
    world.node.send(both, development_wallet("stranger"))
    with pytest.raises(PaymentRefusedError) as refused:
        asyncio.run(shop.exact.commit(proofs[0], ANSWER))
    assert refused.value.reason == "invalid_exact_evm_nonce_already_used"
    assert asyncio.run(shop.exact.commit(proofs[1], ANSWER)).response["success"] is True
    assert world.earned() - before == PRICE


def test_who_spends_the_money_meanwhile_gets_no_answer(world: X402World, shop: Shop) -> None:
    wallet = Wallet.from_key("fickle", secrets.token_bytes(32))
    world.fund(wallet, PRICE)
    proof = proved(shop, authorized(world, wallet).payload())
    asyncio.run(shop.exact.reserve(proof))
    away = authorized(world, wallet, to=development_wallet("holder").address)
    world.node.send_raw_call(development_wallet("stranger"), *away.call())
    with pytest.raises(PaymentRefusedError) as refused:
        asyncio.run(shop.exact.commit(proof, ANSWER))
    assert refused.value.problem.status == 402
    assert shop.calls.find(proof.key) is None


def test_a_settlement_that_takes_too_long_is_paid_once(
    world: X402World, asked: dict[str, Any], tmp_path: Path
) -> None:
    shop = Shop(world, tmp_path / "gateway.db", lease_seconds=0.5, settle_seconds=0.5)
    before, paid, other = world.earned(), authorized(world), authorized(world)
    with serving(shop.app()) as url:
        with no_mining(world):
            first = get(url, header(paid.payload(), asked), retry_key="slow chain")
            assert (first.status_code, first.json()["error"]) == (503, "settlement_pending")
            # A client that signs anew, as the public ones do, is told to wait, too.
            again = get(url, header(other.payload(), asked), retry_key="slow chain")
            assert (again.status_code, again.json()["error"]) == (409, "in_use")
        answer = _until_served(url, header(other.payload(), asked), "slow chain")
        assert answer.content == b'{"served":1}'
        assert _until_served(url, header(paid.payload(), asked), "slow chain").content == answer.content
    assert (world.earned() - before, other.is_used()) == (PRICE, False)


def _until_served(url: str, headers: dict[str, str], retry_key: str) -> httpx.Response:
    end = time.monotonic() + WAIT_SECONDS
    while (answer := get(url, headers, retry_key=retry_key)).status_code != 200:
        assert answer.status_code in (409, 503), answer.text
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)
    return answer


def test_the_node_is_down(world: X402World, shop: Shop, asked: dict[str, Any]) -> None:
    shop.sender.node.web3.provider.endpoint_uri = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with serving(shop.app()) as url:
        answer = get(url, header(authorized(world).payload(), asked))
    assert (answer.status_code, answer.json()["error"]) == (503, "chain_unreachable")
