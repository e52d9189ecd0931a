"""Each template as somebody has looked at it: `drawings/<template>.svg`, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unitary.CardArt.model import CONFETTI, MOON_JAR, PLAIN, RIBBON, WAVES, Card, ask

DRAWINGS = Path(__file__).with_name("drawings")
TEMPLATES = {"plain": PLAIN, "ribbon": RIBBON, "waves": WAVES, "confetti": CONFETTI, "moon_jar": MOON_JAR}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_drawn_as_it_was_looked_at(card_art: Any, name: str) -> None:
    """A drawing that is not there is written down, and the test fails once: it must be looked at."""
    drawn, path = ask(card_art, "svg", Card(template=TEMPLATES[name])) + "\n", DRAWINGS / f"{name}.svg"
    if not path.exists():
        DRAWINGS.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
        pytest.fail(f"{path.name} is new: look at it, and run this again")
    assert drawn == path.read_text(encoding="utf-8")
