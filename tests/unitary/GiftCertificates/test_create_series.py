"""createSeries: terms that never change."""

from typing import Any

import pytest
from eth_abi import encode

from largesse.eip712 import keccak
from tests.fixtures.accounts import container
from tests.support.certificates import ART, DAY, MAX_AMOUNT, NEVER, TERMS, YEAR, World
from tests.support.errors import reverts
from tests.support.logs import logs_of


def create(world: World, terms: tuple[Any, ...], merchants: list[str] | None = None, art: bytes = ART) -> Any:
    return world.certificates.createSeries(terms, merchants or [], art, {"from": world.issuer})


def full_terms(world: World) -> tuple[Any, ...]:
    """Terms in which no two members are the same and every flag is up."""
    now = world.now()
    return world.terms(
        sales_close_at=now + DAY,
        expires_at=now + YEAR,
        limitation_at=now + 2 * YEAR,
        fee_bps=123,
        named=True,
        convertible=True,
        refund_on_removal=True,
        cash_out_unused=True,
        denomination=50_000,
        use_threshold_bps=6_000,
        post_expiry_bps=9_500,
        cash_out_from=11,
        cash_out_below=15_000_000,
        withdrawal_seconds=604_801,
        terms_hash=keccak(b"the text the buyer is shown"),
    )


def test_create_series_reverts_with_art_that_cannot_be_drawn(world: World) -> None:
    kinds = ["string", "string", "string", "uint8", "uint24", "uint24", "uint24"]
    untitled = encode(kinds, ["", "Largesse Books", "", 0, 0, 0, 0])
    with reverts("CardArt_TextLength", 0, 0, 1, 64):
        create(world, world.terms(), art=untitled)
    assert world.certificates.seriesCount() == 0


def test_create_series_reverts_with_a_merchant_twice(world: World) -> None:
    merchant = world.merchant.address
    with reverts("GiftCertificates_MerchantKnown", 1, merchant):
        create(world, world.terms(named=True), [merchant, world.creator.address, merchant])


@pytest.mark.parametrize("who", ["nobody", "itself"])
def test_create_series_reverts_with_nobody_or_itself_as_merchant(world: World, who: str) -> None:
    address = "0x" + "00" * 20 if who == "nobody" else world.certificates.address
    with reverts("GiftCertificates_ZeroAddress"):
        create(world, world.terms(named=True), [world.merchant.address, address])


def test_create_series_reverts_with_itself_as_beneficiary(world: World) -> None:
    with reverts("GiftCertificates_ZeroAddress"):
        create(world, world.terms(beneficiary=world.certificates.address))


def test_the_second_piece_of_code_opens_no_series_by_itself(world: World) -> None:
    alone = container("CertificateBackOffice").at(
        container("GiftCertificates").at(world.certificates).backOffice()
    )
    with reverts("GiftCertificates_NotByItself", alone):
        alone.createSeries(world.terms(), [], ART, {"from": world.issuer})


def test_create_series_counts_from_one_for_anybody(world: World) -> None:
    assert world.certificates.seriesCount() == 0
    for count, caller in enumerate((world.issuer, world.stranger, world.issuer), 1):
        world.certificates.createSeries(world.terms(), [], ART, {"from": caller})
        assert world.certificates.seriesCount() == count
        assert world.certificates.state(count)[0] == caller


def test_create_series_keeps_every_term(world: World) -> None:
    terms = full_terms(world)
    tx = create(world, terms, [world.merchant.address, world.creator.address])
    assert dict(zip(TERMS, world.certificates.terms(1), strict=True)) == dict(
        zip(TERMS, (*terms[:-1], "0x" + terms[-1].hex()), strict=True)
    )
    assert world.certificates.state(1) == (world.issuer, 0, 0, 0, 2, False, False)
    assert bytes(world.certificates.art(1)) == ART
    assert logs_of(tx, world.certificates) == [
        ("SeriesCreated", 1, world.issuer, terms[-1], terms, ART),
        ("MerchantSet", 1, world.merchant, NEVER),
        ("MerchantSet", 1, world.creator, NEVER),
    ]


FLAGS = ("named", "convertible", "refund_on_removal", "cash_out_unused")


@pytest.mark.parametrize("flag", FLAGS)
def test_create_series_keeps_each_flag_apart(world: World, flag: str) -> None:
    world.create_series()  # an open one: no flag
    overrides: dict[str, Any] = {"named": True, flag: True}
    if flag == "cash_out_unused":
        overrides |= {"denomination": 10, "cash_out_below": 5}
    create(world, world.terms(**overrides), [world.merchant.address])
    for series, expected in ((1, set()), (2, {"named", flag})):
        kept = dict(zip(TERMS, world.certificates.terms(series), strict=True))
        assert {name for name in FLAGS if kept[name]} == expected


def test_create_series_keeps_the_largest_values(world: World) -> None:
    terms = world.terms(
        sales_close_at=NEVER,
        expires_at=NEVER,
        limitation_at=NEVER,
        fee_bps=2_000,
        named=True,
        denomination=MAX_AMOUNT,
        use_threshold_bps=10_000,
        post_expiry_bps=10_000,
        cash_out_from=MAX_AMOUNT - 1,
        cash_out_below=MAX_AMOUNT,
        withdrawal_seconds=2**32 - 1,
    )
    create(world, terms, [world.merchant.address])
    assert world.certificates.terms(1)[:-1] == terms[:-1]
    assert world.certificates.state(1) == (world.issuer, 0, 0, 0, 1, False, False)


def test_two_series_share_nothing(world: World) -> None:
    first, second = full_terms(world), world.terms()
    create(world, first, [world.merchant.address])
    create(world, second)
    assert world.certificates.terms(1)[:-1] == first[:-1]
    assert world.certificates.terms(2)[:-1] == second[:-1]
    assert world.certificates.merchantUntil(2, world.merchant) == 0
