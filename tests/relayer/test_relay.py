"""POST /relay: people without gas claim, pay, give, tip and open accounts; each action is sent once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import address_of
from largesse.signed.certificates import GiftOrder, Recall, Redemption, Refund, Transfer
from tests.fixtures.tokens import sign_permit, token_domain
from tests.support.certificates import DAY, ZERO, World, gift_id
from tests.support.gifts import secret_of
from tests.support.jars import Jars
from tests.support.prepaid import Prepaid
from tests.support.relaying import Desk, call_of
from tests.support.waiting import until

SECRET = secret_of("a key made in the browser a moment ago")
NOBODY = address_of(SECRET)
"""Who owns nothing and sends nothing."""
SERIES = 1


def claim(world: World, recipient: object = NOBODY, amount: int = 50_000) -> tuple[str, str]:
    """A link's claim for a recipient."""
    secret, gift, identity = world.give(SERIES, amount)
    signature = world.claim_signature(secret, identity, recipient)
    return call_of(world.certificates, "claim", gift, str(recipient), signature)


def tip(jars: Jars, amount: int = 1_000, nonce: int = 1, text: str = "Thanks") -> tuple[str, str]:
    consent = jars.consent("Tip", str(jars.supporter), jars.jar, amount, text, nonce=nonce)
    return call_of(jars.escrow, "tip", jars.supporter, jars.jar, amount, text, consent)


# ------------------------------------------------------------------------------------------- what is relayed


def test_a_recipient_with_nothing_claims_and_pays(desk: Desk, certified: World) -> None:
    world = certified
    done = desk.relay(claim(world))
    assert done["state"] == "done"
    assert done["functions"] == ["claim"]
    (sent,) = done["transactions"]
    receipt = web3.eth.get_transaction_receipt(sent)
    assert (receipt["from"], receipt["blockNumber"], receipt["gasUsed"]) == (
        str(world.relayer),
        done["block"],
        done["gas"],
    )
    assert world.certificates.balanceOf(NOBODY, SERIES) == 50_000

    deadline = world.now() + DAY
    message = Redemption(NOBODY, SERIES, 31_000, str(world.merchant), ZERO, 0, b"", 1, deadline)
    card = (NOBODY, SERIES, 31_000, 0, 1, deadline, message.sign(world.domain, SECRET))
    before = world.token.balanceOf(world.merchant)
    done = desk.relay(call_of(world.certificates, "pay", world.payment(), [card]))
    assert done["state"] == "done"
    assert world.token.balanceOf(world.merchant) == before + 31_000
    assert web3.eth.get_balance(NOBODY) == 0
    assert web3.eth.get_transaction_count(NOBODY) == 0


def test_a_till_order_is_paid_by_a_relayer(desk: Desk, certified: World) -> None:
    world = certified
    payment = world.payment(order=7, total=1_000, signer=world.merchant)
    card = world.redemption(SERIES, 1_000, order=7)
    assert desk.relay(call_of(world.certificates, "pay", payment, [card]))["state"] == "done"
    assert world.certificates.isOrderUsed(world.merchant, 7)


def test_a_gift_without_a_key_is_delivered_to_whom_it_names(desk: Desk, certified: World) -> None:
    world = certified
    _, gift, _ = world.give(SERIES, 10, key=ZERO, recipient=NOBODY)
    assert desk.relay(call_of(world.certificates, "claim", gift, NOBODY, b""))["state"] == "done"
    assert world.certificates.balanceOf(NOBODY, SERIES) == 10


def test_a_giver_gives_and_takes_back(desk: Desk, certified: World) -> None:
    world = certified
    deadline = world.now() + DAY
    order = (SERIES, 40, address_of(secret_of("link")), ZERO, deadline, 0, bytes(32))
    given = GiftOrder(str(world.giver), *order, 1, deadline)
    call = call_of(world.certificates, "giveSigned", world.giver, order, world.authorize(given, world.giver))
    done = desk.relay(call)
    gift = (str(world.giver), order[2], ZERO, SERIES, 40, deadline, 2**40 - 1, world.now(),
            world.certificates.terms(SERIES)[3], bytes(32))  # fmt: skip
    identity = gift_id(gift)
    assert (done["state"], world.certificates.isGiftOpen(identity)) == ("done", True)
    recall = Recall(str(world.giver), identity, 2, deadline)
    call = call_of(world.certificates, "recall", gift, world.authorize(recall, world.giver))
    assert desk.relay(call)["state"] == "done"
    assert not world.certificates.isGiftOpen(identity)


def test_a_holder_hands_over_and_gets_a_refund(desk: Desk, certified: World) -> None:
    world = certified
    deadline = world.now() + DAY
    message = Transfer(str(world.holder), NOBODY, SERIES, 5, 1, deadline)
    call = call_of(
        world.certificates, "transferSigned", world.holder, NOBODY, SERIES, 5,
        world.authorize(message, world.holder),
    )  # fmt: skip
    assert desk.relay(call)["state"] == "done"
    assert world.certificates.balanceOf(NOBODY, SERIES) == 5
    world.certificates.windDown(SERIES, {"from": world.issuer})
    before = world.token.balanceOf(world.holder)
    refund = Refund(str(world.holder), SERIES, 500, 500, 2, deadline)
    call = call_of(
        world.certificates, "refund", world.holder, SERIES, 500, 500, world.authorize(refund, world.holder)
    )
    assert desk.relay(call)["state"] == "done"
    assert world.token.balanceOf(world.holder) == before + 500


def test_a_supporter_streams_tips_and_stops_by_signature(desk: Desk, jars: Jars) -> None:
    assert desk.relay(tip(jars))["state"] == "done"
    key = jars.key()
    consent = jars.consent("OpenStream", *key, jars.scale, 3_600, nonce=2)
    opened = call_of(jars.escrow, "open", key, jars.scale, 3_600, consent)
    assert desk.relay(opened)["state"] == "done"
    cancelled = call_of(jars.escrow, "cancel", key, jars.consent("CancelStream", *key, nonce=3))
    assert desk.relay(cancelled)["state"] == "done"
    assert jars.escrow.watermark(jars.supporter) == 3


def test_several_signed_calls_go_in_one_transaction(desk: Desk, jars: Jars) -> None:
    first, second = tip(jars, 1, 1), tip(jars, 2, 2)
    both = (jars.escrow.address, jars.deployed.multicall.encode_input([first[1], second[1]]))
    done = desk.relay(both)
    assert (done["state"], done["functions"]) == ("done", ["tip", "tip"])
    answer = desk.post(second)
    assert (answer.status_code, answer.json()["error"]) == (422, "Custody_NonceTooLow")


def test_an_account_is_opened_by_one_signature_that_pays(desk: Desk, accounts_of_jars: Prepaid) -> None:
    prepaid = accounts_of_jars
    opening = prepaid.opening()
    consent = prepaid.consent(
        "OpenAccount", str(prepaid.agent), *opening, 5_000_000, moves=5_000_000, nonce=9
    )
    call = call_of(prepaid.contract, "openSigned", prepaid.agent, opening, 5_000_000, consent)
    assert desk.relay(call)["state"] == "done"
    key = prepaid.key()
    assert prepaid.money(key) == (5_000_000, 0)
    asked = prepaid.consent("RequestWithdrawal", str(prepaid.agent), *key)
    assert desk.relay(call_of(prepaid.contract, "requestWithdrawal", key, asked))["state"] == "done"
    assert prepaid.state(key).withdrawable_at > 0


# --------------------------------------------------------------------------------------------- each once


def test_posted_twice_it_is_sent_once_with_the_same_answer(desk: Desk, certified: World) -> None:
    call, before = claim(certified), desk.sent()
    first = desk.relay(call)
    second = desk.post(call)
    assert second.status_code == 200
    assert second.json() == first
    assert second.headers["location"] == f"/actions/{first['id']}"
    assert desk.sent() == before + 1


def test_another_spelling_of_the_signature_is_the_same_action(desk: Desk, jars: Jars) -> None:
    """EIP-2098 has 64 bytes for the same signature: whoever copies an action can't make two of it."""
    text, amount, before = "once", 3, desk.sent()
    consent = jars.consent("Tip", str(jars.supporter), jars.jar, amount, text)
    signature = consent[3]
    s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    short = (*consent[:3], signature[:32] + s.to_bytes(32, "big"))
    calls = [
        call_of(jars.escrow, "tip", jars.supporter, jars.jar, amount, text, one) for one in (consent, short)
    ]
    assert calls[0] != calls[1]
    answers = [desk.post(call).json()["id"] for call in calls]
    assert answers[0] == answers[1]
    assert desk.wait(answers[0])["state"] == "done"
    assert desk.sent() == before + 1


def test_a_call_that_is_relayed_is_in_no_other_action(
    make_desk: Callable[..., Desk], sqlite_url: str, jars: Jars
) -> None:
    """While the first is on its way, the chain would still take it: only the relayer's books know."""
    desk = make_desk(sqlite_url)
    desk.relayer._dispatch = lambda record: None  # type: ignore[method-assign]  # accepted and not yet sent
    first = desk.post(tip(jars, 1, 1)).json()
    both = jars.deployed.multicall.encode_input([tip(jars, 1, 1)[1], tip(jars, 2, 2)[1]])
    answer = desk.post((jars.escrow.address, both))
    assert (answer.status_code, answer.json()["error"]) == (409, "relayed_already")
    assert answer.json()["id"] == first["id"]
    assert first["id"] in answer.json()["next"]


def test_one_that_the_chain_refuses_is_not_sent_and_can_come_again(desk: Desk, certified: World) -> None:
    world = certified
    tomorrow = world.now() + DAY
    secret, gift, identity = world.give(SERIES, 10, deliver_at=tomorrow)
    call = call_of(world.certificates, "claim", gift, NOBODY, world.claim_signature(secret, identity, NOBODY))
    before = desk.sent()
    answer = desk.post(call)
    assert answer.status_code == 422
    refused = answer.json()
    assert (refused["error"], refused["values"]) == (
        "GiftCertificates_NotYetDelivered",
        [str(tomorrow), str(world.now())],
    )
    assert str(tomorrow) in refused["message"]
    assert refused["next"]
    assert desk.sent() == before
    desk.relayer.node.jump_to(tomorrow)
    assert desk.relay(call)["state"] == "done"


def test_one_that_fails_in_its_block_says_why_and_can_come_again(desk: Desk, jars: Jars) -> None:
    """The payer's money is gone between simulation and block, and comes back."""
    node = desk.relayer.node
    call, payer = tip(jars, 7), jars.supporter
    jars.token.approve(jars.escrow, 0, {"from": payer})
    assert desk.post(call).status_code == 422
    jars.token.approve(jars.escrow, 2**256 - 1, {"from": payer})
    node.develop("evm_setAutomine", [False])
    try:
        accepted = desk.post(call)
        assert accepted.status_code == 202
        # Ahead of it in the same block: a higher tip.
        jars.token.approve(
            jars.escrow,
            0,
            {"from": payer, "required_confs": 0, "gas_limit": 100_000, "gas_price": 90 * 10**9},
        )
        wait_for_pending(node, 2)
    finally:
        node.develop("evm_mine", [])
        node.develop("evm_setAutomine", [True])
    failed = desk.wait(accepted.json()["id"])
    assert failed["state"] == "failed"
    assert failed["error"]
    assert failed["block"]
    jars.token.approve(jars.escrow, 2**256 - 1, {"from": payer})
    again = desk.relay(call)
    assert (again["id"], again["state"], again["error"]) == (failed["id"], "done", None)
    assert again["transactions"] != failed["transactions"]


def wait_for_pending(node: Any, count: int) -> None:
    until(lambda: len(node.web3.eth.get_block("pending")["transactions"]) >= count)


# -------------------------------------------------------------------------------------------- what is not


@pytest.mark.parametrize(
    ("function", "values", "why"),
    [
        ("restore", lambda w: (w.holder, SERIES, 1, (1, w.now() + DAY, b"x" * 65)), "paid by whoever sends"),
        ("redeem", lambda w: (SERIES, 1, w.merchant), "Redemption"),
        ("issue", lambda w: (SERIES, w.holder, 1), "paid by whoever sends"),
        ("safeTransferFrom", lambda w: (w.holder, w.giver, SERIES, 1, b""), "signature"),
        ("windDown", lambda w: (SERIES,), "signature"),
        ("seriesCount", lambda w: (), "only reads"),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_its_reason(
    desk: Desk, certified: World, function: str, values: Callable[[World], Any], why: str
) -> None:
    answer = desk.post(call_of(certified.certificates, function, *values(certified)))
    assert (answer.status_code, answer.json()["error"]) == (403, "not_relayed")
    assert why in answer.json()["message"]


def test_the_relayers_own_money_and_orders_are_out_of_reach(desk: Desk, certified: World, jars: Jars) -> None:
    """Even with the relayer's own signature, and where the contract asks the sender for none."""
    world, me = certified, certified.relayer
    mine = [
        call_of(world.certificates, "pay", world.payment(), [world.redemption(SERIES, 1, holder=me)]),
        # An order of the relayer's: the contract asks its sender for no signature over it.
        call_of(
            world.certificates, "pay", world.payment(me, order=3, total=1, signer=me),
            [world.redemption(SERIES, 1, merchant=me, order=3)],
        ),
        call_of(
            jars.escrow, "tip", me, jars.jar, 1, "",
            jars.consent("Tip", str(me), jars.jar, 1, "", signer=me),
        ),
    ]  # fmt: skip
    for call in mine:
        answer = desk.post(call)
        assert (answer.status_code, answer.json()["error"]) == (403, "own_action")


def test_without_a_signature_nothing_is_sent(desk: Desk, certified: World, jars: Jars) -> None:
    world = certified
    card = world.own_card(SERIES, 1)
    for call in (
        call_of(world.certificates, "pay", world.payment(), [card]),
        call_of(jars.escrow, "tip", jars.supporter, jars.jar, 1, "", (0, 0, False, b"")),
    ):
        answer = desk.post(call)
        assert (answer.status_code, answer.json()["error"]) == (403, "not_signed")


def test_a_forged_signature_is_refused_by_the_chain_before_it_costs(desk: Desk, jars: Jars) -> None:
    consent = jars.consent("Tip", str(jars.supporter), jars.jar, 1, "")
    forged = (*consent[:3], bytes(64) + b"\x1b")
    answer = desk.post(call_of(jars.escrow, "tip", jars.supporter, jars.jar, 1, "", forged))
    assert (answer.status_code, answer.json()["error"]) == (422, "Custody_InvalidSignature")


def test_bad_input_is_answered_with_what_to_do(desk: Desk, certified: World, jars: Jars) -> None:
    call = claim(certified)
    contract, data = call
    empty = jars.deployed.multicall.encode_input([])
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"chain": "1"}, 403, "wrong_chain"),
        ({"chain": 31337}, 400, "bad_request"),
        ({"chain": "031337"}, 400, "bad_request"),
        ({"chain": None}, 400, "bad_request"),
        ({"contract": "0x12"}, 400, "bad_request"),
        ({"contract": contract.lower()}, 400, "unchecksummed_address"),
        ({"contract": contract[:-1] + ("0" if contract[-1] != "0" else "1")}, 400, "bad_checksum"),
        ({"contract": certified.token.address}, 403, "unknown_contract"),
        ({"data": "0x"}, 400, "bad_request"),
        ({"data": "0x123"}, 400, "bad_request"),
        ({"data": "0x12345678"}, 400, "no_function"),
        ({"data": "0x12"}, 400, "no_function"),
        ({"data": data[:-2]}, 400, "bad_arguments"),
        ({"data": data + "00" * 32}, 400, "bad_arguments"),
        ({"data": "0x" + "00" * 16_385}, 400, "bad_request"),
        ({"value": "1"}, 400, "bad_request"),
        ({"contract": jars.escrow.address, "data": empty}, 403, "not_relayed"),
    ]  # fmt: skip
    for changes, status, reason in cases:
        answer = desk.post(call, **changes)
        assert (answer.status_code, answer.json()["error"]) == (status, reason), (changes, answer.text)
        assert answer.json()["message"]
        assert answer.json()["next"]
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"):
        answer = desk.client.post("/relay", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request"), body
    assert desk.client.get("/relay").status_code == 405
    assert desk.client.get("/nothing").status_code == 404
    assert desk.client.get("/actions/0x12").status_code == 400
    unknown = desk.client.get("/actions/0x" + "0" * 64)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown_action")
    large = desk.client.post("/relay", content=b"[" + b" " * 70_000 + b"]")
    assert (large.status_code, large.json()["error"]) == (413, "too_large")


def test_multicalls_of_what_is_not_relayed_are_refused(desk: Desk, jars: Jars) -> None:
    inner = jars.deployed.multicall.encode_input([tip(jars)[1]])
    collect = jars.escrow.collect.encode_input(jars.jar, 1)
    permit = jars.escrow.permit.encode_input(jars.supporter, 1, 2**40, 27, b"r" * 32, b"s" * 32)
    own = jars.escrow.tip.encode_input(jars.relayer, jars.jar, 1, "", (0, 0, False, b""))
    cases: list[tuple[list[str], int, str]] = [
        ([inner], 403, "not_relayed"),
        ([tip(jars)[1], collect], 403, "not_relayed"),
        ([permit], 403, "not_relayed"),
        ([tip(jars)[1], own], 403, "not_signed"),
        ([tip(jars)[1], "0x"], 400, "no_function"),
        ([tip(jars, nonce=n)[1] for n in range(1, 10)], 400, "too_many_calls"),
    ]
    for calls, status, reason in cases:
        answer = desk.post((jars.escrow.address, jars.deployed.multicall.encode_input(calls)))
        assert (answer.status_code, answer.json()["error"]) == (status, reason), (calls, answer.text)


def test_a_permit_goes_before_the_action_it_pays_for(desk: Desk, jars: Jars) -> None:
    payer = jars.supporter
    jars.token.approve(jars.escrow, 0, {"from": payer})
    deadline, nonce = jars.now() + DAY, jars.token.nonces(payer)
    signed = sign_permit(
        jars.world.key(payer), token_domain(jars.token), payer, jars.escrow, 5, nonce, deadline
    )
    permit = jars.escrow.permit.encode_input(payer, 5, deadline, *signed)
    data = jars.deployed.multicall.encode_input([permit, tip(jars, 5)[1]])
    done = desk.relay((jars.escrow.address, data))
    assert (done["state"], done["functions"]) == ("done", ["tip"])


def test_it_says_what_it_relays(desk: Desk, certified: World) -> None:
    about = desk.client.get("/").json()
    assert about["relayer"] == str(certified.relayer)
    assert about["contracts"][certified.certificates.address] == "GiftCertificates"
    assert "claim" in about["functions"]["GiftCertificates"]
    assert "restore" not in about["functions"]["GiftCertificates"]
    assert desk.client.get("/health").json()["ok"] is True
    desk.relay(claim(certified))
    page = desk.client.get("/metrics").text
    assert 'relayer_actions_total{state="done"} 1.0' in page


def test_browsers_of_any_page_may_ask(desk: Desk) -> None:
    asked = desk.client.options(
        "/relay", headers={"origin": "https://page.example", "access-control-request-method": "POST"}
    )
    assert asked.headers["access-control-allow-origin"] == "*"
