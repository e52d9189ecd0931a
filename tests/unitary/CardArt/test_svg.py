"""`svg`: what stands on the picture, whatever an issuer writes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from brownie import web3
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.core import given  # not Brownie's: a call leaves nothing on the chain to take back

from tests.support.errors import reverts
from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import (
    CONFETTI,
    EXPIRED,
    FORFEITED,
    ISSUER,
    LIVE,
    MOON_JAR,
    NEVER,
    PAST_LIMITATION,
    RIBBON,
    SALES_CLOSED,
    SYMBOL,
    TERMS_URI,
    TITLE,
    WOUND_DOWN,
    Card,
    ask,
    parse,
    texts,
)

CARD = Card()
SVG = "{http://www.w3.org/2000/svg}"
INJECTIONS = [
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "' onload='alert(1)",
    "<![CDATA[<b>]]>",
    "<!--",
    "]]>",
    "&lt;b&gt; &amp; &#60;b&#62; &bogus;",
    "<!DOCTYPE svg [<!ENTITY x 'y'>]>&x;",
    "$a$b$c$d$e$f$g$h$i$j$k$l$m$n$o$p$$",
    '\\u0022 \\" {} [] %3Cb%3E',
]
SCRIPTS = [
    "문화상품권",
    "بطاقة هدية",
    "บัตรของขวัญปีใหม่",
    "商品券・ギフトカード",
    "🎂🎉👩‍👩‍👧",
    "Подарок",
    "מתנה",
    "ስጦታ",
    "उपहार",
]


@pytest.mark.parametrize("function", ["svg", "metadata"])
class TestRefusals:
    """A card is checked like the artwork in it, because anybody may have it drawn."""

    @pytest.mark.parametrize(
        ("name", "field", "least", "most"),
        [
            ("title", TITLE, 1, 64),
            ("issuer", ISSUER, 1, 64),
            ("terms_uri", TERMS_URI, 0, 200),
            ("symbol", SYMBOL, 1, 24),
        ],
    )
    def test_svg_reverts_when_text_is_too_long_or_too_short(
        self, card_art: Any, function: str, name: str, field: int, least: int, most: int
    ) -> None:
        with reverts("CardArt_TextLength", field, most + 1, least, most):
            ask(card_art, function, CARD.but(**{name: "ar://".ljust(most + 1, "x")}))
        if least:
            with reverts("CardArt_TextLength", field, 0, least, most):
                ask(card_art, function, CARD.but(**{name: ""}))

    @pytest.mark.parametrize(
        ("name", "field"),
        [("title", TITLE), ("issuer", ISSUER), ("terms_uri", TERMS_URI), ("symbol", SYMBOL)],
    )
    def test_svg_reverts_when_text_is_unfit(
        self, card_art: Any, function: str, name: str, field: int
    ) -> None:
        with reverts("CardArt_InvalidUtf8", field, 2):
            ask(card_art, function, CARD.but(**{name: b"ab\xffcd"}))
        with reverts("CardArt_ForbiddenCharacter", field, 2, 0x202E):
            ask(card_art, function, CARD.but(**{name: "ab\u202ecd"}))

    def test_svg_reverts_when_terms_have_an_unsafe_scheme(self, card_art: Any, function: str) -> None:
        with reverts("CardArt_ForbiddenScheme", "javascript:x"):
            ask(card_art, function, CARD.but(terms_uri="javascript:x"))

    @pytest.mark.parametrize("template", [5, 255])
    def test_svg_reverts_when_template_is_unknown(self, card_art: Any, function: str, template: int) -> None:
        with reverts("CardArt_UnknownTemplate", template, 5):
            ask(card_art, function, CARD.but(template=template))

    @pytest.mark.parametrize("status", [6, 255])
    def test_svg_reverts_when_status_is_unknown(self, card_art: Any, function: str, status: int) -> None:
        with reverts("CardArt_UnknownStatus", status, 6):
            ask(card_art, function, CARD.but(status=status))

    @pytest.mark.parametrize("decimals", [37, 255])
    def test_svg_reverts_when_decimals_are_too_many(
        self, card_art: Any, function: str, decimals: int
    ) -> None:
        with reverts("CardArt_TooManyDecimals", decimals, 36):
            ask(card_art, function, CARD.but(decimals=decimals))

    @pytest.mark.parametrize("name", ["expires_at", "limitation_at"])
    @pytest.mark.parametrize("timestamp", [NEVER + 1, 2**256 - 1])
    def test_svg_reverts_when_a_date_is_beyond_never(
        self, card_art: Any, function: str, name: str, timestamp: int
    ) -> None:
        with reverts("CardArt_DateTooLate", timestamp, NEVER):
            ask(card_art, function, CARD.but(**{name: timestamp}))


def test_svg_says_everything_in_order(card_art: Any) -> None:
    assert texts(ask(card_art, "svg", CARD)) == [
        "Northwind Books",
        "Gift Card",
        "FULLY RESERVED",
        "NAMED MERCHANTS",
        "25.00 USDC",
        "EXPIRES",
        "2031-01-01 00:00 UTC",
        "SERIES",
        "#7",
        "TERMS",
        f"0x{CARD.terms_hash.hex()[:4]}…{CARD.terms_hash.hex()[-4:]}",
    ]


def test_svg_of_an_open_card_without_face_expiry_or_terms(card_art: Any) -> None:
    card = CARD.but(denomination=0, expires_at=NEVER, named=False, terms_hash=bytes(32), series_id=2**256 - 1)
    drawn = ask(card_art, "svg", card)
    assert texts(drawn) == [
        *("Northwind Books", "Gift Card", "FULLY RESERVED", "ANY MERCHANT", "Any amount USDC"),
        *("EXPIRES", "No expiry", "SERIES", f"#{2**256 - 1}"),
    ]
    assert parse(drawn).findtext(f"{SVG}title") == "Gift Card, any amount of USDC, Northwind Books"


def test_svg_is_a_card_of_600_by_380(card_art: Any) -> None:
    root = parse(ask(card_art, "svg", CARD))
    assert root.tag == f"{SVG}svg"
    assert root.attrib == {"width": "600", "height": "380", "viewBox": "0 0 600 380", "role": "img"}
    assert root.findtext(f"{SVG}title") == "Gift Card, 25.00 USDC, Northwind Books"


@pytest.mark.parametrize(
    ("status", "promises", "stamp"),
    [
        (LIVE, ["FULLY RESERVED", "NAMED MERCHANTS"], []),
        (SALES_CLOSED, ["FULLY RESERVED", "NAMED MERCHANTS"], []),
        (WOUND_DOWN, ["FULL REFUND OPEN", "NAMED MERCHANTS"], ["WOUND DOWN"]),
        (EXPIRED, ["FULLY RESERVED"], ["EXPIRED"]),
        (PAST_LIMITATION, [], ["LAPSED"]),
        (FORFEITED, [], ["FORFEITED"]),
    ],
)
def test_svg_promises_only_what_holds(
    card_art: Any, status: int, promises: list[str], stamp: list[str]
) -> None:
    drawn = ask(card_art, "svg", CARD.but(status=status))
    said = texts(drawn)
    assert said[2 : said.index("25.00 USDC")] == promises
    assert said[said.index("TERMS") + 2 :] == stamp
    # What buys nothing any more loses its colours.
    assert ("url(#c7grey)" in drawn) == (status >= EXPIRED)


@pytest.mark.parametrize("text", [*INJECTIONS, *SCRIPTS], ids=range(len(INJECTIONS + SCRIPTS)))
def test_svg_shows_hostile_and_foreign_texts_as_they_are(card_art: Any, text: str) -> None:
    symbol = text.encode()[:24].decode(errors="ignore")
    drawn = ask(card_art, "svg", CARD.but(title=text, issuer=text, symbol=symbol, terms_uri=f"ar://{text}"))
    said = texts(drawn)
    assert said[:2] == [text, text]
    assert said[4] == f"25.00 {symbol}"
    assert parse(drawn).findtext(f"{SVG}title") == f"{text}, 25.00 {symbol}, {text}"
    assert _shape(drawn) == _shape(ask(card_art, "svg", CARD))


@given(
    title=model.clean_texts(1, 64),
    issuer=model.clean_texts(1, 64),
    symbol=model.clean_texts(1, 24),
    template=st.integers(0, 4),
    status=st.integers(0, 5),
)
@settings(max_examples=120)
def test_svg_gives_back_every_text(
    card_art: Any, title: str, issuer: str, symbol: str, template: int, status: int
) -> None:
    card = CARD.but(title=title, issuer=issuer, symbol=symbol, template=template, status=status)
    drawn = ask(card_art, "svg", card)
    said = texts(drawn)
    assert said[:2] == [issuer, title]
    assert f"25.00 {symbol}" in said
    # Nothing in a text adds an element, an attribute or a reference.
    assert _shape(drawn) == _shape(ask(card_art, "svg", CARD.but(template=template, status=status)))


@pytest.mark.parametrize("template", range(5))
def test_svg_refers_to_nothing_outside(card_art: Any, template: int) -> None:
    root = parse(ask(card_art, "svg", CARD.but(template=template, status=EXPIRED)))
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert all(name and name.startswith("c7") for name in ids)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            *("svg", "title", "defs", "g", "path", "rect", "circle", "ellipse", "text", "tspan"),
            *("clipPath", "linearGradient", "radialGradient", "stop", "filter", "feColorMatrix"),
        }
        for name, value in element.attrib.items():
            assert name.rpartition("}")[2] not in {"href", "style", "class"} and not name.startswith("on")
            for target in re.findall(r"url\((.*?)\)", value):
                assert target.removeprefix("#") in ids


def test_svg_differs_between_templates_and_scatters_by_series(card_art: Any) -> None:
    patterns = [_pattern(ask(card_art, "svg", CARD.but(template=template))) for template in range(5)]
    assert len(set(patterns)) == 5
    confetti = CARD.but(template=CONFETTI)
    one, same, other = (_pattern(ask(card_art, "svg", confetti.but(series_id=n))) for n in (7, 7, 8))
    assert one == same != other
    assert len(re.findall("transform=", one)) == 60


def test_svg_draws_with_the_issuers_colours(card_art: Any) -> None:
    drawn = ask(card_art, "svg", CARD.but(template=RIBBON))
    assert {"#12343b", "#e1b382", "#fdf6ec"} <= set(re.findall(r"#[0-9a-f]{6}", drawn))


@pytest.mark.parametrize("text", ["بطاقة هدية", "מתנה", "50% بطاقة", "𞤀𞤣𞤤𞤢𞤥"])
def test_svg_writes_from_right_to_left_what_is_read_so(card_art: Any, text: str) -> None:
    issuer, title = list(parse(ask(card_art, "svg", CARD.but(title=text))).iter(f"{SVG}text"))[:2]
    assert (title.get("direction"), title.get("text-anchor")) == ("rtl", "end")
    assert (issuer.get("direction"), issuer.get("text-anchor")) == (None, None)


# First and last of the blocks whose letters run from right to left, and what is just outside of them.
BLOCKS = [(0x590, 0x8FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFE), (0x10800, 0x10FFF), (0x1E800, 0x1EFFF)]


@pytest.mark.parametrize(("first", "last"), BLOCKS)
def test_svg_knows_where_the_blocks_from_right_to_left_begin_and_end(
    card_art: Any, first: int, last: int
) -> None:
    for point, direction in ((first - 1, None), (first, "rtl"), (last, "rtl"), (last + 1, None)):
        card = CARD.but(title=chr(point) + "a")
        title = list(parse(ask(card_art, "svg", card)).iter(f"{SVG}text"))[1]
        assert title.get("direction") == direction, hex(point)


@pytest.mark.parametrize("text", ["Gift بطاقة", "50 %", "한국 مكتبة", "Ünder ب", "1 ก ب"])
def test_svg_writes_from_left_to_right_what_is_read_so(card_art: Any, text: str) -> None:
    title = list(parse(ask(card_art, "svg", CARD.but(title=text))).iter(f"{SVG}text"))[1]
    assert title.get("direction") is None


def test_svg_breaks_a_long_title_at_the_space_nearest_its_middle(card_art: Any) -> None:
    text = "A gift for everybody who likes to read in the evening"
    lines = _title_lines(ask(card_art, "svg", CARD.but(title=text)))
    assert [line.text for line in lines] == ["A gift for everybody who ", "likes to read in the evening"]
    assert [(line.get("x"), line.get("y")) for line in lines] == [("40", "96"), ("40", "128")]


def test_svg_breaks_at_the_first_of_two_spaces_as_near(card_art: Any) -> None:
    # What stands before the first space is as wide as what follows the second.
    lines = _title_lines(ask(card_art, "svg", CARD.but(title="nnnnnnnn nnnn nnnnnnnni")))
    assert [line.text for line in lines] == ["nnnnnnnn ", "nnnn nnnnnnnni"]


@pytest.mark.parametrize("text", ["Gift Card", "문화상품권 5만원권", "W" * 64, "x" * 63 + " "])
def test_svg_keeps_a_short_or_unbreakable_title_in_one_line(card_art: Any, text: str) -> None:
    assert [line.text for line in _title_lines(ask(card_art, "svg", CARD.but(title=text)))] == [text]


def test_svg_fits_long_texts_into_their_column(card_art: Any) -> None:
    short, long, absurd = (
        _title_lines(ask(card_art, "svg", CARD.but(title=text)))[0] for text in ("Gift", "n" * 40, "W" * 64)
    )
    assert (short.get("font-size"), short.get("textLength")) == ("36", None)
    # 40 letters of 0.62 em in 350 pixels.
    assert (long.get("font-size"), long.get("textLength")) == ("14", None)
    # 64 of 0.96 em would need a size of 5: the smallest, squeezed to the column's width.
    assert (absurd.get("font-size"), absurd.get("textLength")) == ("12", "350")


# Hundredths of an em of each character of ASCII, but those of the others: capitals 72, else 62.
WIDTHS = {40: "!'(),./:;I[\\]`fijlrt{|}", 96: "%@MWmw"}


@pytest.mark.parametrize("first", range(0x21, 0x7F, 16))
def test_svg_knows_how_wide_a_letter_is(card_art: Any, first: int) -> None:
    for letter in map(chr, range(first, min(first + 16, 0x7F))):
        width = next(
            (one for one, letters in WIDTHS.items() if letter in letters), 72 if letter.isupper() else 62
        )
        (line,) = _title_lines(ask(card_art, "svg", CARD.but(title=letter * 30)))
        # Of 30 letters in 350 pixels.
        assert line.get("font-size") == str(350 * 100 // (30 * width)), letter


@pytest.mark.parametrize(
    "letter, width",
    [("é", 70), ("Ж", 70), ("ก", 78), ("ᄀ", 100), ("ẞ", 70), ("’", 70), ("가", 102), ("🎁", 130)],
)
def test_svg_knows_how_wide_other_letters_are(card_art: Any, letter: str, width: int) -> None:
    count = 64 // len(letter.encode())
    (line,) = _title_lines(ask(card_art, "svg", CARD.but(title=letter * count)))
    assert line.get("font-size") == str(max(12, 350 * 100 // (count * width)))


def test_svg_gives_no_room_to_marks_and_joiners(card_art: Any) -> None:
    plain, marked = (
        _title_lines(ask(card_art, "svg", CARD.but(title=text)))[0].get("font-size")
        for text in ("ก" * 12, "กั" * 9 + "กกก")
    )
    assert plain == marked


@pytest.mark.parametrize("template", [RIBBON, CONFETTI, MOON_JAR])
def test_svg_and_metadata_stay_cheap_to_view(card_art: Any, template: int) -> None:
    dearest = Card(
        title='"' * 64,
        issuer='"' * 64,
        terms_uri="https://".ljust(200, '"'),
        symbol='"' * 24,
        decimals=1,
        denomination=2**256 - 1,
        series_id=2**256 - 1,
        limitation_at=NEVER - 1,
        template=template,
        status=WOUND_DOWN,
    )
    call = {"to": card_art.address, "data": model.calldata("metadata", dearest), "from": web3.eth.accounts[0]}
    assert web3.eth.estimate_gas(call) < 5_000_000


def _shape(drawn: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes, apart from what fitting a text changes."""
    fitting = {"textLength", "lengthAdjust", "direction", "text-anchor"}
    spans = f"{SVG}tspan"
    return [
        (element.tag, tuple(name for name in element.attrib if name not in fitting))
        for element in parse(drawn).iter()
        if element.tag != spans
    ]


def _pattern(drawn: str) -> str:
    (found,) = re.findall(r'url\(#c\d+veil\)"/><g>(.*?)</g></g><g fill="#\w{6}" font-family', drawn)
    assert isinstance(found, str)
    return found


def _title_lines(drawn: str) -> list[Any]:
    return list(list(parse(drawn).iter(f"{SVG}text"))[1].iter(f"{SVG}tspan"))
