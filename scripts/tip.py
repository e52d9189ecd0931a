"""Tips: at once, to a creator, or to somebody who is known by a handle only."""

from __future__ import annotations

from pathlib import Path

from largesse import jar_actions
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.jars import Done
from largesse.clients.tips import new_handle_tip, tip_use
from largesse.commands.command import command
from largesse.commands.paying import (
    CURRENCY,
    FROM,
    PAY,
    SERIES,
    SIGN,
    TO,
    VERSION,
    card_of,
    carry_out,
    chosen_jar,
    pay_by_card,
    payer_of,
)
from largesse.console import done, say
from largesse.files import replace_file
from largesse.jar_actions import SignedAction
from largesse.jars import HandleTip, handle_hash
from largesse.moments import moment_of
from largesse.session import Session
from largesse.signed.handle_claims import SignedHandleClaim

MOST_TIPS = 100
"""In one word, the largest first."""
HANDLE = Option("handle", "as its attestor writes it, like github:anna")


@command(
    "Give a creator something at once, with a message.",
    CURRENCY,
    TO,
    Option("amount", "in whole currency, decimals after a point"),
    Option("message", "for everybody to read", ""),
    VERSION,
    SERIES,
    PAY,
    SIGN,
    FROM,
    example="currency=USDC to=creator amount=5 message=Thanks from=supporter",
)
def main(session: Session, given: Arguments) -> Done | Path | None:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    amount, to = given.amount("amount", tips.token.decimals), session.address(given.text("to"))
    message = given.values["message"]
    what = f"{tips.token.show(amount)} to {to}"
    if card := card_of(session, given, tips):
        pay_by_card(session, tips, card, amount, to, tip_use(message), payer, what)
        return None
    action = jar_actions.tip(payer.address, chosen_jar(session, given), amount, message)
    return carry_out(session, given, tips, action, payer, what)


@command(
    "Tip somebody who is known by a handle only: who has it can claim the tip with an attestor's word.",
    CURRENCY,
    HANDLE,
    Option("attestor", "who says whose handle it is: address (a role on a development chain)"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("reclaim", "from then on an unclaimed tip can return: 2027-12-24 or 2027-12-24T18:00, UTC"),
    Option("message", "for everybody to read", ""),
    PAY,
    SIGN,
    FROM,
    example="currency=USDC handle=github:anna attestor=operator amount=5 reclaim=2027-12-24 from=supporter",
)
def handle(session: Session, given: Arguments) -> HandleTip:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    amount, attestor = given.amount("amount", tips.token.decimals), session.address(given.text("attestor"))
    hashed = handle_hash(given.text("handle"))
    tip = new_handle_tip(payer.address, hashed, attestor, amount, moment_of(given, "reclaim"))
    action = jar_actions.tip_handle(tip, given.values["message"])
    what = f"{tips.token.show(amount)} to {given.text('handle')}, as {attestor} attests"
    carry_out(session, given, tips, action, payer, f"{what}; from {given.text('reclaim')} on it can return")
    return tip


@command(
    "The attestor signs whose handle it is, for the tips that wait for it.",
    CURRENCY,
    HANDLE,
    Option("to", "who has the handle: address (a role on a development chain)"),
    Option("minutes", "how long the word is good", "60"),
    Option("name", "of the file that is written"),
    Option("from", "the attestor", ""),
    example="currency=USDC handle=github:anna to=recipient name=anna from=operator",
)
def attest(session: Session, given: Arguments) -> Path:
    tips, attestor = session.tips(given.text("currency")), session.wallet(given, "operator")
    now = session.node.now()
    found = [
        tip
        for tip in tips.handle_tips(handle_hash(given.text("handle")))
        if tip.attestor == attestor.address and tip.reclaim_at > now
    ]
    # The largest first: anybody may leave as many small ones as no block would take.
    waiting = sorted(found, key=lambda tip: tip.amount, reverse=True)[:MOST_TIPS]
    if not waiting:
        raise ArgumentError("nothing_waits", f"no tip to {given.text('handle')} waits for {attestor.name}")
    recipient = session.address(given.text("to"))
    deadline = now + given.whole("minutes", least=1, most=7 * 24 * 60) * 60
    word = tips.attest_handle(attestor, waiting, recipient, deadline)
    path = session.out("handles") / f"{given.file_name('name')}.json"
    replace_file(path, word.to_json(given.text("currency")).encode())
    done(f"{given.text('handle')} is {recipient}'s, says {attestor.name}, for {len(waiting)} tip(s)")
    say(f"signed: out/handles/{path.name}")
    if more := len(found) - len(waiting):
        say(f"{more} more wait: attest again, under another name=…, when these are claimed")
    return path


@command(
    "Claim the tips that an attestor's word is about; anybody may send it.",
    Option("word", "the file that the attestor wrote"),
    Option("from", "who sends", ""),
    example="word=out/handles/anna.json from=relayer",
)
def claim(session: Session, given: Arguments) -> int:
    symbol, word = SignedHandleClaim.from_json(given.path("word").read_text(encoding="utf-8"))
    tips = session.tips(symbol)
    amount = int(tips.claim_handle_tips(word, session.wallet(given, "relayer"))["amount"])
    done(f"{tips.token.show(amount)} are in the jar of {word.recipient}")
    return amount


@command(
    "Return what nobody claimed by its date to whoever had tipped a handle; anybody may send it.",
    CURRENCY,
    HANDLE,
    Option("payer", "who had tipped: address or role (default: who sends)", ""),
    Option("from", "who sends", ""),
    example="currency=USDC handle=github:anna from=supporter",
)
def reclaim(session: Session, given: Arguments) -> int:
    tips, sender = session.tips(given.text("currency")), session.wallet(given, "supporter")
    payer = session.address(given.text("payer")) if given.has("payer") else sender.address
    now, found = session.node.now(), tips.handle_tips(handle_hash(given.text("handle")))
    # Each is a transaction, and anybody may have left as many small ones as they like.
    over = [tip for tip in found if tip.payer == payer and tip.reclaim_at <= now]
    for tip in over:
        tips.reclaim_handle_tip(tip, sender)
        done(f"{tips.token.show(tip.amount)} returned to {tip.payer}")
    if not over:
        say(f"no tip of {payer} to {given.text('handle')} is past its date")
    return len(over)


@command(
    "Limit what an account can pay into jars in a calendar month; a higher limit holds from next month on.",
    CURRENCY,
    Option("limit", "in whole currency, or none"),
    SIGN,
    FROM,
    example="currency=USDC limit=50 from=supporter",
)
def cap(session: Session, given: Arguments) -> Done | Path:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    text = given.text("limit")
    limit = jar_actions.NO_LIMIT if text == "none" else given.amount("limit", tips.token.decimals)
    what = f"{payer.name}'s monthly limit: {text if text == 'none' else tips.token.show(limit)}"
    action = jar_actions.set_monthly_cap(payer.address, limit)
    return carry_out(session, given, tips, action, payer, what)


@command(
    "Send what somebody signed with sign=…: a tip, a stream, a membership, whatever it is.",
    Option("signed", "the file"),
    Option("from", "who sends and pays the gas", ""),
    example="signed=out/signed/evening.json from=relayer",
)
def submit(session: Session, given: Arguments) -> Done:
    signed = SignedAction.from_json(given.path("signed").read_text(encoding="utf-8"))
    tips = session.tips_at(signed.escrow)
    result = tips.submit(signed, session.wallet(given, "relayer"))
    done(f"{result.event.name}, for {result.gas:,} gas")
    return result
