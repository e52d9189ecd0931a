"""Gift links on paper: sheets of ten cards, to be cut along the marks.

Each card shows the chain's art, the amount, its dates, a serial number (the beginning of the gift's id,
which tells nothing of its key) and the QR code of its link. **Whoever sees a code has the gift**: the file is
money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import segno

from largesse.cards import decode_art, decode_metadata, read_svg
from largesse.clients.certificates import Certificates
from largesse.errors import LargesseError, LinkError, QrError
from largesse.gift_batches import batch_remaining, is_taken
from largesse.gifts.links import GiftLink, parse_link
from largesse.moments import minute
from largesse.printing.lettering import Lettering, PrintError
from largesse.printing.pdf import A4, Colour, Drawing, numbers, write_pdf
from largesse.printing.picture import CardPicture, read_picture
from largesse.qr import QUIET_ZONE, make_qr
from largesse.terms.fields import UINT40_MAX

ACROSS: Final = 2
DOWN: Final = 5
PER_PAGE: Final = ACROSS * DOWN
CARD: Final = (85.6, 54.0)
"""ISO/IEC 7810 ID-1, like a bank card; millimetres as everywhere here."""
QR_SIDE: Final = 44.0
"""The code with its quiet zone."""
LEAST_MODULE: Final = 0.4
"""Of a code: what an ordinary phone resolves in the hand."""
MAX_VERSION: Final = (int(QR_SIDE / LEAST_MODULE) - 2 * QUIET_ZONE - 17) // 4
SAFE_DPI: Final = ceil(2 * 25.4 / LEAST_MODULE)
"""127: from here on every module has two pixels at least, and a reader needs no luck."""

_PANEL: Final = CARD[0] - QR_SIDE - 0.6
_MARGIN: Final = 3.0
_ART_TOP: Final = 15.0
_ART_HEIGHT: Final = 20.0
# Where a pattern, 200 wide and 380 high from x = 400 on, is at its best.
_ART_FROM: Final = {"plain": 282, "ribbon": 157, "waves": 282, "confetti": 120, "moon-jar": 78}
_BLACK: Final[Colour] = (0.0, 0.0, 0.0)
_WHITE: Final[Colour] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class SeriesFace:
    """What all cards of a series have in common. `expires_at` is 2**40 - 1 for never."""

    title: str
    issuer: str
    template: str
    picture: CardPicture
    expires_at: int


@dataclass(frozen=True)
class PrintedCard:
    """A card that can be printed; the link is its secret."""

    link: GiftLink
    code: segno.QRCode
    face: SeriesFace
    amount: str

    @property
    def serial(self) -> str:
        return serial_of(self.link)

    @property
    def expiry(self) -> str:
        """From when on it can be claimed, where that is later, and until when it is its holder's alone: the
        end of the series, or before that the date from which its giver can take it back."""
        gift = self.link.gift
        ends = min(self.face.expires_at, gift.reclaim_at)
        begins = f"from {minute(gift.deliver_at)} " if gift.deliver_at > gift.created_at else ""
        if ends == UINT40_MAX:
            return f"{begins}UTC, no expiry" if begins else "no expiry"
        return f"{begins}until {minute(ends)} UTC"


def serial_of(link: GiftLink) -> str:
    """Eight hexadecimal digits of the gift's id: to tell cards apart, not to claim them."""
    digits = link.gift.gift_id().hex()[:8].upper()
    return f"{digits[:4]}-{digits[4:]}"


def read_links(text: str) -> list[GiftLink]:
    """One link a line. Raises PrintError bad_links, with the number of each line that is none, not its
    content."""
    links, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                links.append(parse_link(line.strip()))
            except LinkError as error:
                problems.append(f"line {number}: {error.reason}")
    if problems or not links:
        raise PrintError("bad_links", "\n".join(["these are no gift links:", *(problems or ["(no line)"])]))
    return links


def prepare(
    links: Sequence[GiftLink], currencies: Mapping[str, Certificates], lettering: Lettering
) -> list[PrintedCard]:
    """Cards of links, in their order; `currencies` are the contracts of this chain by their addresses.

    Raises PrintError unprintable, which names every card that can't be printed and why: wrong_place (another
    chain or contract), twice, expired, returnable (its giver can take it back by now), gone (claimed or taken
    back), too_long (its code would be too fine to be read), and what the lettering refuses.
    """
    cards: list[PrintedCard] = []
    problems: list[str] = []
    shop = _Facts(currencies, lettering)
    seen: set[bytes] = set()
    for number, link in enumerate(links, 1):
        try:
            cards.append(shop.card(link, seen))
        except LargesseError as error:
            problems.append(f"card {number} ({serial_of(link)}): {error} [{error.reason}]")
    if problems:
        raise PrintError("unprintable", "\n".join(["nothing is printed:", *problems]))
    return cards


class _Facts:
    """What the chain says about links, asked once a series and once a batch."""

    def __init__(self, currencies: Mapping[str, Certificates], lettering: Lettering) -> None:
        self._currencies = currencies
        self._lettering = lettering
        self._faces: dict[tuple[str, int], SeriesFace] = {}
        self._now: dict[str, int] = {}

    def card(self, link: GiftLink, seen: set[bytes]) -> PrintedCard:
        certificates = self._currencies.get(link.contract)
        if certificates is None or link.chain_id != certificates.node.chain_id:
            raise PrintError(
                "wrong_place", f"it is of {link.contract} on chain {link.chain_id}, not deployed here"
            )
        gift = link.gift
        if gift.gift_id() in seen:
            raise PrintError("twice", "the same gift stands above")
        seen.add(gift.gift_id())
        face = self._face(certificates, gift.series_id)
        now = self._now.setdefault(link.contract, certificates.node.now())
        if face.expires_at <= now:
            raise PrintError("expired", f"the series expired at {minute(face.expires_at)} UTC")
        if gift.reclaim_at <= now:
            raise PrintError("returnable", f"since {minute(gift.reclaim_at)} UTC its giver can take it back")
        if not self._is_open(certificates, link):
            raise PrintError("gone", "it was claimed or taken back")
        try:
            code = make_qr(link.url(), max_version=MAX_VERSION)
        except QrError as error:
            raise PrintError(error.reason, str(error)) from error
        amount = certificates.token.show(gift.amount)
        self._lettering.width(amount)
        return PrintedCard(link, code, face, amount)

    def _face(self, certificates: Certificates, series_id: int) -> SeriesFace:
        key = certificates.address, series_id
        if key not in self._faces:
            expires_at = certificates.terms(series_id).expires_at
            if expires_at <= certificates.node.now():
                raise PrintError("expired", f"the series expired at {minute(expires_at)} UTC")
            art = decode_art(_art(certificates, series_id))
            for text in (art.title, art.issuer):
                self._lettering.width(text)
            picture = read_picture(read_svg(decode_metadata(certificates.uri(series_id))))
            self._faces[key] = SeriesFace(art.title, art.issuer, art.template, picture, expires_at)
        return self._faces[key]

    def _is_open(self, certificates: Certificates, link: GiftLink) -> bool:
        gift = link.gift
        if gift.batch is None:
            return certificates.is_gift_open(gift.gift_id())
        return not is_taken(certificates, gift) and batch_remaining(certificates, gift.batch_id()) > 0


def _art(certificates: Certificates, series_id: int) -> bytes:
    return bytes(certificates.node.call(certificates.contract.functions.art(series_id)))


def print_sheets(cards: Sequence[PrintedCard], lettering: Lettering) -> bytes:
    """The PDF, ten cards a page of A4. The same cards give the same bytes."""
    pages = [cards[first : first + PER_PAGE] for first in range(0, len(cards), PER_PAGE)]
    sheets = []
    for number, page in enumerate(pages, 1):
        sheet = _Sheet(lettering)
        for place, card in enumerate(page):
            sheet.card(card, place)
        sheet.marks(
            f"sheet {number} of {len(pages)}: cut along the marks; whoever sees a code can have its money"
        )
        sheets.append(sheet.drawing)
    return write_pdf(sheets)


class _Sheet:
    def __init__(self, lettering: Lettering) -> None:
        self.drawing = Drawing()
        self._lettering = lettering
        self._left = (A4[0] - ACROSS * CARD[0]) / 2
        self._top = (A4[1] - DOWN * CARD[1]) / 2

    def card(self, card: PrintedCard, place: int) -> None:
        out = self.drawing
        x = self._left + place % ACROSS * CARD[0]
        y = self._top + place // ACROSS * CARD[1]
        picture = card.face.picture
        out.fill(picture.background)
        out.rectangle(x, y, _PANEL, CARD[1])
        scale = _PANEL / 200
        out.add("q")
        out.rectangle(x, y + _ART_TOP, _PANEL, _ART_HEIGHT, "W n")
        name = f"P{card.link.gift.series_id}C{card.link.contract[2:10]}"
        from_y = _ART_FROM.get(card.face.template, 120)
        out.place(name, picture.pattern, x - 400 * scale, y + _ART_TOP - from_y * scale, scale)
        out.add("Q")
        out.fill(picture.ink)
        left, room = x + _MARGIN, _PANEL - 2 * _MARGIN
        self._write(card.face.issuer, left, y + 5.2, 2.3, room)
        self._title(card.face.title, left, y, room)
        self._write(card.amount, left, y + 43.2, 6.2, room)
        self._write(card.expiry, left, y + 47.6, 2.5, room)
        self._write(f"No. {card.serial}", left, y + 51.0, 2.1, room)
        self._code(card.code, x + _PANEL + 0.6, y + (CARD[1] - QR_SIDE) / 2)

    def _title(self, title: str, x: float, y: float, room: float) -> None:
        """In one line or, where that would make it small, in two."""
        if self._lettering.width(title) * 3.0 <= room:
            self._write(title, x, y + 11.2, 4.4, room)
            return
        half = len(title) // 2
        blanks = [place for place, letter in enumerate(title) if letter == " "]
        cut = min(blanks, key=lambda place: abs(place - half), default=half)
        self._write(title[:cut].strip(), x, y + 9.4, 3.2, room)
        self._write(title[cut:].strip(), x, y + 13.0, 3.2, room)

    def _write(self, text: str, x: float, y: float, largest: float, room: float) -> None:
        size = min(largest, room / max(self._lettering.width(text), 1e-9))
        self.drawing.add(self._lettering.draw(text, x, y, size))

    def _code(self, code: segno.QRCode, x: float, y: float) -> None:
        """Runs of dark modules as rectangles, filled at once: no seam between two of them shows."""
        out = self.drawing
        rows = [list(row) for row in code.matrix]
        module = QR_SIDE / (len(rows) + 2 * QUIET_ZONE)
        out.fill(_WHITE)
        out.rectangle(x, y, QR_SIDE, QR_SIDE)
        # From here on a unit is a module.
        out.add("q", f"{module:.7f} 0 0 {module:.7f} {numbers(x, y)} cm")
        out.fill(_BLACK)
        for down, row in enumerate(rows, QUIET_ZONE):
            start = None
            for across, dark in enumerate([*row, 0], QUIET_ZONE):
                if dark and start is None:
                    start = across
                elif not dark and start is not None:
                    out.add(f"{start} {down} {across - start} 1 re")
                    start = None
        out.add("f", "Q")

    def marks(self, note: str) -> None:
        """Crop marks around the cards, and a note outside of them."""
        out = self.drawing
        right, bottom = A4[0] - self._left, A4[1] - self._top
        out.stroke(_BLACK)
        out.add("0.1 w")
        for column in range(ACROSS + 1):
            x = self._left + column * CARD[0]
            out.line(x, self._top - 7, x, self._top - 2)
            out.line(x, bottom + 2, x, bottom + 7)
        for row in range(DOWN + 1):
            y = self._top + row * CARD[1]
            out.line(self._left - 7, y, self._left - 2, y)
            out.line(right + 2, y, right + 7, y)
        out.fill(_BLACK)
        self._write(note, self._left + 4, bottom + 5, 2.2, right - self._left - 8)
