"""Pictures are drawn without a display, without a home, and the same figures give the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from largesse.plots import plot_by_day
from largesse.report import plots

CHECKOUT = Path(__file__).resolve().parents[2]
DRAW = """
import sys
from fractions import Fraction
from pathlib import Path
from largesse.plots import plot_by_day
plot_by_day(Path(sys.argv[1]), {20_000: Fraction(1, 3), 20_005: Fraction(7)}, title="Income", unit="USDC")
"""


def test_nothing_is_left_in_a_persons_home(tmp_path: Path) -> None:
    home, picture = tmp_path / "home", tmp_path / "income.png"
    home.mkdir()
    kept = ("DISPLAY", "WAYLAND_DISPLAY", "MPLCONFIGDIR", "MPLBACKEND", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    subprocess.run(
        [sys.executable, "-c", DRAW, str(picture)],
        cwd=CHECKOUT, env={**environment, "HOME": str(home)}, check=True, timeout=120,
    )  # fmt: skip
    assert list(home.iterdir()) == []
    assert (CHECKOUT / "build" / "matplotlib").is_dir()
    with Image.open(picture) as image:
        assert (image.format, image.size) == ("PNG", (1_080, 480))


def test_other_figures_give_another_picture_and_the_same_the_same(tmp_path: Path) -> None:
    def drawn(figure: int) -> bytes:
        path = tmp_path / "income.png"
        plot_by_day(path, {20_000: Fraction(figure), 20_001: Fraction(2)}, title="Income", unit="USDC")
        return path.read_bytes()

    assert drawn(1) == drawn(1) != drawn(3)


def test_a_day_without_income_is_drawn_as_such(tmp_path: Path) -> None:
    """Two bars, and between them the days on which nothing came."""
    path = tmp_path / "income.png"
    plot_by_day(path, {20_000: Fraction(5), 20_010: Fraction(5)}, title="Income", unit="USDC")
    with Image.open(path) as image:
        pixels, height = image.convert("RGB"), image.height * 3 // 4
        row = [pixels.getpixel((x, height)) == (0x2F, 0x6F, 0x9F) for x in range(image.width)]
    edges = sum(row[x] != row[x + 1] for x in range(len(row) - 1))
    assert edges == 4
    assert 0.1 < sum(row) / len(row) < 0.3


@pytest.mark.parametrize("symbol", ("$^$", "$x_$", "US$", "$"))
def test_a_symbol_is_no_formula(tmp_path: Path, symbol: str) -> None:
    plot_by_day(tmp_path / "income.png", {20_000: Fraction(1)}, title=symbol, unit=symbol)
    drawn = plots._svg("title", symbol, lambda axes: axes.set_xlabel(symbol))
    assert drawn.count(f">{symbol}</text>") == 2
