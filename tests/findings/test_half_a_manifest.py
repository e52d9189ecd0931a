"""How `create_series` opened the first series of a manifest and ended in an error at a later one.

A template that the chain does not draw, a title of too many bytes and what the contract itself refuses were
seen when the series' turn came, after those before it had been opened for good.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.errors import ManifestError
from scripts import create_series
from tests.fixtures.desk import MANIFEST, Desk

LAST = "series 3"


def refused(desk: Desk, tmp_path: Path, old: str, new: str, where: str = "") -> list[str]:
    """What is said of the demo's manifest with other terms, and with this change of its last series; each
    problem is in the line that begins with the changed key, or with `where`."""
    first, last = Path(MANIFEST).read_text(encoding="utf-8").rsplit("[[series]]", 1)
    assert last.count(old) == 1, old
    first = first.replace("fee_bps = ", "fee_bps = 1")
    last = last.replace(old, new).replace("_days = 21", "_days = 22")
    path = tmp_path / "half.toml"
    path.write_text(f"{first}[[series]]{last}", encoding="utf-8")
    block, record = desk.block(), desk.session.deployment()
    with pytest.raises(ManifestError) as error:
        create_series.main(f"manifest={path}")
    assert (desk.block(), desk.session.deployment()) == (block, record)
    lines = path.read_text(encoding="utf-8").splitlines()
    for one in error.value.problems:
        assert lines[one.line - 1].startswith(where or new.partition(" ")[0]), one
    return [f"{one.section}: {one.message}" for one in error.value.problems]


def test_a_template_that_the_chain_does_not_draw(desk: Desk, tmp_path: Path) -> None:
    (said,) = refused(desk, tmp_path, 'template = "ribbon"', 'template = "ribon"')
    assert said.startswith(f"{LAST}, art: template: 'ribon' is none of ('plain', 'ribbon',")


@pytest.mark.parametrize("key", ("title", "issuer"))
def test_a_text_of_too_many_bytes(desk: Desk, tmp_path: Path, key: str) -> None:
    old = {"title": "Gutschein 30", "issuer": "Largesse Demo House"}[key]
    (said,) = refused(desk, tmp_path, f'{key} = "{old}"', f'{key} = "{"한" * 22}"')
    assert said == f"{LAST}, art: {key}: has 66 bytes of UTF-8, 1 to 64 are allowed"


def test_a_text_that_no_card_shows(desk: Desk, tmp_path: Path) -> None:
    (said,) = refused(desk, tmp_path, 'title = "Gutschein 30"', 'title = "Gut\\u202eschein"')
    assert said == f"{LAST}, art: title: holds U+202E at 3, which no card shows"


def test_a_merchant_that_has_no_address(desk: Desk, tmp_path: Path) -> None:
    said = refused(desk, tmp_path, 'merchants = ["theatre"]', 'merchants = ["nobody", "no-one"]')
    assert said == [
        f"{LAST}: merchants: no address is given for the role 'nobody'",
        f"{LAST}: merchants: no address is given for the role 'no-one'",
    ]


def test_a_merchant_that_is_there_twice(desk: Desk, tmp_path: Path) -> None:
    address = desk.address("theatre")
    (said,) = refused(desk, tmp_path, 'merchants = ["theatre"]', f'merchants = ["theatre", "{address}"]')
    assert said == f"{LAST}: merchants: {address} is {address}, which is a merchant already"


def test_what_the_contract_refuses(desk: Desk, tmp_path: Path) -> None:
    euro = desk.session.certificates("EURT").address
    (said,) = refused(
        desk, tmp_path, 'merchants = ["theatre"]', f'merchants = ["{euro}"]', where="[[series]]"
    )
    assert said == f"{LAST}: refused: GiftCertificates_ZeroAddress()"


def test_a_series_whose_sale_is_over_is_left_as_it_is(desk: Desk) -> None:
    """The contract opens none any more that closes in the past; one that is there is no fault."""
    from scripts import clock

    clock.main("to=2045-01-01")
    opened = create_series.main(f"manifest={MANIFEST}")
    assert opened is not None
    assert [one.created for one in opened] == [False] * 3
