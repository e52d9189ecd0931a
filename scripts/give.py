"""Give: a certificate becomes a link with a one-time key; take back what nobody has claimed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.certificates import CLAIM_PAGE, Certificates, Given
from largesse.commands.command import command
from largesse.commands.linking import PAGE, link_page
from largesse.console import done, say
from largesse.files import replace_file
from largesse.gift_batches import batch_remaining, draft_links, find_given, give_many
from largesse.gifts.commitments import Gift
from largesse.gifts.links import GiftLink, key_address, parse_link
from largesse.moments import moment
from largesse.qr import qr_png
from largesse.session import Session, SessionError
from largesse.waiting import require_nothing_waiting

MOST_LINKS = 10_000


@command(
    "Turn part of a certificate into a gift link: whoever has it has the gift, unless it names somebody.",
    Option("series", "name, or currency/number"),
    Option("amount", "in whole currency, decimals after a point"),
    Option("to", "the only address that may claim it", ""),
    Option("message", "at most 560 bytes; only who has the link can read it", ""),
    Option("deliver", "not claimable before: 2027-12-24 or 2027-12-24T18:00, UTC", ""),
    Option("reclaim", "from then on the giver can take it back, UTC", ""),
    Option("name", "of the files that are written (default: from the gift's id)", ""),
    PAGE,
    Option("from", "the giver", ""),
    example="series=kr-culture-50000 amount=50000 name=anna from=giver",
)
def main(session: Session, given: Arguments) -> Given:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    amount = given.amount("amount", token.decimals)
    folder = session.out("gifts")
    chosen_name = given.file_name("name") if given.has("name") else ""
    if chosen_name and (folder / f"{chosen_name}.txt").exists():
        raise ArgumentError("name_taken", f"{chosen_name}.txt is there already: another name=…, please")
    giver = session.wallet(given, "giver")
    recipient = session.address(given.text("to")) if given.has("to") else ZERO_ADDRESS
    deliver_at = moment(given.text("deliver")) if given.has("deliver") else 0
    reclaim_at = moment(given.text("reclaim")) if given.has("reclaim") else 0
    page = link_page(session, given, CLAIM_PAGE)
    whose = recipient if recipient != ZERO_ADDRESS else "whoever has the link"
    session.confirm(f"{token.show(amount)} of {chosen.name} for {whose}.", "give")
    kept: list[Path] = []

    def keep(key: bytes) -> None:
        path = folder / f"{key_address(key)}.key"
        replace_file(path, key.hex().encode())
        kept.append(path)

    try:
        gift = chosen.certificates.give(
            giver,
            chosen.series_id,
            amount,
            recipient=recipient,
            deliver_at=deliver_at,
            reclaim_at=reclaim_at,
            message=given.text("message") if given.has("message") else "",
            base_url=page,
            keep=keep,
        )
    except RefusedError:
        _forget(kept)  # nothing was given
        raise
    url = gift.link.url()
    name = chosen_name or gift.gift_id.hex()[:16]
    replace_file(folder / f"{name}.txt", (url + "\n").encode("ascii"))
    replace_file(folder / f"{name}.png", qr_png(url))
    _forget(kept)  # the link holds the key now
    done(f"{token.show(amount)} of {chosen.name} wait for whoever has this link:")
    say(url)
    say(f"QR code and link: out/gifts/{name}.png, out/gifts/{name}.txt")
    return gift


@command(
    "Turn a certificate into many gift links of one amount, in one transaction. A run that was killed is "
    "finished by the same command.",
    Option("series", "name, or currency/number"),
    Option("amount", "of each, in whole currency, decimals after a point"),
    Option("count", "how many links"),
    Option("name", "of the file with one link a line"),
    Option("deliver", "not claimable before: 2027-12-24 or 2027-12-24T18:00, UTC", ""),
    Option("reclaim", "from then on the giver can take unclaimed ones back, UTC", ""),
    PAGE,
    Option("from", "the giver", ""),
    example="series=kr-culture-50000 amount=10000 count=100 name=fair from=giver",
)
def many(session: Session, given: Arguments) -> list[GiftLink]:
    chosen = session.series(given.text("series"))
    certificates, token = chosen.certificates, chosen.certificates.token
    amount, count = given.amount("amount", token.decimals), given.whole("count", least=1, most=MOST_LINKS)
    giver, name = session.wallet(given, "giver"), given.file_name("name")
    folder = session.out("gifts")
    path, draft = folder / f"{name}.txt", folder / f"{name}.draft"
    if path.exists():
        raise ArgumentError("name_taken", f"{path.name} is there already: another name=…, please")
    links: list[GiftLink] | None = None
    if draft.exists():
        drafts = [parse_link(line) for line in draft.read_text(encoding="ascii").split()]
        gift = drafts[0].gift
        kept = (drafts[0].contract, gift.giver, gift.series_id, gift.amount, len(drafts))
        if kept != (certificates.address, giver.address, chosen.series_id, amount, count):
            raise ArgumentError(
                "name_taken", f"{draft.name} is of a run that is not finished, with other arguments"
            )
        # What the killed run has sent may be in no block yet: it would be given a second time.
        require_nothing_waiting(session.node, giver)
        links = find_given(certificates, drafts)
    else:
        drafts = draft_links(
            certificates, giver.address, chosen.series_id, [amount] * count,
            deliver_at=moment(given.text("deliver")) if given.has("deliver") else 0,
            reclaim_at=moment(given.text("reclaim")) if given.has("reclaim") else 0,
            base_url=link_page(session, given, CLAIM_PAGE),
        )  # fmt: skip
        # The keys are on disk before anything is sent: whoever loses them after that has lost the gifts.
        replace_file(draft, _lines(drafts))
    if links is None:
        try:
            session.confirm(f"{token.show(amount * count)} into {count} links.", f"give {count}")
            links = give_many(certificates, giver, drafts)
        except (RefusedError, SessionError):
            draft.unlink()  # nothing was given
            raise
    replace_file(path, _lines(links))
    draft.unlink()
    done(f"{count} links of {token.show(amount)} each: out/gifts/{path.name}")
    say("whoever has a link has its gift: keep the file as you would keep the money")
    return links


@command(
    "Take a gift back, before its delivery date or from its reclaim date on; those of `give many` from that "
    "date on by `give reclaim`.",
    Option("link", "the link, or a file that holds it, or <file>:<line>"),
    Option("from", "the giver", ""),
    example="link=out/gifts/later.txt from=giver",
)
def recall(session: Session, given: Arguments) -> int:
    certificates, gift = _given(session, parse_link(given.link("link")))
    certificates.recall(session.wallet(given, "giver"), gift)
    done(f"{certificates.token.show(gift.amount)} are the giver's again")
    return gift.amount


@command(
    "From their reclaim date on, take back all that nobody has claimed of many links.",
    Option("links", "the file of `give many`"),
    Option("from", "the giver", ""),
    example="links=out/gifts/fair.txt from=giver",
)
def reclaim(session: Session, given: Arguments) -> int:
    lines = given.path("links").read_text(encoding="ascii").split()
    if not lines:
        raise ArgumentError("no_such_link", f"{given.text('links')} has no link in it")
    certificates, gift = _given(session, parse_link(lines[0]))
    giver = session.wallet(given, "giver")
    if gift.batch is None:
        raise ArgumentError("single_gift", "a single gift is no batch: `give recall` takes it back")
    left = batch_remaining(certificates, gift.batch_id())
    if left == 0:
        done("nothing is left of these gifts")
        return 0
    certificates.reclaim_batch(giver, gift)
    done(f"{certificates.token.show(left)} that nobody claimed are the giver's again")
    return left


def _given(session: Session, link: GiftLink) -> tuple[Certificates, Gift]:
    """A link's gift and where it waits. Raises ArgumentError wrong_place."""
    symbols = {one.certificates: one.symbol for one in session.deployment().currencies}
    if link.contract not in symbols:
        raise ArgumentError("wrong_place", f"the link is for {link.contract}, which is not deployed here")
    return session.certificates(symbols[link.contract]), link.gift


def _lines(links: Sequence[GiftLink]) -> bytes:
    return "".join(link.url() + "\n" for link in links).encode("ascii")


def _forget(kept: list[Path]) -> None:
    for path in kept:
        path.unlink()
