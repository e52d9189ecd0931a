"""`cancel`: what was signed and not used is void, of the one who cancels and of nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError, Wallet
from largesse.clients.keepers import KEEPER_PARTS, MAX_NONCE, NONCE_WINDOW, Keeper, KeeperError, watermark_to
from largesse.eip712 import Domain
from largesse.parts import CERTIFICATES
from largesse.session import SessionError
from largesse.signed.certificates import OwedWithdrawal
from scripts import cancel, market, redeem, stream, tip
from tests.fixtures.desk import KR, Desk

HOUR = 3_600


def place(desk: Desk, part: str) -> Keeper:
    (found,) = [one for one in desk.session.keepers("USDC") if one.part == part]
    return found


def submitted(desk: Desk, part: str, signer: Wallet, nonce: int) -> tuple[str, tuple[object, ...]]:
    """What a stranger is told that submits a consent of the signer's: the error, its values.

    The consent is over a payout of what is owed, which every contract knows; nothing is owed.
    """
    one = place(desk, part)
    domain = Domain(f"Largesse {one.name}", "1", desk.session.node.chain_id, one.address)
    deadline = desk.session.node.now() + HOUR
    signature = OwedWithdrawal(signer.address, signer.address, nonce, deadline).sign(domain, signer.key)
    consent = (nonce, deadline, signature) if part == CERTIFICATES else (nonce, deadline, False, signature)
    function = one.contract.functions.withdrawOwed(signer.address, signer.address, consent)
    with pytest.raises(RefusedError) as error:
        desk.session.node.call(function, desk.address("stranger"))
    return error.value.reason.partition("_")[2], error.value.values


def good(wallet: Wallet) -> tuple[str, tuple[object, ...]]:
    """Of a consent that counts: it is only that nothing is owed."""
    return "NothingOwed", (wallet.address.lower(),)


@pytest.mark.parametrize("part", KEEPER_PARTS)
def test_what_was_signed_is_void_in_each_contract(desk: Desk, part: str) -> None:
    signer, other = desk.wallet("supporter"), desk.wallet("agent")
    for nonce in (1, 7, NONCE_WINDOW):
        assert submitted(desk, part, signer, nonce) == good(signer)
    assert cancel.main("currency=USDC", f"part={part}", "from=supporter") == {part: NONCE_WINDOW}
    for nonce in (1, 7, NONCE_WINDOW):
        assert submitted(desk, part, signer, nonce) == ("NonceTooLow", (nonce, NONCE_WINDOW))
    assert submitted(desk, part, signer, NONCE_WINDOW + 1) == good(signer), "what is signed anew counts"
    assert submitted(desk, part, other, 1) == good(other), "nobody else's word is touched"
    assert place(desk, part).watermark(other.address) == 0


@pytest.mark.parametrize("part", KEEPER_PARTS)
def test_up_to_a_number_once(desk: Desk, part: str) -> None:
    signer = desk.wallet("supporter")
    given = ("currency=USDC", f"part={part}", "nonce=5", "from=supporter")
    assert cancel.main(*given) == {part: 5}
    block = desk.block()
    assert cancel.main(*given) == {}, "the second time it is void already"
    assert desk.block() == block
    assert submitted(desk, part, signer, 5) == ("NonceTooLow", (5, 5))
    assert submitted(desk, part, signer, 6) == good(signer)


def test_everything_at_once_and_again_what_was_signed_meanwhile(desk: Desk) -> None:
    cancel.main("currency=USDC", "part=jars", "nonce=3", "from=supporter")
    first = dict.fromkeys(KEEPER_PARTS, NONCE_WINDOW) | {"jars": NONCE_WINDOW + 3}
    assert cancel.main("currency=USDC", "from=supporter") == first
    assert cancel.show("currency=USDC", "of=supporter") == first
    again = {part: nonce + NONCE_WINDOW for part, nonce in first.items()}
    assert cancel.main("currency=USDC", "from=supporter") == again
    assert cancel.show("currency=USDC", "of=supporter") == again
    assert cancel.show("currency=KRWT", "of=supporter") == dict.fromkeys(KEEPER_PARTS, 0)


def test_a_stream_that_was_signed_is_not_opened(desk: Desk) -> None:
    supporter, tips = desk.wallet("supporter"), desk.session.tips("USDC")
    tips.token.approve(supporter, tips.address, 5_000_000)
    given = ("currency=USDC", "to=creator", "rate=1/hour", "amount=5", "from=supporter")
    signed = stream.open(*given, "sign=evening")
    assert signed is not None
    cancel.main("currency=USDC", "part=jars", "from=supporter")
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        tip.submit(f"signed={desk.session.out('signed') / 'evening.json'}", "from=relayer")
    assert (error.value.reason, error.value.values) == ("Custody_NonceTooLow", (1, NONCE_WINDOW))
    assert desk.block() == block
    stream.open(*given, "sign=later")
    tip.submit(f"signed={desk.session.out('signed') / 'later.json'}", "from=relayer")


def test_a_card_that_was_signed_does_not_pay(desk: Desk) -> None:
    desk.issue("holder", "50000")
    asked = redeem.till("currency=KRWT", "total=31000", "order=7001", "fee=3", "from=bookshop")
    signed = redeem.sign(f"request={asked}", f"series={KR}", "from=holder")
    market.offer(f"series={KR}", "amount=10000", "price=9300", "from=holder")
    assert cancel.card(f"series={KR}", "from=stranger") == NONCE_WINDOW, "a stranger voids its own only"
    assert desk.krw.account(1, desk.address("holder")).nonce == 0
    assert cancel.card(f"series={KR}", "from=holder") == NONCE_WINDOW
    with pytest.raises(RefusedError) as error:
        redeem.submit(f"signed={signed}", "from=bookshop")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_NonceTooLow", (1, NONCE_WINDOW))
    assert desk.krw.account(1, desk.address("holder")).balance == 50_000
    again = redeem.sign(f"request={asked}", f"series={KR}", "from=holder")
    redeem.submit(f"signed={again}", "from=bookshop")
    assert desk.krw.account(1, desk.address("holder")).balance == 19_000
    # Offers are the market's: they stand.
    assert market.fill(f"series={KR}", "amount=10000", "most=9300", "from=giver") is not None


def test_a_card_up_to_a_number_once(desk: Desk) -> None:
    assert cancel.card(f"series={KR}", "nonce=4", "from=holder") == 4
    block = desk.block()
    assert cancel.card(f"series={KR}", "nonce=4", "from=holder") == 4
    assert cancel.card(f"series={KR}", "nonce=3", "from=holder") == 4
    assert desk.block() == block


@pytest.mark.parametrize(
    ("given", "kind", "reason", "said"),
    (
        (("nonce=4294967297", "part=jars"), KeeperError, "nonce_too_high",
         "nonce 4294967297 is more than 4294967296: a nonce counts up to 4294967296 above the watermark"),
        (("nonce=5",), ArgumentError, "one_part", "name it with part=…"),
        (("nonce=0", "part=jars"), ArgumentError, "out_of_range", "nonce=0 is not 1 to"),
        (("part=market",), KeeperError, "unknown_part", "'market' is none of certificates, sales, jars"),
        (("part=market",), KeeperError, "unknown_part", "'market' is none of"),
    ),
)  # fmt: skip
def test_bad_input_sends_nothing(
    desk: Desk, given: tuple[str, ...], kind: type[Exception], reason: str, said: str
) -> None:
    block = desk.block()
    with pytest.raises(kind, match=said) as error:
        cancel.main("currency=USDC", *given, "from=supporter")
    assert error.value.reason == reason  # type: ignore[attr-defined]
    assert desk.block() == block


@pytest.mark.parametrize(
    ("nonce", "watermark", "becomes"),
    (
        (None, 0, NONCE_WINDOW),
        (None, MAX_NONCE - 1, MAX_NONCE),
        (None, MAX_NONCE, None),
        (1, 0, 1),
        (1, 1, None),
        (NONCE_WINDOW + 9, 9, NONCE_WINDOW + 9),
    ),
)
def test_the_watermark_that_it_becomes(nonce: int | None, watermark: int, becomes: int | None) -> None:
    assert watermark_to(nonce, watermark) == becomes


def test_on_a_live_chain_it_waits_for_the_typed_word(desk: Desk, live: Callable[..., list[str]]) -> None:
    asked, block = live("no", me=desk.wallet("supporter")), desk.block()
    for run, given in ((cancel.main, "currency=USDC"), (cancel.card, f"series={KR}")):
        with pytest.raises(SessionError) as error:
            run(given, "from=me")
        assert error.value.reason == "not_confirmed"
        assert "Type “cancel” to go on" in asked[-1]
        assert desk.address("supporter") in asked[-1]
    assert len(asked) == 2
    assert desk.block() == block
