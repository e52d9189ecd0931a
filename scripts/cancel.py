"""Make void what you have signed and nobody has used yet.

What is not cancelled here: offers (`market cancel`); vouchers of a prepaid account (`prepaid withdraw`);
payments that were signed for the currency itself (`pay=signature`), which end with their deadline or by the
currency's own `cancelAuthorization`; receipts and coupons, which have no nonce of their signer's; and what a
link or a secret opens. docs/COMMANDS.md says how each of them ends.
"""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.keepers import KEEPER_PARTS, MAX_NONCE, keeper, watermark_to
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.session import Session

CURRENCY = Option("currency", "the currency's symbol")
NONCE = Option("nonce", "void those up to this number (default: all that can be used now)", "")
FROM = Option("from", "who has signed", "")
DEFAULT = "holder"


def number(given: Arguments) -> int | None:
    """The nonce that is given."""
    return given.whole("nonce", least=1, most=MAX_NONCE) if given.has("nonce") else None


@command(
    "Void all that you have signed for a currency's contracts, or one of them, and nobody has used: consents "
    "to open, top up, stop, change, confirm, refund, withdraw. Not cards (`cancel card`), offers (`market "
    "cancel`), vouchers, receipts, coupons, or what was signed with pay=signature: these end with their "
    "deadline.",
    CURRENCY,
    Option("part", f"one contract only: {', '.join(KEEPER_PARTS)}", ""),
    NONCE,
    FROM,
    example="currency=USDC part=jars from=supporter",
)
def main(session: Session, given: Arguments) -> dict[str, int]:
    places, nonce = session.keepers(given.text("currency")), number(given)
    if given.has("part"):
        places = (keeper(places, given.text("part")),)
    elif nonce is not None:
        raise ArgumentError("one_part", "nonce=… counts in each contract by itself: name it with part=…")
    signer = session.wallet(given, DEFAULT)
    found = [(one, watermark_to(nonce, one.watermark(signer.address))) for one in places]
    wanted = [(one, upto) for one, upto in found if upto is not None]
    if not wanted:
        done("that is void already")
        return {}
    names = ", ".join(one.name for one, _ in wanted)
    session.confirm(f"What {signer.address} has signed for {names} becomes void.", "cancel")
    for one, upto in wanted:
        one.void(signer, upto)
        done(f"{one.name}: void is what {signer.name} has signed with a nonce up to {upto:,}")
    return {one.part: upto for one, upto in wanted}


@command(
    "Void what you have signed for your cards of a series: payments, transfers, gifts, refunds, recalls.",
    Option("series", "name, or currency/number"),
    NONCE,
    FROM,
    example="series=kr-culture-50000 from=holder",
)
def card(session: Session, given: Arguments) -> int:
    chosen, holder = session.series(given.text("series")), session.wallet(given, DEFAULT)
    watermark = chosen.certificates.account(chosen.series_id, holder.address).nonce
    upto = watermark_to(number(given), watermark)
    if upto is None:
        done(f"{chosen.name}: that is void already, up to {watermark:,}")
        return watermark
    session.confirm(f"What {holder.address} has signed for {chosen.name} becomes void.", "cancel")
    chosen.certificates.cancel_authorizations(holder, chosen.series_id, upto)
    done(f"{chosen.name}: void is what {holder.name} has signed with a nonce up to {upto:,}")
    say("no card was touched: sign anew what you still want")
    return upto


@command(
    "The nonce up to which all that somebody signed is void, in each contract of a currency.",
    CURRENCY,
    Option("of", "whose: an address (a role on a development chain)"),
    example="currency=USDC of=supporter",
)
def show(session: Session, given: Arguments) -> dict[str, int]:
    signer = session.address(given.text("of"))
    places = session.keepers(given.text("currency"))
    found = {one.part: one.watermark(signer) for one in places}
    rows = [(one.part, one.name, f"{found[one.part]:,}") for one in places]
    table(f"Void of {signer}: nonces up to", ("part", "contract", "nonce"), rows, right=2)
    return found
