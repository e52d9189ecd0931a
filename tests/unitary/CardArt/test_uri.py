"""`uri`: a series read from its contract, in a currency that may answer anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3
from eth_abi import encode

from tests.support import clock
from tests.support.certificates import World
from tests.support.errors import reverts
from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import (
    EXPIRED,
    MOON_JAR,
    NEVER,
    TERMS_HASH,
    TITLE,
    Art,
    Card,
    ask,
    properties,
)

SERIES = 12
ART = Art(title="달항아리 선물권", issuer="해피 문화재단", terms_uri="ipfs://terms", template=MOON_JAR)
FACTS = (50_000, 1_924_992_000, 1_956_528_000, True, TERMS_HASH, EXPIRED)
WORD = 32

Answering = Callable[[dict[str, bytes]], str]
Install = Callable[[bytes], str]


def _string(text: str | bytes) -> bytes:
    return encode(["bytes"], [text.encode() if isinstance(text, str) else text])


def _certificates(answering: Answering, currency: str, art: bytes = ART.encoded(), facts: Any = FACTS) -> str:
    return answering(
        {
            "currency()": encode(["address"], [currency]),
            "art(uint256)": encode(["bytes"], [art]),
            "cardFacts(uint256)": encode(
                ["uint256", "uint256", "uint256", "bool", "bytes32", "uint8"], facts
            ),
        }
    )


def _unit(card_art: Any, answering: Answering, currency: str) -> tuple[str, int]:
    found = properties(ask(card_art, "uri", _certificates(answering, currency), SERIES))
    return found["properties"]["symbol"], found["decimals"]


def test_uri_reverts_when_the_artwork_is_missing(card_art: Any, answering: Answering) -> None:
    token = answering({"symbol()": _string("KRWT"), "decimals()": bytes(WORD)})
    with reverts("CardArt_MalformedArt", 0):
        ask(card_art, "uri", _certificates(answering, token, art=b""), SERIES)


def test_uri_reverts_when_the_artwork_was_never_checked(card_art: Any, answering: Answering) -> None:
    token = answering({"symbol()": _string("KRWT"), "decimals()": bytes(WORD)})
    with reverts("CardArt_InvalidUtf8", TITLE, 0):
        ask(card_art, "uri", _certificates(answering, token, art=ART.but(title=b"\xff").encoded()), SERIES)


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        (1, NEVER + 1, ("CardArt_DateTooLate", NEVER + 1, NEVER)),
        (2, 2**256 - 1, ("CardArt_DateTooLate", 2**256 - 1, NEVER)),
        (5, 6, ("CardArt_UnknownStatus", 6, 6)),
    ],
)
def test_uri_reverts_when_facts_are_absurd(
    card_art: Any, answering: Answering, place: int, value: int, error: tuple[Any, ...]
) -> None:
    facts = (*FACTS[:place], value, *FACTS[place + 1 :])
    token = answering({"symbol()": _string("KRWT"), "decimals()": bytes(WORD)})
    with reverts(*error):
        ask(card_art, "uri", _certificates(answering, token, facts=facts), SERIES)


def test_uri_passes_on_why_a_series_is_unknown(card_art: Any, install: Install) -> None:
    # Reverts with Error("no such series"), whatever it is asked.
    reason = bytes.fromhex("08c379a0") + _string("no such series")
    size = len(reason).to_bytes(1, "big")
    certificates = install(b"\x60" + size + b"\x60\x0b\x5f\x39\x60" + size + b"\x5f\xfd\x00" + reason)
    with reverts("Error", "no such series"):
        ask(card_art, "uri", certificates, SERIES)


def test_uri_is_the_metadata_of_what_the_contracts_say(card_art: Any, answering: Answering) -> None:
    token = answering({"symbol()": _string("KRWT"), "decimals()": encode(["uint8"], [2])})
    card = Card(
        title=ART.title,
        issuer=ART.issuer,
        terms_uri=ART.terms_uri,
        symbol="KRWT",
        decimals=2,
        denomination=50_000,
        series_id=SERIES,
        expires_at=1_924_992_000,
        limitation_at=1_956_528_000,
        template=MOON_JAR,
        background=ART.background,
        accent=ART.accent,
        ink=ART.ink,
        named=True,
        terms_hash=TERMS_HASH,
        status=EXPIRED,
    )
    assert ask(card_art, "uri", _certificates(answering, token), SERIES) == ask(card_art, "metadata", card)


@pytest.mark.parametrize("symbol", ["KRWT", "₩", "د.إ", "x" * 24, "한" * 8, '"<&\\', "$a"])
def test_uri_reads_a_symbol(card_art: Any, answering: Answering, symbol: str) -> None:
    token = answering({"symbol()": _string(symbol), "decimals()": encode(["uint8"], [18])})
    assert _unit(card_art, answering, token) == (symbol, 18)


def test_uri_reads_a_symbol_of_32_bytes(card_art: Any, answering: Answering) -> None:
    # As MKR and SAI answer.
    token = answering({"symbol()": b"MKR".ljust(WORD, b"\0"), "decimals()": encode(["uint8"], [18])})
    assert _unit(card_art, answering, token) == ("MKR", 18)


@pytest.mark.parametrize(
    "answer",
    [
        _string(""),
        _string("x" * 25),
        _string("x" * 20_000),
        _string("한" * 8 + "x"),
        _string(b"\xff"),
        # Cut at 25 bytes, this would end inside a character.
        _string("한" * 9),
        _string("a\nb"),
        _string("\u202eTDSU"),
        b"",
        bytes(WORD),
        b"x" * WORD,
        b"\xed\xa0\x80".ljust(WORD, b"\0"),
        # An offset and a length that lead nowhere.
        b"\xff" * 64,
        encode(["uint256", "uint256"], [32, 2**256 - 1]),
        encode(["uint256", "uint256"], [2**256 - 32, 4]),
        bytes(60_000),
    ],
    ids=range(16),
)
def test_uri_says_units_when_the_symbol_is_unusable(
    card_art: Any, answering: Answering, answer: bytes
) -> None:
    token = answering({"symbol()": answer, "decimals()": encode(["uint8"], [6])})
    assert _unit(card_art, answering, token) == ("units", 6)


def test_uri_says_units_when_there_is_no_symbol(card_art: Any, answering: Answering) -> None:
    assert _unit(card_art, answering, answering({"decimals()": encode(["uint8"], [6])})) == ("units", 6)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bytes(31),
        encode(["uint256"], [37]),
        encode(["uint256"], [256]),
        encode(["uint256"], [2**256 - 1]),
    ],
    ids=["empty", "short", "37", "256", "max"],
)
def test_uri_counts_base_units_when_decimals_are_unusable(
    card_art: Any, answering: Answering, answer: bytes
) -> None:
    token = answering({"symbol()": _string("USDC"), "decimals()": answer})
    assert _unit(card_art, answering, token) == ("units", 0)


def test_uri_counts_base_units_when_there_are_no_decimals(card_art: Any, answering: Answering) -> None:
    assert _unit(card_art, answering, answering({"symbol()": _string("USDC")})) == ("units", 0)


def test_uri_reads_36_decimals(card_art: Any, answering: Answering) -> None:
    token = answering({"symbol()": _string("FINE"), "decimals()": encode(["uint8"], [36])})
    assert _unit(card_art, answering, token) == ("FINE", 36)


@pytest.mark.parametrize(
    "code",
    [
        "",  # nothing there
        "5f5ffd",  # reverts
        "fe",  # an invalid opcode
        "5b5f56",  # runs until its gas is gone
        "62ffffff5ffd",  # reverts with 16 MB
        "61ea605ff3",  # answers 60,000 zeros
        "62ffffff5ff3",  # answers 16 MB
    ],
    ids=["no code", "revert", "invalid", "loop", "revert bomb", "zeros", "return bomb"],
)
def test_uri_survives_any_currency(card_art: Any, answering: Answering, install: Install, code: str) -> None:
    certificates = _certificates(answering, install(bytes.fromhex(code)))
    call = {"to": card_art.address, "data": model.calldata("uri", certificates, SERIES)}
    assert web3.eth.estimate_gas({**call, "from": web3.eth.accounts[0]}) < 5_000_000
    # 60,000 zeros are, read as a number, 0 decimals; nothing there is a symbol.
    assert _unit(card_art, answering, install(bytes.fromhex(code))) == ("units", 0)


def test_uri_of_a_real_series(world: World) -> None:
    art = Art(title="문화상품권", issuer="Largesse Books", terms_uri="", template=MOON_JAR)
    terms = world.terms(denomination=50_000_000_000)
    world.certificates.createSeries(terms, [], art.encoded(), {"from": world.issuer})
    series = world.certificates.seriesCount()
    expires_at, limitation_at, terms_hash = terms[2], terms[3], terms[-1]
    card = Card(
        title="문화상품권",
        issuer="Largesse Books",
        terms_uri="",
        symbol="TUSD",
        decimals=6,
        denomination=50_000_000_000,
        series_id=series,
        expires_at=expires_at,
        limitation_at=limitation_at,
        template=MOON_JAR,
        named=False,
        terms_hash=terms_hash,
    )
    assert world.certificates.uri(series) == ask(world.card_art, "metadata", card)
    clock.mine_at(expires_at)
    assert world.certificates.uri(series) == ask(world.card_art, "metadata", card.but(status=EXPIRED))


def test_uri_of_a_series_that_does_not_exist(world: World) -> None:
    with reverts("GiftCertificates_UnknownSeries", 99):
        world.certificates.uri(99)


def test_a_series_with_artwork_that_cannot_be_drawn_is_refused(world: World) -> None:
    art = Art(title="Gift\nCard").encoded()
    with reverts("CardArt_ForbiddenCharacter", TITLE, 4, 10):
        world.certificates.createSeries(world.terms(), [], art, {"from": world.issuer})
    assert world.certificates.seriesCount() == 0
