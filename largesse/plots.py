"""Pictures of figures, drawn without a display."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

DAY = 86_400

# A currency's symbol may hold what matplotlib would take for a formula.
AS_IT_IS: Final = {"text.parse_math": False}

# Matplotlib keeps its list of fonts where this says, by default in the person's home; it asks when imported.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).resolve().parents[1] / "build" / "matplotlib"))


def plot_by_day(path: Path, days: Mapping[int, Fraction], *, title: str, unit: str) -> None:
    """Write a PNG with a bar for each day (days since 1970, UTC), days without a figure included."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure

    every = range(min(days), max(days) + 1)
    dates = [float(date2num(datetime.fromtimestamp(day * DAY, UTC))) for day in every]
    with rc_context(AS_IT_IS):
        figure = Figure(figsize=(9, 4), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.bar(dates, [float(days.get(day, 0)) for day in every], width=0.9, color="#2f6f9f", align="edge")
        locator = AutoDateLocator()
        axes.xaxis_date()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.set_title(title)
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)
        axes.set_axisbelow(True)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        # Without the version and the date that matplotlib writes, the same figures give the same bytes.
        figure.savefig(path, metadata={"Software": None})
