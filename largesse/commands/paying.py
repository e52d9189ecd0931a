"""What scripts that pay have in common: the jar, the card, how a payer pays, and who sends it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import Wallet
from largesse.clients.certificates import Certificates
from largesse.clients.jars import Done, Funding
from largesse.clients.tips import Tips
from largesse.console import done, say
from largesse.files import replace_file
from largesse.jar_actions import Action
from largesse.jars import MAX_VERSION, jar_id
from largesse.session import SeriesChoice, Session

CURRENCY: Final = Option("currency", "the currency's symbol")
TO: Final = Option("to", "the creator: an address (a role on a development chain)")
VERSION: Final = Option("version", "0 for the creator's own jar, else a shared one's number", "0")
FROM: Final = Option("from", "who pays", "")
SIGN: Final = Option("sign", "a name: send nothing, sign it into out/signed/ for somebody else to send", "")
PAY: Final = Option("pay", "by allowance, permit or signature", "allowance")
SERIES: Final = Option("series", "pay with a certificate: name, or currency/number", "")

_FUNDING: Final = {
    "allowance": Funding.ALLOWANCE,
    "permit": Funding.PERMIT,
    "signature": Funding.SIGNATURE,
}


def chosen_jar(session: Session, given: Arguments) -> int:
    """The jar of `to` and `version`."""
    return jar_id(session.address(given.text("to")), given.whole("version", most=MAX_VERSION))


def payer_of(session: Session, given: Arguments) -> Wallet:
    """Who pays or signs."""
    return session.wallet(given, "supporter")


def funding_of(given: Arguments) -> Funding:
    """How the money comes. Raises ArgumentError bad_payment."""
    text = given.text("pay")
    if text not in _FUNDING:
        raise ArgumentError("bad_payment", f"pay={text} is none of {', '.join(_FUNDING)}")
    return _FUNDING[text]


def card_in(session: Session, given: Arguments, certificates: Certificates) -> SeriesChoice | None:
    """The series of these certificates to pay with; None for money. Raises ArgumentError other_currency."""
    if not given.has("series"):
        return None
    chosen = session.series(given.text("series"))
    if chosen.certificates.address != certificates.address:
        raise ArgumentError("other_currency", f"{chosen.name} is not in {certificates.token.symbol}")
    return chosen


def card_of(session: Session, given: Arguments, tips: Tips) -> SeriesChoice | None:
    """As `card_in`, for a jar. Raises ArgumentError not_with_a_card too: a card pays into the creator's own
    jar, at once."""
    chosen = card_in(session, given, tips.certificates)
    if chosen is None:
        return None
    if given.has("sign") or given.text("pay") != "allowance" or given.values.get("version", "0") != "0":
        raise ArgumentError(
            "not_with_a_card",
            "series=… pays at once and into the creator's own jar: sign, pay and version don't go with it",
        )
    return chosen


def carry_out(
    session: Session, given: Arguments, tips: Tips, action: Action, payer: Wallet, what: str
) -> Done | Path:
    """Do it, or with `sign` write down what the payer signed. `what` says it, before and after."""
    funding = funding_of(given) if action.amount else Funding.ALLOWANCE
    session.confirm(f"{what}.", "pay" if action.amount else "go on")
    if not given.has("sign"):
        result = tips.act(action, payer, funding=funding)
        done(what)
        return result
    path = session.out("signed") / f"{given.file_name('sign')}.json"
    replace_file(path, tips.sign(action, payer, funding).to_json().encode())
    done(f"signed and not sent, good for a day: {what}")
    say(f"written: out/signed/{path.name}")
    return path


def pay_by_card(
    session: Session, tips: Tips, card: SeriesChoice, amount: int, to: str, use: bytes, holder: Wallet,
    what: str,
) -> None:  # fmt: skip
    """Redeem a certificate for what `use` says. `what` says it, before and after."""
    session.confirm(f"{what}, with {card.name}.", "pay")
    tips.redeem(holder, card.series_id, amount, to, use)
    done(f"{what}, with {card.name}")
