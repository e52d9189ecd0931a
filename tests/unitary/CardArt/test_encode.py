"""`encode`: the bytes an issuer stores, and the same bytes from Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.core import given  # not Brownie's: a call leaves nothing on the chain to take back

from largesse.cards import TEMPLATES, CardError, encode_art
from tests.support.errors import reverts
from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import ISSUER, TERMS_URI, TITLE, Art, ask

COLOURS = st.integers(0, 0xFFFFFF)


@dataclass(frozen=True)
class Choice:
    """An `Artwork` as a manifest holds it."""

    title: str = "Gift Card"
    issuer: str = "Northwind Books"
    terms_uri: str = "https://northwind.example/terms"
    template: str = "moon-jar"
    background: str = "#12343b"
    accent: str = "#E1B382"
    ink: str = "#fdf6ec"


def test_encode_reverts_when_title_is_empty(card_art: Any) -> None:
    with reverts("CardArt_TextLength", TITLE, 0, 1, 64):
        ask(card_art, "encode", Art(title=""))


def test_encode_reverts_when_issuer_is_not_utf8(card_art: Any) -> None:
    with reverts("CardArt_InvalidUtf8", ISSUER, 1):
        ask(card_art, "encode", Art(issuer=b"a\xff"))


def test_encode_reverts_when_terms_hold_a_line_break(card_art: Any) -> None:
    with reverts("CardArt_ForbiddenCharacter", TERMS_URI, 9, 10):
        ask(card_art, "encode", Art(terms_uri="https://x\ny"))


def test_encode_reverts_when_terms_have_an_unsafe_scheme(card_art: Any) -> None:
    with reverts("CardArt_ForbiddenScheme", "ftp://x"):
        ask(card_art, "encode", Art(terms_uri="ftp://x"))


def test_encode_reverts_when_template_is_unknown(card_art: Any) -> None:
    with reverts("CardArt_UnknownTemplate", 5, 5):
        ask(card_art, "encode", Art(template=5))


@given(
    title=model.clean_texts(1, 64),
    issuer=model.clean_texts(1, 64),
    rest=model.clean_texts(0, 190),
    template=st.integers(0, 4),
    colours=st.tuples(COLOURS, COLOURS, COLOURS),
)
@settings(max_examples=60)
def test_encode_writes_what_check_accepts_and_python_writes(
    card_art: Any, title: str, issuer: str, rest: str, template: int, colours: tuple[int, int, int]
) -> None:
    art = Art(title, issuer, f"https://{rest}", template, *colours)
    written = ask(card_art, "encode", art)
    assert written == art.encoded()
    ask(card_art, "check", written)
    names = [f"#{colour:06x}" for colour in colours]
    assert encode_art(Choice(title, issuer, f"https://{rest}", TEMPLATES[template], *names)) == written


@pytest.mark.parametrize(
    ("choice", "reason", "message"),
    [
        (Choice(title=""), "bad_length", "title has 0 bytes of UTF-8, 1 to 64 are allowed"),
        (Choice(title="한" * 22), "bad_length", "title has 66 bytes of UTF-8, 1 to 64 are allowed"),
        (Choice(issuer="i" * 65), "bad_length", "issuer has 65 bytes of UTF-8, 1 to 64 are allowed"),
        (Choice(terms_uri="https://".ljust(201, "x")), "bad_length", "terms_uri has 201 bytes"),
        (Choice(title="a\u202eb"), "bad_text", "title holds U+202E at 1"),
        (Choice(issuer="\U0010ffff"), "bad_text", "issuer holds U+10FFFF at 0"),
        (Choice(title="\ud800"), "bad_text", "title holds half a surrogate pair at 0"),
        (Choice(terms_uri="javascript:1"), "bad_uri", "terms_uri 'javascript:1' begins with none of"),
        (Choice(template="moonjar"), "unknown_template", "template 'moonjar' is none of"),
        (Choice(ink="#12345"), "bad_colour", "ink '#12345' is not a colour #rrggbb"),
    ],
)
def test_encode_art_refuses_what_the_contract_refuses(choice: Choice, reason: str, message: str) -> None:
    with pytest.raises(CardError) as refused:
        encode_art(choice)
    assert refused.value.reason == reason
    assert message in str(refused.value)


@given(character=st.characters(blacklist_categories=("Cs",)))
@settings(max_examples=300)
def test_encode_art_forbids_the_same_characters(character: str) -> None:
    try:
        encode_art(Choice(title=character))
    except CardError as refused:
        assert model.is_forbidden(character), refused
    else:
        assert not model.is_forbidden(character)
