"""Give: a certificate becomes a link with a one-time key; take back what nobody has claimed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import RefusedError, Wallet
from largesse.clients.certificates import CLAIM_PAGE, Certificates, Given
from largesse.commands.command import command
from largesse.commands.linking import PAGE, link_page
from largesse.commands.refusing import explained
from largesse.console import done, say
from largesse.errors import LinkError
from largesse.files import lock_folder, replace_file
from largesse.gift_batches import batch_remaining, draft_links, find_given, give_many, was_given
from largesse.gifts.commitments import Gift
from largesse.gifts.links import GiftLink, parse_link
from largesse.moments import minute, moment_of
from largesse.qr import qr_png
from largesse.session import Session
from largesse.terms.fields import UINT40_MAX
from largesse.waiting import await_final, require_nothing_waiting

MOST_LINKS = 10_000


@command(
    "Turn part of a certificate into a gift link: whoever has it has the gift, unless it names somebody. A "
    "run that was killed is finished by the same command with name=…, by default the name of its .draft.",
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
    certificates, token = chosen.certificates, chosen.certificates.token
    amount = given.amount("amount", token.decimals)
    giver, name = session.wallet(given, "giver"), given.file_name("name") if given.has("name") else ""
    wanted = certificates.draft_gift(
        giver.address,
        chosen.series_id,
        amount,
        recipient=session.address(given.text("to")) if given.has("to") else ZERO_ADDRESS,
        deliver_at=moment_of(given, "deliver") if given.has("deliver") else 0,
        reclaim_at=moment_of(given, "reclaim") if given.has("reclaim") else 0,
        message=given.text("message") if given.has("message") else "",
        base_url=link_page(session, given, CLAIM_PAGE),
    )
    qr_png(wanted.made_at(session.node.now()).url())  # a link that no code holds must not cost the face
    whose = "whoever has the link" if wanted.gift.is_bearer else wanted.gift.recipient
    with _folder(session) as folder:
        draft = _Draft.begin(session, folder, name, giver, [wanted])
        gift = certificates.find_given(draft.links[0]) if draft.is_old else None
        if gift is None:
            session.confirm(f"{token.show(amount)} of {chosen.name} for {whose}.", "give")
            with explained("GiftCertificates_GiftDates", _wrong_date), draft.kept():
                gift = certificates.give_drafted(giver, draft.links[0])
        url, name = gift.link.url(), name or gift.gift_id.hex()[:16]
        replace_file(folder / f"{name}.txt", (url + "\n").encode("ascii"))
        replace_file(folder / f"{name}.png", qr_png(url))
        draft.forget()  # the link holds the key now
    done(f"{token.show(amount)} of {chosen.name} wait for {whose}; the link:")
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
    wanted = draft_links(
        certificates, giver.address, chosen.series_id, [amount] * count,
        deliver_at=moment_of(given, "deliver") if given.has("deliver") else 0,
        reclaim_at=moment_of(given, "reclaim") if given.has("reclaim") else 0,
        base_url=link_page(session, given, CLAIM_PAGE),
    )  # fmt: skip
    with _folder(session) as folder:
        draft = _Draft.begin(session, folder, name, giver, wanted)
        links = find_given(certificates, draft.links) if draft.is_old else None
        if links is None:
            session.confirm(f"{token.show(amount * count)} into {count} links.", f"give {count}")
            with explained("GiftCertificates_GiftDates", _wrong_date), draft.kept():
                links = give_many(certificates, giver, draft.links)
        path = folder / f"{name}.txt"
        replace_file(path, _lines(links))
        draft.forget()
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


def _wrong_date(deliver: int, reclaim: int, expires: int, limitation: int) -> str:
    """Which of a gift's dates breaks which rule."""
    if deliver >= expires:
        return f"deliver={minute(deliver)} is not before {minute(expires)}, when the series expires"
    if deliver >= reclaim:
        return f"reclaim={minute(reclaim)} is not after {minute(deliver)}, when it is delivered"
    if limitation <= reclaim < UINT40_MAX:
        return f"reclaim={minute(reclaim)} is not before {minute(limitation)}, the series' limitation"
    return f"deliver={minute(deliver)} is over"


def _given(session: Session, link: GiftLink) -> tuple[Certificates, Gift]:
    """A link's gift and where it waits. Raises ArgumentError wrong_place."""
    symbols = {one.certificates: one.symbol for one in session.deployment().currencies}
    # Contracts have the same addresses on every chain.
    if link.chain_id != session.node.chain_id or link.contract not in symbols:
        raise ArgumentError(
            "wrong_place",
            f"the link is for {link.contract} on chain {link.chain_id}, which is not deployed here",
        )
    return session.certificates(symbols[link.contract]), link.gift


def _lines(links: Sequence[GiftLink]) -> bytes:
    return "".join(link.url() + "\n" for link in links).encode("ascii")


@contextmanager
def _folder(session: Session) -> Iterator[Path]:
    """out/gifts, for one run at a time: of two with one name the second would write over the keys of the
    first. Raises ArgumentError busy."""
    folder = session.out("gifts")
    try:
        descriptor = lock_folder(folder)
    except BlockingIOError as error:
        raise ArgumentError("busy", "another `give` is at work in out/gifts: wait until it ends") from error
    try:
        yield folder
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class _Draft:
    """Links with their keys on disk, as <name>.draft, before anything is sent: whoever loses them after that
    has lost the gifts. `is_old` says that a run that was not finished has left it, and may have given."""

    path: Path
    links: list[GiftLink]
    is_old: bool

    @classmethod
    def begin(
        cls, session: Session, folder: Path, name: str, giver: Wallet, wanted: list[GiftLink]
    ) -> _Draft:
        """What is left of a run of that name, with whatever it has sent in a final block or nowhere; else
        what is wanted. Raises ArgumentError name_taken, ChainError waiting, unconfirmed."""
        path = folder / f"{name or wanted[0].gift.key}.draft"
        if (made := folder / f"{name}.txt").exists():
            raise ArgumentError("name_taken", _of_before(session, made, wanted))
        if not path.exists():
            return cls(path, wanted, is_old=False)
        links = [parse_link(line) for line in path.read_text(encoding="ascii").split()]
        if list(map(_asked, links)) != list(map(_asked, wanted)):
            raise ArgumentError(
                "name_taken", f"{path.name} is of a run that is not finished, with other arguments"
            )
        require_nothing_waiting(session.node, giver)
        await_final(session.node, giver.address)
        return cls(path, links, is_old=True)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """On disk while it is given; a refusal leaves none that was not there before."""
        if not self.is_old:
            replace_file(self.path, _lines(self.links))
        try:
            yield
        except RefusedError:
            if not self.is_old:
                self.path.unlink()  # nothing was given
            raise

    def forget(self) -> None:
        self.path.unlink()


def _of_before(session: Session, made: Path, wanted: list[GiftLink]) -> str:
    """What a file of links under the wanted name is: what is asked for now may be what it holds."""
    where = f"out/gifts/{made.name}"
    try:
        links = [parse_link(line) for line in made.read_text(encoding="ascii").split()]
    except (LinkError, UnicodeDecodeError):
        links = []
    if list(map(_asked, links)) != list(map(_asked, wanted)):
        return f"{where} is there already and holds something else: another name=…, please"
    certificates, _ = _given(session, links[0])
    if not was_given(certificates, links):
        return f"{where} is of a chain that is gone: move it away, or take another name=…"
    count = "its link is" if len(links) == 1 else f"its {len(links)} links are"
    return f"this gift was made already, and {count} in {where}; another name=… makes another gift"


def _asked(link: GiftLink) -> tuple[object, ...]:
    """What was asked for: all of a link but its key, and when it was made, from where on a gift is delivered
    that has no date."""
    gift = link.gift
    deliver_at = gift.deliver_at if gift.deliver_at > gift.created_at else 0
    return (
        link.chain_id, link.contract, link.base_url, link.message(), gift.giver, gift.recipient,
        gift.series_id, gift.amount, deliver_at, gift.reclaim_at,
    )  # fmt: skip
