"""docs/MANIFEST.md: its manifest is one, and its table of presets is what presets.toml says."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from largesse.files import CHECKOUT
from largesse.terms.fields import MAX_FEE_BPS
from largesse.terms.manifest import parse_manifest
from largesse.terms.overrides import Overrides
from largesse.terms.presets import Period, Preset, all_presets

PAGE = (CHECKOUT / "docs" / "MANIFEST.md").read_text(encoding="utf-8")
PRESETS = all_presets()


def test_its_manifest_is_one() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (series,) = parse_manifest(text).series
    assert (series.name, series.face, series.fee_bps) == ("books-50000", 50_000, 300)
    assert series.overrides.withdrawal_days == 14
    assert [one.name for one in series.promotions] == ["spring"]
    assert f"at most {MAX_FEE_BPS}" in text


def test_it_names_each_override() -> None:
    names = re.findall(r"`(\w+)`", PAGE.partition("Overrides are ")[2].partition(". ")[0])
    assert names == [field.name for field in fields(Overrides)]


def rows() -> dict[str, list[str]]:
    lines = PAGE.partition("| preset | ")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): rest for name, *rest in cells}


def test_it_has_each_preset() -> None:
    assert set(rows()) == set(PRESETS)


def period(one: Period) -> str:
    match one.kind:
        case "never":
            return "never"
        case "expiry":
            return "at expiry"
        case "year_end":
            return {3: "at the end of the third calendar year"}[one.years]
        case _:
            return f"{one.years} year{'s' * (one.years > 1)}"


def figures(one: Preset) -> set[str]:
    """The numbers of its rights, as the row writes them."""
    found = set()
    if one.use_threshold:
        found |= {f"{one.use_threshold.bps // 100} %", f"{one.use_threshold.small_bps // 100} %"}
    if one.post_expiry:
        found |= {f"{one.post_expiry.bps // 100} %", f"{one.post_expiry.large_bps // 100} %"}
    if one.cash_out:
        found |= {f"below {one.cash_out.below}"} if one.cash_out.below else {f"above {one.cash_out.above}"}
    return found | ({"100 % as credit"} if one.convertible else set())


@pytest.mark.parametrize("name", PRESETS)
def test_a_row_is_what_its_preset_says(name: str) -> None:
    one = PRESETS[name]
    _, unit, series, withdrawal, expires, limitation, *rights = rows()[name]
    assert unit == (one.currency if one.has_figures else "any")
    assert series == {"always": "named", "optional": "either", "never": "open"}[one.named]
    assert withdrawal == (f"{one.withdrawal_days} days" if one.withdrawal_days else "")
    assert (expires, limitation) == (period(one.expiry), period(one.limitation))
    said = " ".join(rights)
    assert all(figure in said for figure in figures(one)), figures(one)
    assert bool(said.strip()) == bool(figures(one) or one.refunds_barred)
    assert ("winds the series down" in said) == one.refunds_barred
