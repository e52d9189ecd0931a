"""`largesse.cards`: metadata taken apart, and the picture in it saved."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from largesse.cards import CardError, decode_metadata, save_svg
from tests.unitary.CardArt.model import Card, ask

SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def _uri(content: bytes, kind: str = "application/json") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _card(svg: str) -> str:
    return _uri(json.dumps({"image": _uri(svg.encode(), "image/svg+xml")}).encode())


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "not_a_data_uri"),
        ("https://x.example/1.json", "not_a_data_uri"),
        ('data:application/json,{"name":"x"}', "not_a_data_uri"),
        ("data:application/json;base64,e30", "bad_base64"),
        ("data:application/json;base64,e3 0=", "bad_base64"),
        ("data:application/json;base64,é", "bad_base64"),
        (_uri(b"{"), "not_json"),
        (_uri(b'{"a":"\xff"}'), "not_json"),
        (_uri(b"[]"), "not_json"),
        (_uri(b'{"a":NaN}'), "not_json"),
        (_uri(b'{"a":1,"a":2}'), "not_json"),
        (_uri(b"[" * 100_000), "not_json"),
        (_uri(b'{"a":' + b"9" * 5_000 + b"}"), "not_json"),
    ],
)
def test_decode_metadata_refuses(uri: str, reason: str) -> None:
    with pytest.raises(CardError) as refused:
        decode_metadata(uri)
    assert refused.value.reason == reason
    assert str(refused.value)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        (_uri(b"{}"), "no_image"),
        (_uri(b'{"image":7}'), "no_image"),
        (_uri(b'{"image":"https://x.example/1.svg"}'), "no_image"),
        (_uri(b'{"image":"data:image/svg+xml;base64,!"}'), "bad_base64"),
        (_card("<svg"), "not_svg"),
        (_card("<svg/>"), "not_svg"),
        (_card('<html xmlns="http://www.w3.org/1999/xhtml"/>'), "not_svg"),
        (_card('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;")), "not_svg"),
        (_card(SVG.format("<script>1</script>")), "active_content"),
        (_card(SVG.format('<g onclick="1"/>')), "active_content"),
        (_card(SVG.format("<foreignObject/>")), "active_content"),
        (_card(SVG.format('<a href="javascript:1"/>')), "active_content"),
        (
            _card(SVG.format('<image xmlns:l="http://www.w3.org/1999/xlink" l:href="http://x/"/>')),
            "active_content",
        ),
    ],
)
def test_save_svg_refuses_and_writes_nothing(tmp_path: Path, uri: str, reason: str) -> None:
    with pytest.raises(CardError) as refused:
        save_svg(uri, tmp_path / "card.svg")
    assert refused.value.reason == reason
    assert list(tmp_path.iterdir()) == []


def test_save_svg_writes_what_the_contract_drew(card_art: Any, tmp_path: Path) -> None:
    card = Card(title="문화상품권 & <b>", template=4)
    path = save_svg(ask(card_art, "metadata", card), str(tmp_path / "card.svg"))
    assert path == tmp_path / "card.svg"
    assert path.read_bytes() == ask(card_art, "svg", card).encode()


def test_decode_metadata_gives_the_object() -> None:
    assert decode_metadata(_uri('{"name":"한","decimals":6}'.encode())) == {"name": "한", "decimals": 6}


def test_save_svg_accepts_references_within_the_picture(tmp_path: Path) -> None:
    svg = SVG.format('<g id="a"/><use href="#a"/>')
    assert save_svg(_card(svg), tmp_path / "card.svg").read_text() == svg
