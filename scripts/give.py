"""Give: a certificate becomes a link with a one-time key."""

from __future__ import annotations

from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import Arguments, Option
from largesse.chain import RefusedError
from largesse.client import CLAIM_PAGE, Given
from largesse.command import command
from largesse.console import done, say
from largesse.files import replace_file
from largesse.links import key_address
from largesse.moments import moment
from largesse.qr import qr_png
from largesse.session import Session


@command(
    "Turn part of a certificate into a gift link: whoever has it has the gift, unless it names somebody.",
    Option("series", "name, or currency/number"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("to", "the only address that may claim it", ""),
    Option("message", "at most 560 bytes; only who has the link can read it", ""),
    Option("deliver", "not claimable before: 2027-12-24 or 2027-12-24T18:00, UTC", ""),
    Option("reclaim", "from then on the giver can take it back, UTC", ""),
    Option("name", "of the files that are written (default: from the gift's id)", ""),
    Option("page", "where the link leads", CLAIM_PAGE),
    Option("from", "the giver", ""),
    example="series=kr-culture-50000 amount=50000 name=anna from=giver",
)
def main(session: Session, given: Arguments) -> Given:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    amount = given.amount("amount", token.decimals)
    folder = session.out("gifts")
    chosen_name = given.file_name("name") if given.has("name") else ""
    kept: list[Path] = []

    def keep(key: bytes) -> None:
        path = folder / f"{key_address(key)}.key"
        replace_file(path, key.hex().encode())
        kept.append(path)

    try:
        gift = chosen.certificates.give(
            session.wallet(given, "giver"),
            chosen.series_id,
            amount,
            recipient=session.address(given.text("to")) if given.has("to") else ZERO_ADDRESS,
            deliver_at=moment(given.text("deliver")) if given.has("deliver") else 0,
            reclaim_at=moment(given.text("reclaim")) if given.has("reclaim") else 0,
            message=given.text("message") if given.has("message") else "",
            base_url=given.text("page"),
            keep=keep,
        )
    except RefusedError:
        _forget(kept)  # nothing was given
        raise
    url = gift.link.url()
    name = chosen_name or gift.gift_id.hex()[:16]
    replace_file(folder / f"{name}.txt", (url + "\n").encode("ascii"))
    (folder / f"{name}.png").write_bytes(qr_png(url))
    _forget(kept)  # the link holds the key now
    done(f"{token.show(amount)} of {chosen.name} wait for whoever has this link:")
    say(url)
    say(f"QR code and link: out/gifts/{name}.png, out/gifts/{name}.txt")
    return gift


def _forget(kept: list[Path]) -> None:
    for path in kept:
        path.unlink()
