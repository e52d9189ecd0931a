"""`check`: what artwork a series may have, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.core import given  # not Brownie's: a call leaves nothing on the chain to take back
from web3.exceptions import ContractLogicError

from tests.support.errors import revert_data, reverts
from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import ISSUER, TERMS_URI, TITLE, Art, ask

GOOD = Art()
FIELDS = [("title", TITLE, 64), ("issuer", ISSUER, 64), ("terms_uri", TERMS_URI, 200)]
TEXTS = [(name, field) for name, field, _ in FIELDS]

# What a malformed artwork may be refused with.
ERRORS = {
    keccak(text=f"CardArt_{signature}")[:4]
    for signature in (
        "MalformedArt(uint256)",
        "TextLength(uint8,uint256,uint256,uint256)",
        "InvalidUtf8(uint8,uint256)",
        "ForbiddenCharacter(uint8,uint256,uint256)",
        "ForbiddenScheme(string)",
        "UnknownTemplate(uint256,uint256)",
    )
}

# Table 3-7 of the Unicode standard, one step outside each of its ranges, and what is cut short.
ILL_FORMED = [
    b"\x80",  # a continuation alone
    b"\xc0\xaf",  # overlong
    b"\xc1\xbf",
    b"\xc2",
    b"\xc2\x7f",
    b"\xc2\xc0",
    b"\xe0\x9f\xbf",  # overlong
    b"\xe1\x80",
    b"\xe1\x80\xc0",
    b"\xed\xa0\x80",  # a surrogate
    b"\xed\xbf\xbf",
    b"\xf0\x8f\xbf\xbf",  # overlong
    b"\xf0\x90\x80",
    b"\xf4\x90\x80\x80",  # above U+10FFFF
    b"\xf5\x80\x80\x80",
    b"\xff",
]
# The first and the last of each kind.
FORBIDDEN = [
    *(0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x80, 0x9F, 0x2028, 0x202E, 0x2066, 0x2069),
    *(0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF),
]
# Their neighbours, the edges of UTF-8's lengths, and the joiners and marks that scripts need.
ALLOWED = [
    *(0x20, 0x7E, 0xA0, 0x7FF, 0x800, 0x2027, 0x202F, 0x2065, 0x206A, 0xD7FF, 0xE000, 0xFDCF, 0xFDF0, 0xFFFD),
    *(0x10000, 0x1FFFD, 0x10FFFD, 0x200C, 0x200D, 0x200E, 0x0E31, 0x064B, 0xFE0F, 0x1F3FB),
]


@pytest.mark.parametrize(("name", "field", "most"), FIELDS)
def test_check_reverts_when_text_is_too_long(card_art: Any, name: str, field: int, most: int) -> None:
    text = "https://".ljust(most + 1, "x")
    with reverts("CardArt_TextLength", field, most + 1, 0 if field == TERMS_URI else 1, most):
        ask(card_art, "check", GOOD.but(**{name: text}).encoded())


@pytest.mark.parametrize(("name", "field", "most"), FIELDS[:2])
def test_check_reverts_when_text_is_empty(card_art: Any, name: str, field: int, most: int) -> None:
    with reverts("CardArt_TextLength", field, 0, 1, most):
        ask(card_art, "check", GOOD.but(**{name: ""}).encoded())


@pytest.mark.parametrize("bad", ILL_FORMED, ids=lambda bad: bad.hex())
@pytest.mark.parametrize(("name", "field"), TEXTS)
def test_check_reverts_when_text_is_not_utf8(card_art: Any, name: str, field: int, bad: bytes) -> None:
    for before, after in [(b"", b""), ("é한😀".encode(), b"z"), (b"a" * 31, b"")]:
        with reverts("CardArt_InvalidUtf8", field, len(before)):
            ask(card_art, "check", GOOD.but(**{name: before + bad + after}).encoded())


@pytest.mark.parametrize("point", FORBIDDEN, ids=hex)
@pytest.mark.parametrize(("name", "field"), TEXTS)
def test_check_reverts_when_character_is_forbidden(card_art: Any, name: str, field: int, point: int) -> None:
    for before in ("", "a é한"):
        text = before + chr(point) + "z"
        with reverts("CardArt_ForbiddenCharacter", field, len(before.encode()), point):
            ask(card_art, "check", GOOD.but(**{name: text}).encoded())


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "http://shop.example/",
            "HTTPS://shop.example/",
            "terms",
        ),
        *(" https://shop.example/", "https:/", "ipfs:/", "ar:/", "//shop.example/"),
    ],
)
def test_check_reverts_when_terms_have_an_unsafe_scheme(card_art: Any, uri: str) -> None:
    with reverts("CardArt_ForbiddenScheme", uri):
        ask(card_art, "check", GOOD.but(terms_uri=uri).encoded())


@pytest.mark.parametrize("template", [5, 255, 256, 2**256 - 1])
def test_check_reverts_when_template_is_unknown(card_art: Any, template: int) -> None:
    with reverts("CardArt_UnknownTemplate", template, 5):
        ask(card_art, "check", _with_word(GOOD.encoded(), 3 * 32, template))


@pytest.mark.parametrize("position", [128, 160, 192])
def test_check_reverts_when_colour_is_too_large(card_art: Any, position: int) -> None:
    with reverts("CardArt_MalformedArt", position):
        ask(card_art, "check", _with_word(GOOD.encoded(), position, 2**24))


def test_check_reverts_when_cut_short_anywhere(card_art: Any) -> None:
    art = GOOD.encoded()
    # The words in the order they are read: an offset, the length it leads to, the padded end of that text.
    order = [0, 224, 256, 32, 288, 320, 64, 352, 384]
    for length in range(0, len(art), 8):
        missing = next(position for position in order if position + 32 > length)
        with reverts("CardArt_MalformedArt", missing):
            ask(card_art, "check", art[:length])


def test_check_reverts_when_an_unpadded_text_is_cut_short(card_art: Any) -> None:
    art = GOOD.but(terms_uri="ipfs://".ljust(64, "x")).encoded()
    for cut in (1, 32, 64):
        with reverts("CardArt_MalformedArt", len(art)):
            ask(card_art, "check", art[:-cut])


def test_check_reverts_when_something_is_left_over(card_art: Any) -> None:
    art = GOOD.encoded()
    for rest in (b"\0", b"\0" * 32):
        with reverts("CardArt_MalformedArt", len(art)):
            ask(card_art, "check", art + rest)


@pytest.mark.parametrize("pointer", [0, 32, 64])
@pytest.mark.parametrize("offset", [0, 223, 225, 2**255, 2**256 - 1])
def test_check_reverts_when_offset_leads_elsewhere(card_art: Any, pointer: int, offset: int) -> None:
    with reverts("CardArt_MalformedArt", pointer):
        ask(card_art, "check", _with_word(GOOD.encoded(), pointer, offset))


@pytest.mark.parametrize(
    ("field", "start", "least", "most"), [(0, 224, 1, 64), (1, 288, 1, 64), (2, 352, 0, 200)]
)
def test_check_reverts_when_length_is_absurd(
    card_art: Any, field: int, start: int, least: int, most: int
) -> None:
    for length in (2**256 - 1, 2**255, most + 1):
        with reverts("CardArt_TextLength", field, length, least, most):
            ask(card_art, "check", _with_word(GOOD.encoded(), start, length))


@pytest.mark.parametrize("word", [256, 320, 384])
def test_check_reverts_when_padding_is_dirty(card_art: Any, word: int) -> None:
    art = bytearray(GOOD.encoded())
    assert art[word + 31] == 0
    art[word + 31] = 1
    with reverts("CardArt_MalformedArt", word):
        ask(card_art, "check", bytes(art))


@pytest.mark.parametrize("template", range(5))
def test_check_accepts_every_template(card_art: Any, template: int) -> None:
    ask(card_art, "check", GOOD.but(template=template).encoded())


def test_check_accepts_the_longest_and_the_shortest(card_art: Any) -> None:
    ask(card_art, "check", Art("t", "i", "", 0, 0, 0, 0).encoded())
    ask(
        card_art,
        "check",
        Art("한" * 21 + "t", "😀" * 16, "ar://".ljust(200, "x"), 4, *[0xFFFFFF] * 3).encoded(),
    )


@pytest.mark.parametrize("uri", ["", "https://", "https://shop.example/?a=1&b=2#c", "ipfs://Qm", "ar://x"])
def test_check_accepts_safe_schemes(card_art: Any, uri: str) -> None:
    ask(card_art, "check", GOOD.but(terms_uri=uri).encoded())


@pytest.mark.parametrize("point", ALLOWED, ids=hex)
def test_check_accepts_neighbours_of_what_is_forbidden(card_art: Any, point: int) -> None:
    ask(card_art, "check", GOOD.but(title=f"a{chr(point)}z", issuer=chr(point)).encoded())


@given(title=st.one_of(st.binary(max_size=70), model.clean_texts(0, 70).map(str.encode)))
@settings(max_examples=200)
def test_check_agrees_with_python_on_any_bytes(card_art: Any, title: bytes) -> None:
    art = GOOD.but(title=title).encoded()
    if expected := _refusal(title):
        with reverts(*expected):
            ask(card_art, "check", art)
    else:
        ask(card_art, "check", art)


@given(position=st.integers(0, len(GOOD.encoded()) - 1), byte=st.integers(0, 255))
@settings(max_examples=200)
def test_check_accepts_nothing_but_what_encode_writes(card_art: Any, position: int, byte: int) -> None:
    art = bytearray(GOOD.encoded())
    art[position] = byte
    try:
        ask(card_art, "check", bytes(art))
    except (ContractLogicError, ValueError) as error:
        assert revert_data(error)[:4] in ERRORS
    else:
        assert Art.decoded(bytes(art)).encoded() == bytes(art)


def _refusal(title: bytes) -> tuple[Any, ...] | None:
    """The error a title deserves, from Python's own decoder; None for a good one."""
    if not 1 <= len(title) <= 64:
        return "CardArt_TextLength", TITLE, len(title), 1, 64
    try:
        text, end = title.decode(), None
    except UnicodeDecodeError as error:
        text, end = title[: error.start].decode(), error.start
    for place, character in enumerate(text):
        if model.is_forbidden(character):
            return "CardArt_ForbiddenCharacter", TITLE, len(text[:place].encode()), ord(character)
    return None if end is None else ("CardArt_InvalidUtf8", TITLE, end)


def _with_word(art: bytes, position: int, word: int) -> bytes:
    return art[:position] + word.to_bytes(32, "big") + art[position + 32 :]
