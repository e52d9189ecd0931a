"""A PDF of vector drawings (ISO 32000-1): paths, colours, transparency and radial shadings, nothing else.

Lengths are millimetres from the upper left corner. There is no date in the file and no version of a program:
the same drawings give the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

A4: Final = (210.0, 297.0)
POINTS_PER_MM: Final = 72 / 25.4

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 1."""


def number(value: float) -> str:
    """A number as PDF writes it: no exponent, four decimals at most."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float) -> str:
    return " ".join(map(number, values))


@dataclass
class Drawing:
    """Operators, and what they refer to."""

    operators: list[str] = field(default_factory=list)
    alphas: dict[tuple[float, float], str] = field(default_factory=dict)
    shadings: list[str] = field(default_factory=list)
    pictures: dict[str, Drawing] = field(default_factory=dict)

    def add(self, *operators: str) -> None:
        self.operators.extend(operators)

    def fill(self, colour: Colour) -> None:
        """Paint areas in this colour from now on."""
        self.add(f"{numbers(*colour)} rg")

    def stroke(self, colour: Colour) -> None:
        """Draw lines in this colour from now on."""
        self.add(f"{numbers(*colour)} RG")

    def rectangle(self, x: float, y: float, width: float, height: float, end: str = "f") -> None:
        self.add(f"{numbers(x, y, width, height)} re {end}".rstrip())

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.add(f"{numbers(x, y)} m {numbers(to_x, to_y)} l S")

    def alpha(self, fill: float, stroke: float) -> None:
        """How opaque areas and lines are from now on."""
        name = self.alphas.setdefault((fill, stroke), f"A{len(self.alphas)}")
        self.add(f"/{name} gs")

    def shade(self, dictionary: str) -> None:
        """Paint what is clipped with a shading."""
        self.shadings.append(dictionary)
        self.add(f"/S{len(self.shadings) - 1} sh")

    def place(self, name: str, picture: Drawing, x: float, y: float, scale: float) -> None:
        """Draw a picture, which is in the file once however often it is drawn."""
        self.pictures.setdefault(name, picture)
        self.add("q", f"{numbers(scale, 0, 0, scale, x, y)} cm", f"/{name} Do", "Q")


def write_pdf(pages: Sequence[Drawing], size: tuple[float, float] = A4) -> bytes:
    """The file: one page a drawing."""
    return _Writer().document(pages, size)


class _Writer:
    def __init__(self) -> None:
        # the catalogue and the tree of pages are the first two objects
        self.objects: list[bytes] = [b"", b""]
        self.placed: dict[int, int] = {}

    def document(self, pages: Sequence[Drawing], size: tuple[float, float]) -> bytes:
        width, height = (side * POINTS_PER_MM for side in size)
        # From here on a unit is a millimetre and y goes down.
        frame = f"{numbers(POINTS_PER_MM, 0, 0, -POINTS_PER_MM, 0, height)} cm"
        kids = []
        for page in pages:
            content = self.stream("", "\n".join([frame, *page.operators]))
            kids.append(
                self.add(
                    f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {numbers(width, height)}]"
                    f"/Resources{self.resources(page)}/Contents {content} 0 R>>"
                )
            )
        self.objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
        listed = " ".join(f"{kid} 0 R" for kid in kids)
        self.objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{listed}]>>".encode()
        return self.file()

    def add(self, text: str) -> int:
        self.objects.append(text.encode("ascii"))
        return len(self.objects)

    def stream(self, entries: str, text: str) -> int:
        data = zlib.compress(text.encode("ascii"), 9)
        head = f"<<{entries}/Length {len(data)}/Filter/FlateDecode>>stream\n".encode()
        self.objects.append(head + data + b"\nendstream")
        return len(self.objects)

    def resources(self, drawing: Drawing) -> str:
        states = "".join(
            f"/{name}<</ca {number(fill)}/CA {number(stroke)}>>"
            for (fill, stroke), name in drawing.alphas.items()
        )
        shadings = "".join(f"/S{place}{text}" for place, text in enumerate(drawing.shadings))
        pictures = "".join(f"/{name} {self.picture(one)} 0 R" for name, one in drawing.pictures.items())
        return f"<</ExtGState<<{states}>>/Shading<<{shadings}>>/XObject<<{pictures}>>>>"

    def picture(self, drawing: Drawing) -> int:
        if id(drawing) not in self.placed:
            entries = f"/Type/XObject/Subtype/Form/BBox[0 0 10000 10000]/Resources{self.resources(drawing)}"
            self.placed[id(drawing)] = self.stream(entries, "\n".join(drawing.operators))
        return self.placed[id(drawing)]

    def file(self) -> bytes:
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for index, content in enumerate(self.objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (index, content)
        identity = hashlib.sha256(out).hexdigest()[:32]
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer<</Size %d/Root 1 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n" % (
            len(places) + 1, identity.encode(), identity.encode(), start,
        )  # fmt: skip
        return bytes(out)
