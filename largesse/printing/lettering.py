"""Text as curves: a print shop needs no typeface, and no letter turns into a box on the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont, TTLibError

from largesse.errors import LargesseError
from largesse.printing.pdf import numbers

_TYPEFACES: Final = (
    ("koreanize_matplotlib", "fonts/NanumGothicBold.ttf"),
    ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf"),
)
"""Hangul and Latin; then most other scripts that are written letter after letter."""


class PrintError(LargesseError):
    """Something that can't be printed so that it is read."""


class Curves(BasePen):  # type: ignore[misc]
    """A pen that writes PDF's path operators."""

    def __init__(self, glyphs: Any = None) -> None:
        super().__init__(glyphs)
        self.operators: list[str] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - the pen's protocol
        self.operators.append(f"{numbers(*pt)} m")

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.operators.append(f"{numbers(*pt)} l")

    def _curveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self.operators.append(f"{numbers(*pt1, *pt2, *pt3)} c")

    def _closePath(self) -> None:  # noqa: N802
        self.operators.append("h")

    def text(self) -> str:
        return " ".join(self.operators)


class Typeface:
    """One file of a typeface (TrueType or OpenType). Raises PrintError no_typeface."""

    def __init__(self, path: Path) -> None:
        try:
            font = TTFont(path)
            self._names: dict[int, str] = font.getBestCmap() or {}
            self._glyphs = font.getGlyphSet()
            self._units = int(font["head"].unitsPerEm)
        except (OSError, TTLibError, KeyError) as error:
            raise PrintError("no_typeface", f"{path.name} is no typeface: {error}") from error
        self._outlines: dict[str, tuple[str, float]] = {}

    def has(self, letter: str) -> bool:
        return ord(letter) in self._names

    def outline(self, letter: str) -> tuple[str, float]:
        """A letter's path in ems, y going up, and how far the next one stands."""
        if letter not in self._outlines:
            name = self._names[ord(letter)]
            pen = Curves(self._glyphs)
            self._glyphs[name].draw(pen)
            self._outlines[letter] = (pen.text(), self._glyphs[name].width / self._units)
        return self._outlines[letter]

    @property
    def scale(self) -> float:
        """Ems in a unit of its outlines."""
        return 1 / self._units


class Lettering:
    """Writes with the first typeface that has the letter."""

    def __init__(self, typefaces: Sequence[Typeface]) -> None:
        self._typefaces = typefaces

    def width(self, text: str) -> float:
        """In ems. Raises PrintError no_letter (no typeface has it), needs_shaping (a script whose letters
        change beside each other, or that runs from right to left)."""
        return sum(self._typeface(letter).outline(letter)[1] for letter in _letters(text))

    def draw(self, text: str, x: float, y: float, size: float) -> str:
        """Operators that fill the text, its baseline beginning at (x, y); `size` is an em in millimetres."""
        parts = []
        for letter in _letters(text):
            typeface = self._typeface(letter)
            outline, step = typeface.outline(letter)
            if outline:
                scale = size * typeface.scale
                # `numbers` rounds to a tenth of a micrometre, too coarse for a scale.
                parts.append(f"q {scale:.7f} 0 0 {-scale:.7f} {numbers(x, y)} cm {outline} f Q")
            x += step * size
        return "\n".join(parts)

    def _typeface(self, letter: str) -> Typeface:
        for one in self._typefaces:
            if one.has(letter):
                return one
        raise PrintError(
            "no_letter",
            f"no typeface here has {letter!r} (U+{ord(letter):04X}): name a file of one that has, font=…",
        )


def _letters(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    for letter in text:
        if unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.category(letter) in ("Mn", "Mc"):
            raise PrintError(
                "needs_shaping",
                f"{letter!r} (U+{ord(letter):04X}) is of a script that cards can't be lettered in yet",
            )
    return text


@cache
def lettering(font: Path | None = None) -> Lettering:
    """The typefaces that come with the packages; `font` before them. Raises PrintError no_typeface."""
    files = [] if font is None else [font]
    for package, name in _TYPEFACES:
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            files.append(Path(spec.submodule_search_locations[0]) / name)
    return Lettering([Typeface(path) for path in files])
