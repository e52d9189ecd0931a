"""The two pictures of bench/plots, as SVG: the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import largesse.plots  # noqa: F401  (says where matplotlib keeps its list of fonts)

COLOURS: Final = ("#1f5f8b", "#c8553d", "#6a8e3a", "#7a5195")


def draw(path: Path, curves: Mapping[str, Mapping[int, float]], *, title: str, across: str, up: str) -> None:
    """Write the curves, each figure by number, on two logarithmic axes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    with mpl.rc_context({"svg.hashsalt": "largesse", "svg.fonttype": "path", "font.size": 11}):
        figure = Figure(figsize=(8, 4.5), layout="constrained", facecolor="white")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for (name, points), colour in zip(curves.items(), COLOURS, strict=False):
            style = "--" if "not run here" in name else "-"
            axes.plot(list(points), list(points.values()), style, marker="o", color=colour, label=name)
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain = FuncFormatter(lambda value, _: f"{value:,.0f}")
        axes.xaxis.set_major_formatter(plain)
        axes.yaxis.set_major_formatter(plain)
        figures = [figure for points in curves.values() for figure in points.values()]
        narrow = max(figures) < 20 * min(figures)
        axes.yaxis.set_minor_formatter(plain if narrow else NullFormatter())
        axes.set(title=title, xlabel=across, ylabel=up)
        axes.grid(which="major", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    # Without the blanks that matplotlib leaves at the ends of lines.
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")
