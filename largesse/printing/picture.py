"""The picture that the chain draws of a card, as a PDF's vectors.

Of SVG this is what `CardPattern` writes: paths, circles, ellipses, rectangles and groups in plain colours,
moved and turned; one radial gradient. What is not known is refused rather than left out. A card's veil, a
faint gradient over its background, is not printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin
from typing import Final
from xml.etree import ElementTree

from fontTools.pens.boundsPen import BoundsPen
from fontTools.svgLib.path import parse_path

from largesse.cards import CardError
from largesse.printing.lettering import Curves
from largesse.printing.pdf import Colour, Drawing, numbers

Element = ElementTree.Element

_SVG: Final = "{http://www.w3.org/2000/svg}"
_COLOUR: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_MOVE: Final = re.compile(r"translate\((-?[0-9.]+)[ ,](-?[0-9.]+)\)(?:rotate\((-?[0-9.]+)\))?")
_REFERENCE: Final = re.compile(r"url\(#([A-Za-z0-9]+)\)")
_KNOWN: Final = {
    "d", "cx", "cy", "r", "rx", "ry", "x", "y", "width", "height", "fill", "stroke", "stroke-width",
    "stroke-opacity", "stroke-linecap", "opacity", "transform",
}  # fmt: skip
# A circle's quarter as a cubic curve: where its handles lie.
_ROUND: Final = 0.5522847498
_CAPS: Final = {"butt": 0, "round": 1, "square": 2}


@dataclass(frozen=True)
class CardPicture:
    """A card's pattern, in the chain's 600 × 380, and its colours of ground and text."""

    pattern: Drawing
    background: Colour
    ink: Colour


@dataclass(frozen=True)
class _Style:
    """What a group leaves to its elements."""

    fill: str = "#000"
    stroke: str = "none"
    width: float = 1.0
    cap: str = "butt"
    opacity: float = 1.0
    stroke_opacity: float = 1.0

    def under(self, element: Element) -> _Style:
        given = element.attrib
        return _Style(
            given.get("fill", self.fill),
            given.get("stroke", self.stroke),
            float(given.get("stroke-width", self.width)),
            given.get("stroke-linecap", self.cap),
            self.opacity * float(given.get("opacity", 1)),
            float(given.get("stroke-opacity", self.stroke_opacity)),
        )


def read_picture(svg: bytes) -> CardPicture:
    """Take apart what `largesse.cards.save_svg` would save. Raises CardError unknown_picture."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - document types were refused before
        clipped, lettered = root.findall(f"{_SVG}g")[:2]
        ground, _, pattern = list(clipped)
        if pattern.get("filter"):
            raise ValueError("it is greyed out: the series has expired")
        drawing = Drawing()
        _Artist(drawing).group(pattern, _Style())
        return CardPicture(drawing, colour(ground.attrib["fill"]), colour(lettered.attrib["fill"]))
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        raise CardError("unknown_picture", f"the card's picture can't be printed: {error}") from error


def colour(text: str) -> Colour:
    """#rgb or #rrggbb. Raises ValueError."""
    match = _COLOUR.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no colour")
    digits = match.group(1)
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


class _Artist:
    def __init__(self, drawing: Drawing) -> None:
        self.out = drawing
        self.gradients: dict[str, str] = {}

    def group(self, group: Element, style: _Style) -> None:
        """Every element of a group, in its order."""
        for element in group:
            kind = element.tag.removeprefix(_SVG)
            if kind == "radialGradient":
                self.gradients[element.attrib["id"]] = _radial(element)
                continue
            if stray := set(element.attrib) - _KNOWN:
                raise ValueError(f"<{kind}> has {', '.join(sorted(stray))}")
            moved = element.get("transform")
            if moved is not None:
                self.out.add("q", f"{_matrix(moved)} cm")
            if kind == "g":
                self.group(element, style.under(element))
            else:
                self.shape(_outline(kind, element), style.under(element))
            if moved is not None:
                self.out.add("Q")

    def shape(self, path: str, style: _Style) -> None:
        """Fill and stroke a path."""
        reference = _REFERENCE.fullmatch(style.fill)
        if reference is not None:
            self.shaded(path, self.gradients[reference.group(1)])
        filled = style.fill != "none" and reference is None
        stroked = style.stroke != "none" and style.width > 0
        if not (filled or stroked):
            return
        self.out.add("q")
        self.out.alpha(style.opacity, style.opacity * style.stroke_opacity)
        if filled:
            self.out.fill(colour(style.fill))
        if stroked:
            self.out.stroke(colour(style.stroke))
            self.out.add(f"{numbers(style.width)} w {_CAPS[style.cap]} J")
        operator = "B" if filled and stroked else "f" if filled else "S"
        self.out.add(f"{path} {operator}", "Q")

    def shaded(self, path: str, shading: str) -> None:
        """Fill a path with a gradient that is given in units of the path's box."""
        left, top, right, bottom = _bounds(path)
        self.out.add("q", f"{path} W n", f"{numbers(right - left, 0, 0, bottom - top, left, top)} cm")
        self.out.shade(shading)
        self.out.add("Q")


def _matrix(text: str) -> str:
    match = _MOVE.fullmatch(text)
    if match is None:
        raise ValueError(f"transform {text!r} is unknown")
    angle = radians(float(match.group(3) or 0))
    turn = (cos(angle), sin(angle), -sin(angle), cos(angle))
    return f"{' '.join(f'{part:.7f}' for part in turn)} {match.group(1)} {match.group(2)}"


def _outline(kind: str, element: Element) -> str:
    """An element's path. Raises ValueError where it is of another kind."""

    def length(name: str) -> float:
        return float(element.get(name, 0))

    if kind == "path":
        pen = Curves()
        parse_path(element.attrib["d"], pen)
        return pen.text()
    if kind == "circle":
        return _ellipse(length("cx"), length("cy"), length("r"), length("r"))
    if kind == "ellipse":
        return _ellipse(length("cx"), length("cy"), length("rx"), length("ry"))
    if kind == "rect":
        return _rectangle(length("x"), length("y"), length("width"), length("height"), length("rx"))
    raise ValueError(f"<{kind}> is unknown")


def _ellipse(x: float, y: float, rx: float, ry: float) -> str:
    return _rectangle(x - rx, y - ry, 2 * rx, 2 * ry, rx, ry)


def _rectangle(
    x: float, y: float, width: float, height: float, rx: float = 0, ry: float | None = None
) -> str:
    """With rounded corners; a circle is nothing else."""
    ry = rx if ry is None else ry
    right, bottom, fx, fy = x + width, y + height, rx * (1 - _ROUND), ry * (1 - _ROUND)
    pen = Curves()
    pen.moveTo((x + rx, y))
    pen.lineTo((right - rx, y))
    pen.curveTo((right - fx, y), (right, y + fy), (right, y + ry))
    pen.lineTo((right, bottom - ry))
    pen.curveTo((right, bottom - fy), (right - fx, bottom), (right - rx, bottom))
    pen.lineTo((x + rx, bottom))
    pen.curveTo((x + fx, bottom), (x, bottom - fy), (x, bottom - ry))
    pen.lineTo((x, y + ry))
    pen.curveTo((x, y + fy), (x + fx, y), (x + rx, y))
    pen.closePath()
    return pen.text()


def _bounds(path: str) -> tuple[float, float, float, float]:
    """The box around a path that this module wrote."""
    pen, values = BoundsPen(None), list[float]()
    for word in path.split():
        match word:
            case "m":
                pen.moveTo((values[0], values[1]))
            case "l":
                pen.lineTo((values[0], values[1]))
            case "c":
                pen.curveTo(*zip(values[::2], values[1::2], strict=True))
            case "h":
                pen.closePath()
            case _:
                values.append(float(word))
                continue
        values = []
    left, top, right, bottom = pen.bounds
    return left, top, right, bottom


def _radial(element: Element) -> str:
    """A shading of type 3 in the unit square."""
    x, y, r = (float(element.attrib[name]) for name in ("cx", "cy", "r"))
    stops = [(float(stop.get("offset", 0)), numbers(*colour(stop.attrib["stop-color"]))) for stop in element]
    parts = [
        f"<</FunctionType 2/Domain[0 1]/C0[{first}]/C1[{second}]/N 1>>"
        for (_, first), (_, second) in pairwise(stops)
    ]
    inner = numbers(*(offset for offset, _ in stops[1:-1]))
    function = (
        f"<</FunctionType 3/Domain[0 1]/Functions[{''.join(parts)}]/Bounds[{inner}]"
        f"/Encode[{' '.join(['0 1'] * len(parts))}]>>"
    )
    coordinates = numbers(x, y, 0, x, y, r)
    return (
        f"<</ShadingType 3/ColorSpace/DeviceRGB/Coords[{coordinates}]/Function{function}/Extend[true true]>>"
    )
