"""Print gift links as cards: sheets of ten, with art, amount, expiry and QR code."""

from __future__ import annotations

from pathlib import Path

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import done, say
from largesse.files import replace_file
from largesse.printed_cards import PER_PAGE, SAFE_DPI, prepare, print_sheets, read_links
from largesse.printing.lettering import lettering
from largesse.session import Session


@command(
    "Print gift links as cards of the size of a bank card, ten a page of A4, as a PDF. All of them or none.",
    Option("links", "a file with one link a line, as `give many` and `give` write it"),
    Option("name", "of the PDF"),
    Option("font", "a file of a typeface, for letters that the ones at hand lack", ""),
    example="links=out/gifts/fair.txt name=fair",
)
def main(session: Session, given: Arguments) -> Path:
    name = given.file_name("name")
    letters = lettering(given.path("font") if given.has("font") else None)
    links = read_links(given.path("links").read_text(encoding="utf-8"))
    currencies = {
        one.certificates: session.certificates(one.symbol) for one in session.deployment().currencies
    }
    cards = prepare(links, currencies, letters)
    path, sheets = session.out("cards") / f"{name}.pdf", print_sheets(cards, letters)
    # The same cards give the same bytes; of others it may be all that is left of their links.
    if path.exists() and path.read_bytes() != sheets:
        raise ArgumentError(
            "name_taken", f"{path.name} is there already, of other cards: another name=…, please"
        )
    # Readable by its owner only, and whole or not there.
    replace_file(path, sheets)
    pages = -(-len(cards) // PER_PAGE)
    done(f"{len(cards)} cards on {pages} page(s): out/cards/{path.name}")
    say(f"print at 100 %, {SAFE_DPI} dpi or more; whoever sees the file or a card can have its money:")
    say("keep it where you would keep the money, and delete file and links when the cards are handed out")
    return path
