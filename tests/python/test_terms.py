from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from largesse.errors import TermsError
from largesse.terms.fields import NO_EXPIRY, NO_LIMITATION, NO_MAXIMUM, Phase, Terms
from tests.python.helpers import ISSUER, ZERO, refused
from tests.support.entitlements import paid_back

PLAIN = Terms(
    beneficiary=ISSUER,
    sales_close_at=1_000,
    expires_at=2_000,
    limitation_at=3_000,
    fee_bps=0,
    named=True,
    convertible=False,
    refund_on_removal=False,
    cash_out_unused=False,
    denomination=50_000,
    use_threshold_bps=6_000,
    post_expiry_bps=9_000,
    cash_out_from=0,
    cash_out_below=0,
    withdrawal_seconds=0,
    terms_hash=bytes(32),
)


def test_fields_are_the_struct_in_its_order() -> None:
    assert [field.name for field in fields(Terms)] == [
        "beneficiary",
        "sales_close_at",
        "expires_at",
        "limitation_at",
        "fee_bps",
        "named",
        "convertible",
        "refund_on_removal",
        "cash_out_unused",
        "denomination",
        "use_threshold_bps",
        "post_expiry_bps",
        "cash_out_from",
        "cash_out_below",
        "withdrawal_seconds",
        "terms_hash",
    ]
    assert PLAIN.as_tuple() == (
        ISSUER, 1_000, 2_000, 3_000, 0, True, False, False, False, 50_000, 6_000, 9_000, 0, 0, 0, bytes(32)
    )  # fmt: skip
    assert NO_EXPIRY == NO_LIMITATION == 1_099_511_627_775


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"beneficiary": ZERO}, "bad_beneficiary"),
        ({"beneficiary": ISSUER.lower()}, "bad_beneficiary"),
        ({"sales_close_at": -1}, "out_of_range"),
        ({"expires_at": 2**40, "limitation_at": 2**40}, "out_of_range"),
        ({"fee_bps": 2_001}, "out_of_range"),
        ({"fee_bps": -1}, "out_of_range"),
        ({"use_threshold_bps": 10_001}, "out_of_range"),
        ({"post_expiry_bps": 10_001}, "out_of_range"),
        ({"denomination": 2**96}, "out_of_range"),
        ({"withdrawal_seconds": 2**32}, "out_of_range"),
        ({"fee_bps": True}, "out_of_range"),
        ({"fee_bps": 1.5}, "out_of_range"),
        ({"terms_hash": bytes(31)}, "bad_terms_hash"),
        ({"expires_at": 999}, "expiry_before_sales_close"),
        ({"limitation_at": 1_999}, "limitation_before_expiry"),
        ({"cash_out_from": 5, "cash_out_below": 5}, "empty_cash_out_window"),
        ({"cash_out_from": 5}, "empty_cash_out_window"),
        ({"cash_out_unused": True}, "no_cash_out_right"),
        ({"denomination": 0}, "denomination_missing"),
        ({"denomination": 0, "use_threshold_bps": 0, "cash_out_below": 9}, "denomination_missing"),
        ({"named": False}, "right_needs_named"),
        ({"named": False, "use_threshold_bps": 0, "refund_on_removal": True}, "right_needs_named"),
        ({"named": False, "use_threshold_bps": 0, "convertible": True}, "right_needs_named"),
        ({"named": False, "use_threshold_bps": 0, "cash_out_below": 9}, "right_needs_named"),
    ],
)
def test_terms_refuse(changes: dict[str, Any], reason: str) -> None:
    with refused(TermsError, reason):
        replace(PLAIN, **changes)


def test_terms_accept_the_edges_of_what_they_refuse() -> None:
    replace(PLAIN, limitation_at=2_000, post_expiry_bps=0)
    replace(PLAIN, expires_at=1_000, fee_bps=2_000)
    replace(PLAIN, named=False, use_threshold_bps=0)
    replace(PLAIN, expires_at=NO_EXPIRY, limitation_at=NO_LIMITATION, convertible=True)
    replace(PLAIN, denomination=0, use_threshold_bps=0)
    replace(PLAIN, cash_out_from=4, cash_out_below=5)


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (0, Phase.LIVE),
        (1_999, Phase.LIVE),
        (2_000, Phase.EXPIRED),
        (2_999, Phase.EXPIRED),
        (3_000, Phase.LIMITED),
    ],
)
def test_phase_is_half_open(at: int, phase: Phase) -> None:
    assert PLAIN.phase(at) is phase


def test_phase_without_end() -> None:
    endless = replace(PLAIN, expires_at=NO_EXPIRY, limitation_at=NO_LIMITATION)
    assert endless.phase(NO_EXPIRY + 1) is Phase.LIVE
    assert replace(PLAIN, limitation_at=NO_LIMITATION).phase(NO_LIMITATION + 1) is Phase.EXPIRED


@pytest.mark.parametrize(
    ("spent", "balance", "refund"),
    [
        (0, 50_000, 0),
        (29_999, 20_001, 0),
        (30_000, 20_000, 20_000),
        (30_001, 19_999, 19_999),
        (49_999, 1, 1),
        (50_000, 50_000, 0),  # one certificate used up, the next one untouched
        (79_999, 20_001, 0),
        (80_000, 70_000, 20_000),  # three certificates: the rest of the second only
        (30_000, 5_000, 5_000),  # part of the rest was given away
        (30_000, 0, 0),
    ],
)
def test_remainder_refund(spent: int, balance: int, refund: int) -> None:
    assert paid_back(PLAIN, spent, balance) == refund


def test_a_rest_is_paid_by_a_right_alone() -> None:
    assert paid_back(replace(PLAIN, use_threshold_bps=0), 49_999, 1) == 0


def test_remainder_threshold_is_exact_where_the_share_is_no_whole_number() -> None:
    # 60 % of 7 is 4.2: four used are too few, five are enough.
    small = replace(PLAIN, denomination=7)
    assert (paid_back(small, 4, 3), paid_back(small, 5, 2)) == (0, 2)


@pytest.mark.parametrize(
    ("unused", "spent", "balance", "paid"),
    [
        (False, 0, 25, 0),
        (True, 0, 25, 0),  # 25 is not small
        (True, 10, 15, 0),
        (True, 11, 14, 14),
        (False, 11, 14, 14),
        (True, 24, 1, 1),
        (True, 25, 25, 0),  # used up; the next one is whole
        (True, 0, 5, 0),  # five of a whole certificate are no small certificate
        (True, 11, 4, 4),
    ],
)
def test_cash_out_below(unused: bool, spent: int, balance: int, paid: int) -> None:
    terms = replace(
        PLAIN,
        denomination=25,
        use_threshold_bps=0,
        cash_out_from=0,
        cash_out_below=15,
        cash_out_unused=unused,
    )
    assert paid_back(terms, spent, balance) == paid


def test_cash_out_of_an_unused_small_certificate() -> None:
    terms = replace(PLAIN, denomination=14, use_threshold_bps=0, cash_out_below=15, cash_out_unused=True)
    assert paid_back(terms, 0, 14) == 14
    assert paid_back(terms, 28, 14) == 14
    assert paid_back(replace(terms, cash_out_unused=False), 0, 14) == 0


@pytest.mark.parametrize(
    ("face", "paid"), [(50_000, 45_000), (1, 0), (9, 8), (10, 9), (2**96 - 1, (2**96 - 1) * 9 // 10)]
)
def test_post_expiry_refund_rounds_down(face: int, paid: int) -> None:
    assert PLAIN.post_expiry_refund(face) == paid


@pytest.mark.parametrize(
    ("changes", "largest"),
    [
        ({}, 45_000),  # after expiry
        ({"post_expiry_bps": 0}, 20_000),  # the remainder at the threshold
        ({"post_expiry_bps": 0, "use_threshold_bps": 0}, 0),
        ({"post_expiry_bps": 0, "use_threshold_bps": 1}, 49_995),
        (
            {"post_expiry_bps": 0, "use_threshold_bps": 0, "cash_out_from": 2, "cash_out_below": NO_MAXIMUM},
            49_999,
        ),
        ({"post_expiry_bps": 0, "use_threshold_bps": 0, "cash_out_below": 15_000}, 14_999),
        (
            {"post_expiry_bps": 0, "use_threshold_bps": 0, "cash_out_below": 50_001, "cash_out_unused": True},
            50_000,
        ),
        (
            {"post_expiry_bps": 0, "use_threshold_bps": 0, "cash_out_from": 50_000, "cash_out_below": 60_000},
            0,
        ),
    ],
)
def test_largest_refund(changes: dict[str, Any], largest: int) -> None:
    assert replace(PLAIN, **changes).largest_refund(50_000) == largest


def test_largest_refund_is_what_the_rights_can_really_pay() -> None:
    """Against every spend of a small certificate: nothing pays more, and something pays as much."""
    for changes in (
        {"denomination": 30, "post_expiry_bps": 0},
        {"denomination": 31, "post_expiry_bps": 3_333},
        {
            "denomination": 30,
            "use_threshold_bps": 0,
            "post_expiry_bps": 0,
            "cash_out_from": 3,
            "cash_out_below": 12,
        },
        {
            "denomination": 9,
            "post_expiry_bps": 1,
            "cash_out_from": 2,
            "cash_out_below": 12,
            "cash_out_unused": True,
        },
    ):
        terms = replace(PLAIN, **changes)  # type: ignore[arg-type]
        face = terms.denomination
        paid = [terms.post_expiry_refund(face)]
        for spent in range(face):
            paid.append(paid_back(terms, spent, face - spent))
        assert terms.largest_refund(face) == max(paid), changes
