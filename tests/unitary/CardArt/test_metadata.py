"""`metadata`: what wallets and marketplaces read. Its refusals are tested with those of `svg`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.core import given  # not Brownie's: a call leaves nothing on the chain to take back

from largesse.cards import decode_metadata
from tests.unitary.CardArt import model
from tests.unitary.CardArt.model import (
    EXPIRED,
    FORFEITED,
    LIVE,
    NEVER,
    PAST_LIMITATION,
    SALES_CLOSED,
    TERMS_HASH,
    WOUND_DOWN,
    Card,
    ask,
    picture,
    properties,
    trait,
)

CARD = Card(limitation_at=1_956_528_000)  # 2032-01-01
WORTH = (
    "A gift certificate of 25.00 USDC, issued by Northwind Books, accepted by the merchants its issuer names."
)
USABLE = "It can be used until 2031-01-01 00:00 UTC, and its full face value is held in reserve."
OVER = "It expired on 2031-01-01 00:00 UTC"
GRANTED = "what its terms still grant can be claimed"


def test_metadata_says_everything(card_art: Any) -> None:
    found = properties(ask(card_art, "metadata", CARD))
    assert found.pop("image").startswith("data:image/svg+xml;base64,")
    assert found == {
        "name": "Gift Card",
        "description": f"{WORTH} {USABLE}",
        "decimals": 6,
        "background_color": "12343b",
        "external_url": "https://northwind.example/terms",
        "attributes": [
            {"trait_type": "Issuer", "value": "Northwind Books"},
            {"trait_type": "Currency", "value": "USDC"},
            {"trait_type": "Face", "value": "25.00 USDC"},
            {"trait_type": "Merchants", "value": "Named"},
            {"trait_type": "Status", "value": "Live"},
            {"trait_type": "Expires", "value": 1_924_992_000, "display_type": "date"},
            {"trait_type": "Claims end", "value": 1_956_528_000, "display_type": "date"},
        ],
        "properties": {
            "issuer": "Northwind Books",
            "symbol": "USDC",
            "terms_uri": "https://northwind.example/terms",
            "series": "7",
            "denomination": "25000000",
            "named": True,
            "expires_at": 1_924_992_000,
            "limitation_at": 1_956_528_000,
            "status": 0,
            "terms_hash": f"0x{TERMS_HASH.hex()}",
        },
    }


def test_metadata_of_an_open_card_without_face_expiry_or_terms(card_art: Any) -> None:
    card = Card(
        denomination=0,
        expires_at=NEVER,
        named=False,
        terms_uri="",
        terms_hash=bytes(32),
        series_id=2**256 - 1,
        background=0x00000A,
    )
    uri = ask(card_art, "metadata", card)
    found = properties(uri)
    assert "external_url" not in found
    assert found["background_color"] == "00000a"
    assert found["description"] == (
        "A gift certificate of any amount of USDC, issued by Northwind Books, accepted by any merchant. "
        "It does not expire, and its full face value is held in reserve."
    )
    assert trait(uri, "Face")["value"] == "any amount of USDC"
    assert trait(uri, "Merchants")["value"] == "Any"
    assert trait(uri, "Expires") == {"trait_type": "Expires", "value": "Never"}
    assert trait(uri, "Claims end") == {"trait_type": "Claims end", "value": "Never"}
    assert found["properties"] == {
        "issuer": "Northwind Books",
        "symbol": "USDC",
        "terms_uri": "",
        # As text: no reader that keeps numbers as floats can hold it.
        "series": str(2**256 - 1),
        "denomination": "0",
        "named": False,
        "expires_at": None,
        "limitation_at": None,
        "status": 0,
        "terms_hash": "0x" + "00" * 32,
    }


@pytest.mark.parametrize(
    ("status", "word", "prospect"),
    [
        (LIVE, "Live", USABLE),
        (SALES_CLOSED, "Sales closed", f"No more of it is sold. {USABLE}"),
        (WOUND_DOWN, "Wound down", f"Its issuer has wound it down: holders can take a full refund. {USABLE}"),
        (
            EXPIRED,
            "Expired",
            f"{OVER}; {GRANTED} until 2032-01-01 00:00 UTC.",
        ),
        (PAST_LIMITATION, "Past limitation", "It could be claimed until 2032-01-01 00:00 UTC."),
        (FORFEITED, "Forfeited", "It has been forfeited; nothing of it is left."),
    ],
)
def test_metadata_describes_each_status(card_art: Any, status: int, word: str, prospect: str) -> None:
    uri = ask(card_art, "metadata", CARD.but(status=status))
    assert properties(uri)["description"] == f"{WORTH} {prospect}"
    assert trait(uri, "Status")["value"] == word
    assert properties(uri)["properties"]["status"] == status


def test_metadata_of_an_expired_card_without_limitation(card_art: Any) -> None:
    uri = ask(card_art, "metadata", CARD.but(status=EXPIRED, limitation_at=NEVER))
    assert properties(uri)["description"] == (f"{WORTH} {OVER}; {GRANTED}.")


def test_metadata_names_no_date_that_never_comes(card_art: Any) -> None:
    never = CARD.but(expires_at=NEVER, limitation_at=NEVER)
    for status, prospect in [
        (EXPIRED, f"It expired; {GRANTED}."),
        (PAST_LIMITATION, "It could be claimed."),
    ]:
        uri = ask(card_art, "metadata", never.but(status=status))
        assert properties(uri)["description"] == f"{WORTH} {prospect}"


@pytest.mark.parametrize("template", range(5))
def test_metadata_holds_the_picture(card_art: Any, template: int) -> None:
    card = CARD.but(template=template)
    assert picture(ask(card_art, "metadata", card)) == ask(card_art, "svg", card)


@pytest.mark.parametrize(
    "text",
    [
        '","decimals":0,"x":"',
        '"}],"image":"https://evil.example/x.png","y":[{"z":"',
        "\\",
        '\\"',
        "\\u0022,",
        "</script><script>alert(1)</script>",
        "$a$b$c$d$e$f$g$h$i$j$k$l$m$n",
        "'{id}' /*x*/ //y",
    ],
)
def test_metadata_keeps_hostile_texts_in_their_place(card_art: Any, text: str) -> None:
    card = CARD.but(title=text, issuer=text, symbol=text[:24], terms_uri=f"https://{text}")
    found = properties(ask(card_art, "metadata", card))
    _assert_texts(found, card)


@given(
    title=model.clean_texts(1, 64),
    issuer=model.clean_texts(1, 64),
    symbol=model.clean_texts(1, 24),
    rest=model.clean_texts(0, 190),
)
@settings(max_examples=120)
def test_metadata_gives_back_every_text(
    card_art: Any, title: str, issuer: str, symbol: str, rest: str
) -> None:
    card = CARD.but(title=title, issuer=issuer, symbol=symbol, terms_uri=f"ipfs://{rest}")
    uri = ask(card_art, "metadata", card)
    _assert_texts(properties(uri), card)
    assert decode_metadata(uri) == properties(uri)
    assert picture(uri) == ask(card_art, "svg", card)


@given(
    card=st.builds(
        Card,
        decimals=st.integers(0, 36),
        denomination=st.integers(0, 2**256 - 1),
        series_id=st.integers(0, 2**256 - 1),
        expires_at=st.integers(0, NEVER),
        limitation_at=st.integers(0, NEVER),
        template=st.integers(0, 4),
        background=st.integers(0, 0xFFFFFF),
        named=st.booleans(),
        terms_hash=st.binary(min_size=32, max_size=32),
        status=st.integers(0, 5),
    )
)
@settings(max_examples=80)
def test_metadata_gives_back_every_number(card_art: Any, card: Card) -> None:
    found = properties(ask(card_art, "metadata", card))
    assert found["decimals"] == card.decimals
    assert int(found["background_color"], 16) == card.background
    told = found["properties"]
    assert told["series"] == str(card.series_id)
    assert told["denomination"] == str(card.denomination)
    assert told["expires_at"] == (None if card.expires_at == NEVER else card.expires_at)
    assert told["limitation_at"] == (None if card.limitation_at == NEVER else card.limitation_at)
    assert told["named"] is card.named
    assert told["status"] == card.status
    assert told["terms_hash"] == f"0x{card.terms_hash.hex()}"


def _assert_texts(found: dict[str, Any], card: Card) -> None:
    face = f"{model.amount(card.denomination, card.decimals)} {card.symbol!s}"
    assert found["name"] == card.title
    assert found["external_url"] == card.terms_uri
    assert found["decimals"] == card.decimals
    assert found["description"].startswith(
        f"A gift certificate of {face}, issued by {card.issuer!s}, accepted"
    )
    assert list(found) == [
        *(
            "name",
            "description",
            "decimals",
            "background_color",
            "external_url",
            "image",
            "attributes",
            "properties",
        )
    ]
    traits = {each["trait_type"]: each["value"] for each in found["attributes"]}
    assert (traits["Issuer"], traits["Currency"], traits["Face"]) == (card.issuer, card.symbol, face)
    assert len(found["attributes"]) == len(traits) == 7
    told = found["properties"]
    assert (told["issuer"], told["symbol"], told["terms_uri"]) == (card.issuer, card.symbol, card.terms_uri)
    assert len(told) == 10
