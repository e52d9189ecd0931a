"""The committed example is what its generator makes, and it really has the scripts it promises."""

from __future__ import annotations

import unicodedata

import pytest

from examples.make_recipients import COUNT, TARGET, content, main, row

SCRIPTS = (
    "LATIN",
    "HANGUL",
    "CJK UNIFIED",
    "HIRAGANA",
    "KATAKANA",
    "CYRILLIC",
    "ARABIC",
    "HEBREW",
    "DEVANAGARI",
    "THAI",
    "GREEK",
    "ETHIOPIC",
)


def test_the_committed_file_is_current() -> None:
    assert TARGET.read_bytes() == content()
    assert main(["--check"]) == 0


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_in_every_script(script: str) -> None:
    names = [row(number)[0] for number in range(1, COUNT + 1)]
    written = [name for name in names if any(unicodedata.name(char, "").startswith(script) for char in name)]
    assert len(written) >= 20


def test_names_with_emoji() -> None:
    names = [row(number)[0] for number in range(1, COUNT + 1)]
    assert sum(any(ord(char) >= 0x1F300 for char in name) for name in names) >= 20
