"""What the project aims at: at most so much gas, by the keys of bench/gas.json."""

from __future__ import annotations

from typing import Final

GOALS: Final = {
    "certificates.redeem": 54_000,
    "certificates.redeem_named": 56_200,
    "certificates.redeem_signed": 58_000,
    "certificates.redeem_signed_usdc": 69_000,
    "certificates.redeem_signed_order_used": 63_500,
    "certificates.redeem_signed_order_fresh": 80_500,
    "certificates.redeem_batch_100_each": 16_000,
    "certificates.give": 56_000,
    "certificates.claim_new": 57_000,
    "certificates.claim_known": 40_000,
    "certificates.give_many_1000": 120_000,
    "certificates.claim_from_many": 80_000,
    "market.fill_with_fee": 96_000,
    "jars.open": 82_000,
    "jars.top_up": 58_000,
    "jars.cancel": 55_000,
    "jars.change_rate": 68_000,
    "jars.collect_1": 55_000,
    "jars.collect_100": 55_000,
    "jars.collect_100000": 55_000,
    "jars.collect_year_backlog": 1_150_000,
    "accounts.open": 90_000,
    "accounts.top_up": 47_000,
    "accounts.settle_1": 51_800,
    "accounts.settle_10_each": 14_700,
    "accounts.settle_100_each": 10_850,
    "accounts.settle_500_each": 10_550,
    "accounts.hash_lock_extra": 900,
}
REFERENCES: Final = {
    "certificates.redeem_batch_100_each": 14_884,
    "market.fill_with_fee": 93_762,
    "jars.change_rate": 69_458,
    "jars.collect_1": 51_912,
    "jars.collect_100": 51_912,
    "jars.collect_100000": 51_912,
    "accounts.settle_10_each": 14_397,
    "accounts.settle_100_each": 10_686,
    "accounts.settle_500_each": 10_365,
    "accounts.hash_lock_extra": 876,
}
"""What prototypes took when the goals were set, without all that the contracts check; where bench/floors has
nothing."""
