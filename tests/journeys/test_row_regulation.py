"""Row `regulation`: each statutory profile is a preset, and its every figure is tested on the ledger."""

from pathlib import Path
from typing import Any

import pytest

from largesse.terms.fields import NO_EXPIRY
from largesse.terms.presets import all_presets
from tests.support.certificates import World
from tests.support.statutes import Statute

HERE = Path(__file__).parent
STATUTES = {
    "kr": "Asia/Seoul",
    "us": "America/New_York",
    "us_ca": "America/Los_Angeles",
    "eu_de": "Europe/Berlin",
    "eu_ie": "Europe/Dublin",
    "au": "Australia/Sydney",
    "jp": "Asia/Tokyo",
}


def test_every_statute_is_a_preset_and_every_preset_has_its_tests() -> None:
    assert set(STATUTES) == set(all_presets()) - {"open"}
    assert {path.stem.removeprefix("test_preset_") for path in HERE.glob("test_preset_*.py")} == set(STATUTES)


@pytest.mark.parametrize("name", STATUTES)
def test_every_preset_cites_its_rules_and_says_where_it_departs(name: str) -> None:
    found = all_presets()[name]
    assert found.rules
    assert all(rule.rule and rule.source for rule in found.rules)
    assert found.departures
    assert "transfer" in " ".join(found.departures) or not (found.use_threshold or found.cash_out)


@pytest.mark.parametrize("name", STATUTES)
def test_every_figure_of_a_preset_has_a_test(name: str) -> None:
    """A right that the terms grant and no test names would be a figure nobody checked."""
    found = all_presets()[name]
    text = (HERE / f"test_preset_{name}.py").read_text(encoding="utf-8")
    assert ("check_withdrawal" in text) or not found.withdrawal_days
    assert ("check_expiry" in text) or found.expiry.kind == "never"
    assert ("check_limitation" in text) or found.limitation.kind in ("never", "expiry")
    assert ("check_refund" in text) or not (found.use_threshold or found.post_expiry or found.cash_out)
    assert ("convertExpired" in text) or not found.convertible
    assert ("removeMerchant" in text) or not found.refund_on_removal


@pytest.mark.parametrize(("name", "zone"), STATUTES.items())
def test_every_preset_opens_a_series_with_exactly_its_terms(
    world: World, make_shop: Any, name: str, zone: str
) -> None:
    statute = Statute(world, make_shop(world), name, zone)
    face = 50_000 * 10**6
    series = statute.series(face, certificates=1)
    kept, found = world.certificates.terms(series), all_presets()[name]
    assert kept[5] is True  # named: a limited right to cash needs merchants that are
    assert kept[4] == 0  # and no fee unless the issuer asks for one
    assert (kept[2] == NO_EXPIRY) == (found.expiry.kind == "never")
    assert kept[14] == found.withdrawal_days * 86_400
    assert (kept[9] == face) == found.has_figures
    assert world.reserve() == world.liabilities()
