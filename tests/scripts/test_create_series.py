"""`create_series`: a manifest becomes series, each once, with the terms that were shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.cards import decode_metadata
from largesse.eip712 import keccak
from largesse.errors import ManifestError
from largesse.opening import OpeningError, currency_roles
from largesse.session import SessionError
from largesse.terms.manifest import load_manifest
from scripts import create_series
from tests.fixtures.desk import KR, MANIFEST, Desk

WHOLE = f"manifest={MANIFEST}"


def test_terms_on_the_chain_are_the_manifests(desk: Desk) -> None:
    manifest = load_manifest(Path(MANIFEST))
    made = desk.session.deployment()
    roles = currency_roles(manifest, made)
    roles |= {name: desk.address(name) for name in manifest.roles() - roles.keys()}
    assert [one.name for one in made.series] == [one.name for one in manifest.series]
    for record, series in zip(made.series, manifest.series, strict=True):
        certificates = desk.session.certificates(record.symbol)
        assert certificates.terms(record.series_id) == series.terms(roles)
        assert certificates.state(record.series_id).issuer == desk.address("issuer")
        for merchant in series.merchant_addresses(roles):
            assert certificates.is_merchant(record.series_id, merchant)
        assert not certificates.is_merchant(record.series_id, desk.address("stranger"))
        metadata = decode_metadata(certificates.uri(record.series_id))
        assert metadata["name"] == series.art.title


def test_the_text_that_is_shown_is_the_text_that_is_pinned(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    create_series.main(WHOLE, f"series={KR}")
    shown = capsys.readouterr().out
    text = shown[shown.index("Largesse terms 1") : shown.index("\nSeries")].rstrip("\n") + "\n"
    assert keccak(text.encode()) == desk.krw.terms(1).terms_hash


def test_a_second_run_opens_nothing(desk: Desk) -> None:
    block = desk.block()
    opened = create_series.main(WHOLE)
    assert opened is not None
    assert [one.created for one in opened] == [False] * 3
    assert desk.block() == block


def test_other_terms_are_another_series(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(Path(MANIFEST).read_text().replace("fee_bps = 300", "fee_bps = 200"))
    opened = create_series.main(f"manifest={path}", f"series={KR}")
    assert opened is not None
    assert [(one.created, one.record.series_id) for one in opened] == [(True, 2)]
    assert desk.krw.terms(2).fee_bps == 200
    assert desk.krw.terms(1).fee_bps == 300


def test_only_the_manifests_issuer_opens_it(desk: Desk) -> None:
    with pytest.raises(ArgumentError) as error:
        create_series.main(WHOLE, "from=stranger")
    assert error.value.reason == "wrong_issuer"


def test_everything_wrong_with_a_manifest_is_told_at_once(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    text = Path(MANIFEST).read_text()
    path.write_text(text.replace('preset = "kr"', 'preset = "xx"').replace("fee_bps = 200", "fee_bps = -1"))
    block = desk.block()
    with pytest.raises(ManifestError) as error:
        create_series.main(f"manifest={path}")
    assert {one.reason for one in error.value.problems} >= {"unknown_preset"}
    assert len(error.value.problems) >= 2
    assert desk.block() == block


def test_a_currency_of_other_decimals_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "decimals.toml"
    path.write_text(Path(MANIFEST).read_text().replace("decimals = 18", "decimals = 8"))
    with pytest.raises(OpeningError) as error:
        create_series.main(f"manifest={path}")
    assert error.value.reason == "wrong_currency"


@pytest.mark.parametrize(
    ("given", "reason"),
    (
        (("manifest=gone.toml",), "no_such_file"),
        ((), "missing_argument"),
        ((WHOLE, "series=nothing"), "unknown_series"),
        ((WHOLE, "baker=0x00000000000000000000000000000000DeaDBeef"), "unknown_argument"),
        ((WHOLE, WHOLE), "repeated_argument"),
    ),
)
def test_bad_input(desk: Desk, given: tuple[str, ...], reason: str) -> None:
    block = desk.block()
    with pytest.raises(ArgumentError) as error:
        create_series.main(*given)
    assert error.value.reason == reason
    assert desk.block() == block


def test_a_live_chain_shows_the_terms_and_waits(desk: Desk, live: object, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(Path(MANIFEST).read_text().replace("fee_bps = 300", "fee_bps = 100"))
    roles = [
        f"{name}={desk.address(name)}"
        for name in ("issuer", "bookshop", "cinema", "theatre", "cafe", "charity")
    ]
    given = (f"manifest={path}", f"series={KR}", "from=boss", *roles)
    live("y", boss=desk.wallet("issuer"))  # type: ignore[operator]
    block = desk.block()
    with pytest.raises(SessionError) as error:
        create_series.main(*given)
    assert error.value.reason == "not_confirmed"
    assert desk.block() == block
    live("open 1", boss=desk.wallet("issuer"))  # type: ignore[operator]
    opened = create_series.main(*given)
    assert opened is not None
    assert opened[0].created
