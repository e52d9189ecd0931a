"""Pay with a certificate: at a till in three steps, or straight from the holder."""

from __future__ import annotations

import json
from pathlib import Path

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import done, say
from largesse.files import replace_file
from largesse.holdings import SignedCard
from largesse.qr import qr_png
from largesse.scanning import read_qr
from largesse.session import Session
from largesse.terms.fields import FULL_BPS, MAX_FEE_BPS
from largesse.tills import PaymentRequest, parse_request

_MINUTE = 60


@command(
    "The holder pays a merchant directly, without an order number.",
    Option("series", "name, or currency/number"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("merchant", "address (a role on a development chain)"),
    Option("from", "the holder", ""),
    example="series=kr-culture-50000 amount=1000 merchant=bookshop from=giver",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    amount, merchant = given.amount("amount", token.decimals), session.address(given.text("merchant"))
    holder = session.wallet(given, "holder")
    session.confirm(f"{token.show(amount)} of {chosen.name} to {merchant}.", "pay")
    chosen.certificates.redeem(holder, chosen.series_id, amount, merchant)
    done(f"{token.show(amount)} of {chosen.name} to {merchant}")
    return amount


@command(
    "The till: sign a request for one order and show it as a QR code.",
    Option("currency", "the currency's symbol"),
    Option("total", "in whole currency, decimals after a point"),
    Option("order", "the shop's own number, used once"),
    Option("minutes", "how long it is good for", "15"),
    Option("fee", "the highest fee of a series that the shop accepts, in percent", "0"),
    Option("from", "the merchant", ""),
    example="currency=KRWT total=31000 order=7001 fee=3 from=bookshop",
)
def till(session: Session, given: Arguments) -> Path:
    certificates = session.certificates(given.text("currency"))
    merchant = session.wallet(given, "merchant")
    order = given.whole("order", least=1)
    if certificates.is_order_used(merchant.address, order):
        raise ArgumentError("order_used", f"order={order} is used up: a payment for it went through")
    total = given.amount("total", certificates.token.decimals)
    deadline = session.node.now() + given.whole("minutes", least=1, most=7 * 24 * 60) * _MINUTE
    least = total - total * given.share("fee", most=MAX_FEE_BPS // 100) // FULL_BPS
    request = certificates.request_payment(merchant, order, total, deadline, least=least)
    picture = session.out("till") / f"order-{order}.png"
    picture.write_bytes(qr_png(request.uri()))
    show = certificates.token.show
    done(f"{merchant.name} asks for {show(total)}, of which {show(least)} must arrive, order {order}")
    say(request.uri())
    say(f"QR code: out/till/{picture.name}")
    return picture


@command(
    "The customer: read the QR code, and sign for it with a certificate.",
    Option("request", "the picture of the QR code, or its text"),
    Option("series", "name, or currency/number"),
    Option("amount", "how much of it this card pays (default: all)", ""),
    Option("from", "the holder", ""),
    example="request=out/till/order-7001.png series=kr-culture-50000 from=recipient",
)
def sign(session: Session, given: Arguments) -> Path:
    request = _request(given)
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    holder = session.wallet(given, "holder")
    amount = given.amount("amount", token.decimals) if given.has("amount") else None
    chosen.certificates.check_request(request)
    asked = token.show(request.total if amount is None else amount)
    session.confirm(f"{asked} of {chosen.name} to {request.merchant}, for its order {request.order}.", "sign")
    card = chosen.certificates.sign_card(holder, request, chosen.series_id, amount)
    path = session.out("till") / f"order-{request.order}-signed.json"
    # Several cards may pay one request; what was signed for an older request of the same order is void.
    cards = _cards(path, request) if path.is_file() and _written(path) == request else []
    cards = [one for one in cards if (one.holder, one.series_id) != (card.holder, card.series_id)]
    content = {"request": request.uri(), "cards": [one.to_json() for one in (*cards, card)]}
    replace_file(path, (json.dumps(content, indent=1) + "\n").encode("ascii"))
    done(f"{holder.name} pays {token.show(card.amount)} of {token.show(request.total)} to {request.merchant}")
    say(f"signed: out/till/{path.name}")
    return path


@command(
    "The till again: submit what the customer signed. A second time is refused.",
    Option("signed", "the file the customer's side wrote"),
    Option("from", "the merchant, or whoever pays the gas", ""),
    example="signed=out/till/order-7001-signed.json from=bookshop",
)
def submit(session: Session, given: Arguments) -> int:
    path = given.path("signed")
    request = _written(path)
    deployment = session.deployment()
    symbol = next((c.symbol for c in deployment.currencies if c.certificates == request.certificates), "")
    if not symbol:
        raise ArgumentError(
            "wrong_place", f"the request is for {request.certificates}, which is not deployed here"
        )
    certificates = session.certificates(symbol)
    certificates.check_request(request)
    token = certificates.token
    receipt = certificates.pay(request, _cards(path, request), session.wallet(given, "merchant"))
    received = token.brought(receipt, request.merchant)
    asked = f"order {request.order} of {token.show(request.total)}"
    done(f"{request.merchant} has received {token.show(received)} for {asked}")
    return received


def _request(given: Arguments) -> PaymentRequest:
    text = given.text("request")
    return parse_request(text if text.startswith("largesse:") else read_qr(given.path("request")))


def _content(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ArgumentError("bad_file", f"{path.name} is no JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("cards"), list):
        raise ArgumentError("bad_file", f"{path.name} is not what `brownie run redeem sign` writes")
    return content


def _written(path: Path) -> PaymentRequest:
    return parse_request(str(_content(path).get("request")))


def _cards(path: Path, request: PaymentRequest) -> list[SignedCard]:
    """The signed cards in a file. Raises ArgumentError other_request where they are for another one."""
    if _written(path) != request:
        raise ArgumentError("other_request", f"{path.name} holds signatures for another request")
    cards = _content(path)["cards"]
    assert isinstance(cards, list)  # noqa: S101 - `_content` has checked it
    return [SignedCard.from_json(card) for card in cards]
