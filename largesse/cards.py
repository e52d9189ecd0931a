"""Gift cards: the artwork an issuer chooses, and the metadata and picture `CardArt` makes of it on chain.

A card's metadata is a `data:application/json;base64,` URI (ERC-1155 metadata schema, OpenSea conventions)
whose `image` is a `data:image/svg+xml;base64,` URI. Both come from a contract that anybody may have written,
so nothing is taken on trust here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol
from xml.parsers import expat

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from largesse.errors import LargesseError

# In the order of `ICardArt.Template`.
TEMPLATES = ("plain", "ribbon", "waves", "confetti", "moon-jar")

TITLE_BYTES = 64
ISSUER_BYTES = 64
TERMS_URI_BYTES = 200
TERMS_URI_SCHEMES = ("https://", "ipfs://", "ar://")

_COLOURS = ("background", "accent", "ink")
_MOST_BYTES = {"title": TITLE_BYTES, "issuer": ISSUER_BYTES, "terms_uri": TERMS_URI_BYTES}
ART_FIELDS = (*_MOST_BYTES, "template", *_COLOURS)

_ART_TYPES = ["string", "string", "string", "uint8", "uint24", "uint24", "uint24"]
_JSON_URI = "data:application/json;base64,"
_SVG_URI = "data:image/svg+xml;base64,"
_SVG = "http://www.w3.org/2000/svg"
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
# Controls; separators, bidirectional embeddings, overrides and isolates; noncharacters (the last two of each
# of the 17 planes and a block of 32).
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
# What makes an SVG document more than a picture.
_ACTIVE = re.compile(r"script|foreignobject|on.*", re.IGNORECASE)


class CardError(LargesseError):
    """An artwork the contract would refuse, or metadata that holds no card."""


class Artwork(Protocol):
    """What an issuer chooses: colours are #rrggbb, `template` is one of `TEMPLATES`."""

    @property
    def title(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def terms_uri(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def background(self) -> str: ...
    @property
    def accent(self) -> str: ...
    @property
    def ink(self) -> str: ...


def encode_art(art: Artwork) -> bytes:
    """The bytes that `createSeries` takes and `CardArt.check` accepts, without asking a node.

    Raises `CardError`: `bad_length`, `bad_text`, `bad_uri`, `bad_colour`, `unknown_template`.
    """
    for name in ART_FIELDS:
        check_art_field(name, getattr(art, name))
    colours = [int(getattr(art, name)[1:], 16) for name in _COLOURS]
    return encode(
        _ART_TYPES,
        [art.title, art.issuer, art.terms_uri, TEMPLATES.index(art.template), *colours],
    )


def check_art_field(name: str, text: str) -> None:
    """Whether the contract takes this as the artwork's field `name`. Raises `CardError` as `encode_art`."""
    if name in _MOST_BYTES:
        _check_text(name, text, 0 if name == "terms_uri" else 1, _MOST_BYTES[name])
    if name == "terms_uri" and text and not text.startswith(TERMS_URI_SCHEMES):
        raise CardError("bad_uri", f"terms_uri {text!r} begins with none of {TERMS_URI_SCHEMES}")
    if name == "template" and text not in TEMPLATES:
        raise CardError("unknown_template", f"template {text!r} is none of {TEMPLATES}")
    if name in _COLOURS and not _COLOUR.fullmatch(text):
        raise CardError("bad_colour", f"{name} {text!r} is not a colour #rrggbb")


@dataclass(frozen=True)
class DecodedArt:
    """An artwork read back: an `Artwork`."""

    title: str
    issuer: str
    terms_uri: str
    template: str
    background: str
    accent: str
    ink: str


def decode_art(art: bytes) -> DecodedArt:
    """What `encode_art` wrote. Raises `CardError` bad_art."""
    try:
        title, issuer, terms_uri, template, *colours = decode(_ART_TYPES, art)
        background, accent, ink = (f"#{colour:06x}" for colour in colours)
        return DecodedArt(title, issuer, terms_uri, TEMPLATES[template], background, accent, ink)
    except (DecodingError, UnicodeDecodeError, IndexError) as error:
        raise CardError("bad_art", f"these {len(art)} bytes are no artwork: {error}") from error


def decode_metadata(uri: str) -> dict[str, Any]:
    """The JSON object in a `data:application/json;base64,` URI.

    Raises `CardError`: `not_a_data_uri`, `bad_base64`, `not_json` (which includes JSON that is no object, is
    not UTF-8, or names a key twice).
    """
    content = _content(uri, _JSON_URI)
    try:
        found = json.loads(content.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CardError("not_json", f"the metadata is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise CardError("not_json", f"the metadata is a JSON {type(found).__name__}, not an object")
    return found


def read_svg(metadata: Mapping[str, Any]) -> bytes:
    """The picture in a card's metadata, byte for byte as the contract drew it.

    Raises `CardError`: `no_image` where the metadata has no SVG as a data URI; `not_svg` where that is not
    well-formed or has a document type; `active_content` where it is more than a picture (a script, an event
    handler, foreign markup, a link), which is not safe to open in a browser.
    """
    image = metadata.get("image")
    if not isinstance(image, str) or not image.startswith(_SVG_URI):
        raise CardError("no_image", f"image {str(image)[:60]!r} does not begin with {_SVG_URI!r}")
    content = _content(image, _SVG_URI)
    _check_svg(content)
    return content


def save_svg(metadata_uri: str, path: str | Path) -> Path:
    """Writes the picture of a card to `path` and returns the path. Raises `CardError`: what `decode_metadata`
    and `read_svg` raise.
    """
    content = read_svg(decode_metadata(metadata_uri))
    target = Path(path)
    target.write_bytes(content)
    return target


def _check_text(name: str, text: str, least: int, most: int) -> None:
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise CardError("bad_text", f"{name} holds half a surrogate pair at {error.start}") from error
    if not least <= length <= most:
        raise CardError("bad_length", f"{name} has {length} bytes of UTF-8, {least} to {most} are allowed")
    if forbidden := _FORBIDDEN.search(text):
        raise CardError(
            "bad_text", f"{name} holds U+{ord(forbidden[0]):04X} at {forbidden.start()}, which no card shows"
        )


def _content(uri: str, prefix: str) -> bytes:
    if not uri.startswith(prefix):
        raise CardError("not_a_data_uri", f"{uri[:60]!r} does not begin with {prefix!r}")
    try:
        return base64.b64decode(uri.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CardError("bad_base64", f"what follows {prefix!r} is not base64: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CardError("not_json", f"a key comes twice in {[key for key, _ in pairs]}")
    return found


def _no_constant(name: str) -> NoReturn:
    raise CardError("not_json", f"{name} is no JSON value")


def _check_svg(content: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    root: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        root.append(name)
        for word, value in [(name, ""), *attributes.items()]:
            local = word.rpartition(" ")[2]
            if _ACTIVE.fullmatch(local) or (local == "href" and not value.startswith("#")):
                raise CardError("active_content", f"the image holds {word!r}, which is more than a picture")

    def no_document_type(name: str, *_: object) -> NoReturn:
        # Entities could make a small file expand without end.
        raise CardError("not_svg", f"the image declares a document type {name!r}")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = no_document_type
    try:
        parser.Parse(content, True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise CardError("not_svg", f"the image is not well-formed: {error}") from error
    if root[0] != f"{_SVG} svg":
        raise CardError("not_svg", f"the image's root is {root[0]!r}, not an svg element")
